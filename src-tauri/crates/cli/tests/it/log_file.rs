//! `callboard serve --log-file`.

use crate::run::{DEADLINE, Desk, SCRIPT_KEY, SECRET, callboard, change, client, deliver, text};

#[tokio::test]
async fn the_log_goes_into_the_file_too_and_no_secret_with_it() {
    let desk = Desk::new();
    let file = desk.folder.path().join("callboard.log");
    let password = "p4ssword-of-the-mail";
    let settings = std::fs::read_to_string(desk.settings()).unwrap();
    // Nobody takes mail there either.
    let mail = format!(
        "\n[mail]\nserver = \"127.0.0.1\"\nport = 9\ntls = \"none\"\nuser = \"callboard\"\npassword = \"{password}\"\n\
         from = \"callboard@studio.example\"\nto = [\"ana@studio.example\"]\n"
    );
    desk.file("callboard.toml", settings + &mail);
    let serving = desk.serve_with(&["--log-file", text(&file)]);
    let http = client();
    assert_eq!(
        deliver(&http, &serving.hook(), change(1).to_string().into_bytes()).await,
        Some(200)
    );
    let refused = http
        .post(serving.hook())
        .header("content-type", "application/json")
        .header("x-sg-signature", "sha1=x")
        .header("authorization", "Bearer h1dden");
    assert_eq!(refused.body("{}").send().await.unwrap().status(), 401);
    // The hook is unstable by that, and the mail that would say so finds no server.
    let logged = async {
        loop {
            let log = std::fs::read_to_string(&file).unwrap();
            if log.contains("Webhook status is unstable") && log.contains("127.0.0.1:9 cannot be reached") {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(DEADLINE, logged).await.unwrap();
    let token = serving.ready["token"].as_str().unwrap().to_owned();
    assert_eq!(serving.running.terminate().0, Some(0));
    let log = std::fs::read_to_string(&file).unwrap();
    for secret in [SECRET, SCRIPT_KEY, "h1dden", password, &token] {
        assert!(!log.contains(secret), "{secret} stands in the log: {log}");
    }
    let errors = std::fs::read_to_string(desk.errors()).unwrap();
    for line in log.lines() {
        assert!(errors.contains(line), "stderr has it too: {line}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// Refuses whatever is asked, in words that begin lines of their own and steer a terminal.
fn site_that_forges() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for caller in listener.incoming() {
            let Ok(mut caller) = caller else { return };
            let mut asked = [0; 4096];
            // What is asked is of no matter.
            let _ = std::io::Read::read(&mut caller, &mut asked);
            let words = r"forged\r\n2026-01-01T00:00:00Z ERROR made up \u001b]0;mine\u0007\u202egnp";
            let body = format!(r#"{{"errors":[{{"status":400,"title":"{words}","detail":"{words}"}}]}}"#);
            let head = format!(
                "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = std::io::Write::write_all(&mut caller, (head + &body).as_bytes());
        }
    });
    url
}

#[tokio::test]
async fn what_a_site_says_begins_no_line_of_the_log_and_steers_no_terminal() {
    let desk = Desk::new();
    let settings = std::fs::read_to_string(desk.settings()).unwrap();
    let line = settings
        .lines()
        .find(|line| line.trim_start().starts_with("url"))
        .unwrap();
    let forged = settings.replace(line, &format!("url = \"{}\"", site_that_forges()));
    desk.file("callboard.toml", forged);
    let file = desk.folder.path().join("callboard.log");
    let serving = desk.serve_with(&["--log-file", text(&file)]);
    let logged = async {
        while !std::fs::read_to_string(&file).unwrap().contains("made up") {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(DEADLINE, logged).await.unwrap();
    assert_eq!(serving.running.terminate().0, Some(0));
    let log = std::fs::read_to_string(&file).unwrap();
    assert!(
        log.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'),
        "{log:?}"
    );
    for line in log.lines() {
        assert!(
            line.contains("Z  WARN ") || line.contains("Z ERROR ") && !line.starts_with("2026-01-01"),
            "{line:?}"
        );
    }
}

#[test]
fn a_log_file_that_cannot_be_written_is_one_line() {
    let desk = Desk::new();
    let (data, settings) = (desk.data(), desk.settings());
    let file = desk.folder.path().join("nosuch").join("callboard.log");
    let serve = ["serve", "--data", text(&data), "--config", text(&settings)];
    let nowhere = [
        "--listen",
        "127.0.0.1:0",
        "--api",
        "127.0.0.1:0",
        "--log-file",
        text(&file),
    ];
    let ran = callboard(&[&serve[..], &nowhere[..]].concat());
    assert!(ran.is_one_mistake().contains(text(&file)));
}
