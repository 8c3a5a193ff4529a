//! What an event is found by.

use std::collections::HashSet;

use rusqlite::{Connection, Row, types::Value as Sql};
use serde_json::Value;

use crate::JournalError;
use crate::pack;
use crate::rows::{maybe, text};
use crate::search::fold;

/// Different words of an event that count. A payload may hold anything.
const MOST: usize = 1_000;
/// How deep in a body the events of a batch may lie.
const DEPTH: usize = 2;

/// What an event is found by.
pub(crate) struct Document {
    /// The event.
    pub(crate) seq: i64,
    /// Its words, without the names that [`Self::called`] holds.
    pub(crate) words: HashSet<String>,
    /// What is not words: see [`mark`].
    pub(crate) marks: HashSet<String>,
    /// The person, with role, and the project: what is looked up by mark, because it may be called otherwise tomorrow.
    pub(crate) named: Vec<(&'static str, [String; 3])>,
    /// Their names, and those of statuses, as they are called now.
    called: HashSet<String>,
}

impl Document {
    /// Whether each of these words is the beginning of one of its own.
    pub(crate) fn has(&self, typed: &[String]) -> bool {
        let begins = |typed: &String| {
            let mut own = self.words.iter().chain(&self.called);
            own.any(|word| word.starts_with(typed.as_str()))
        };
        typed.iter().all(begins)
    }
}

/// Marks: words that nobody can type, because they begin with a sign.
pub(crate) mod mark {
    /// A status of a type in a site, by its code.
    pub(crate) fn status(site: &str, kind: &str, code: &str) -> String {
        format!("!{site}:{kind}:{code}")
    }

    /// A type of entity.
    pub(crate) fn kind(kind: &str) -> String {
        format!("#{kind}")
    }

    /// What came of an event.
    pub(crate) fn outcome(outcome: &str) -> String {
        format!("%{outcome}")
    }

    /// A site.
    pub(crate) fn site(site: &str) -> String {
        format!("${site}")
    }

    /// Who acted, or in what, by role.
    pub(crate) fn named(role: &str, [site, kind, id]: &[String; 3]) -> String {
        format!("&{role}:{site}:{kind}:{id}")
    }

    /// What a mark says of an event.
    #[derive(Debug, PartialEq, Eq)]
    pub(crate) enum Says<'a> {
        Kind(&'a str),
        Outcome(&'a str),
        Site(&'a str),
        Named { role: &'a str, who: [&'a str; 3] },
    }

    /// The first of the marks that [`read`] reads, and what comes after the last.
    pub(crate) const FROM: &str = "#";
    pub(crate) const BELOW: &str = "'";

    /// Reads a mark; none of a status.
    pub(crate) fn read(mark: &str) -> Option<Says<'_>> {
        let rest = mark.get(1..)?;
        Some(match mark.as_bytes().first()? {
            b'#' => Says::Kind(rest),
            b'$' => Says::Site(rest),
            b'%' => Says::Outcome(rest),
            b'&' => {
                let mut parts = rest.splitn(4, ':');
                let role = parts.next()?;
                Says::Named {
                    role,
                    who: [parts.next()?, parts.next()?, parts.next()?],
                }
            }
            _ => return None,
        })
    }
}

/// Who did something, as a role.
pub(crate) const PERSON: &str = "person";
/// In what it was done, as a role.
pub(crate) const PROJECT: &str = "project";

const ROW: &str = "
    SELECT e.seq, e.site, e.event_type, e.entity_type, e.entity_id, n.name, o.name, e.field, e.is_status, e.old, e.new,
        e.actor_type, e.actor_id, a.name, e.project_type, e.project_id, p.name, e.entry_id, e.note, e.outcome, e.why, e.hand_by,
        e.hand_source, e.warning, e.delivery_seq, e.place
    FROM event e
    LEFT JOIN entity n ON n.site = e.site AND n.entity_type = e.entity_type AND n.entity_id = e.entity_id
    LEFT JOIN entity a ON a.site = e.site AND a.entity_type = e.actor_type AND a.entity_id = e.actor_id
    LEFT JOIN entity p ON p.site = e.site AND p.entity_type = e.project_type AND p.entity_id = e.project_id
    LEFT JOIN entity o ON o.site = e.site AND o.entity_type = n.parent_type AND o.entity_id = n.parent_id";

const CHANGES: &str = "
    SELECT c.rule_name, c.field, c.reason, c.entity_type, c.to_code
    FROM cascade k JOIN change c ON c.cascade_seq = k.seq WHERE k.event_seq = ?1";

/// What the events from `from` to `upto` are found by, oldest first.
pub(crate) fn between(c: &Connection, from: i64, upto: i64) -> Result<Vec<Document>, JournalError> {
    documents(c, "e.seq BETWEEN ?1 AND ?2", [Sql::from(from), Sql::from(upto)])
}

/// What these events are found by, oldest first.
pub(crate) fn of(c: &Connection, seqs: &[i64]) -> Result<Vec<Document>, JournalError> {
    let list = Sql::from(serde_json::to_string(seqs)?);
    documents(c, "e.seq IN (SELECT value FROM json_each(?1))", [list])
}

fn documents<const N: usize>(c: &Connection, which: &str, values: [Sql; N]) -> Result<Vec<Document>, JournalError> {
    let mut rows = c.prepare_cached(&format!("{ROW} WHERE {which} ORDER BY e.seq"))?;
    let mut rows = rows.query(rusqlite::params_from_iter(values))?;
    let mut bodies = Bodies::default();
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        let mut document = columns(c, row)?;
        changes(c, text(row, 1)?, &mut document)?;
        payload(c, row, &mut bodies, &mut document.words)?;
        documents.push(document);
    }
    Ok(documents)
}

fn columns(c: &Connection, row: &Row<'_>) -> Result<Document, JournalError> {
    let site = text(row, 1)?;
    let mut document = Document {
        seq: row.get(0)?,
        words: HashSet::new(),
        marks: HashSet::from([mark::outcome(text(row, 19)?), mark::site(site)]),
        named: Vec::new(),
        called: HashSet::new(),
    };
    // Type, id, name, its parent's name, field, note, why, by whom and from where by hand, warning.
    for column in [2, 3, 4, 5, 6, 7, 18, 20, 21, 22, 23] {
        if let Some(text) = maybe(row, column)? {
            fold::put(text, &mut document.words);
        }
    }
    if let Some(entry) = row.get::<_, Option<i64>>(17)? {
        document.words.insert(entry.to_string());
    }
    let kind = maybe(row, 3)?;
    document.marks.extend(kind.map(mark::kind));
    for column in [9, 10] {
        let Some(value) = maybe(row, column)? else { continue };
        let value = serde_json::from_str(value)?;
        put_values(&value, &mut document.words);
        if let (Some(kind), Value::String(code), true) = (kind, &value, row.get(8)?) {
            status(c, site, kind, code, &mut document)?;
        }
    }
    for (role, column) in [(PERSON, 11), (PROJECT, 14)] {
        if let (Some(kind), Some(id)) = (maybe(row, column)?, maybe(row, column + 1)?) {
            let who = [site.to_owned(), kind.to_owned(), id.to_owned()];
            document.marks.insert(mark::named(role, &who));
            document.named.push((role, who));
        }
        if let Some(name) = maybe(row, column + 2)? {
            fold::put(name, &mut document.called);
        }
    }
    Ok(document)
}

fn changes(c: &Connection, site: &str, document: &mut Document) -> Result<(), JournalError> {
    let mut changes = c.prepare_cached(CHANGES)?;
    let mut changes = changes.query([document.seq])?;
    while let Some(row) = changes.next()? {
        for column in [0, 1, 2, 4] {
            if let Some(text) = maybe(row, column)? {
                fold::put(text, &mut document.words);
            }
        }
        if let (None, Some(code)) = (maybe(row, 1)?, maybe(row, 4)?) {
            status(c, site, text(row, 3)?, code, document)?;
        }
    }
    Ok(())
}

/// A status by its mark, and by what it is called now.
fn status(c: &Connection, site: &str, kind: &str, code: &str, document: &mut Document) -> Result<(), JournalError> {
    if document.marks.insert(mark::status(site, kind, code)) {
        let mut called =
            c.prepare_cached("SELECT name FROM status WHERE site = ?1 AND entity_type = ?2 AND code = ?3")?;
        let mut called = called.query([site, kind, code])?;
        while let Some(row) = called.next()? {
            fold::put(text(row, 0)?, &mut document.called);
        }
    }
    Ok(())
}

/// The last delivery that was read: the events of a batch come one after the other.
#[derive(Default)]
struct Bodies {
    delivery: i64,
    /// How many of the journal's events it brought.
    events: i64,
    body: Value,
    unpacked: pack::Last,
}

fn payload(
    c: &Connection,
    row: &Row<'_>,
    bodies: &mut Bodies,
    words: &mut HashSet<String>,
) -> Result<(), JournalError> {
    let place: usize = row.get(25)?;
    let Some(delivery) = row.get::<_, Option<i64>>(24)? else {
        if let Some(body) = bodies.unpacked.log_row(c, row.get(0)?)? {
            put_values(&parsed(&body), words);
        }
        return Ok(());
    };
    if bodies.delivery != delivery {
        let found = bodies.unpacked.delivery(c, delivery)?;
        bodies.delivery = delivery;
        bodies.body = found.map(|payload| parsed(&payload.body)).unwrap_or_default();
        bodies.events = c
            .prepare_cached("SELECT count(*) FROM event WHERE delivery_seq = ?1")?
            .query_row([delivery], |r| r.get(0))?;
    }
    let alone = bodies.events == 1 && place == 0;
    let own = if alone {
        None
    } else {
        in_batch(&bodies.body, place, DEPTH)
    };
    put_values(own.unwrap_or(&bodies.body), words);
    Ok(())
}

/// What is no JSON has no words: it is shown as bytes, and its event says so.
fn parsed(body: &[u8]) -> Value {
    serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)).unwrap_or_default()
}

/// One event of a batch, wherever its tracker puts them: an element of the list that lies nearest to the outside.
fn in_batch(body: &Value, place: usize, depth: usize) -> Option<&Value> {
    match body {
        Value::Array(list) => list.get(place).filter(|event| event.is_object()),
        Value::Object(fields) if depth > 0 => fields.values().find_map(|value| in_batch(value, place, depth - 1)),
        _ => None,
    }
}

fn put_values(value: &Value, words: &mut HashSet<String>) {
    match value {
        _ if words.len() >= MOST => {}
        Value::String(text) if is_time(text) => {}
        Value::String(text) => fold::put(text, words),
        Value::Number(number) => fold::put(&number.to_string(), words),
        Value::Array(list) => list.iter().for_each(|value| put_values(value, words)),
        Value::Object(fields) => fields.values().for_each(|value| put_values(value, words)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// `2026-05-01T09:00…` or `2026-05-01 09:00…`: nobody looks for it by typing, and no two are the same.
fn is_time(text: &str) -> bool {
    text.get(..13).is_some_and(|start| {
        start.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            10 => matches!(byte, b'T' | b' '),
            _ => byte.is_ascii_digit(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_no_words() {
        let mut words = HashSet::new();
        put_values(
            &json!(["2026-05-01T09:00:01.000Z", "2026-05-01 09:00:00.5", {"a": 7, "due": "2026-05-01"}]),
            &mut words,
        );
        let mut words: Vec<_> = words.into_iter().collect();
        words.sort();
        assert_eq!(words, ["01", "05", "2026", "7"]);
    }

    #[test]
    fn a_mark_is_read_as_it_was_made() {
        let who = ["practice", "HumanUser", "a:b"];
        let made = mark::named(PERSON, &who.map(str::to_owned));
        assert_eq!(mark::read(&made), Some(mark::Says::Named { role: PERSON, who }));
        assert_eq!(mark::read(&mark::kind("Task")), Some(mark::Says::Kind("Task")));
        assert_eq!(
            mark::read(&mark::outcome("changed")),
            Some(mark::Says::Outcome("changed"))
        );
        assert_eq!(mark::read(&mark::site("lab")), Some(mark::Says::Site("lab")));
        assert_eq!(mark::read(&mark::status("lab", "Task", "apv")), None);
        for made in [made, mark::kind(""), mark::outcome("x"), mark::site("é")] {
            assert!((mark::FROM..mark::BELOW).contains(&made.as_str()), "{made}");
        }
    }

    #[test]
    fn an_event_of_a_batch_is_the_element_of_the_outermost_list() {
        let body = json!({"data": {"deliveries": [{"list": [{"x": 1}]}, {"y": 2}]}});
        assert_eq!(in_batch(&body, 1, DEPTH), Some(&json!({"y": 2})));
        assert_eq!(in_batch(&body, 2, DEPTH), None);
        assert_eq!(in_batch(&json!({"data": {"meta": {"added": [{}]}}}), 0, DEPTH), None);
    }
}
