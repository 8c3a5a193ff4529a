//! What docs/security.md says of the program holds, as far as it can be read off the sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The tests that each row of a table names, as `path::name`, by what stands first in it: the line of the attack list, or the fault.
fn named() -> BTreeMap<String, Vec<String>> {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in read("docs/security.md").lines().filter(|line| line.starts_with("| ")) {
        let line = row.split('|').nth(1).unwrap().trim().to_owned();
        if ["line", "fault", "---"].contains(&line.as_str()) {
            continue;
        }
        let last = row.trim_end().trim_end_matches('|').rsplit('|').next().unwrap();
        let quoted = last.split('`').skip(1).step_by(2);
        let tests = quoted.filter(|text| text.contains("::")).map(str::to_owned);
        named.entry(line).or_default().extend(tests);
    }
    named
}

/// Whether a file has a test of that name: a function that is marked as one, or a word for word title.
fn has_test(path: &str, name: &str) -> bool {
    let text = read(path);
    if !path.ends_with(".rs") {
        return text.contains(name);
    }
    let lines: Vec<&str> = text.lines().collect();
    let is_it = |line: &str| {
        line.trim_start()
            .trim_start_matches("async ")
            .starts_with(&format!("fn {name}("))
    };
    lines.iter().enumerate().any(|(at, line)| {
        let before = &lines[at.saturating_sub(3)..at];
        is_it(line)
            && before
                .iter()
                .any(|line| line.trim().starts_with("#[test]") || line.trim().starts_with("#[tokio::test"))
    })
}

#[test]
fn every_test_that_the_tables_name_is_there_and_every_line_names_one() {
    let named = named();
    let missing: Vec<usize> = (1..=27).filter(|line| !named.contains_key(&line.to_string())).collect();
    assert!(missing.is_empty(), "lines {missing:?} of the attack list are not there");
    for (line, tests) in named {
        assert!(!tests.is_empty(), "line {line} names no test");
        for test in tests {
            let (path, name) = test.split_once("::").unwrap();
            assert!(has_test(path, name), "line {line}: there is no test {test}");
        }
    }
}

#[test]
fn the_window_may_load_run_and_ask_nothing_but_its_own() {
    let conf: Value = serde_json::from_str(&read("tauri.conf.json")).unwrap();
    let security = &conf["app"]["security"];
    let csp: BTreeMap<&str, &str> = security["csp"]
        .as_str()
        .unwrap()
        .split(';')
        .map(|part| part.trim().split_once(' ').unwrap())
        .collect();
    let expected = [
        ("base-uri", "'none'"),
        ("connect-src", "'self' ipc: http://ipc.localhost"),
        ("default-src", "'self'"),
        ("form-action", "'none'"),
        ("frame-ancestors", "'none'"),
        ("img-src", "'self' data:"),
        ("object-src", "'none'"),
        ("script-src", "'self'"),
        ("style-src", "'self' 'unsafe-inline'"),
    ];
    assert_eq!(csp.into_iter().collect::<Vec<_>>(), expected);
    // No plugin can be asked by a page: each of its commands wants a permission, and there is none. Nor may a page but that of the one
    // window ask anything.
    assert_eq!(security["capabilities"].as_array().unwrap().len(), 1);
    let capability = &security["capabilities"][0];
    assert_eq!(
        (&capability["windows"], &capability["permissions"]),
        (&json!(["main"]), &json!([]))
    );
    assert_eq!(capability["remote"], Value::Null);
    assert_eq!(
        (
            &conf["app"]["withGlobalTauri"],
            &security["dangerousDisableAssetCspModification"]
        ),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(conf["app"]["windows"].as_array().unwrap().len(), 1);
    // Neither an address scheme of ours, whose links anybody can make, nor an updater, whose key somebody could lose.
    assert_eq!(conf["plugins"], Value::Null);
}

#[test]
fn the_plugins_are_these_and_what_is_said_of_the_window_is_said_in_one_file() {
    let lock = read("Cargo.lock");
    let mut plugins: Vec<&str> = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .filter(|name| name.starts_with("tauri-plugin-"))
        .collect();
    plugins.sort_unstable();
    let expected = [
        "tauri-plugin-autostart",
        "tauri-plugin-opener",
        "tauri-plugin-single-instance",
        "tauri-plugin-window-state",
    ];
    assert_eq!(plugins, expected);
    // Tauri would take more from these two: what a system's own configuration says, and capabilities in a folder of theirs.
    assert!(!root().join("capabilities").exists());
    let others: Vec<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.to_lowercase().starts_with("tauri.") && name != "tauri.conf.json")
        .collect();
    assert_eq!(others, [""; 0]);
}

/// Time is not measured in a test. These are the places where what somebody sent is compared with a secret or what it signs, and what
/// compares them takes as long whatever it finds.
#[test]
fn what_is_compared_with_a_secret_is_compared_by_what_takes_constant_time() {
    for (file, comparison, times) in [
        ("trackers/src/shotgrid/signature.rs", ".verify_slice(", 1),
        ("trackers/src/creative_force/signature.rs", ".verify_slice(", 1),
        ("trackers/src/ftrack/header.rs", ".ct_eq(", 2),
        ("receiver/src/creative_force.rs", ".ct_eq(", 1),
    ] {
        let source = read(&format!("src-tauri/crates/{file}"));
        assert_eq!(source.matches(comparison).count(), times, "{file}");
        for early in [
            "digest ==",
            "== digest",
            "digest !=",
            "secret ==",
            "== secret",
            "as_bytes() ==",
        ] {
            assert!(!source.contains(early), "{early:?} in {file}");
        }
    }
}

#[test]
fn what_a_second_start_was_called_with_is_not_looked_at() {
    let window = read("src-tauri/src/window.rs");
    assert!(window.contains(".callback(|app, _, _| places::show(app))"));
}
