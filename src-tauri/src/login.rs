//! Starting at login.

use callboard_engine::KeepIn;

use crate::Args;

#[cfg(all(unix, not(target_os = "macos")))]
#[path = "login/entry.rs"]
mod system;
#[cfg(not(all(unix, not(target_os = "macos"))))]
#[path = "login/plugin.rs"]
mod system;

pub(crate) use system::{is_on, plugin, turn};

/// What the program is started with at login: hidden, on the journal and the settings that it works with now. Not with rules, which would
/// take the place of what was drawn since; and never on a practice production.
fn arguments(args: &Args) -> Vec<String> {
    let mut told = vec!["--hidden".to_owned()];
    if args.practice {
        return told;
    }
    // At login it is started in another folder.
    for (option, path) in [("--data", &args.data), ("--config", &args.config)] {
        let path = path.as_ref().and_then(|path| std::path::absolute(path).ok());
        told.extend(
            path.into_iter()
                .flat_map(|path| [option.to_owned(), path.display().to_string()]),
        );
    }
    told.extend(["--listen".to_owned(), args.listen.to_string()]);
    if args.secrets == KeepIn::File {
        told.extend(["--secrets".to_owned(), "file".to_owned()]);
    }
    told
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn started_with(args: &[&str]) -> Vec<String> {
        arguments(&Args::parse_from(std::iter::once(&"callboard-desktop").chain(args)))
    }

    #[test]
    fn at_login_it_works_with_the_journal_and_the_settings_of_now() {
        let told = started_with(&[
            "--data",
            "/shows/a b",
            "--config",
            "here.toml",
            "--rules",
            "r.json",
            "--secrets",
            "file",
        ]);
        let here = std::env::current_dir().unwrap().join("here.toml").display().to_string();
        let listen = "127.0.0.1:8787";
        let expected = [
            "--hidden",
            "--data",
            "/shows/a b",
            "--config",
            &here,
            "--listen",
            listen,
            "--secrets",
            "file",
        ];
        assert_eq!(told, expected);
        let again = Args::try_parse_from(std::iter::once("callboard-desktop").chain(told.iter().map(String::as_str)));
        assert!(again.is_ok_and(|args| args.hidden), "the program takes what it is told");
    }

    #[test]
    fn no_practice_production_starts_at_login() {
        assert_eq!(started_with(&["--practice", "--data", "/tmp/made-up"]), ["--hidden"]);
    }
}
