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

use super::letter::{Letter, lines};
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
        let mut said = lines(said).replace('\n', " ");
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
