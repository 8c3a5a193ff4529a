//! An entry among what a desktop starts at login (Desktop Application Autostart Specification). Written here, because what
//! `tauri-plugin-autostart` writes is not found where `XDG_CONFIG_HOME` names another folder, and starts nothing where a path has a space.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::{fs, io};

use tauri::plugin::{Builder, TauriPlugin};
use tauri::{AppHandle, Manager, Wry};

use super::arguments;
use crate::Args;

/// What that plugin called it: an earlier Callboard's entry is this one's too.
const NAME: &str = "Callboard.desktop";

/// The entry, and the command it stands for.
struct Entry {
    file: PathBuf,
    command: Vec<String>,
}

/// Knows what to start at login, once the program is set up.
pub(crate) fn plugin(args: &Args) -> TauriPlugin<Wry> {
    let arguments = arguments(args);
    let plugin = Builder::new("login").setup(move |app, _| {
        let program = tauri::process::current_binary(&app.env())?;
        let mut command = vec![program.display().to_string()];
        command.extend(arguments);
        let file = app.path().config_dir()?.join("autostart").join(NAME);
        app.manage(Entry { file, command });
        Ok(())
    });
    plugin.build()
}

/// Whether it starts at login. Desktops switch an entry off by a line in it.
pub(crate) fn is_on(app: &AppHandle) -> io::Result<bool> {
    match fs::read_to_string(&app.state::<Entry>().file) {
        Ok(entry) => Ok(!entry.lines().any(is_switched_off)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_switched_off(line: &str) -> bool {
    matches!(line.trim(), "Hidden=true" | "X-GNOME-Autostart-enabled=false")
}

/// Has it started at login, or not any more.
pub(crate) fn turn(app: &AppHandle, on: bool) -> io::Result<()> {
    let Entry { file, command } = &*app.state::<Entry>();
    if on {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        return fs::write(file, written(command));
    }
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn written(command: &[String]) -> String {
    let command: Vec<String> = command.iter().map(|word| quoted(word)).collect();
    format!(
        "[Desktop Entry]\nType=Application\nVersion=1.0\nName=Callboard\nComment=Keeps Version, Task and Shot statuses in step\n\
         Icon=callboard-desktop\nExec={}\nStartupNotify=false\nTerminal=false\n",
        command.join(" ")
    )
}

/// One word of `Exec`: quoted as a shell would have it, `%` doubled, and all of that escaped once more as every text of an entry is
/// (Desktop Entry Specification, "The Exec key").
fn quoted(word: &str) -> String {
    let mut quoted = String::from("\"");
    for c in word.chars() {
        match c {
            '\\' => quoted.push_str(r"\\\\"),
            '"' | '`' | '$' => quoted.extend([r"\\", c.encode_utf8(&mut [0; 4])]),
            '%' => quoted.push_str("%%"),
            '\n' => quoted.push_str(r"\n"),
            '\t' => quoted.push_str(r"\t"),
            '\r' => quoted.push_str(r"\r"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_one_word_whatever_is_in_it() {
        assert_eq!(quoted("/opt/callboard"), r#""/opt/callboard""#);
        assert_eq!(quoted("/shows/a b"), r#""/shows/a b""#);
        assert_eq!(quoted("100 % of $HOME"), r#""100 %% of \\$HOME""#);
        assert_eq!(quoted(r#"a\b "c" `d`"#), r#""a\\\\b \\"c\\" \\`d\\`""#);
        assert_eq!(quoted("Exec=\nNoDisplay=true"), "\"Exec=\\nNoDisplay=true\"");
    }

    #[test]
    fn an_entry_that_a_desktop_switched_off_starts_nothing() {
        assert!(is_switched_off("Hidden=true"));
        assert!(is_switched_off("X-GNOME-Autostart-enabled=false"));
        assert!(!written(&["callboard".to_owned()]).lines().any(is_switched_off));
    }
}
