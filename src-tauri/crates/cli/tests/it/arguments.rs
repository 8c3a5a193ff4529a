//! Help, and mistakes on the command line.

use crate::run::callboard;

const COMMANDS: [&[&str]; 40] = [
    &[],
    &["practice"],
    &["serve"],
    &["rules"],
    &["rules", "template"],
    &["rules", "check"],
    &["rules", "show"],
    &["rules", "schema"],
    &["simulate"],
    &["events"],
    &["cascades"],
    &["hooks"],
    &["issues"],
    &["send"],
    &["mail-test"],
    &["doctor"],
    &["hook"],
    &["hook", "create"],
    &["hook", "listen"],
    &["hook", "change"],
    &["hook", "switch-on"],
    &["hook", "switch-off"],
    &["hook", "delete"],
    &["hook", "test"],
    &["hook", "suggest"],
    &["site"],
    &["site", "put"],
    &["site", "remove"],
    &["site", "list"],
    &["reach"],
    &["outgoing"],
    &["outgoing", "list"],
    &["outgoing", "set"],
    &["outgoing", "remove"],
    &["outgoing", "test"],
    &["inbox"],
    &["inbox", "list"],
    &["inbox", "accept"],
    &["inbox", "decline"],
    &["undo"],
];

#[test]
fn every_command_has_help_on_stdout() {
    for command in COMMANDS {
        let ran = callboard(&[command, &["--help"]].concat());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{command:?}");
        assert!(ran.out.contains("Usage: callboard"), "{command:?}: {}", ran.out);
    }
}

#[test]
fn help_names_every_command() {
    let help = callboard(&["--help"]).out;
    for command in COMMANDS.iter().filter(|c| c.len() == 1) {
        assert!(help.contains(&format!("\n  {}", command[0])), "{command:?}");
    }
}

#[test]
fn the_version_is_told() {
    let ran = callboard(&["--version"]);
    assert_eq!(
        (ran.code, ran.out),
        (Some(0), format!("callboard {}\n", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn an_unknown_option_is_one_line_and_exit_code_2_in_every_command() {
    for command in COMMANDS {
        let ran = callboard(&[command, &["--nosuch"]].concat());
        assert!(ran.is_one_mistake().contains("--nosuch"), "{command:?}: {}", ran.err);
    }
}

#[test]
fn bad_days_are_listed_as_lines_and_an_unknown_one_is_a_mistake() {
    let ran = callboard(&["practice", "--bad-day", "list"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let days: Vec<serde_json::Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(days.iter().any(|day| day["name"] == "dead-tunnel"), "{}", ran.out);
    assert!(
        days.iter()
            .all(|day| day["story"].as_str().is_some_and(|story| story.len() > 20))
    );
    let said = callboard(&["practice", "--bad-day", "gaps", "--bad-day", "monday"]);
    let said = said.is_one_mistake();
    assert!(said.contains("monday") && said.contains("--bad-day list"), "{said}");
}

#[test]
fn an_unknown_command_is_one_line_with_what_was_meant() {
    let ran = callboard(&["evnts"]);
    let said = ran.is_one_mistake();
    assert!(said.contains("evnts") && said.contains("events"), "{said}");
    assert!(callboard(&["rules", "chek"]).is_one_mistake().contains("check"));
}

#[test]
fn what_is_missing_is_named() {
    for command in ["serve", "events", "cascades", "hooks", "issues"] {
        assert!(callboard(&[command]).is_one_mistake().contains("--data"), "{command}");
    }
    let said = callboard(&["simulate"]);
    let said = said.is_one_mistake();
    assert!(
        ["--rules", "--state", "--events"].iter().all(|o| said.contains(o)),
        "{said}"
    );
    callboard(&[]).is_one_mistake();
    callboard(&["rules"]).is_one_mistake();
    assert!(
        callboard(&["rules", "check", "x", "--site", "http://x"])
            .is_one_mistake()
            .contains("--script-name")
    );
}

#[test]
fn values_that_make_no_sense_are_named() {
    assert!(
        callboard(&["serve", "--data", "x", "--listen", "nowhere"])
            .is_one_mistake()
            .contains("nowhere")
    );
    assert!(
        callboard(&["events", "--data", "x", "--limit", "many"])
            .is_one_mistake()
            .contains("many")
    );
    let said = callboard(&["send", "--to", "http://x", "--secret", "x", "--kind", "nosuch"]);
    assert!(said.is_one_mistake().contains("shotgrid"));
}
