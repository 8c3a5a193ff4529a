//! Changes to the settings file that leave everything else in it as people wrote it.

mod projects;

use std::path::{Path, PathBuf};

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use super::{
    HookSettings, KeepSettings, NotifySettings, OutgoingSettings, Secret, Settings, SettingsError, SiteKind,
    SiteSettings,
};
use crate::api::Preferences;
use crate::secrets::write_private;

/// The file that changed settings are kept in.
#[derive(Clone, Debug)]
pub(crate) struct SettingsFile {
    path: PathBuf,
}

/// One change to the settings.
#[derive(Clone, Debug)]
pub(crate) enum SettingsChange {
    PutSite(SiteSettings),
    /// With its hooks.
    RemoveSite(String),
    PutHook(HookSettings),
    RemoveHook(String),
    PutOutgoing(OutgoingSettings),
    RemoveOutgoing(String),
    PublicAddress(Option<String>),
    Preferences(Preferences),
}

impl SettingsFile {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Makes a change in the file. The answer is the text before, to be put back with [`Self::restore`]; none: there was no file.
    pub(crate) fn write(&self, change: &SettingsChange) -> Result<Option<String>, SettingsError> {
        let before = match std::fs::read_to_string(&self.path) {
            Ok(text) => Some(text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(e) => {
                return Err(SettingsError::Unreadable {
                    path: self.path.display().to_string(),
                    why: e.to_string(),
                });
            }
        };
        let text = change.to_text(before.as_deref().unwrap_or_default())?;
        self.put(&text)?;
        Ok(before)
    }

    /// Puts back what [`Self::write`] found.
    pub(crate) fn restore(&self, before: Option<&str>) -> Result<(), SettingsError> {
        match before {
            Some(text) => self.put(text),
            None => std::fs::remove_file(&self.path).map_err(|e| SettingsError::Unwritable {
                path: self.path.display().to_string(),
                why: e.to_string(),
            }),
        }
    }

    fn put(&self, text: &str) -> Result<(), SettingsError> {
        let unwritable = |why: String| SettingsError::Unwritable {
            path: self.path.display().to_string(),
            why,
        };
        // A file that somebody protected is not replaced by another of its name.
        if std::fs::metadata(&self.path).is_ok_and(|file| file.permissions().readonly()) {
            return Err(unwritable("it is read-only".into()));
        }
        write_private(&self.path, text.as_bytes()).map_err(|e| unwritable(e.to_string()))
    }
}

impl SettingsChange {
    /// The text of a settings file with the change made in it. Errors where that would be no settings file.
    pub(super) fn to_text(&self, before: &str) -> Result<String, SettingsError> {
        // What is wrong with it is said in our words, which quote no secret.
        Settings::parse(before)?;
        let (head, rest) = before.split_at(length_of_head(before));
        let mut document: DocumentMut = rest
            .parse()
            .map_err(|_| SettingsError::Malformed("it cannot be changed as it is".into()))?;
        match self {
            Self::PutSite(site) => put(document.as_table_mut(), "site", &site.name, |table| {
                set_site(table, site);
            })?,
            Self::RemoveSite(name) => {
                remove(document.as_table_mut(), "hook", "site", name);
                remove(document.as_table_mut(), "site", "name", name);
            }
            Self::PutHook(hook) => put(document.as_table_mut(), "hook", &hook.name, |table| {
                set_hook(table, hook);
            })?,
            Self::RemoveHook(name) => remove(document.as_table_mut(), "hook", "name", name),
            Self::PutOutgoing(receiver) => put(document.as_table_mut(), "outgoing", &receiver.name, |table| {
                set_outgoing(table, receiver);
            })?,
            Self::RemoveOutgoing(name) => remove(document.as_table_mut(), "outgoing", "name", name),
            Self::PublicAddress(address) => {
                let root = document.as_table_mut();
                set(root, "public_address", address.as_deref().map(Value::from));
                if address.is_some() {
                    keep_apart(root);
                }
            }
            Self::Preferences(chosen) => {
                NotifySettings::of(&chosen.notify).write(document.as_table_mut())?;
                KeepSettings::of(chosen.keep).write(document.as_table_mut())?;
            }
        }
        let ending = if head.is_empty() || head.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let text = format!("{head}{ending}{document}");
        Settings::parse(&text)?;
        Ok(text)
    }

    /// The same change to settings in memory.
    pub(crate) fn apply(&self, settings: &mut Settings) {
        match self {
            Self::PutSite(site) => match settings.sites.iter_mut().find(|s| s.name == site.name) {
                Some(known) => known.clone_from(site),
                None => settings.sites.push(site.clone()),
            },
            Self::RemoveSite(name) => {
                settings.hooks.retain(|h| h.site != *name);
                settings.sites.retain(|s| s.name != *name);
            }
            Self::PutHook(hook) => match settings.hooks.iter_mut().find(|h| h.name == hook.name) {
                Some(known) => known.clone_from(hook),
                None => settings.hooks.push(hook.clone()),
            },
            Self::RemoveHook(name) => settings.hooks.retain(|h| h.name != *name),
            Self::PutOutgoing(receiver) => match settings.outgoing.iter_mut().find(|o| o.name == receiver.name) {
                Some(known) => known.clone_from(receiver),
                None => settings.outgoing.push(receiver.clone()),
            },
            Self::RemoveOutgoing(name) => settings.outgoing.retain(|o| o.name != *name),
            Self::PublicAddress(address) => settings.public_address.clone_from(address),
            Self::Preferences(chosen) => {
                settings.notify = NotifySettings::of(&chosen.notify);
                settings.keep = KeepSettings::of(chosen.keep);
            }
        }
    }
}

/// The comments at the head of a file, which belong to the whole of it: up to an empty line, or to the end where nothing else stands.
fn length_of_head(text: &str) -> usize {
    let (mut read, mut head) = (0, 0);
    for line in text.split_inclusive('\n') {
        read += line.len();
        match line.trim() {
            "" => head = read,
            comment if comment.starts_with('#') => {}
            _ => return head,
        }
    }
    read
}

/// An empty line between values and the first table after them.
fn keep_apart(root: &mut Table) {
    for kind in ["site", "hook", "outgoing"] {
        let first = tables(root, kind).and_then(|tables| tables.iter_mut().next());
        if let Some(table) = first.filter(|table| table.decor().prefix().is_none_or(|p| p.as_str() == Some(""))) {
            table.decor_mut().set_prefix("\n");
        }
    }
}

fn named(table: &Table, key: &str, name: &str) -> bool {
    table.get(key).and_then(Item::as_str) == Some(name)
}

/// The tables of a kind, as `[[kind]]`, however they are written.
fn tables<'a>(root: &'a mut Table, kind: &str) -> Option<&'a mut ArrayOfTables> {
    let item = root.get_mut(kind)?;
    if !item.is_array_of_tables() {
        let tables = std::mem::take(item).into_array_of_tables().ok()?;
        *item = Item::ArrayOfTables(tables);
    }
    item.as_array_of_tables_mut()
}

fn put(root: &mut Table, kind: &str, name: &str, fill: impl FnOnce(&mut Table)) -> Result<(), SettingsError> {
    if !root.contains_key(kind) {
        root.insert(kind, Item::ArrayOfTables(ArrayOfTables::new()));
    }
    let unusual = || SettingsError::Malformed(format!("{kind} is not written as [[{kind}]]"));
    let tables = tables(root, kind).ok_or_else(unusual)?;
    if let Some(table) = tables.iter_mut().find(|table| named(table, "name", name)) {
        fill(table);
        return Ok(());
    }
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    fill(&mut table);
    tables.push(table);
    Ok(())
}

fn remove(root: &mut Table, kind: &str, key: &str, name: &str) {
    let Some(tables) = tables(root, kind) else { return };
    tables.retain(|table| !named(table, key, name));
    if tables.is_empty() {
        root.remove(kind);
    }
}

/// Sets a value where it is another than before; what stands around it stays.
pub(super) fn set(table: &mut Table, key: &str, to: Option<Value>) {
    let Some(mut to) = to else {
        table.remove(key);
        return;
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(before) if plain(before) == plain(&to) => {}
        Some(before) => {
            *to.decor_mut() = before.decor().clone();
            *before = to;
        }
        None => {
            table.insert(key, value(to));
        }
    }
}

fn plain(of: &Value) -> String {
    of.clone().decorated("", "").to_string()
}

/// Sets a value that need not be said where it is as usual.
pub(super) fn set_unless_usual<T: PartialEq + Into<Value>>(table: &mut Table, key: &str, to: T, usual: &T) {
    if to != *usual || table.contains_key(key) {
        set(table, key, Some(to.into()));
    }
}

fn set_site(table: &mut Table, site: &SiteSettings) {
    set(table, "name", Some(site.name.as_str().into()));
    set(table, "kind", Some(site.kind.as_str().into()));
    set(
        table,
        "url",
        Some(site.url.as_str().into()).filter(|_| !site.url.is_empty()),
    );
    let (name, key) = site.kind.account();
    // A site that was of another kind before has the other names still.
    for other in SiteKind::ALL.map(SiteKind::account) {
        if other != (name, key) {
            set(table, other.0, None);
            set(table, other.1, None);
        }
    }
    set(table, name, site.script_name.as_deref().map(Value::from));
    set_secret(table, key, site.script_key.as_ref());
    set(table, "write", Some(site.write.as_str().into()));
    set_unless_usual(table, "only_listed", site.only_listed, &false);
    set_unless_usual(table, "practice", site.practice, &false);
    if site.kind != SiteKind::CreativeForce {
        set_unless_usual(table, "event_log", site.event_log, &true);
        set_unless_usual(table, "poll_seconds", i64::from(site.poll_seconds), &5);
        set_unless_usual(table, "acknowledge", site.acknowledge, &true);
        set_unless_usual(table, "refresh_pages", site.refresh_pages, &true);
    }
    let file = site.ca_file.as_ref().map(|path| path.display().to_string());
    set(table, "ca_file", file.map(Value::from));
    set(table, "proxy", site.proxy.as_deref().map(Value::from));
    projects::put(table, &site.projects);
}

fn set_hook(table: &mut Table, hook: &HookSettings) {
    set(table, "name", Some(hook.name.as_str().into()));
    set(table, "site", Some(hook.site.as_str().into()));
    set_secret(table, "secret", hook.secret.as_ref());
    set_secret(table, "previous_secret", hook.previous_secret.as_ref());
    let until = hook.previous_until.map(|until| until.to_string());
    set(table, "previous_until", until.map(Value::from));
    set(table, "webhook", hook.webhook.as_deref().map(Value::from));
    set(table, "header", hook.header.as_deref().map(Value::from));
    set_unless_usual(table, "read_back", hook.read_back, &false);
    set(table, "workspaces", list(&hook.workspaces));
    set(table, "steps", list(&hook.steps));
    set_headers(table, hook);
}

fn set_headers(table: &mut Table, hook: &HookSettings) {
    if hook.headers.is_empty() {
        table.remove("headers");
        return;
    }
    let mut headers = InlineTable::new();
    for (name, value) in &hook.headers {
        headers.insert(name, secret_value(value));
    }
    headers.fmt();
    set(table, "headers", Some(headers.into()));
}

fn set_outgoing(table: &mut Table, receiver: &OutgoingSettings) {
    set(table, "name", Some(receiver.name.as_str().into()));
    set(table, "url", Some(receiver.url.as_str().into()));
    set_secret(table, "secret", Some(&receiver.secret));
    set(table, "on", list(&receiver.on));
}

/// A list of texts; none where it is empty.
fn list(texts: &[String]) -> Option<Value> {
    let list: Array = texts.iter().map(String::as_str).collect();
    (!list.is_empty()).then(|| list.into())
}

fn set_secret(table: &mut Table, key: &str, secret: Option<&Secret>) {
    set(table, key, secret.map(secret_value));
}

fn secret_value(secret: &Secret) -> Value {
    let placed = |place: &str, name: &str| {
        let mut inline = InlineTable::new();
        inline.insert(place, name.into());
        inline.fmt();
        Value::from(inline)
    };
    match secret {
        Secret::Plain(text) => text.as_str().into(),
        Secret::Env { env } => placed("env", env),
        Secret::Keychain { keychain } => placed("keychain", keychain),
        Secret::File { file } => placed("file", file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const WRITTEN: &str = r#"# Ours. Ask Ana before changing.
public_names = ["relay.studio.example"] # the proxy

[[site]]
# The show's site.
name = "show"
kind = "shotgrid"
url = "https://show.example" # not the old one
script_name = "callboard"
script_key = { env = "SHOW_KEY" }
write = "act"

[[hook]]
name = "status"
site = "show"
secret = "mytoken"
max_body = 1000
"#;

    fn hook(name: &str) -> HookSettings {
        HookSettings {
            name: name.into(),
            site: "show".into(),
            secret: Some(Secret::File {
                file: format!("hook:{name}"),
            }),
            ..HookSettings::default()
        }
    }

    #[test]
    fn a_site_of_another_kind_has_the_names_of_that_kind() {
        let mut site = Settings::parse(WRITTEN).unwrap().sites.remove(0);
        site.kind = SiteKind::Ftrack;
        let text = SettingsChange::PutSite(site.clone()).to_text(WRITTEN).unwrap();
        assert!(
            text.contains("user = \"callboard\"") && text.contains("api_key = { env = \"SHOW_KEY\" }"),
            "{text}"
        );
        assert!(!text.contains("script_"), "{text}");
        assert_eq!(Settings::parse(&text).unwrap().sites[0], site);
    }

    #[test]
    fn what_people_wrote_stays_as_they_wrote_it() {
        let mut site = Settings::parse(WRITTEN).unwrap().sites.remove(0);
        let same = SettingsChange::PutSite(site.clone()).to_text(WRITTEN).unwrap();
        assert_eq!(same, WRITTEN);
        site.write = super::super::WriteMode::Watch;
        site.poll_seconds = 9;
        let changed = SettingsChange::PutSite(site).to_text(WRITTEN).unwrap();
        let expected = WRITTEN.replace("write = \"act\"\n", "write = \"watch\"\npoll_seconds = 9\n");
        assert_eq!(changed, expected);
    }

    #[test]
    fn a_hook_comes_at_the_end_and_goes_without_a_trace() {
        let more = SettingsChange::PutHook(hook("notes")).to_text(WRITTEN).unwrap();
        let added = "\n[[hook]]\nname = \"notes\"\nsite = \"show\"\nsecret = { file = \"hook:notes\" }\n";
        assert_eq!(more, format!("{WRITTEN}{added}"));
        assert_eq!(
            SettingsChange::RemoveHook("notes".into()).to_text(&more).unwrap(),
            WRITTEN
        );
    }

    #[test]
    fn somebody_who_is_told_and_the_filters_of_a_studio_s_hook_stand_in_the_file() {
        let studio = "[[site]]\nname = \"studio\"\nkind = \"creative_force\"\nwrite = \"watch\"\n";
        let mut cf = hook("cf");
        cf.site = "studio".into();
        cf.steps = vec!["Capture".into()];
        cf.headers.insert("x-key".into(), Secret::Env { env: "KEY".into() });
        let text = SettingsChange::PutHook(cf.clone()).to_text(studio).unwrap();
        assert!(
            text.contains("steps = [\"Capture\"]\nheaders = { x-key = { env = \"KEY\" } }\n"),
            "{text}"
        );
        assert_eq!(SettingsChange::PutHook(cf.clone()).to_text(&text).unwrap(), text);
        let site = Settings::parse(&text).unwrap().sites.remove(0);
        assert_eq!(SettingsChange::PutSite(site).to_text(&text).unwrap(), text);
        cf.steps.clear();
        cf.headers.clear();
        let plain = SettingsChange::PutHook(cf).to_text(&text).unwrap();
        assert!(!plain.contains("steps") && !plain.contains("headers"), "{plain}");
        let tools = OutgoingSettings {
            name: "tools".into(),
            url: "https://tools.example/in".into(),
            secret: Secret::File {
                file: "outgoing:tools".into(),
            },
            on: vec!["would_set".into()],
        };
        let more = SettingsChange::PutOutgoing(tools).to_text(&text).unwrap();
        let added = "\n[[outgoing]]\nname = \"tools\"\nurl = \"https://tools.example/in\"\nsecret = { file = \"outgoing:tools\" }\non = [\"would_set\"]\n";
        assert_eq!(more, format!("{text}{added}"));
        assert_eq!(
            SettingsChange::RemoveOutgoing("tools".into()).to_text(&more).unwrap(),
            text
        );
    }

    #[test]
    fn comments_in_a_file_of_nothing_else_stay_at_its_head() {
        let address = Some("https://callboard.example".to_owned());
        let address = SettingsChange::PublicAddress(address);
        for before in ["# Ours.\n", "# Ours."] {
            let text = address.to_text(before).unwrap();
            assert_eq!(text, "# Ours.\npublic_address = \"https://callboard.example\"\n");
        }
        let site = Settings::parse(WRITTEN).unwrap().sites.remove(0);
        let text = SettingsChange::PutSite(site).to_text("# Ours.\n").unwrap();
        let text = address.to_text(&text).unwrap();
        let with_address = "# Ours.\n\npublic_address = \"https://callboard.example\"\n\n[[site]]\n";
        assert!(text.starts_with(with_address), "{text}");
        let text = SettingsChange::RemoveSite("show".into()).to_text(&text).unwrap();
        assert!(text.starts_with("# Ours.\n\npublic_address"), "{text}");
    }

    #[test]
    fn a_changed_secret_leaves_the_limit_alone() {
        let mut changed = hook("status");
        changed.previous_secret = Some(Secret::Plain("mytoken".into()));
        let text = SettingsChange::PutHook(changed).to_text(WRITTEN).unwrap();
        assert!(
            text.contains("max_body = 1000") && text.contains("previous_secret = \"mytoken\""),
            "{text}"
        );
        assert_eq!(text.matches("mytoken").count(), 1);
    }

    #[test]
    fn a_site_goes_with_its_hooks_and_the_first_comes_into_an_empty_file() {
        let text = SettingsChange::RemoveSite("show".into()).to_text(WRITTEN).unwrap();
        let left = Settings::parse(&text).unwrap();
        assert!(left.sites.is_empty() && left.hooks.is_empty());
        assert!(text.contains("# Ours.") && text.contains("# the proxy"), "{text}");
        let site = Settings::parse(WRITTEN).unwrap().sites.remove(0);
        let text = SettingsChange::PutSite(site).to_text("").unwrap();
        assert_eq!(Settings::parse(&text).unwrap().sites.len(), 1);
        let address = Some("https://callboard.example".to_owned());
        let text = SettingsChange::PublicAddress(address).to_text(&text).unwrap();
        assert_eq!(Settings::parse(&text).unwrap().hosts(), ["callboard.example"]);
    }

    #[test]
    fn sites_in_one_line_are_understood_too() {
        let text = r#"site = [{ name = "show", kind = "shotgrid", url = "https://show.example", script_name = "c", script_key = "k" }]"#;
        let text = SettingsChange::PutHook(hook("notes")).to_text(text).unwrap();
        assert_eq!(Settings::parse(&text).unwrap().hooks.len(), 1);
        let text = SettingsChange::RemoveSite("show".into()).to_text(&text).unwrap();
        assert!(Settings::parse(&text).unwrap().sites.is_empty());
    }

    #[test]
    fn a_change_that_would_spoil_the_file_is_refused_and_no_secret_is_quoted() {
        let mut stray = hook("notes");
        stray.site = "other".into();
        assert!(SettingsChange::PutHook(stray).to_text(WRITTEN).is_err());
        let broken = WRITTEN.replace("\"mytoken\"", "\"mytoken");
        let told = SettingsChange::RemoveHook("status".into())
            .to_text(&broken)
            .unwrap_err()
            .to_string();
        assert!(!told.contains("mytoken"), "{told}");
    }

    #[test]
    fn a_file_that_somebody_protected_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(Settings::FILE);
        std::fs::write(&path, WRITTEN).unwrap();
        let mut permissions = std::fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions).unwrap();
        let told = SettingsFile::new(&path).write(&SettingsChange::PutHook(hook("notes")));
        assert!(told.unwrap_err().to_string().contains("Nothing was changed"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), WRITTEN);
    }
}
