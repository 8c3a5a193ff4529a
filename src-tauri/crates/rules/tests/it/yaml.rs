//! YAML maps of statuses: what they become, and what is said of what they cannot become.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use callboard_model::{ActorKind, EntityType, Production};
use callboard_rules::{
    ImportNote, Imported, Level, MAX_YAML_BYTES, RuleSet, YamlImportError, check, sentence, svg, template,
};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::{select, subsequence};

use crate::made::{becomes, by, changes, planned, shot, task, version};
use crate::oracle::{TaskThere, World, task_became, version_became};

/// Such a file, made from the facts of the studio's statuses and rules.
fn studio() -> String {
    let overhaul = template("status-overhaul").expect("the template is there");
    let mut file = String::from("# Statuses by short code, in order toward completion.\n\n");
    for (column, statuses) in &overhaul.statuses {
        let _ = writeln!(file, "{column}_statuses:");
        for status in statuses {
            let _ = writeln!(file, "  - key: {}\n    label: {}", status.code, status.name);
        }
        file.push('\n');
    }
    for (map, rows) in [
        (
            "version_to_task",
            "cnv:cnv bkdn:adn stcomp:stcomp sndwip:sndcli sndv0:sndcli sndcli:sndcli qckbk:qckbk rev:rev note:adn hero:apv \
             apv:apv pdrr:rev",
        ),
        (
            "task_to_shot",
            "omt:omt hld:hld rdy:actv per:actv ip:actv ncl:actv ofr:actv bfr:actv cnv:actv stcomp:actv sndcli:actv \
             adn:actv qckbk:actv rev:rev apv:apv di:di",
        ),
        ("shot_to_task", "omt:omt"),
    ] {
        let _ = writeln!(file, "{map}:");
        for (from, to) in rows.split_whitespace().filter_map(|row| row.split_once(':')) {
            let _ = writeln!(file, "  {from}:\n    - {to}");
        }
        file.push('\n');
    }
    file.push_str("task_step_relations:\n");
    for step in ["Rotoscoping", "Paint"] {
        let _ = writeln!(
            file,
            "  {step}:\n    triggers_on_status: stcomp\n    update_steps:\n      - Composite\n      - Secondary Composite\n    new_status: bfr"
        );
    }
    file
}

fn read(text: &str) -> Imported {
    RuleSet::from_yaml(text.as_bytes(), "Imported").expect("the test's file is a map")
}

fn refused(text: &str) -> String {
    RuleSet::from_yaml(text.as_bytes(), "Imported")
        .expect_err("the test's file is none")
        .to_string()
}

/// The notes about lines of the file.
fn lines(notes: &[ImportNote]) -> Vec<String> {
    let of_line = |note: &ImportNote| note.line.map(|line| format!("{line}: {}", note.message));
    notes.iter().filter_map(of_line).collect()
}

fn ids(set: &RuleSet) -> Vec<&str> {
    set.rules.iter().map(|r| r.id.as_str()).collect()
}

#[test]
fn the_studio_s_file_becomes_readable_rules() {
    let Imported { set, notes } = read(&studio());
    let overhaul = template("status-overhaul").expect("the template is there");
    assert_eq!(
        set.statuses, overhaul.statuses,
        "and they look as the studio's template does"
    );
    assert_eq!(
        ids(&set),
        [
            "version-to-task-cnv",
            "version-to-task-adn",
            "version-to-task-stcomp",
            "version-to-task-sndcli",
            "version-to-task-qckbk",
            "version-to-task-rev",
            "version-to-task-apv",
            "task-to-shot-omt",
            "task-to-shot-hld",
            "task-to-shot-actv",
            "task-to-shot-rev",
            "task-to-shot-apv",
            "task-to-shot-di",
            "shot-to-task-omt",
            "step-to-step-bfr",
        ]
    );
    let said: Vec<String> = set.rules.iter().map(|r| sentence(&set, r)).collect();
    assert_eq!(set.rules[1].name, "Version to Task: Address New Notes");
    assert_eq!(
        said[1],
        "When a Version becomes BKD Note or Client Note, set its Task to Address New Notes."
    );
    assert_eq!(
        said[14],
        "When a Task becomes Step Completed and its step is Rotoscoping or Paint, set the Composite and Secondary \
         Composite Tasks of its Shot to Back From Prep."
    );
    assert_eq!(lines(&notes), Vec::<String>::new(), "there is nothing wrong with it");
    assert_eq!(notes.len(), 3, "and three things to know: {notes:?}");
    assert_eq!(RuleSet::parse(set.to_json_pretty().as_bytes()).as_ref(), Ok(&set));
    let errors: Vec<_> = check(&set, None)
        .into_iter()
        .filter(|f| f.level == Level::Error)
        .collect();
    assert_eq!(errors, []);
    assert!(svg(&set).ends_with("</svg>\n"));
}

#[test]
fn it_decides_as_its_map_says() {
    let Imported { set, .. } = read(&studio());
    for (kind, statuses) in &set.statuses {
        for moved in statuses {
            for there in &set.statuses[&"task".into()] {
                // The map knows no steps but those of its relations; on this one its answer is the studio's.
                let world = World {
                    task: Some(TaskThere {
                        step: Some("Composite".to_owned()),
                        status: there.code.to_string(),
                        shot: Some("bid".to_owned()),
                    }),
                };
                let expected = match kind.as_str() {
                    "version" => version_became(&world, moved.code.as_str()),
                    "task" => task_became(&world, moved.code.as_str()),
                    _ => continue,
                };
                let mut production: Production = [
                    version(1, Some(1), "na"),
                    task(1, Some("Composite"), there.code.as_str()),
                    shot(1, "bid"),
                ]
                .into_iter()
                .collect();
                let event = becomes(kind.entity_type().as_str(), 1, moved.code.as_str());
                let plan = planned(&set, &mut production, &event);
                let found: Vec<_> = plan
                    .changes
                    .iter()
                    .map(|c| {
                        (
                            c.entity.key.kind.to_string(),
                            c.to.clone().map_or(String::new(), |to| to.to_string()),
                        )
                    })
                    .collect();
                let expected: Vec<_> = expected.into_iter().map(|(kind, to)| (kind.to_owned(), to)).collect();
                assert_eq!(
                    found, expected,
                    "{kind} becomes {} where the Task is {}",
                    moved.code, there.code
                );
            }
        }
    }
}

#[test]
fn one_omitted_task_does_not_omit_all_the_others() {
    let Imported { set, .. } = read(&studio());
    let there = || -> Production {
        let tasks = [task(1, Some("Rotoscoping"), "ip"), task(2, Some("Composite"), "wtg")];
        tasks.into_iter().chain([shot(1, "actv")]).collect()
    };
    let person = |event| by(event, Some(ActorKind::Person));
    let by_task = planned(&set, &mut there(), &person(becomes("Task", 1, "omt")));
    assert_eq!(changes(&by_task), ["Shot 1 -> omt"]);
    let by_shot = planned(&set, &mut there(), &person(becomes("Shot", 1, "omt")));
    assert_eq!(changes(&by_shot), ["Task 1 -> omt", "Task 2 -> omt"]);
    let handed_over = planned(&set, &mut there(), &person(becomes("Task", 1, "stcomp")));
    assert_eq!(changes(&handed_over), ["Task 2 -> bfr"]);
}

#[test]
fn a_list_of_acceptable_statuses_keeps_what_is_there() {
    let Imported { set, .. } = read("shot_to_task:\n  actv: [rdy, ip, rev]\n  bid: wtg\n");
    let plan = |status: &str, becoming: &str| {
        let mut production: Production = [task(1, None, status), shot(1, "x")].into_iter().collect();
        changes(&planned(
            &set,
            &mut production,
            &by(becomes("Shot", 1, becoming), Some(ActorKind::Person)),
        ))
    };
    assert_eq!(plan("wtg", "actv"), ["Task 1 -> rdy"]);
    assert_eq!(plan("rev", "actv"), Vec::<String>::new());
    assert_eq!(plan("rev", "bid"), ["Task 1 -> wtg"], "one alone is a list of one");
    assert_eq!(
        plan("rev", "hld"),
        Vec::<String>::new(),
        "what is not in the map leads nowhere"
    );
}

#[test]
fn the_usual_other_forms_say_the_same() {
    let plain = read(
        "task_statuses:\n  - {key: ip, label: In Progress}\n  - {key: no, label: No}\nshot_statuses:\n  - {key: actv, label: Active}\ntask_to_shot:\n  ip: [actv]\n  no: [actv]\n",
    );
    for other in [
        "Task-Statuses: {ip: In Progress, no: No}\nshot statuses: [{code: actv, name: Active}]\ntask_to_shot: {ip: actv, no: actv}\n",
        "task_statuses: [ip: In Progress, no: {label: No}]\nshot_statuses:\n- actv: Active\ntask_to_shot: [ip: actv, no: [actv, actv]]\n",
        "task_statuses: [{short_code: ip, title: In Progress}, {status: \"no\", label: 'No'}]\nshot_statuses: {actv: {label: Active}}\ntask_to_shot: &all\n  ? ip\n  : &active [actv]\n  no: *active\n",
        "{\"task_statuses\": [{\"key\": \"ip\", \"label\": \"In Progress\"}, {\"key\": \"no\", \"label\": \"No\"}], \"shot_statuses\": [{\"key\": \"actv\", \"label\": \"Active\"}], \"task_to_shot\": {\"ip\": [\"actv\"], \"no\": \"actv\"}}",
        "\u{feff}---\r\ntask_statuses:\r\n  - key: ip\r\n    label: In Progress\r\n  - key: no\r\n    label: No\r\nshot_statuses:\r\n  - key: actv\r\n    label: Active\r\ntask_to_shot:\r\n  <<: {no: actv}\r\n  ip: actv\r\n...\r\n",
    ] {
        let found = read(other);
        assert_eq!(found.set, plain.set, "{other}");
        assert_eq!(lines(&found.notes), Vec::<String>::new(), "{other}");
    }
    let relations = read(
        "task_step_relations:\n  Roto:\n    triggers_on_status: done\n    update_steps: Comp\n    new_status: rdy\n",
    );
    for other in [
        "task_step_relations:\n  - step: Roto\n    triggers_on_status: [done]\n    update_steps: [Comp]\n    new_status: [rdy]\n",
        "task_step_relations:\n  - Roto: {trigger_on_status: done, update_steps: Comp, new_status: rdy}\n",
        "task_step_relations: {Roto: [{triggers_on_status: done, update_steps: Comp, new_status: rdy}]}\n",
    ] {
        assert_eq!(read(other), relations, "{other}");
    }
}

#[test]
fn colours_and_groups_are_taken_along() {
    let Imported { set, notes } = read(
        "shot_statuses:\n  - {key: a, label: A, color: '#ABCDEF', group: Done}\n  - {key: b, bg_color: '34,160,91'}\n  - {key: c, colour: red, icon: star}\n",
    );
    let shots = set.statuses_of(&EntityType::from("Shot"));
    let seen: Vec<_> = shots
        .iter()
        .map(|s| (s.name.as_str(), s.color.as_str(), s.group.as_str()))
        .collect();
    assert_eq!(
        seen,
        [("A", "#abcdef", "Done"), ("b", "#22a05b", ""), ("c", "#9aa3b2", "")]
    );
    assert_eq!(
        lines(&notes),
        [
            "4: \"red\" is no colour; one is written #rrggbb. It was left out.",
            "4: \"icon\" of the status c is not known; it was left out.",
        ]
    );
}

#[test]
fn what_is_left_out_or_added_is_said_with_its_line() {
    let Imported { set, notes } = read(
        "task_statuses:\n  - {key: ip, label: In Progress}\n  - {key: ip, label: Again}\n\
         version_to_task:\n  note: [adn]\n  note: [ip]\n  apv: []\n  odd:\n\
         shot_to_tasks:\n  omt: [omt]\n\
         task_step_relations:\n  Roto:\n    triggers_on_status: fin\n    new_status: ip\n  Paint:\n    triggers_on_status: fin\n    update_step: Comp\n    new_status: ip\n    because: reasons\n",
    );
    assert_eq!(
        lines(&notes),
        [
            "3: The status ip stands in this list already; the first one counts.",
            "6: \"note\" stands here again; this one counts, and the one in line 5 does not.",
            "9: \"shot_to_tasks\" is no part of such a map (did you mean \"shot_to_task\"?); it was left out.",
            "12: The relation of Roto has no update_steps, so nothing can follow from it; it was left out.",
            "16: The list of Task statuses has no fin; it was added at its end.",
            "19: \"because\" of a relation between steps is not known; it was left out.",
        ]
    );
    assert_eq!(
        ids(&set),
        ["version-to-task-ip", "step-to-step-ip"],
        "adn is named by nothing that counts"
    );
    let tasks: Vec<_> = set
        .statuses_of(&EntityType::from("Task"))
        .iter()
        .map(|s| s.code.as_str())
        .collect();
    assert_eq!(tasks, ["ip", "fin"]);
    let versions: Vec<_> = set
        .statuses_of(&EntityType::from("Version"))
        .iter()
        .map(|s| s.code.as_str())
        .collect();
    assert_eq!(
        versions,
        ["note", "apv", "odd"],
        "with no list of their own, as the maps name them"
    );
    assert!(
        notes.iter().any(|n| n.message.contains("no version_statuses")),
        "{notes:?}"
    );
}

#[test]
fn two_lists_that_begin_alike_are_two_rules() {
    let Imported { set, .. } = read("task_to_shot: {a: [x], b: [x, y], c: [x, 'Y'], d: [x], e: [x, y], f: ['X']}\n");
    assert_eq!(
        ids(&set),
        [
            "task-to-shot-x",
            "task-to-shot-x-y",
            "task-to-shot-x-2",
            "task-to-shot-x-3"
        ]
    );
    assert_eq!(set.rules[0].when.becomes, ["a".into(), "d".into()]);
}

#[test]
fn a_file_of_another_kind_is_refused_in_a_sentence() {
    assert_eq!(
        refused("version_to_task:\n  apv: [apv\n"),
        "line 2, column 8: this is not YAML, unclosed bracket '['"
    );
    for (text, said) in [
        (
            "",
            "this is no map of statuses: it has none of version_statuses, task_statuses, shot_statuses, version_to_task, task_to_shot, shot_to_task and task_step_relations",
        ),
        (
            "task_to_shot: apv\n",
            "line 1, column 15: a map from each status to those that it leads to, like \"apv: [apv]\", is expected here",
        ),
        (
            "task_to_shot:\n  apv: [[apv]]\n",
            "line 2, column 9: the key of a status is expected here",
        ),
        (
            "task_to_shot:\n  apv: ['']\n",
            "line 2, column 9: the key of a status is expected here",
        ),
        (
            "task_to_shot:\n  apv: ['@done']\n",
            "line 2, column 9: \"@done\" cannot be a status: in a rule set, @ stands for all statuses of a class",
        ),
        (
            "task_to_shot:\n  ? [a, b]\n  : c\n",
            "line 2, column 5: the key of a status is expected here",
        ),
        (
            "task_statuses: yes\n",
            "line 1, column 16: a list of statuses is expected here, each with its key and label",
        ),
        (
            "task_statuses:\n  - label: Client Approved\n    group: x\n",
            "line 2, column 5: a status is expected here with its key, like {key: apv, label: Client Approved}",
        ),
        (
            "task_step_relations:\n  Roto: done\n",
            "line 2, column 9: what a step sets off is expected here: triggers_on_status, update_steps and new_status",
        ),
        (
            "task_to_shot: {a: b}\n---\nx: y\n",
            "line 2, column 1: a second document begins here, and such a file has one",
        ),
        (
            "task_to_shot: &x\n  a: *x\n",
            "line 2, column 6: what * stands for here contains itself",
        ),
    ] {
        assert_eq!(refused(text), said, "{text}");
    }
    for none in ["[]", "words", "a: b\nc: d\n", "- version_to_task\n", "~", "# nothing\n"] {
        assert_eq!(
            RuleSet::from_yaml(none.as_bytes(), "x"),
            Err(YamlImportError::NotAMap),
            "{none}"
        );
    }
    assert_eq!(
        RuleSet::from_yaml(b"task_to_shot:\n  a\xff: b\n", "x"),
        Err(YamlImportError::NotUtf8 { at: 17 })
    );
}

#[test]
fn files_that_are_made_to_hurt_are_turned_away_at_once() {
    let large = vec![b' '; MAX_YAML_BYTES + 1];
    let too_large = RuleSet::from_yaml(&large, "x").map_err(|e| e.to_string());
    assert_eq!(
        too_large.err().as_deref(),
        Some("a YAML map of statuses may be 1 MiB, and this file has 1048577 bytes")
    );

    let mut laughs = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for n in 1..12 {
        let again = vec![format!("*a{}", n - 1); 10].join(", ");
        let _ = writeln!(laughs, "a{n}: &a{n} [{again}]");
    }
    laughs.push_str("task_to_shot: {a: *a11}\n");
    let said = refused(&laughs);
    assert!(said.contains("more than 50000 values"), "{said}");

    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        for depth in [17, 300, 100_000] {
            let deep = format!("task_to_shot:\n  {}x{}\n", open.repeat(depth), close.repeat(depth));
            let said = refused(&deep);
            assert!(
                said.contains("more than 16 deep") || said.contains("not YAML"),
                "{open}: {said}"
            );
        }
    }
    let mut chain = String::from("b0: &b0 [x]\n");
    for n in 1..40 {
        let _ = writeln!(chain, "b{n}: &b{n} [*b{}]", n - 1);
    }
    assert!(refused(&chain).contains("more than 16 deep"), "not by way of * either");
    let wide = format!("task_to_shot: {{a: [{}]}}\n", "x, ".repeat(60_000));
    assert!(refused(&wide).contains("more than 50000 values"));
}

/// A map as it stands in a file.
type Map = BTreeMap<String, Vec<String>>;

fn codes() -> Vec<&'static str> {
    vec!["a", "b", "c", "no", "007", "1e3", "Ünïcode", "two words", "x:y"]
}

fn a_map() -> impl Strategy<Value = Map> {
    let to = subsequence(codes(), 0..=4).prop_shuffle();
    let row = (select(codes()), to);
    proptest::collection::vec(row, 0..8).prop_map(|rows| {
        let owned = |codes: Vec<&str>| codes.into_iter().map(str::to_owned).collect();
        rows.into_iter()
            .map(|(from, to)| (from.to_owned(), owned(to)))
            .collect()
    })
}

fn written(name: &str, map: &Map, in_rows: bool) -> String {
    let quoted = |code: &String| format!("\"{code}\"");
    let rows = map.iter().map(|(from, to)| {
        let to: Vec<String> = to.iter().map(quoted).collect();
        match (to.as_slice(), in_rows) {
            ([one], true) => format!("  {}: {one}\n", quoted(from)),
            (_, true) => format!("  {}: [{}]\n", quoted(from), to.join(", ")),
            (several, false) => {
                let items: String = several.iter().map(|code| format!("    - {code}\n")).collect();
                format!("  {}:\n{items}", quoted(from))
            }
        }
    });
    format!("{name}:\n{}", rows.collect::<String>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_do_what_the_map_says(
        up in a_map(), over in a_map(), down in a_map(), in_rows in any::<bool>(),
        moved in select(codes()), of_task in select(codes()), of_shot in select(codes()),
    ) {
        let text = [written("version_to_task", &up, in_rows), written("task_to_shot", &over, in_rows), written("shot_to_task", &down, in_rows)].concat();
        let Imported { set, .. } = read(&text);
        prop_assert_eq!(RuleSet::parse(set.to_json_pretty().as_bytes()), Ok(set.clone()));
        let wanted = |map: &Map, from: &str, now: &str| -> Option<String> {
            let to = map.get(from).filter(|to| !to.iter().any(|code| code == now))?;
            to.first().cloned()
        };
        let there = || -> Production { [version(1, Some(1), "v"), task(1, None, of_task), shot(1, of_shot)].into_iter().collect() };
        let person = |kind: &str| by(becomes(kind, 1, moved), Some(ActorKind::Person));

        // A Version takes its Task along, and the Task its Shot, which never takes Tasks back down.
        let mut expected = Vec::new();
        if let Some(to) = wanted(&up, moved, of_task) {
            expected.push(format!("Task 1 -> {to}"));
            expected.extend(wanted(&over, &to, of_shot).map(|to| format!("Shot 1 -> {to}")));
        }
        prop_assert_eq!(changes(&planned(&set, &mut there(), &person("Version"))), expected, "{}", &text);

        let expected: Vec<_> = wanted(&over, moved, of_shot).map(|to| format!("Shot 1 -> {to}")).into_iter().collect();
        prop_assert_eq!(changes(&planned(&set, &mut there(), &person("Task"))), expected, "{}", &text);

        let expected: Vec<_> = wanted(&down, moved, of_task).map(|to| format!("Task 1 -> {to}")).into_iter().collect();
        prop_assert_eq!(changes(&planned(&set, &mut there(), &person("Shot"))), expected, "{}", &text);
    }

    #[test]
    fn garbage_is_refused_and_never_falls_over(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = RuleSet::from_yaml(&bytes, "x");
    }

    #[test]
    fn nearly_yaml_is_refused_or_read(parts in proptest::collection::vec(pieces(), 0..40)) {
        let text = parts.concat();
        match RuleSet::from_yaml(text.as_bytes(), "x") {
            Ok(Imported { set, notes }) => {
                prop_assert_eq!(RuleSet::parse(set.to_json_pretty().as_bytes()), Ok(set.clone()), "{}", &text);
                prop_assert!(notes.iter().all(|n| n.message.ends_with('.') && n.line != Some(0)));
            }
            Err(error) => prop_assert!(!error.to_string().ends_with('.')),
        }
    }

    #[test]
    fn a_good_file_with_a_fault_in_it_is_refused_or_read(at in 0_usize..3000, cut in 0_usize..40, put in pieces()) {
        let mut text: Vec<char> = studio().chars().collect();
        let at = at.min(text.len());
        let end = (at + cut).min(text.len());
        text.splice(at..end, put.chars());
        let text: String = text.into_iter().collect();
        if let Ok(Imported { set, .. }) = RuleSet::from_yaml(text.as_bytes(), "x") {
            prop_assert_eq!(RuleSet::parse(set.to_json_pretty().as_bytes()), Ok(set.clone()));
        }
    }
}

fn pieces() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        3 => select(vec![
            "version_to_task:", "task_to_shot:", "shot_to_task:", "task_statuses:", "shot_statuses:", "task_step_relations:",
            "key: a", "label: A", "triggers_on_status: a", "update_steps: [b]", "new_status: c", "a: [b, c]", "a", "b",
        ]),
        3 => select(vec!["\n", "\n  ", "\n    ", "\n  - ", "\n- ", " ", "\t"]),
        2 => select(vec![
            "[", "]", "{", "}", ",", ": ", "? ", "- ", "&x ", "*x", "<<: ", "!!str ", "!t ", "|\n", ">-\n", "'", "\"", "#", "%",
            "---\n", "...\n", "@", "`", "\\", "\u{0}", "\u{feff}", "\u{2028}", "~", "\r",
        ]),
        1 => Just(""),
    ]
}
