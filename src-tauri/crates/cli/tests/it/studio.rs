//! A Creative Force studio and somebody who is told, set up and tried from the command line.

use serde_json::Value;

use crate::run::{Desk, Ran, Serving, callboard, text};

/// A command to the engine that serves.
fn tell(serving: &Serving, command: &[&str]) -> Ran {
    let said = |name: &str| serving.ready[name].as_str().unwrap().to_owned();
    callboard(&[command, &["--api", &said("api"), "--token", &said("token")]].concat())
}

fn desk() -> Desk {
    let desk = Desk::new();
    std::fs::write(desk.settings(), "# Ours.\n").unwrap();
    desk
}

fn first(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.lines().remove(0)
}

#[test]
fn a_studio_is_set_up_and_a_delivery_signed_by_hand_arrives() {
    let desk = desk();
    let serving = desk.serve_loudly();
    let site = first(&tell(&serving, &["site", "put", "studio", "--kind", "creative_force"]));
    assert_eq!(
        (&site["kind"], &site["write"]),
        (&Value::from("creative_force"), &Value::from("watch"))
    );
    let refused = tell(&serving, &["site", "put", "studio", "--write", "act"]);
    assert!(refused.is_one_mistake().contains("only be watch"), "{refused:?}");

    let listen = ["hook", "listen", "cf", "--site", "studio"];
    let made = tell(
        &serving,
        &[&listen[..], &["--step", "capture", "--header", "X-Key=hunter2"]].concat(),
    );
    let line = first(&made);
    let secret = line["secret"].as_str().unwrap().to_owned();
    assert!(line["trouble"].as_str().unwrap().contains("https://"), "{line}");
    assert!(made.err.contains("not shown again"));
    assert!(
        first(&tell(&serving, &listen))["secret"].is_null(),
        "a secret is shown once"
    );
    first(&tell(
        &serving,
        &[&listen[..], &["--step", "capture", "--header", "X-Key=hunter2"]].concat(),
    ));
    let wrong = tell(&serving, &[&listen[..], &["--step", "Photography"]].concat());
    assert!(wrong.is_one_mistake().contains("Photography"));

    let hook = format!("{}/hooks/cf", serving.ready["receiver"].as_str().unwrap());
    let send = ["send", "--kind", "creative_force", "--to", &hook, "--secret", &secret];
    let without = callboard(&send);
    assert_eq!(
        (without.code, without.lines()[0]["status"].as_u64()),
        (Some(1), Some(401))
    );
    let with = callboard(&[&send[..], &["--header", "X-Key=hunter2"]].concat());
    assert_eq!((with.code, with.lines()[0]["status"].as_u64()), (Some(0), Some(200)));
    let events = desk.read("events", &[]).lines();
    assert_eq!(
        (events.len(), events[0]["event_type"].as_str()),
        (1, Some("User LoggedIn"))
    );

    let receiver = serving.ready["receiver"].as_str().unwrap();
    assert_eq!(tell(&serving, &["reach", receiver, "--set"]).code, Some(0));
    let doctor = callboard(&["doctor", "--config", text(&desk.settings()), "--site", "studio"]);
    assert_eq!(doctor.code, Some(1), "{doctor:?}");
    let settings = std::fs::read_to_string(desk.settings()).unwrap();
    let settings = settings.replace(receiver, "https://callboard.studio.example");
    let config = desk.file("public.toml", settings);
    let data = desk.data();
    let doctor = callboard(&[
        "doctor",
        "--config",
        text(&config),
        "--site",
        "studio",
        "--data",
        text(&data),
    ]);
    assert_eq!(doctor.code, Some(0), "{doctor:?}");
    for word in [
        "Add Webhook",
        "https://callboard.studio.example/hooks/cf",
        "Steps capture",
        "X-Key",
    ] {
        assert!(doctor.out.contains(word), "{word}: {}", doctor.out);
    }
    assert_eq!(tell(&serving, &["hook", "delete", "cf"]).code, Some(0));
    let said = format!(
        "{without:?}{with:?}{doctor:?}{}",
        std::fs::read_to_string(desk.settings()).unwrap()
    );
    assert!(!said.contains("hunter2") && !said.contains(&secret), "{said}");
}

#[test]
fn somebody_is_told_tried_and_let_go_by_a_script() {
    let desk = desk();
    let serving = desk.serve_loudly();
    let nobody = "http://127.0.0.1:9/in";
    let set = ["outgoing", "set", "tools", "--url", nobody, "--on", "would_set"];
    let made = first(&tell(&serving, &set));
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && made["outgoing"]["url"] == nobody);
    assert!(first(&tell(&serving, &set))["secret"].is_null());
    let listed = tell(&serving, &["outgoing", "list"]);
    assert_eq!(first(&listed)["on"][0], "would_set");
    let test = tell(&serving, &["outgoing", "test", "tools"]);
    assert_eq!(test.code, Some(1), "{test:?}");
    assert!(
        test.lines()[0]["trouble"]
            .as_str()
            .unwrap()
            .contains("cannot be reached")
    );
    let kept = std::fs::read_to_string(desk.settings()).unwrap();
    assert!(kept.contains("[[outgoing]]") && !kept.contains(secret), "{kept}");
    let wrong = tell(
        &serving,
        &["outgoing", "set", "tools", "--url", nobody, "--on", "everything"],
    );
    assert!(wrong.is_one_mistake().contains("everything"));
    assert_eq!(tell(&serving, &["outgoing", "remove", "tools"]).out, "");
    assert!(!std::fs::read_to_string(desk.settings()).unwrap().contains("outgoing"));
}
