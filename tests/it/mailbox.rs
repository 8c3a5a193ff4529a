//! A small mail server that keeps what it is given.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex};

/// A mail as the server got it.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// Who it is for, by the envelope.
    pub(crate) to: Vec<String>,
    /// Headers and text, with `\n` at the ends of lines.
    pub(crate) whole: String,
}

impl Kept {
    /// A header, unfolded.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let (headers, _) = self.whole.split_once("\n\n")?;
        let unfolded = headers.replace("\n ", " ");
        let all: Vec<&str> = unfolded
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .collect();
        assert!(all.len() < 2, "{name} stands there twice: {headers}");
        all.first().map(|value| (*value).to_owned())
    }

    /// The text, with the ends of line that the encoding put in taken out again.
    pub(crate) fn text(&self) -> String {
        let text = self.whole.split_once("\n\n").map_or("", |(_, text)| text);
        text.replace("=\n", "")
    }
}

/// How it answers.
#[derive(Clone, Default)]
pub(crate) struct Manners {
    /// Asks for a user and password, and takes this one alone, as base64 of `\0user\0password`.
    pub(crate) wants: Option<String>,
    /// Will not take mail for this address.
    pub(crate) refuses: Option<String>,
    /// Answers "later" to so many mails before it takes one.
    pub(crate) later: usize,
}

/// The server. It goes on until the test ends.
pub(crate) struct Mailbox {
    pub(crate) address: SocketAddr,
    mails: Arc<Mutex<Vec<Kept>>>,
}

impl Mailbox {
    pub(crate) fn open() -> Self {
        Self::at("127.0.0.1:0", Manners::default())
    }

    pub(crate) fn at(address: impl ToSocketAddrs, manners: Manners) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let (kept, manners) = (mails.clone(), Arc::new(Mutex::new(manners)));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, manners) = (kept.clone(), manners.clone());
                // A client that goes away in the middle has sent nothing.
                std::thread::spawn(move || stream.and_then(|stream| converse(&stream, &kept, &manners)));
            }
        });
        Self { address, mails }
    }

    pub(crate) fn mails(&self) -> Vec<Kept> {
        self.mails.lock().unwrap().clone()
    }

    /// `[mail]` for it.
    pub(crate) fn settings(&self) -> String {
        let port = self.address.port();
        format!(
            "[mail]\nserver = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"Callboard <callboard@studio.example>\"\n\
             to = [\"ana@studio.example\"]\n"
        )
    }
}

fn converse(stream: &TcpStream, kept: &Mutex<Vec<Kept>>, manners: &Mutex<Manners>) -> std::io::Result<()> {
    let (mut lines, mut out) = (BufReader::new(stream), stream);
    let (wants, refuses) = {
        let manners = manners.lock().unwrap();
        (manners.wants.clone(), manners.refuses.clone())
    };
    let mut to = Vec::new();
    let mut may_send = wants.is_none();
    out.write_all(b"220 mail.studio.example ready\r\n")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let command = line.trim_end();
        let upper = command.to_ascii_uppercase();
        let answer = if upper.starts_with("EHLO") {
            "250-mail.studio.example\r\n250 AUTH PLAIN".to_owned()
        } else if let Some(given) = command.strip_prefix("AUTH PLAIN ") {
            may_send = wants.as_deref() == Some(given);
            // It repeats what it was given, as some do.
            if may_send {
                "235 welcome".to_owned()
            } else {
                format!("535 no: {command}")
            }
        } else if upper.starts_with("MAIL FROM:") {
            to.clear();
            if may_send {
                "250 ok".to_owned()
            } else {
                "530 sign in first".to_owned()
            }
        } else if let Some(rest) = upper.strip_prefix("RCPT TO:") {
            let address = rest.trim_matches(|c| c == '<' || c == '>').to_ascii_lowercase();
            if refuses.as_ref() == Some(&address) {
                "550 nobody of that name".to_owned()
            } else {
                to.push(address);
                "250 ok".to_owned()
            }
        } else if upper == "DATA" {
            out.write_all(b"354 go on\r\n")?;
            let mut whole = String::new();
            loop {
                let mut line = String::new();
                if lines.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                let line = line.trim_end_matches(['\r', '\n']);
                if line == "." {
                    break;
                }
                whole.push_str(line.strip_prefix('.').unwrap_or(line));
                whole.push('\n');
            }
            let mut manners = manners.lock().unwrap();
            if manners.later > 0 {
                manners.later -= 1;
                "451 later".to_owned()
            } else {
                kept.lock().unwrap().push(Kept { to: to.clone(), whole });
                "250 kept".to_owned()
            }
        } else if upper == "QUIT" {
            out.write_all(b"221 bye\r\n")?;
            return Ok(());
        } else {
            "250 ok".to_owned()
        };
        out.write_all(format!("{answer}\r\n").as_bytes())?;
    }
}
