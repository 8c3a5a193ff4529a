//! A whole rule set drawn by hand in the real window: once with the mouse, once with keys alone.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;

use callboard_journal::Reader;
use callboard_practice::{Practice, PracticeArgs};
use callboard_rules::template;
use serde_json::Value;
use tempfile::TempDir;
use thirtyfour::prelude::{By, Key, TypingData};

use crate::SECRET;
use crate::screen::{Screen, free_port, until};

/// Steps that drive a Shot.
const DRIVES: [&str; 2] = ["Composite", "Secondary Composite"];
const REVIEWED: [&str; 3] = ["Prep", "Composite", "Computer Graphics"];

/// Every link of the status-overhaul rules that is drawn from a status to a status, in their order.
const LINKS: [(&str, &str); 32] = [
    ("Version:cnv", "Task:cnv"),
    ("Version:bkdn", "Task:adn"),
    ("Version:note", "Task:adn"),
    ("Version:stcomp", "Task:stcomp"),
    ("Version:sndwip", "Task:sndcli"),
    ("Version:sndv0", "Task:sndcli"),
    ("Version:sndcli", "Task:sndcli"),
    ("Version:qckbk", "Task:qckbk"),
    ("Version:rev", "Task:rev"),
    ("Version:pdrr", "Task:rev"),
    ("Version:hero", "Task:apv"),
    ("Version:apv", "Task:apv"),
    ("Task:omt", "Shot:omt"),
    ("Task:hld", "Shot:hld"),
    ("Task:rdy", "Shot:actv"),
    ("Task:per", "Shot:actv"),
    ("Task:ip", "Shot:actv"),
    ("Task:ncl", "Shot:actv"),
    ("Task:ofr", "Shot:actv"),
    ("Task:bfr", "Shot:actv"),
    ("Task:cnv", "Shot:actv"),
    ("Task:stcomp", "Shot:actv"),
    ("Task:sndcli", "Shot:actv"),
    ("Task:adn", "Shot:actv"),
    ("Task:qckbk", "Shot:actv"),
    ("Task:rev", "Shot:rev"),
    ("Task:apv", "Shot:apv"),
    ("Task:di", "Shot:di"),
    ("Shot:omt", "Task:omt"),
    ("Task:stcomp", "Task:bfr"),
    // Drawn by mistake, and taken back.
    ("Version:na", "Task:hld"),
    ("Version:rqc", "Task:ip"),
];
const MISTAKES: usize = 2;

/// What is done, whatever it is done with.
struct Drawer<'a> {
    screen: &'a Screen,
    keys_alone: bool,
}

fn by_testid(id: impl Display) -> String {
    format!("[data-testid='{id}']")
}

impl Drawer<'_> {
    /// Strikes keys, wherever the focus is.
    async fn strike(&self, keys: impl Into<TypingData>) {
        self.screen
            .window
            .action_chain()
            .send_keys(keys)
            .perform()
            .await
            .unwrap();
    }

    async fn has_focus(&self, css: &str) -> bool {
        let asked = "return document.activeElement !== null && document.activeElement.matches(arguments[0]);";
        let answer = self.screen.window.execute(asked, vec![css.into()]).await.unwrap();
        answer.json().as_bool() == Some(true)
    }

    /// Strikes a key until the focus is where it should be.
    async fn go(&self, key: Key, css: &str) {
        for _ in 0..400 {
            if self.has_focus(css).await {
                return;
            }
            self.strike(key.clone()).await;
        }
        self.screen.picture("lost").await;
        let source = self.screen.window.source().await.unwrap_or_default();
        panic!("the focus does not come to {css}: {source}");
    }

    /// Presses a button.
    async fn press(&self, css: &str) {
        if self.keys_alone {
            self.screen.sees(css).await;
            self.go(Key::Tab, css).await;
            self.strike(Key::Enter).await;
        } else {
            self.screen.press(css).await;
        }
    }

    /// Chooses one of several, or one more of a list.
    async fn choose(&self, value: &str) {
        let row = by_testid(format_args!("choice-{value}"));
        let input = format!("{row} input");
        let choice = self.screen.sees(&input).await;
        if !self.keys_alone {
            return self.screen.press(&row).await;
        }
        if choice.attr("type").await.unwrap().as_deref() == Some("radio") {
            self.go(Key::Tab, "[data-testid='part-editor'] input[type='radio']")
                .await;
            let is_below =
                "return document.activeElement.compareDocumentPosition(document.querySelector(arguments[0])) & 4;";
            let below = self
                .screen
                .window
                .execute(is_below, vec![input.as_str().into()])
                .await
                .unwrap();
            let key = if below.json().as_i64() == Some(4) {
                Key::Down
            } else {
                Key::Up
            };
            self.go(key, &input).await;
        } else {
            self.go(Key::Tab, &input).await;
        }
        if !choice.is_selected().await.unwrap() {
            self.strike(Key::Space).await;
        }
    }

    async fn is_there(&self, css: &str) -> bool {
        self.screen.window.find(By::Css(css)).await.is_ok()
    }

    /// Chooses names of a list; those that it does not have yet are typed.
    async fn choose_names(&self, names: &[&str]) {
        for name in names {
            self.screen.sees("[data-testid='choice-add']").await;
            if self.is_there(&by_testid(format_args!("choice-{name}"))).await {
                self.choose(name).await;
                continue;
            }
            let field = self.screen.sees("[data-testid='choice-add']").await;
            if self.keys_alone {
                self.go(Key::Tab, "[data-testid='choice-add']").await;
                self.strike(*name).await;
                self.strike(Key::Enter).await;
            } else {
                field.send_keys(*name).await.unwrap();
                field.send_keys(Key::Enter).await.unwrap();
            }
            self.screen.sees(&by_testid(format_args!("choice-{name}"))).await;
        }
    }

    /// Closes the editor of a part of the sentence.
    async fn done(&self) {
        if self.keys_alone {
            self.strike(Key::Escape).await;
        } else {
            self.screen.press("[data-testid='part-done']").await;
        }
        until("the part's editor is closed", || async {
            !self.is_there("[data-testid='part-editor']").await
        })
        .await;
    }

    /// What is chosen of an ordered list becomes exactly this.
    async fn choose_exactly(&self, part: &str, codes: &[&str]) {
        self.press(&by_testid(part)).await;
        self.screen
            .sees("[data-testid='part-editor'] [data-testid^='choice-']")
            .await;
        let chosen = "return [...document.querySelectorAll('[data-testid=part-editor] [data-testid^=choice-] input:checked')]\
                      .map(input => input.closest('[data-testid]').dataset.testid.slice('choice-'.length));";
        let chosen = self.screen.window.execute(chosen, Vec::new()).await.unwrap();
        for code in chosen.json().as_array().unwrap().iter().filter_map(Value::as_str) {
            if !codes.contains(&code) {
                self.choose_again(code).await;
            }
        }
        for code in codes {
            let input = format!("[data-testid='choice-{code}'] input");
            if !self.screen.sees(&input).await.is_selected().await.unwrap() {
                self.choose(code).await;
            }
        }
        self.done().await;
    }

    /// Takes one of several out.
    async fn choose_again(&self, value: &str) {
        let row = by_testid(format_args!("choice-{value}"));
        if self.keys_alone {
            self.go(Key::Tab, &format!("{row} input")).await;
            self.strike(Key::Space).await;
        } else {
            self.screen.press(&row).await;
        }
    }

    /// Draws a link from a status to a status.
    async fn link(&self, from: &str, to: &str) {
        if self.keys_alone {
            self.go_to_pill(from).await;
            self.strike("l").await;
            self.screen.sees("[data-testid='linking']").await;
            self.go_to_pill(to).await;
            self.strike(Key::Enter).await;
        } else {
            let target = self.screen.sees(&format!("[data-pill='{to}']")).await;
            // The edge that is nearer is where a line would begin.
            let port = self.screen.sees(&format!("[data-port='{from}'].right")).await;
            let grip = self.screen.window.action_chain();
            grip.move_to_element_center(&port)
                .click_and_hold()
                .move_to_element_center(&target)
                .move_by_offset(2, 1)
                .release()
                .perform()
                .await
                .unwrap();
        }
        self.is_linked(from, to).await;
    }

    async fn is_linked(&self, from: &str, to: &str) {
        self.screen
            .sees(&format!("[data-testid='rule-link'][data-id='{from}>{to}']"))
            .await;
    }

    /// As somebody does who knows a status by its column and code.
    async fn go_to_pill(&self, pill: &str) {
        let (kind, code) = pill.split_once(':').unwrap();
        self.strike("/").await;
        until("the search has the focus", || {
            self.has_focus("[data-testid='find-status']")
        })
        .await;
        self.strike(format!("{kind} {code}")).await;
        self.strike(Key::Enter).await;
        let css = format!("[data-pill='{pill}']");
        until(&format!("{pill} has the focus"), || self.has_focus(&css)).await;
    }

    /// Opens a rule by its id from the list of all.
    async fn open(&self, rule: &str) {
        if self.is_there("[data-testid='rule-back']").await {
            self.press("[data-testid='rule-back']").await;
        } else if self.keys_alone {
            self.strike(Key::Escape).await;
        } else {
            self.screen.sees("body").await.send_keys(Key::Escape).await.unwrap();
        }
        self.press(&format!("[data-testid='rule-row'][data-rule='{rule}'] button.open"))
            .await;
        self.screen.sees("[data-testid='sentence']").await;
    }

    async fn switch_off(&self) {
        let switch = "[data-testid='inspector'] .title [data-testid='rule-on']";
        if self.keys_alone {
            self.go(Key::Tab, switch).await;
            self.strike(Key::Space).await;
        } else {
            self.press(switch).await;
        }
        self.screen.sees(&format!("{switch}:not(:checked)")).await;
    }

    /// Adds a condition to the rule that is open.
    async fn ask_for_steps(&self, key: &str, steps: &[&str]) {
        self.press("[data-testid='add-condition']").await;
        self.press(&by_testid(format_args!("condition-{key}"))).await;
        self.choose_names(steps).await;
        self.done().await;
        self.screen.sees(&by_testid(format_args!("part-condition-{key}"))).await;
    }

    /// `if` a rule moved it, or its step drives the Shot.
    async fn ask_for_a_rule_or_a_driving_step(&self, rule: &str) {
        self.open(rule).await;
        self.press("[data-testid='add-condition']").await;
        self.press("[data-testid='condition-changed_by']").await;
        self.choose("callboard").await;
        self.done().await;
        self.screen.sees("[data-testid='part-condition-changed_by']").await;
        self.press("[data-testid='add-alternative']").await;
        self.press("[data-testid='condition-step']").await;
        self.choose_names(&DRIVES).await;
        self.done().await;
        self.screen.sees("[data-testid='part-condition-step']").await;
    }

    /// A rule for Versions of some steps that are made.
    async fn version_made(&self, key: &str, status: &str) {
        if self.is_there("[data-testid='rule-back']").await {
            self.press("[data-testid='rule-back']").await;
        }
        self.screen.sees("[data-testid='new-rule']").await;
        if self.keys_alone {
            self.go(Key::Tab, "[data-testid='new-rule']").await;
            self.strike(Key::Enter).await;
            self.screen.sees("[data-testid='new-rule-created']").await;
            self.go(Key::Down, "[data-testid='new-rule-created']").await;
            self.strike(Key::Enter).await;
        } else {
            self.press("[data-testid='new-rule']").await;
            self.press("[data-testid='new-rule-created']").await;
        }
        self.screen.sees("[data-testid='sentence']").await;
        self.choose_exactly("part-to", &[status]).await;
        self.ask_for_steps(key, &REVIEWED).await;
    }

    async fn builds_the_studio_s_rules(&self) {
        self.press("[data-testid='template'][data-template='blank']").await;
        for column in ["Version", "Task", "Shot"] {
            self.press(&by_testid(format_args!("add-status-{column}"))).await;
            self.press("[data-testid='add-all']").await;
            until("the statuses are in the column", || async {
                !self.is_there(&format!("[data-group='{column}/*']")).await
            })
            .await;
        }
        for (from, to) in LINKS {
            self.link(from, to).await;
        }
        self.screen
            .picture(if self.keys_alone { "drawn-by-keys" } else { "drawn" })
            .await;
        for _ in 0..MISTAKES {
            self.undo().await;
        }
        let (from, to) = LINKS[LINKS.len() - 1];
        until("what was a mistake is gone", || async {
            !self
                .is_there(&format!("[data-testid='rule-link'][data-id='{from}>{to}']"))
                .await
        })
        .await;

        for rule in [
            "task-omt-shot-omt",
            "task-hld-shot-hld",
            "task-rdy-shot-actv",
            "task-rev-shot-rev",
            "task-apv-shot-apv",
            "task-di-shot-di",
        ] {
            self.ask_for_a_rule_or_a_driving_step(rule).await;
        }
        self.open("shot-omt-task-omt").await;
        self.switch_off().await;

        self.open("task-stcomp-task-bfr").await;
        self.press("[data-testid='part-target']").await;
        self.choose("tasks_of_shot").await;
        self.press("[data-testid='target-steps']").await;
        self.choose_names(&DRIVES).await;
        self.done().await;
        self.ask_for_steps("step", &["Rotoscoping", "Paint"]).await;
        self.switch_off().await;

        self.version_made("step_not", "na").await;
        self.version_made("step", "cnv").await;
        self.press("[data-testid='rule-copy']").await;
        self.press("[data-testid='part-target']").await;
        self.choose("task").await;
        self.done().await;
        self.choose_exactly("part-to", &["cnv"]).await;
        self.choose_exactly("part-becomes", &["cnv"]).await;
        self.screen
            .picture(if self.keys_alone { "built-by-keys" } else { "built" })
            .await;
    }

    async fn undo(&self) {
        if self.keys_alone {
            let chord = self.screen.window.action_chain();
            let chord = chord.key_down(Key::Control).send_keys("z").key_up(Key::Control);
            chord.perform().await.unwrap();
        } else {
            self.screen.press("[data-testid='undo']").await;
        }
    }

    async fn goes_live(&self, note: &str) {
        self.screen
            .sees("[data-testid='draft-state'][data-state='saved']")
            .await;
        self.screen.sees("[data-testid='findings'][data-errors='0']").await;
        self.press("[data-testid='go-live']").await;
        let field = self.screen.sees("[data-testid='go-live-note']").await;
        if self.keys_alone {
            self.go(Key::Tab, "[data-testid='go-live-note']").await;
            self.strike(note).await;
        } else {
            field.send_keys(note).await.unwrap();
        }
        self.press("[data-testid='go-live-confirm']").await;
        self.screen.sees("[data-testid='draft-state'][data-state='live']").await;
    }
}

/// What rules say, whatever they are called and in whatever order they stand.
fn said(document: &Value) -> BTreeSet<String> {
    let rules = document["rules"].as_array().unwrap().iter();
    let said = rules.map(|rule| {
        let mut rule = rule.clone();
        for name in ["id", "name", "note"] {
            rule.as_object_mut().unwrap().remove(name);
        }
        for list in ["/when/becomes", "/if/step", "/if/step_not"] {
            if let Some(names) = rule.pointer_mut(list).and_then(Value::as_array_mut) {
                names.sort_by_key(ToString::to_string);
            }
        }
        rule.to_string()
    });
    said.collect()
}

async fn draws_goes_live_and_cascades(keys_alone: bool) {
    let data = TempDir::new().unwrap();
    let port = free_port();
    let practice = Practice::start(PracticeArgs {
        hook: vec![format!("http://127.0.0.1:{port}/hooks/review")],
        secret: Some(SECRET.into()),
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let config = data.path().join("callboard.toml");
    let text = format!(
        "[[site]]\nname = \"studio\"\nkind = \"shotgrid\"\nurl = \"{}\"\nscript_name = \"practice\"\nscript_key = \"practice\"\nwrite = \"act\"\n\
         [[hook]]\nname = \"review\"\nsite = \"studio\"\nsecret = \"{SECRET}\"\n",
        practice.url()
    );
    std::fs::write(&config, text).unwrap();
    let listen = format!("127.0.0.1:{port}");
    let (config, folder) = (config.to_str().unwrap(), data.path().to_str().unwrap());
    let screen = Screen::open(&["--config", config, "--listen", &listen, "--data", folder]).await;
    let drawer = Drawer {
        screen: &screen,
        keys_alone,
    };
    screen.sees("[data-testid='hook-health']").await;
    if keys_alone {
        drawer.strike("2").await;
    } else {
        screen.press("[data-testid='nav-rules']").await;
    }
    drawer.builds_the_studio_s_rules().await;
    drawer.goes_live("As agreed on Thursday").await;

    let (live, note) = live_rules(data.path());
    let studio = serde_json::to_value(template("status-overhaul").unwrap()).unwrap();
    assert_eq!(said(&live), said(&studio));
    assert_eq!(note, "As agreed on Thursday");

    let site = practice.control();
    let comp = site
        .entities("Task")
        .into_iter()
        .find(|task| task["step"]["name"] == "Composite" && task["sg_status_list"] != "rev")
        .unwrap();
    let (task, shot) = (comp["id"].as_i64().unwrap(), comp["entity"]["id"].as_i64().unwrap());
    let version = site.create_version_as_person(Some(task), "sndcli");
    until("the new Version is checked", || async {
        site.status("Version", version).as_deref() == Some("cnv")
    })
    .await;
    site.set_status_as_person("Version", version, "rev");
    until("the Task is with the client", || async {
        site.status("Task", task).as_deref() == Some("rev")
    })
    .await;
    until("and the Shot", || async {
        site.status("Shot", shot).as_deref() == Some("rev")
    })
    .await;
    screen.close().await;
    practice.stop().await;
}

/// The live document, and what was said when it went live.
fn live_rules(folder: &Path) -> (Value, String) {
    let reader = Reader::open(folder).unwrap();
    let (_, text) = reader.live_rules().unwrap().unwrap();
    let note = reader.revisions().unwrap().into_iter().find(|r| r.live).unwrap().note;
    (serde_json::from_str(&text).unwrap(), note)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_studio_s_rules_are_drawn_with_the_mouse_go_live_and_cascade() {
    draws_goes_live_and_cascades(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_studio_s_rules_are_drawn_with_keys_alone_go_live_and_cascade() {
    draws_goes_live_and_cascades(true).await;
}
