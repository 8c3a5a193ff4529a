//! The secret in a header.

use callboard_model::Refusal;
use callboard_trackers::ftrack::{HeaderSecret, Shown};

fn shown(secret: &HeaderSecret, values: &[&str]) -> Result<Shown, Refusal> {
    secret.verify(values.iter().map(|value| value.as_bytes()))
}

#[test]
fn the_secret_and_for_a_while_the_one_before_it_open_the_door() {
    let both = HeaderSecret::new("X-Callboard-Secret", "new", Some("old"));
    assert_eq!(both.name(), "x-callboard-secret");
    assert_eq!(shown(&both, &["new"]), Ok(Shown::Current));
    assert_eq!(shown(&both, &["old"]), Ok(Shown::Previous));
    let alone = HeaderSecret::new("x-callboard-secret", "new", None);
    assert_eq!(shown(&alone, &["new"]), Ok(Shown::Current));
    assert_eq!(shown(&alone, &["old"]), Err(Refusal::SignatureWrong));
}

#[test]
fn nothing_else_does() {
    let secret = HeaderSecret::new("x-callboard-secret", "a-long-secret", None);
    for wrong in [
        "a-long-secre",
        "a-long-secret ",
        "A-long-secret",
        "a-long-secretx",
        "\u{0}",
    ] {
        assert_eq!(shown(&secret, &[wrong]), Err(Refusal::SignatureWrong), "{wrong:?}");
    }
    assert_eq!(shown(&secret, &[]), Err(Refusal::SignatureMissing));
    assert_eq!(shown(&secret, &[""]), Err(Refusal::SignatureMissing));
    let twice = ["a-long-secret", "a-long-secret"];
    assert_eq!(shown(&secret, &twice), Err(Refusal::SignatureMalformed));
}

#[test]
fn it_never_shows() {
    let shown = format!(
        "{:?}",
        HeaderSecret::new("x-callboard-secret", "a-long-secret", Some("older"))
    );
    assert!(!shown.contains("a-long-secret") && !shown.contains("older"), "{shown}");
}
