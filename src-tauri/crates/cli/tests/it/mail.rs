//! `callboard mail-test`.

use std::net::{Ipv4Addr, TcpListener};

use serde_json::{Value, json};

use crate::mailbox::{Mailbox, Manners};
use crate::run::{Desk, Ran, callboard, text};

const HERE: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

fn mail_test(settings: impl AsRef<[u8]>) -> Ran {
    let desk = Desk::new();
    let file = desk.file("mail.toml", settings);
    callboard(&["mail-test", "--config", text(&file)])
}

fn one_line(ran: &Ran) -> Value {
    assert_eq!(ran.err, "", "{ran:?}");
    let mut lines = ran.lines();
    assert_eq!(lines.len(), 1, "{ran:?}");
    lines.remove(0)
}

#[test]
fn a_test_mail_goes_to_everyone_and_a_line_says_so() {
    let mailbox = Mailbox::open();
    let two = "\"ana@studio.example\", \"Bo <bo@studio.example>\"";
    let ran = mail_test(mailbox.settings().replace("\"ana@studio.example\"", two));
    assert_eq!(ran.code, Some(0));
    let server = mailbox.address.to_string();
    let sent = json!(["ana@studio.example", "bo@studio.example"]);
    assert_eq!(
        one_line(&ran),
        json!({ "ok": true, "server": server, "sent": sent, "unsent": [] })
    );
    let mails = mailbox.mails();
    let got: Vec<_> = mails.iter().flat_map(|mail| mail.to.clone()).collect();
    assert_eq!(got, ["ana@studio.example", "bo@studio.example"]);
    assert_eq!(mails[0].header("Subject").unwrap(), "Callboard can send mail");
    assert!(mails[0].text().contains("This is a test"), "{}", mails[0].whole);
}

#[test]
fn a_test_mail_that_does_not_arrive_is_a_failed_check_that_says_why_and_shows_no_password() {
    let closed = TcpListener::bind(HERE).unwrap().local_addr().unwrap();
    let wants = Manners {
        wants: Some("AGNhbGxib2FyZAByaWdodA==".into()),
        refuses: Some("ana@studio.example".into()),
        later: 0,
    };
    let mailbox = Mailbox::at(HERE, wants);
    let port = |port: u16| format!("port = {port}\n");
    let (open, closed) = (mailbox.settings(), port(closed.port()));
    let with = |password: &str| format!("{open}user = \"callboard\"\npassword = \"{password}\"\n");
    let failing = [
        (
            open.replace(&port(mailbox.address.port()), &closed),
            "cannot be reached",
        ),
        (open.clone(), "wants a user and password"),
        (with("hunter2"), "does not accept the user and password"),
        (with("right"), "nobody of that name"),
        (open.replace("tls = \"none\"\n", ""), "STARTTLS"),
        (open.replace("\"none\"", "\"wrapped\""), "cannot be encrypted"),
    ];
    for (settings, why) in failing {
        let ran = mail_test(settings);
        assert_eq!(ran.code, Some(1), "{why}: {ran:?}");
        let line = one_line(&ran);
        assert_eq!((&line["ok"], &line["sent"]), (&json!(false), &json!([])), "{line}");
        assert_eq!(line["unsent"][0]["to"], "ana@studio.example");
        let said = line["unsent"][0]["why"].as_str().unwrap();
        assert!(said.contains(why), "{why}: {said}");
        assert!(!ran.out.contains("hunter2"), "{}", ran.out);
    }
    assert!(mailbox.mails().is_empty());
}

#[test]
fn settings_that_cannot_be_used_are_a_mistake() {
    let good = "[mail]\nserver = \"127.0.0.1\"\nfrom = \"c@b.example\"\nto = [\"a@b.example\"]\n";
    assert!(mail_test("").is_one_mistake().contains("[mail]"));
    assert!(
        mail_test(good.replace("to =", "two ="))
            .is_one_mistake()
            .contains("two")
    );
    let without = format!("{good}user = \"c\"\npassword = {{ env = \"NO_SUCH_VARIABLE\" }}\n");
    assert!(mail_test(without).is_one_mistake().contains("NO_SUCH_VARIABLE"));
    let authority = format!("{good}ca_file = \"/nosuch.pem\"\n");
    assert!(mail_test(authority).is_one_mistake().contains("/nosuch.pem"));
    assert!(callboard(&["mail-test"]).is_one_mistake().contains("--config"));
}
