//! What a Note says, and about what.

use callboard_model::{EntityRef, EntityType, Note};
use serde_json::{Map, Value};

use super::record::links;

/// What is read of a Note.
pub(super) const NOTE_FIELDS: [&str; 4] = ["subject", "content", "note_links", "tasks"];

/// The Note of a flat record. None when the record is none of a Note.
///
/// Its text is subject and content, a line each. A subject that the site made up (`Noor's Note on sh010_v003`) says nothing and
/// stays out, so that no rule finds words in an entity's name.
#[must_use]
pub fn note_from_flat(fields: &Map<String, Value>) -> Option<Note> {
    if fields.get("type").and_then(Value::as_str) != Some(EntityType::NOTE) {
        return None;
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().trim();
    let mut about: Vec<EntityRef> = Vec::new();
    for name in ["note_links", "tasks"] {
        for one in fields.get(name).map(links).unwrap_or_default() {
            if about.iter().all(|known| known.key != one.key) {
                about.push(one);
            }
        }
    }
    let (subject, content) = (text("subject"), text("content"));
    let text = match (subject, content) {
        ("", only) | (only, "") => only.to_owned(),
        (subject, content) if is_made_up(subject, &about) => content.to_owned(),
        (subject, content) => format!("{subject}\n{content}"),
    };
    Some(Note { text, about })
}

/// `NAME's Note`, or `NAME's Note on …` followed by nothing but the names of what it is about. Anything more was typed.
fn is_made_up(subject: &str, about: &[EntityRef]) -> bool {
    let Some((_, after)) = subject.split_once("'s Note") else {
        return false;
    };
    let Some(names) = after.strip_prefix(" on ") else {
        return after.is_empty();
    };
    let mut known: Vec<&str> = about.iter().filter_map(|one| one.name.as_deref()).collect();
    // A Shot's name is the beginning of its Versions'.
    known.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let left = known
        .into_iter()
        .filter(|name| !name.is_empty())
        .fold(names.to_owned(), |left, name| left.replace(name, " "));
    left.len() < names.len() && left.split([' ', ',']).all(|word| matches!(word, "" | "and"))
}
