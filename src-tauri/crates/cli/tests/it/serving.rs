//! `callboard serve` and `callboard send`.

use std::io::Write;
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::run::{DEADLINE, Desk, SCRIPT_KEY, SECRET, callboard, change, client, deliver, text};

#[test]
fn the_first_line_says_where_it_listens_and_the_data_folder_is_made() {
    let desk = Desk::new();
    let serving = desk.serve();
    assert_eq!(serving.ready["ready"], true);
    for field in ["receiver", "api", "token"] {
        assert!(serving.ready[field].is_string(), "{field}: {}", serving.ready);
    }
    assert!(
        serving.ready["receiver"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:")
    );
    assert!(desk.data().join("journal.sqlite").is_file());
    let (code, more) = serving.running.terminate();
    assert_eq!((code, more.len()), (Some(0), 0));
}

#[tokio::test]
async fn listening_to_others_is_said_and_a_name_that_is_not_ours_is_421_there_too() {
    const WORDS: &str = "where other machines reach it without encryption";
    let alone = Desk::new();
    alone.serve();
    let said = std::fs::read_to_string(alone.errors()).unwrap();
    assert!(!said.contains(WORDS), "{said}");

    let desk = Desk::new();
    let serving = desk.serve_to_others();
    let said = std::fs::read_to_string(desk.errors()).unwrap();
    let listens = |what: &str, field: &str| {
        let at = serving.ready[field].as_str().unwrap().trim_start_matches("http://");
        let warned = format!("The {what} listens on {at}, {WORDS}");
        assert!(at.starts_with("0.0.0.0:") && said.contains(&warned), "{said}");
        format!("http://{}", at.replace("0.0.0.0", "127.0.0.1"))
    };
    let (receiver, api) = (listens("receiver", "receiver"), listens("API", "api"));
    let (http, hook) = (client(), format!("{receiver}/hooks/status"));
    let body = change(1).to_string();
    let signature = callboard_trackers::shotgrid::sign(SECRET, body.as_bytes());
    for name in ["evil.example", "0.0.0.0", "192.168.1.7:8787"] {
        let delivery = http
            .post(&hook)
            .header("content-type", "application/json")
            .header("x-sg-signature", &signature)
            .body(body.clone());
        for request in [delivery, http.get(&api), http.get(format!("{api}/metrics"))] {
            let answer = request.header("host", name).send().await.unwrap();
            assert_eq!(answer.status(), 421, "{name} at {}", answer.url());
        }
    }
    assert!(desk.read("events", &[]).lines().is_empty());
    assert_eq!(deliver(&http, &hook, body.into_bytes()).await, Some(200));
}

#[tokio::test]
async fn the_token_is_made_anew_at_each_start_and_the_one_before_opens_nothing() {
    let desk = Desk::new();
    let first = desk.serve();
    let before = first.ready["token"].as_str().unwrap().to_owned();
    assert_eq!(first.running.terminate().0, Some(0));
    let second = desk.serve();
    let now = second.ready["token"].as_str().unwrap();
    assert_ne!(before, now);
    let http = client();
    for (token, status) in [(before.as_str(), 401), (now, 200)] {
        let asked = http
            .post(format!("{}/api/ask", second.ready["api"].as_str().unwrap()))
            .bearer_auth(token)
            .body(json!({"ask": "overview"}).to_string());
        assert_eq!(asked.send().await.unwrap().status(), status);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_flood_of_bad_signatures_is_no_flood_of_lines_and_no_flood_of_writes() {
    const REFUSED: i64 = 2_000;
    let desk = Desk::new();
    let disk = crate::disk::BadDisk::new(desk.folder.path());
    let serving = desk.serve_loudly_on(&disk);
    let (http, body) = (client(), change(1).to_string());
    disk.count_syncs();
    for _ in 0..REFUSED {
        let refused = http
            .post(serving.hook())
            .header("content-type", "application/json")
            .header("x-sg-signature", format!("sha1={}", "0".repeat(40)))
            .body(body.clone());
        assert_eq!(refused.send().await.unwrap().status(), 401);
    }
    let journal = desk.journal();
    let sum = || {
        journal.query_row("SELECT coalesce(sum(number), 0), count(*) FROM refusal", [], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })
    };
    let counted = async {
        loop {
            let (number, rows): (i64, i64) = sum().unwrap();
            if number == REFUSED {
                break rows;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let rows = tokio::time::timeout(DEADLINE, counted).await.unwrap();
    // One, and one more where midnight falls into it.
    assert!(rows <= 2, "{rows}");
    let syncs = disk.calls();
    assert!(0 < syncs && syncs < REFUSED / 2, "{syncs} syncs");
    assert_eq!(serving.running.terminate().0, Some(0));
    let said = std::fs::read_to_string(desk.errors()).unwrap();
    let lines = i64::try_from(said.lines().count()).unwrap();
    assert!(lines < REFUSED / 10, "{lines} lines: {said}");
}

#[tokio::test]
async fn told_to_stop_it_ends_well_whatever_its_clients_do() {
    let desk = Desk::new();
    let serving = desk.serve();
    let http = client();
    let body = change(1).to_string().into_bytes();
    assert_eq!(deliver(&http, &serving.hook(), body.clone()).await, Some(200));
    let address = serving.ready["receiver"]
        .as_str()
        .unwrap()
        .trim_start_matches("http://")
        .to_owned();
    let _idle = TcpStream::connect(&address).unwrap();
    let mut stalled = TcpStream::connect(&address).unwrap();
    let head = "POST /hooks/status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    stalled.write_all(head.as_bytes()).unwrap();
    // A further answer shows that the stalled request had its turn.
    assert_eq!(deliver(&http, &serving.hook(), body).await, Some(200));
    let api = serving.ready["api"].as_str().unwrap();
    let news = http
        .get(format!("{api}/api/news"))
        .bearer_auth(serving.ready["token"].as_str().unwrap());
    let news = news.send().await.unwrap();
    assert_eq!(news.status(), 200);
    assert_eq!(serving.running.terminate().0, Some(0));
}

#[test]
fn a_port_that_is_taken_is_one_line() {
    let desk = Desk::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, data) = (taken.local_addr().unwrap().to_string(), desk.data());
    for (listen, api) in [(address.as_str(), "127.0.0.1:0"), ("127.0.0.1:0", address.as_str())] {
        let ran = callboard(&["serve", "--data", text(&data), "--listen", listen, "--api", api]);
        assert!(ran.is_one_mistake().contains(&address), "{}", ran.err);
    }
}

#[test]
fn settings_that_cannot_be_used_are_a_mistake() {
    let desk = Desk::new();
    let good = std::fs::read_to_string(desk.settings()).unwrap();
    let data = desk.data();
    let serve = |file: &str| {
        callboard(&[
            "serve",
            "--data",
            text(&data),
            "--listen",
            "127.0.0.1:0",
            "--api",
            "127.0.0.1:0",
            "--config",
            file,
        ])
    };
    let wrong = [
        (good.replace("kind = \"shotgrid\"", "kind = \"nosuch\""), "nosuch"),
        (good.replace("[[hook]]", "[[hok]]"), "hok"),
        (good.replace("name = \"status\"", "name = \"a b\""), "a b"),
        (good.replace("site = \"practice\"", "site = \"other\""), "other"),
        (
            good.replace("http://127.0.0.1:9", "ftp://127.0.0.1:9"),
            "ftp://127.0.0.1:9",
        ),
        (
            good.replace(
                &format!("secret = \"{SECRET}\""),
                "secret = { env = \"NO_SUCH_VARIABLE\" }",
            ),
            "NO_SUCH_VARIABLE",
        ),
    ];
    for (content, named) in wrong {
        let file = desk.file("wrong.toml", content);
        let ran = serve(text(&file));
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{named}: {ran:?}");
        assert!(ran.err.contains(named), "{named}: {}", ran.err);
        assert!(
            !ran.err.contains(SCRIPT_KEY) && !ran.err.contains(SECRET),
            "{}",
            ran.err
        );
    }
    assert!(serve("/nosuch.toml").is_one_mistake().contains("/nosuch.toml"));
}

#[test]
fn a_data_folder_that_cannot_be_is_one_line() {
    let desk = Desk::new();
    let file = desk.file("a-file", "");
    let ran = callboard(&[
        "serve",
        "--data",
        text(&file),
        "--listen",
        "127.0.0.1:0",
        "--api",
        "127.0.0.1:0",
    ]);
    assert!(ran.is_one_mistake().contains("a-file"));
}

#[test]
fn a_delivery_sent_by_hand_is_answered_and_kept() {
    let desk = Desk::new();
    let serving = desk.serve();
    let hook = serving.hook();
    let body = desk.file("body.json", change(700_001).to_string());
    let ran = callboard(&["send", "--to", &hook, "--secret", SECRET, "--file", text(&body)]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(ran.lines()[0]["status"], 200);
    let ran = callboard(&["send", "--to", &hook, "--secret", SECRET]);
    assert_eq!((ran.code, ran.lines()[0]["status"].as_u64()), (Some(0), Some(200)));
    let types: Vec<Value> = desk
        .read("events", &[])
        .lines()
        .iter()
        .map(|l| l["event_type"].clone())
        .collect();
    assert_eq!(types, ["Shotgun_Version_Change", "Test_Connection"]);
}

#[test]
fn a_delivery_with_the_wrong_secret_is_a_failed_check() {
    let desk = Desk::new();
    let serving = desk.serve();
    let ran = callboard(&["send", "--to", &serving.hook(), "--secret", "another"]);
    assert_eq!((ran.code, ran.lines()[0]["status"].as_u64()), (Some(1), Some(401)));
    let nosuch = serving.hook().replace("status", "nosuch");
    assert_eq!(
        callboard(&["send", "--to", &nosuch, "--secret", SECRET]).lines()[0]["status"],
        404
    );
    assert!(desk.read("events", &[]).lines().is_empty());
}

#[test]
fn sending_where_nobody_listens_is_one_line() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("http://{}/hooks/status", closed.local_addr().unwrap());
    drop(closed);
    assert!(
        callboard(&["send", "--to", &to, "--secret", SECRET])
            .is_one_mistake()
            .contains(&to)
    );
    let ran = callboard(&["send", "--to", "nowhere", "--secret", SECRET]);
    assert!(!ran.is_one_mistake().contains(SECRET));
    callboard(&["send", "--to", &to, "--secret", SECRET, "--file", "/nosuch.json"]).is_one_mistake();
}

#[tokio::test]
async fn a_body_of_sixty_megabytes_that_is_not_json_is_taken_and_kept() {
    let desk = Desk::new();
    let serving = desk.serve();
    let body = vec![b'x'; 60 * 1024 * 1024];
    assert_eq!(deliver(&client(), &serving.hook(), body).await, Some(200));
    let length: i64 = desk
        .journal()
        .query_row("SELECT length(body) FROM delivery", [], |r| r.get(0))
        .unwrap();
    assert_eq!(length, 60 * 1024 * 1024);
    assert_eq!(desk.read("events", &[]).lines()[0]["outcome"], "not_understood");
    assert_eq!(serving.running.terminate().0, Some(0));
}

#[tokio::test]
async fn secrets_stand_nowhere_but_in_the_settings() {
    let desk = Desk::new();
    let serving = desk.serve();
    let http = client();
    assert_eq!(
        deliver(&http, &serving.hook(), change(1).to_string().into_bytes()).await,
        Some(200)
    );
    assert_eq!(deliver(&http, &serving.hook(), b"not json".to_vec()).await, Some(200));
    let refused = http
        .post(serving.hook())
        .header("content-type", "application/json")
        .header("x-sg-signature", "sha1=x");
    let refused = refused
        .header("authorization", "Bearer h1dden")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 401);
    let with_authorization = http
        .post(serving.hook())
        .header("content-type", "application/json")
        .header("cookie", "session=h1dden");
    let body = change(2).to_string();
    let signature = callboard_trackers::shotgrid::sign(SECRET, body.as_bytes());
    let taken = with_authorization
        .header("x-sg-signature", signature)
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(taken.status(), 200);
    let token = serving.ready["token"].as_str().unwrap().to_owned();
    let api = serving.ready["api"].as_str().unwrap().to_owned();
    let mut said = http
        .get(format!("{api}/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for ask in [
        json!({"ask": "overview"}),
        json!({"ask": "event", "seq": 1}),
        json!({"ask": "feed", "before": null, "limit": 50}),
    ] {
        let answer = http
            .post(format!("{api}/api/ask"))
            .bearer_auth(&token)
            .body(ask.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{ask}");
        said.push_str(&answer.text().await.unwrap());
    }
    // The hook is unstable once the refusal has been judged.
    let unstable = async {
        while desk.read("hooks", &[]).lines()[0]["state"] != "unstable" {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(DEADLINE, unstable).await.unwrap();
    for command in ["events", "cascades", "hooks", "issues"] {
        let ran = desk.read(command, &[]);
        said.push_str(&ran.out);
        said.push_str(&ran.err);
    }
    let places = |bytes: &[u8], what: &str| {
        for secret in [SECRET, SCRIPT_KEY, "h1dden"] {
            let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!found, "{secret} stands in {what}");
        }
    };
    let journal_files = || std::fs::read_dir(desk.data()).unwrap().map(|e| e.unwrap().path());
    for file in journal_files() {
        places(&std::fs::read(&file).unwrap(), text(&file));
    }
    let (code, rest) = serving.running.terminate();
    assert_eq!((code, rest.len()), (Some(0), 0));
    for file in journal_files() {
        places(&std::fs::read(&file).unwrap(), text(&file));
    }
    places(said.as_bytes(), "an answer or a line");
    places(serving.ready.to_string().as_bytes(), "the ready line");
    places(&std::fs::read(desk.errors()).unwrap(), "stderr");
}

#[tokio::test]
async fn a_picture_says_which_rules_it_shows() {
    let desk = Desk::new();
    let serving = desk.serve();
    let http = client();
    let ask = async |ask: Value| -> (u16, Value) {
        let answer = http
            .post(format!("{}/api/ask", serving.ready["api"].as_str().unwrap()))
            .bearer_auth(serving.ready["token"].as_str().unwrap())
            .header("Content-Type", "application/json")
            .body(ask.to_string())
            .send()
            .await
            .unwrap();
        let code = answer.status().as_u16();
        (code, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    };
    let (code, template) = ask(json!({ "ask": "rule_set", "which": { "template": "status-overhaul" } })).await;
    assert_eq!(code, 200);
    let (_, draft) = ask(json!({ "ask": "save_draft", "document": template["document"], "expected": null })).await;
    let picture = async |which: Value| ask(json!({ "ask": "picture", "which": which })).await;
    let said = |(code, text): &(u16, Value)| -> String {
        assert_eq!(*code, 200, "{text}");
        text.as_str().unwrap().to_owned()
    };
    assert!(said(&picture(json!("draft")).await).contains("Draft, not live"));
    let (_, live) = ask(json!({ "ask": "go_live", "version": draft["version"], "note": "" })).await;
    let revision = live["live"]["revision"].as_i64().unwrap();
    for which in [json!("live"), json!({ "revision": revision })] {
        let svg = said(&picture(which).await);
        assert!(
            svg.starts_with("<svg") && svg.contains(&format!("Status overhaul \u{b7} Revision {revision} \u{b7} "))
        );
    }
    let template = said(&picture(json!({ "template": "roll-up" })).await);
    assert!(template.contains("Shot from all its Tasks") && !template.contains("Revision"));
    assert_eq!(picture(json!("draft")).await.0, 404, "there is none any more");
    let (code, wrong) = ask(json!({ "ask": "import_rules", "text": "hello", "name": "x" })).await;
    assert_eq!(code, 400);
    assert!(
        wrong["message"].as_str().unwrap().contains("these are no rules"),
        "{wrong}"
    );
}
