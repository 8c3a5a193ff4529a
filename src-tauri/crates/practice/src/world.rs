//! Everything the site knows, in memory, behind one lock: records, people's tokens, hooks, deliveries, rehearsed faults.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::Timestamp;
use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::auth::Auth;
use crate::bad_days::BadDays;
use crate::control::Write;
use crate::deliveries::Spent;
use crate::delivery_log::Outbox;
use crate::hooks::Hook;
use crate::ledger::Ledger;
use crate::rows::Row;
use crate::tables::{Data, Field, Kind, named};

/// The flat fields of a record: links are `{"type","id"}`, names are looked up when they are shown.
pub(crate) type Fields = Map<String, Value>;

/// One record. A deleted one stays, retired, until it is revived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) id: i64,
    pub(crate) fields: Fields,
    pub(crate) retired: bool,
    /// Event log rows become readable a moment after they happened. ShotGrid REST: event log.
    pub(crate) visible_from: Option<Timestamp>,
    /// What stands in the place of the fields of an event log row.
    pub(crate) row: Option<Arc<Row>>,
}

impl Record {
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    pub(crate) fn link_id(&self, field: &str) -> Option<i64> {
        self.fields
            .get(field)
            .and_then(|link| link.get("id"))
            .and_then(Value::as_i64)
    }
}

/// Ids from a first to a last one; empty where the last is smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IdRange {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl IdRange {
    pub(crate) const ALL: Self = Self {
        first: i64::MIN,
        last: i64::MAX,
    };

    pub(crate) fn from(first: i64) -> Self {
        Self { first, ..Self::ALL }
    }

    pub(crate) fn up_to(last: i64) -> Self {
        Self { last, ..Self::ALL }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            first: self.first.max(other.first),
            last: self.last.min(other.last),
        }
    }

    /// The narrowest range that holds both.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

/// Who makes a change.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) kind: &'static str,
    pub(crate) id: i64,
    pub(crate) session: Option<String>,
    /// Through REST or JSON-RPC, rather than in the site's own pages.
    pub(crate) by_api: bool,
}

impl Actor {
    /// Somebody at the site's own pages.
    pub(crate) fn person(id: i64) -> Self {
        let session = Uuid::from_u64_pair(0x11EC_83A0_0000_4000, 0x8000_0000_0000_0000 | id.unsigned_abs());
        Self {
            kind: "HumanUser",
            id,
            session: Some(session.to_string()),
            by_api: false,
        }
    }

    pub(crate) fn link(&self) -> Value {
        json!({"type": self.kind, "id": self.id})
    }
}

/// What a test told the site to do wrong.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) down: bool,
    pub(crate) fail_next: Option<(u32, u16)>,
    pub(crate) slow: Duration,
    /// How long a gateway waits for an answer that never comes, instead of 35 s.
    pub(crate) gateway_patience: Option<Duration>,
    pub(crate) hold_deliveries: bool,
    pub(crate) forbidden: Vec<(String, String)>,
    pub(crate) unreadable: Vec<(String, String)>,
    pub(crate) people_paused: bool,
    /// The people make no Versions and Notes.
    pub(crate) nothing_new: bool,
    /// Scripts lack the permission "Show Webhooks".
    pub(crate) webhooks_hidden: bool,
    /// What happens reaches no hook.
    pub(crate) hooks_unheard: bool,
    /// The site's budget of response time holds.
    pub(crate) throttle: bool,
}

/// The requests that arrived, by path.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) total: u64,
    pub(crate) by_path: BTreeMap<String, u64>,
    pub(crate) last: Instant,
    /// Records that searches have looked at.
    pub(crate) examined: AtomicU64,
}

/// The whole site.
pub(crate) struct World {
    tables: HashMap<&'static str, BTreeMap<i64, Record>>,
    next_ids: HashMap<&'static str, i64>,
    /// The records that link to an entity, or once did, by type and id: whoever asks for them need not look through whole tables.
    linking: HashMap<(&'static str, i64), BTreeSet<(&'static str, i64)>>,
    rng: ChaCha8Rng,
    /// Counts changes, and the events of the present one: together they make `data.id`.
    pub(crate) burst: u64,
    pub(crate) burst_events: u64,
    pub(crate) ledger: Ledger,
    pub(crate) days: BadDays,
    pub(crate) auth: Auth,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) outbox: Outbox,
    pub(crate) spent: Spent,
    pub(crate) faults: Faults,
    pub(crate) writes: Vec<Write>,
    pub(crate) traffic: Traffic,
}

impl World {
    /// An empty site.
    pub(crate) fn new(seed: u64) -> Self {
        // A stream of its own, so that what arrives over HTTP never changes what the seeded people choose.
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(7);
        let mut key = [0_u8; 32];
        rng.fill_bytes(&mut key);
        Self {
            tables: HashMap::new(),
            next_ids: HashMap::new(),
            linking: HashMap::new(),
            rng,
            burst: 0,
            burst_events: 0,
            ledger: Ledger::new(seed),
            days: BadDays::new(seed),
            auth: Auth::new(key),
            hooks: Vec::new(),
            outbox: Outbox::default(),
            spent: Spent::default(),
            faults: Faults::default(),
            writes: Vec::new(),
            traffic: Traffic {
                total: 0,
                by_path: BTreeMap::new(),
                last: Instant::now(),
                examined: AtomicU64::new(0),
            },
        }
    }

    pub(crate) fn uuid(&mut self) -> String {
        let mut bytes = [0_u8; 16];
        self.rng.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// A number below `bound`, from the site's own stream.
    pub(crate) fn dice(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound.max(1)
    }

    /// Puts a record in place as it is: seeding, and the last step of a create.
    pub(crate) fn insert(&mut self, kind: Kind, record: Record) {
        let next = self.next_ids.entry(kind.name).or_insert(1);
        *next = (*next).max(record.id + 1);
        for value in record.fields.values() {
            self.note_links(kind, record.id, value);
        }
        self.tables.entry(kind.name).or_default().insert(record.id, record);
    }

    /// Sets a field of a record that is there. One that may hold links is set in no other way, or nobody finds what links there.
    pub(crate) fn set(&mut self, kind: Kind, id: i64, field: &str, value: Value) {
        self.note_links(kind, id, &value);
        if let Some(record) = self.record_mut(kind, id) {
            record.fields.insert(field.to_owned(), value);
        }
    }

    fn note_links(&mut self, kind: Kind, id: i64, value: &Value) {
        let links = match value {
            Value::Array(links) => links.as_slice(),
            link => std::slice::from_ref(link),
        };
        for link in links {
            if let Some((to, its_id)) = linked(link) {
                self.linking
                    .entry((to.name, its_id))
                    .or_default()
                    .insert((kind.name, id));
            }
        }
    }

    pub(crate) fn next_id(&self, kind: Kind) -> i64 {
        self.next_ids.get(kind.name).copied().unwrap_or(1)
    }

    pub(crate) fn record(&self, kind: Kind, id: i64) -> Option<&Record> {
        self.tables.get(kind.name)?.get(&id)
    }

    pub(crate) fn record_mut(&mut self, kind: Kind, id: i64) -> Option<&mut Record> {
        self.tables.get_mut(kind.name)?.get_mut(&id)
    }

    /// A record that is not in the trash.
    pub(crate) fn active(&self, kind: Kind, id: i64) -> Option<&Record> {
        self.record(kind, id).filter(|record| !record.retired)
    }

    /// All records of a type within a range of ids, in id order, trash included.
    pub(crate) fn records_within(&self, kind: Kind, ids: IdRange) -> impl DoubleEndedIterator<Item = &Record> {
        self.tables
            .get(kind.name)
            // An empty range is a question that the table would not take.
            .filter(|_| ids.first <= ids.last)
            .into_iter()
            .flat_map(move |table| table.range(ids.first..=ids.last).map(|(_, record)| record))
    }

    pub(crate) fn actives(&self, kind: Kind) -> impl Iterator<Item = &Record> {
        self.records_within(kind, IdRange::ALL).filter(|record| !record.retired)
    }

    /// The record's name as links carry it.
    pub(crate) fn title(kind: Kind, record: &Record) -> String {
        let text = |field| record.text(field).unwrap_or_default();
        match kind.name {
            "ApiUser" => format!("{} {}", text("firstname"), text("lastname")),
            _ => match &record.row {
                Some(row) => row.description.clone(),
                None => text(kind.title).to_owned(),
            },
        }
    }

    /// A field's value: stored, or worked out for `id`, the display name and back links.
    pub(crate) fn value<'r>(&self, kind: Kind, record: &'r Record, field: &Field) -> Cow<'r, Value> {
        if let Some((on, by)) = field.back {
            return Cow::Owned(self.pointing_at(on, by, kind, record.id));
        }
        match field.name {
            "id" => Cow::Owned(json!(record.id)),
            "cached_display_name" => Cow::Owned(Value::String(Self::title(kind, record))),
            name if let Some(row) = &record.row => Cow::Owned(row.value(name)),
            name => match record.fields.get(name) {
                Some(value) => Cow::Borrowed(value),
                None if field.data == Data::MultiEntity => Cow::Owned(json!([])),
                None => Cow::Owned(Value::Null),
            },
        }
    }

    fn pointing_at(&self, on: &str, by: &str, kind: Kind, id: i64) -> Value {
        let Some(on) = named(on) else { return json!([]) };
        let points = |link: &Value| same_entity(link, kind.name, id);
        let ever = self.linking.get(&(kind.name, id)).into_iter();
        let ever = ever.flat_map(|linking| linking.range((on.name, i64::MIN)..=(on.name, i64::MAX)));
        let hits = ever
            .filter_map(|(_, id)| self.active(on, *id))
            .filter(|record| match record.fields.get(by) {
                Some(Value::Array(links)) => links.iter().any(points),
                Some(link) => points(link),
                None => false,
            });
        hits.map(|record| json!({"type": on.name, "id": record.id})).collect()
    }

    /// A link with its name. Links to what is in the trash are gone, as on the real site.
    pub(crate) fn shown_link(&self, link: &Value) -> Value {
        let Some((kind, id)) = linked(link) else {
            return Value::Null;
        };
        match self.active(kind, id) {
            Some(record) => json!({"id": id, "name": Self::title(kind, record), "type": kind.name}),
            None => Value::Null,
        }
    }

    /// A field's value as it is shown: links get their names.
    pub(crate) fn shown(&self, kind: Kind, record: &Record, field: &Field) -> Value {
        let value = self.value(kind, record, field);
        match field.data {
            Data::Entity => self.shown_link(&value),
            Data::MultiEntity => {
                let links = value.as_array().map(Vec::as_slice).unwrap_or_default();
                links
                    .iter()
                    .map(|link| self.shown_link(link))
                    .filter(|link| !link.is_null())
                    .collect()
            }
            _ => value.into_owned(),
        }
    }

    /// A record as one flat object, the way JSON-RPC and tests see it.
    pub(crate) fn flat(&self, kind: Kind, record: &Record) -> Value {
        let mut flat = Fields::new();
        for field in kind.fields() {
            flat.insert(field.name.to_owned(), self.shown(kind, record, field));
        }
        flat.insert("type".to_owned(), json!(kind.name));
        Value::Object(flat)
    }
}

/// What a `{"type","id"}` leads to.
fn linked(link: &Value) -> Option<(Kind, i64)> {
    let kind = link.get("type").and_then(Value::as_str).and_then(named)?;
    Some((kind, link.get("id").and_then(Value::as_i64)?))
}

/// Is this `{"type","id"}` that record?
pub(crate) fn same_entity(link: &Value, kind: &str, id: i64) -> bool {
    link.get("id").and_then(Value::as_i64) == Some(id) && link.get("type").and_then(Value::as_str) == Some(kind)
}

/// A bare link.
pub(crate) fn link(kind: &str, id: i64) -> Value {
    json!({"type": kind, "id": id})
}
