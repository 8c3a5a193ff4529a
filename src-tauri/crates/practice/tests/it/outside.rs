//! A program that nobody here wrote, against the site.

use callboard_practice::{Practice, PracticeArgs};

/// The unmodified `shotgun_api3` from PyPI, with the interpreter that `CALLBOARD_PYTHON` names.
#[tokio::test]
async fn shotgun_api3_reads_and_writes() {
    let Ok(python) = std::env::var("CALLBOARD_PYTHON") else {
        eprintln!("skipped: CALLBOARD_PYTHON names no interpreter with shotgun_api3");
        return;
    };
    let site = Practice::start(PracticeArgs {
        generate_event_log_entries: true,
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shotgun_api3_check.py");
    let output = tokio::process::Command::new(python)
        .args([script, &site.url()])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let written: Vec<_> = site.control().writes().into_iter().map(|write| write.kind).collect();
    assert_eq!(written, ["Version", "Task", "Task", "Version"]);
    site.stop().await;
}
