//! `[notify]` and `[keep]`: what people are told of, and how long history is kept.

use callboard_model::AlertKind;
use jiff::civil::Time;
use serde::Deserialize;
use toml_edit::{Array, Item, Table, Value};

use super::SettingsError;
use super::file::{set, set_unless_usual};
use crate::api::{Keep, NotifyChoices, Preferences, QuietHours};

/// Days that events are kept whatever else is wanted. ShotGrid keeps deliveries for seven, and makes them again when it is asked
/// (ShotGrid documentation, Webhooks); Creative Force tries again within ten minutes; ftrack does not.
pub(crate) const DAYS_AT_LEAST: u32 = 8;
/// What a journal needs beside its history, and more, in megabytes.
const MEGABYTES_AT_LEAST: u32 = 10;

/// `[notify]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotifySettings {
    /// The kinds that nobody is told of.
    pub off: Vec<AlertKind>,
    /// When the quiet hours begin: `19:00`.
    pub quiet_from: Option<String>,
    /// When they end: `08:00`.
    pub quiet_until: Option<String>,
    /// Whether all of Saturday and Sunday belongs to them.
    pub quiet_weekends: bool,
}

/// `[keep]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeepSettings {
    /// Events older than so many days go.
    pub days: Option<u32>,
    /// The oldest events go while the journal's file is larger than so many megabytes.
    pub megabytes: Option<u32>,
}

impl NotifySettings {
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        match (&self.quiet_from, &self.quiet_until) {
            (Some(from), Some(until)) => {
                if time_of_day(from)? == time_of_day(until)? {
                    return Err(SettingsError::Preferences(format!(
                        "Quiet hours from {from} until {until} have no length. Choose another beginning or end"
                    )));
                }
            }
            (None, None) if self.quiet_weekends => {
                return Err(SettingsError::Preferences(
                    "Quiet weekends need quiet hours beside them: set quiet_from and quiet_until, 19:00 and 08:00 for example".into(),
                ));
            }
            (None, None) => {}
            _ => {
                return Err(SettingsError::Preferences(
                    "Quiet hours need a beginning and an end: set both quiet_from and quiet_until, or neither".into(),
                ));
            }
        }
        Ok(())
    }

    /// As windows see it.
    pub(crate) fn choices(&self) -> NotifyChoices {
        let quiet = self.quiet_from.clone().zip(self.quiet_until.clone());
        NotifyChoices {
            off: self.off.clone(),
            quiet: quiet.map(|(from, until)| QuietHours {
                from,
                until,
                weekends: self.quiet_weekends,
            }),
        }
    }

    pub(crate) fn of(choices: &NotifyChoices) -> Self {
        let mut off = choices.off.clone();
        off.sort_unstable();
        off.dedup();
        let quiet = choices.quiet.as_ref();
        Self {
            off,
            quiet_from: quiet.map(|quiet| quiet.from.clone()),
            quiet_until: quiet.map(|quiet| quiet.until.clone()),
            quiet_weekends: quiet.is_some_and(|quiet| quiet.weekends),
        }
    }

    pub(super) fn write(&self, root: &mut Table) -> Result<(), SettingsError> {
        with_table(root, "notify", |table| {
            let off: Array = self.off.iter().map(|kind| kind.as_str()).collect();
            set(table, "off", (!off.is_empty()).then(|| Value::from(off)));
            set(table, "quiet_from", self.quiet_from.as_deref().map(Value::from));
            set(table, "quiet_until", self.quiet_until.as_deref().map(Value::from));
            set_unless_usual(table, "quiet_weekends", self.quiet_weekends, &false);
        })
    }
}

impl KeepSettings {
    pub(crate) fn check(self) -> Result<(), SettingsError> {
        if self.days.is_some_and(|days| days < DAYS_AT_LEAST) {
            return Err(SettingsError::Preferences(format!(
                "Events are kept for at least {DAYS_AT_LEAST} days, because until then a site may deliver them again. Keep them for \
                 {DAYS_AT_LEAST} days or longer"
            )));
        }
        if self.megabytes.is_some_and(|megabytes| megabytes < MEGABYTES_AT_LEAST) {
            return Err(SettingsError::Preferences(format!(
                "The journal needs at least {MEGABYTES_AT_LEAST} megabytes. Give it as many or more"
            )));
        }
        Ok(())
    }

    /// As windows see it.
    pub(crate) fn choices(self) -> Keep {
        Keep {
            days: self.days,
            megabytes: self.megabytes,
        }
    }

    pub(crate) fn of(keep: Keep) -> Self {
        Self {
            days: keep.days,
            megabytes: keep.megabytes,
        }
    }

    pub(super) fn write(self, root: &mut Table) -> Result<(), SettingsError> {
        with_table(root, "keep", |table| {
            set(table, "days", self.days.map(|days| i64::from(days).into()));
            set(table, "megabytes", self.megabytes.map(|most| i64::from(most).into()));
        })
    }
}

/// Fills a table, which comes at the end where there was none and goes where nothing is left in it.
fn with_table(root: &mut Table, name: &str, fill: impl FnOnce(&mut Table)) -> Result<(), SettingsError> {
    if !root.contains_key(name) {
        let mut table = Table::new();
        table.decor_mut().set_prefix("\n");
        root.insert(name, Item::Table(table));
    }
    let unusual = || SettingsError::Malformed(format!("{name} is not written as [{name}]"));
    let item = root.get_mut(name).ok_or_else(unusual)?;
    if !item.is_table() {
        let table = std::mem::take(item).into_table().map_err(|_| unusual())?;
        *item = Item::Table(table);
    }
    let table = item.as_table_mut().ok_or_else(unusual)?;
    fill(table);
    if table.is_empty() {
        root.remove(name);
    }
    Ok(())
}

/// A time of day as people write it: `19:00`.
pub(crate) fn time_of_day(text: &str) -> Result<Time, SettingsError> {
    let time = Time::strptime("%H:%M", text);
    time.map_err(|_| SettingsError::Preferences(format!("\"{text}\" is no time of day. Write it as 19:00")))
}

impl super::Settings {
    /// What is chosen, as windows see it.
    pub(crate) fn preferences(&self) -> Preferences {
        Preferences {
            notify: self.notify.choices(),
            keep: self.keep.choices(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Settings, SettingsChange};
    use super::*;

    fn chosen(off: &[AlertKind], quiet: Option<(&str, &str)>, days: Option<u32>) -> SettingsChange {
        SettingsChange::Preferences(Preferences {
            notify: NotifyChoices {
                off: off.to_vec(),
                quiet: quiet.map(|(from, until)| QuietHours {
                    from: from.into(),
                    until: until.into(),
                    weekends: false,
                }),
            },
            keep: Keep { days, megabytes: None },
        })
    }

    #[test]
    fn what_is_chosen_is_written_beside_what_people_wrote_and_goes_without_a_trace() {
        let before = "# Ours.\npublic_names = [\"a.example\"]\n";
        let text = chosen(&[AlertKind::Conflict], Some(("19:00", "08:00")), Some(30))
            .to_text(before)
            .unwrap();
        assert_eq!(
            text,
            format!(
                "{before}\n[notify]\noff = [\"conflict\"]\nquiet_from = \"19:00\"\nquiet_until = \"08:00\"\n\n[keep]\ndays = 30\n"
            )
        );
        assert_eq!(chosen(&[], None, None).to_text(&text).unwrap(), before);
        let commented = text.replace("quiet_from", "# Ana's wish.\nquiet_from");
        let later = chosen(&[AlertKind::Conflict], Some(("20:00", "08:00")), Some(30))
            .to_text(&commented)
            .unwrap();
        assert_eq!(later, commented.replace("19:00", "20:00"));
    }

    #[test]
    fn in_one_line_they_are_understood_too() {
        let text = chosen(&[], Some(("19:00", "08:00")), None)
            .to_text("notify = { off = [\"mail\"] }\n")
            .unwrap();
        let read = Settings::parse(&text).unwrap().preferences().notify;
        assert_eq!((read.off.len(), read.quiet.unwrap().from.as_str()), (0, "19:00"));
    }

    #[test]
    fn mistakes_are_told_in_words() {
        let told = |text: &str| Settings::parse(text).unwrap_err().to_string();
        assert!(told("[notify]\nquiet_from = \"19:00\"").contains("both quiet_from and quiet_until"));
        assert!(told("[notify]\nquiet_weekends = true").contains("need quiet hours"));
        assert!(told("[notify]\nquiet_from = \"19\"\nquiet_until = \"8\"").contains("\"19\" is no time of day"));
        assert!(told("[notify]\noff = [\"hooks\"]").contains("hooks"));
        assert!(told("[keep]\ndays = 7").contains("at least 8 days"));
        assert!(told("[keep]\nmegabytes = 9").contains("at least 10 megabytes"));
        assert!(Settings::parse("[keep]\ndays = 8\nmegabytes = 10").is_ok());
    }
}
