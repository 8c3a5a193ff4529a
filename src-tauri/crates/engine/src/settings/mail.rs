//! `[mail]`: where alerts are mailed to, and by way of which server.

use std::path::PathBuf;

use lettre::message::Mailbox;
use serde::Deserialize;

use super::{Secret, SettingsError};

/// `[mail]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// The mail server's host name or address.
    pub server: String,
    /// Its port; left out, the usual one for `tls`.
    pub port: Option<u16>,
    /// How the way there is encrypted.
    #[serde(default)]
    pub tls: MailTls,
    /// The name to sign in with, where the server wants one.
    pub user: Option<String>,
    /// The password that goes with it.
    pub password: Option<Secret>,
    /// Whom mails come from.
    pub from: String,
    /// Who gets them.
    pub to: Vec<String>,
    /// A file with the studio's own certificate authority, in PEM.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// How the way to the mail server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    /// The connection begins in the clear and must be encrypted before anything is said (RFC 3207).
    #[default]
    Starttls,
    /// Encrypted from the first byte (RFC 8314).
    Wrapped,
    /// Not at all.
    None,
}

impl MailSettings {
    /// The port to connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            MailTls::Starttls => 587,
            MailTls::Wrapped => 465,
            MailTls::None => 25,
        })
    }

    /// Whom mails come from, as an address.
    pub(crate) fn sender(&self) -> Result<Mailbox, SettingsError> {
        let sender = self.from.parse();
        sender.map_err(|_| wrong("from is no mail address. Write it as \"callboard@studio.example\""))
    }

    /// Who gets them, as addresses.
    pub(crate) fn recipients(&self) -> Result<Vec<Mailbox>, SettingsError> {
        let mut recipients = Vec::new();
        for (place, address) in self.to.iter().enumerate() {
            let address = address.parse();
            recipients.push(address.map_err(|_| {
                let nth = place + 1;
                wrong(format!(
                    "number {nth} in to is no mail address. Write it as \"ana@studio.example\""
                ))
            })?);
        }
        if recipients.is_empty() {
            return Err(wrong(
                "to is empty. List who should be told: to = [\"ana@studio.example\"]",
            ));
        }
        Ok(recipients)
    }

    /// What is wrong quotes nothing: what stands in the wrong place may be the password.
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if self.server.is_empty() || !self.server.chars().all(is_host) {
            return Err(wrong(
                "server is no host name. Write it as \"mail.studio.example\", and the port on a line of its own",
            ));
        }
        if self.port == Some(0) {
            return Err(wrong("port is 0. Leave the line out for the usual one"));
        }
        match (&self.user, &self.password) {
            (Some(_), None) => return Err(wrong("user needs a password beside it")),
            (None, Some(_)) => return Err(wrong("password needs a user beside it")),
            (Some(_), Some(_)) if self.tls == MailTls::None && !self.is_this_machine() => {
                return Err(wrong(
                    "with tls = \"none\" the password would go over the network for all to read. \
                     Choose \"starttls\" or \"wrapped\", or leave out user and password",
                ));
            }
            _ => {}
        }
        if matches!(&self.password, Some(Secret::Plain(text)) if text.is_empty()) {
            return Err(wrong("the password is empty"));
        }
        self.sender()?;
        self.recipients().map(drop)
    }

    fn is_this_machine(&self) -> bool {
        let address: Option<std::net::IpAddr> = self.server.parse().ok();
        address.is_some_and(|address| address.is_loopback()) || self.server.eq_ignore_ascii_case("localhost")
    }
}

fn wrong(why: impl Into<String>) -> SettingsError {
    SettingsError::Mail(why.into())
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    const GOOD: &str = r#"
        [mail]
        server = "mail.studio.example"
        user = "callboard"
        password = { env = "MAIL_PASSWORD" }
        from = "Callboard <callboard@studio.example>"
        to = ["ana@studio.example", "TDs <tds@studio.example>"]
    "#;

    fn mail(text: &str) -> MailSettings {
        Settings::parse(text).unwrap().mail.unwrap()
    }

    #[test]
    fn encryption_is_usual_and_the_port_follows_it() {
        assert_eq!((mail(GOOD).tls, mail(GOOD).port()), (MailTls::Starttls, 587));
        assert_eq!(mail(&format!("{GOOD}tls = \"wrapped\"")).port(), 465);
        assert_eq!(mail(&format!("{GOOD}tls = \"wrapped\"\nport = 2525")).port(), 2525);
        assert_eq!(mail(GOOD).recipients().unwrap().len(), 2);
        assert_eq!(Settings::parse("").unwrap().mail, None);
    }

    #[test]
    fn mistakes_are_one_line_and_quote_no_secret() {
        let wrong = [
            (GOOD.replace("server =", "servr ="), "servr"),
            (GOOD.replace("mail.studio.example", ""), "server"),
            (GOOD.replace("mail.studio.example", "hunter2@mail:25"), "server"),
            (GOOD.replace("user = \"callboard\"", ""), "user"),
            (GOOD.replace("password = { env = \"MAIL_PASSWORD\" }", ""), "password"),
            (GOOD.replace("{ env = \"MAIL_PASSWORD\" }", "\"\""), "password"),
            (GOOD.replace("{ env =", "{ enw ="), "line 5"),
            (GOOD.replace("Callboard <callboard@studio.example>", "hunter2"), "from"),
            (
                GOOD.replace("callboard@studio.example", "a@b.example\\r\\nBcc: hunter2@b.example"),
                "from",
            ),
            (GOOD.replace("ana@studio.example", "hunter2\\nx"), "number 1 in to"),
            (
                GOOD.replace("\"ana@studio.example\", \"TDs <tds@studio.example>\"", ""),
                "to is empty",
            ),
            (format!("{GOOD}port = 0"), "port"),
            (format!("{GOOD}port = 70000"), "u16"),
            (format!("{GOOD}tls = \"ssl\""), "starttls"),
            (format!("{GOOD}tls = \"none\""), "starttls"),
            (GOOD.replace("{ env = \"MAIL_PASSWORD\" }", "\"hunter2"), "line 5"),
        ];
        for (text, named) in wrong {
            let told = Settings::parse(&text).unwrap_err().to_string();
            assert!(told.contains(named), "{named}: {told}");
            assert!(!told.contains("hunter2") && !told.contains('\n'), "{told}");
        }
    }

    #[test]
    fn a_password_may_go_in_the_clear_on_this_machine_alone() {
        let here = GOOD.replace("mail.studio.example\"", "127.0.0.1\"\ntls = \"none\"");
        assert_eq!(mail(&here).port(), 25);
        assert!(
            !format!(
                "{:?}",
                mail(&here.replace("{ env = \"MAIL_PASSWORD\" }", "\"hunter2\""))
            )
            .contains("hunter2")
        );
    }
}
