//! The way to the mail server.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::letter::{BODY, Letter};
use crate::notices::text::lines;
use crate::secrets::Safe;
use crate::settings::{MailSettings, MailTls, SettingsError};

/// The longest wait for one answer of the server, and for all of one mail.
const ANSWER: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_secs(90);
/// The longest quotation of the server, in characters.
const QUOTED: usize = 200;

/// The way to the mail server, and who gets mail.
pub(crate) struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    server: String,
    from: Mailbox,
    to: Vec<Mailbox>,
    signs_in: bool,
    /// What a server that repeats our words must not get into a log.
    unspeakable: Vec<String>,
}

/// A mail as it goes out, the same at every try.
pub(crate) struct Mail {
    bytes: Vec<u8>,
    /// Who has not got it yet.
    pub(crate) left: Vec<Address>,
    /// Whom the server will not take it for, and why.
    pub(crate) refused: Vec<(Address, String)>,
}

/// Why a mail has not gone out. The sentence says what to do and has no secret in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// It may go out later.
    Away(String),
    /// The server does not accept how we sign in. Whoever tries that too often is locked out.
    Unaccepted(String),
    /// The server will not take it, however often it is asked.
    Refused(String),
}

impl Post {
    /// Errors when the settings are not enough: a secret or a file that is not where they say.
    pub(crate) fn new(settings: &MailSettings, safe: &Safe) -> Result<Self, SettingsError> {
        settings.check()?;
        let tls = match settings.tls {
            MailTls::None => Tls::None,
            MailTls::Starttls => Tls::Required(encryption(settings)?),
            MailTls::Wrapped => Tls::Wrapper(encryption(settings)?),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.server.clone())
            .port(settings.port())
            .tls(tls)
            .timeout(Some(ANSWER));
        let mut unspeakable = Vec::new();
        if let (Some(user), Some(password)) = (&settings.user, &settings.password) {
            let password = password.reveal(safe)?;
            unspeakable = [
                STANDARD.encode(format!("\0{user}\0{password}")),
                STANDARD.encode(&password),
                password.clone(),
            ]
            .into();
            transport = transport.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: transport.build(),
            server: format!("{}:{}", settings.server, settings.port()),
            from: settings.sender()?,
            to: settings.recipients()?,
            signs_in: settings.user.is_some(),
            unspeakable,
        })
    }

    /// The server's name and port.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Makes a letter a mail.
    pub(crate) fn seal(&self, letter: &Letter, at: Timestamp) -> Result<Mail, Unsent> {
        // One that is sent again after its answer was lost is known by it.
        let id = format!("<{}@{}>", uuid::Uuid::new_v4(), self.from.email.domain());
        let mut mail = Message::builder().from(self.from.clone()).date(at.into());
        for recipient in &self.to {
            mail = mail.to(recipient.clone());
        }
        // RFC 3834: nobody's absence is answered.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let mail = mail
            .subject(&letter.subject)
            .message_id(Some(id))
            .raw_header(HeaderValue::new(automatic, "auto-generated".into()))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone())
            .map_err(|e| Unsent::Refused(format!("The mail cannot be written: {e}")))?;
        Ok(Mail {
            bytes: mail.formatted(),
            left: self.to.iter().map(|mailbox| mailbox.email.clone()).collect(),
            refused: Vec::new(),
        })
    }

    /// Sends a mail to those who have not got it yet, each by itself: what keeps it from one must not keep it from the others. Errors
    /// when it is to be sent again to those who are left.
    pub(crate) async fn send(&self, mail: &mut Mail) -> Result<(), Unsent> {
        let mut unsent = None;
        for recipient in mail.left.clone() {
            match self.send_to(&recipient, &mail.bytes).await {
                Ok(()) => {}
                Err(Unsent::Refused(why)) => mail.refused.push((recipient.clone(), why)),
                Err(why @ Unsent::Away(_)) => {
                    unsent = Some(why);
                    continue;
                }
                Err(why @ Unsent::Unaccepted(_)) => return Err(why),
            }
            mail.left.retain(|other| *other != recipient);
        }
        unsent.map_or(Ok(()), Err)
    }

    async fn send_to(&self, recipient: &Address, bytes: &[u8]) -> Result<(), Unsent> {
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![recipient.clone()]);
        let envelope = envelope.map_err(|e| Unsent::Refused(e.to_string()))?;
        match tokio::time::timeout(WHOLE, self.transport.send_raw(&envelope, bytes)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.unsent(&error)),
            Err(_) => Err(Unsent::Away(format!("{} answers too slowly", self.server))),
        }
    }

    fn unsent(&self, error: &smtp::Error) -> Unsent {
        let server = &self.server;
        let cause = self.speakable(&cause(error));
        if let Some(code) = error.status() {
            return match u16::from(code) {
                530 if !self.signs_in => Unsent::Unaccepted(format!(
                    "{server} wants a user and password or encryption ({code}). Set user, password and tls under [mail]"
                )),
                530 | 534 | 535 | 538 => Unsent::Unaccepted(format!(
                    "{server} does not accept the user and password ({code}). Correct them under [mail]"
                )),
                500.. => Unsent::Refused(format!("{server} refuses it: {code} {cause}")),
                _ => Unsent::Away(format!("{server} does not take it now: {code} {cause}")),
            };
        }
        if error.is_tls() || is_of_encryption(error) {
            return Unsent::Away(format!(
                "The connection to {server} cannot be encrypted: {cause}. Check tls, port and ca_file under [mail]"
            ));
        }
        if error.is_client() {
            return Unsent::Away(format!(
                "{server} cannot do what the settings want: {cause}. Check tls, port, user and password under [mail]"
            ));
        }
        Unsent::Away(format!("{server} cannot be reached: {cause}"))
    }

    /// What somebody else said, in one line and without our secrets.
    fn speakable(&self, said: &str) -> String {
        let mut said = lines(said, BODY).replace('\n', " ");
        for secret in &self.unspeakable {
            said = said.replace(secret.as_str(), "…");
        }
        said.chars().take(QUOTED).collect()
    }
}

impl Unsent {
    pub(crate) fn why(&self) -> &str {
        match self {
            Self::Away(why) | Self::Unaccepted(why) | Self::Refused(why) => why,
        }
    }
}

fn encryption(settings: &MailSettings) -> Result<TlsParameters, SettingsError> {
    let mut parameters = TlsParameters::builder(settings.server.clone());
    if let Some(path) = &settings.ca_file {
        let bad = |why: String| SettingsError::Mail(format!("ca_file {} cannot be used: {why}", path.display()));
        let pem = std::fs::read(path).map_err(|e| bad(e.to_string()))?;
        if !pem.windows(5).any(|some| some == b"-----") {
            return Err(bad("there is no certificate in PEM in it".into()));
        }
        let authority = Certificate::from_pem(&pem).map_err(|_| bad("a certificate in it cannot be read".into()))?;
        parameters = parameters.add_root_certificate(authority);
    }
    let parameters = parameters.build();
    parameters.map_err(|e| SettingsError::Mail(format!("the connection to the server cannot be encrypted: {e}")))
}

/// Whether a connection ended over its encryption.
fn is_of_encryption(error: &(dyn std::error::Error + 'static)) -> bool {
    // An I/O error passes over what it wraps when it is asked for its source.
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    let source = match wrapped {
        Some(wrapped) => Some(wrapped as &(dyn std::error::Error + 'static)),
        None => error.source(),
    };
    error.is::<rustls::Error>() || source.is_some_and(is_of_encryption)
}

fn cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), cause)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustls::ServerConfig;
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// A certificate authority in a file, and a server for 127.0.0.1 that it vouches for.
    fn authority(file: &Path) -> TlsAcceptor {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let studio = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(file, studio.pem()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &studio).unwrap().der().clone();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    /// Answers until QUIT, DATA's end or STARTTLS, and tells what it hears.
    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
        stream: S,
        greet: bool,
        heard: &mpsc::UnboundedSender<String>,
    ) -> S {
        let mut stream = BufReader::new(stream);
        if greet {
            stream.write_all(b"220 ready\r\n").await.unwrap();
        }
        let mut line = String::new();
        while stream.read_line(&mut line).await.is_ok_and(|n| n > 0) {
            let command = std::mem::take(&mut line).trim_end().to_owned();
            heard.send(command.clone()).unwrap();
            let answer: &[u8] = match command.get(..4).unwrap_or_default() {
                "EHLO" => b"250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
                "AUTH" => b"235 welcome\r\n",
                "STAR" => b"220 go on\r\n",
                "DATA" => b"354 go on\r\n",
                "MAIL" | "RCPT" => b"250 ok\r\n",
                _ if command == "." => b"250 kept\r\n",
                _ => continue,
            };
            stream.write_all(answer).await.unwrap();
            if command == "STARTTLS" || command == "." {
                break;
            }
        }
        stream.into_inner()
    }

    /// Sends a mail to a server, and gives what came of it and what the server heard, in the clear and encrypted.
    async fn sent(tls: MailTls, believes: bool) -> (Result<(), Unsent>, Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("studio-ca.pem");
        let acceptor = authority(&file);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = MailSettings {
            server: "127.0.0.1".into(),
            port: Some(listener.local_addr().unwrap().port()),
            tls,
            user: Some("callboard".into()),
            password: Some(crate::settings::Secret::Plain("hunter2".into())),
            from: "c@studio.example".into(),
            to: vec!["ana@studio.example".into()],
            ca_file: believes.then_some(file),
        };
        let (clear, mut in_clear) = mpsc::unbounded_channel();
        let (encrypted, mut in_private) = mpsc::unbounded_channel();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            if tls == MailTls::Starttls {
                stream = converse(stream, true, &clear).await;
            }
            // A client that does not believe us hangs up.
            if let Ok(stream) = acceptor.accept(stream).await {
                converse(stream, tls == MailTls::Wrapped, &encrypted).await;
            }
        });
        let post = Post::new(&settings, &Safe::nowhere()).unwrap();
        let letter = Letter {
            subject: "S".into(),
            text: "T".into(),
        };
        let mut mail = post.seal(&letter, Timestamp::UNIX_EPOCH).unwrap();
        let sent = post.send(&mut mail).await;
        server.await.unwrap();
        let mut heard = (Vec::new(), Vec::new());
        in_clear.recv_many(&mut heard.0, 100).await;
        in_private.recv_many(&mut heard.1, 100).await;
        (sent, heard.0, heard.1)
    }

    #[tokio::test]
    async fn mail_and_password_go_encrypted_to_whom_the_studios_authority_vouches_for() {
        for tls in [MailTls::Starttls, MailTls::Wrapped] {
            let (sent, clear, private) = sent(tls, true).await;
            assert_eq!(sent, Ok(()), "{tls:?}");
            assert!(
                clear.iter().all(|line| line.starts_with("EHLO") || line == "STARTTLS"),
                "{clear:?}"
            );
            assert!(
                private.iter().any(|line| line.starts_with("AUTH PLAIN ")),
                "{private:?}"
            );
            assert!(private.iter().any(|line| line == "Subject: S"), "{private:?}");
        }
    }

    #[tokio::test]
    async fn a_server_whom_nobody_vouches_for_hears_nothing() {
        for tls in [MailTls::Starttls, MailTls::Wrapped] {
            let (sent, clear, private) = sent(tls, false).await;
            let why = sent.unwrap_err();
            assert!(
                matches!(&why, Unsent::Away(why) if why.contains("cannot be encrypted")),
                "{why:?}"
            );
            assert!(
                clear.iter().all(|line| line.starts_with("EHLO") || line == "STARTTLS"),
                "{clear:?}"
            );
            assert!(private.is_empty(), "{private:?}");
        }
    }
}
