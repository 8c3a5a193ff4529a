//! The site's log: how it is asked, and that a row tells what its delivery tells.

use callboard_model::{EntityRef, Event, HookName, Operation, Road, SiteName};
use callboard_trackers::shotgrid::{decode, decode_log_row};
use callboard_trackers::{LogRow, MOST_LATE, Tracker, TrackerError};
use jiff::Timestamp;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Value, json};

use crate::deliveries::events;
use crate::site::{Asked, Site, records, text};

pub(crate) fn site_name() -> SiteName {
    SiteName::from("practice")
}

fn row_of(record: &Value) -> LogRow {
    decode_log_row(&site_name(), record).unwrap()
}

/// A row as the REST API gives it.
pub(crate) fn record(id: i64) -> Value {
    json!({
        "type": "EventLogEntry", "id": id,
        "attributes": {
            "event_type": "Shotgun_Version_Change", "attribute_name": "sg_status_list",
            "description": "Noor changed \"Status\" from \"rev\" to \"apv\" on Version sh010_v003",
            "meta": {
                "type": "attribute_change", "entity_type": "Version", "entity_id": 6001, "attribute_name": "sg_status_list",
                "field_data_type": "status_list", "old_value": "rev", "new_value": "apv",
            },
            "created_at": "2024-05-01T09:00:00Z", "session_uuid": "b4c8e1c2-0000-4000-8000-000000000001",
            "cached_display_name": "Shotgun_Version_Change",
        },
        "relationships": {
            "entity": {"data": {"type": "Version", "id": 6001, "name": "sh010_v003"}, "links": {"self": "x", "related": "y"}},
            "project": {"data": {"type": "Project", "id": 122, "name": "Demo"}},
            "user": {"data": {"type": "HumanUser", "id": 88, "name": "Noor"}},
        },
        "links": {"self": format!("/api/v1/entity/event_log_entries/{id}")},
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut record = record(700_001);
    *record.pointer_mut(pointer).unwrap() = value;
    record
}

#[test]
fn a_row_is_the_event_of_its_delivery_with_names() {
    let row = row_of(&record(545_175));
    let event = row.event.unwrap();
    let delivered = events(crate::deliveries::change().to_string().as_bytes()).remove(0);
    assert_eq!(event.entity, Some(EntityRef::new("Version", 6001).named("sh010_v003")));
    assert_eq!(event.project, Some(EntityRef::new("Project", 122).named("Demo")));
    assert_eq!(event.actor.as_ref().unwrap().entity.name.as_deref(), Some("Noor"));
    assert_eq!((row.id, row.at), (545_175, "2024-05-01T09:00:00Z".parse().ok()));
    assert_eq!((event.road, &event.hook), (Road::Log, &None));
    assert_eq!(by_either_road(event), by_either_road(delivered));
}

#[test]
fn a_rows_text_has_the_keys_of_a_delivery() {
    let row = row_of(&record(545_175));
    let text: Value = serde_json::from_str(&row.text).unwrap();
    let delivered = crate::deliveries::change();
    for (name, value) in delivered["data"].as_object().unwrap() {
        // The log knows no deliveries, has a number for an id, and whole seconds.
        if !["delivery_id", "id", "created_at", "entity", "project", "user"].contains(&name.as_str()) {
            assert_eq!(&text[name], value, "{name}");
        }
    }
    assert_eq!(text["id"], 545_175);
    assert_eq!(text["created_at"], "2024-05-01T09:00:00Z");
    assert_eq!(
        text["entity"],
        json!({"type": "Version", "id": 6001, "name": "sh010_v003"})
    );
    assert!(text["description"].as_str().unwrap().starts_with("Noor changed"));
    assert!(
        text.get("type").is_none(),
        "not to be taken for the type of what changed"
    );
}

#[test]
fn a_row_about_what_is_gone_says_in_its_meta_what_it_was() {
    let event = row_of(&with("/relationships/entity/data", Value::Null)).event.unwrap();
    assert_eq!(event.entity, Some(EntityRef::new("Version", 6001)));
    let event = row_of(&with("/relationships/user/data", Value::Null)).event.unwrap();
    assert_eq!(event.actor, None);
}

#[test]
fn what_only_repeats_a_part_of_another_row_is_no_event() {
    let mut in_create = record(700_001);
    in_create["attributes"]["meta"]["in_create"] = json!(true);
    let mut retirement = record(700_002);
    retirement["attributes"]["attribute_name"] = json!("retirement_date");
    retirement["attributes"]["meta"]["attribute_name"] = json!("retirement_date");
    for (id, record) in [(700_001, in_create), (700_002, retirement)] {
        let row = row_of(&record);
        assert_eq!((row.id, row.event), (id, None));
        assert!(!row.text.is_empty());
    }
    let not_in_create = with("/attributes/meta/field_data_type", json!("text"));
    assert!(row_of(&not_in_create).event.is_some());
}

#[test]
fn custom_events_are_events_of_the_log_too() {
    let mut record = with("/attributes/event_type", json!("Shotgun_User_Login"));
    record["attributes"]["meta"] = Value::Null;
    record["attributes"]["attribute_name"] = Value::Null;
    record["relationships"]["entity"]["data"] = json!({"type": "HumanUser", "id": 88, "name": "Noor"});
    let event = row_of(&record).event.unwrap();
    assert_eq!(
        (event.operation, event.event_type.as_str()),
        (Operation::Custom, "Shotgun_User_Login")
    );
    assert_eq!(event.entity, Some(EntityRef::new("HumanUser", 88).named("Noor")));
    assert_eq!(event.key.as_str(), "log:700001");
}

#[test]
fn a_row_that_is_not_understood_is_still_that_row() {
    let row = row_of(&with("/attributes/event_type", Value::Null));
    assert_eq!(row.at, "2024-05-01T09:00:00Z".parse().ok());
    let event = row.event.unwrap();
    assert_eq!(
        (event.operation, event.key.as_str()),
        (Operation::NotUnderstood, "log:700001")
    );
    assert_eq!((event.event_log_entry_id, event.road), (Some(700_001), Road::Log));
    for none in [
        json!(null),
        json!({}),
        json!([]),
        json!({"type": "EventLogEntry", "id": 0}),
        json!({"id": 1}),
    ] {
        assert_eq!(decode_log_row(&site_name(), &none), None, "{none}");
    }
}

/// What both roads know of an event: a log has names and whole seconds, a delivery a hook.
pub(crate) fn by_either_road(mut event: Event) -> Event {
    event.road = Road::Log;
    event.hook = None;
    let actor = event.actor.as_mut().map(|actor| &mut actor.entity);
    for link in [event.entity.as_mut(), event.project.as_mut(), actor]
        .into_iter()
        .flatten()
    {
        link.name = None;
    }
    event.occurred_at = event
        .occurred_at
        .map(|at| Timestamp::from_second(at.as_second()).unwrap());
    event
}

/// One happening, as both roads tell of it.
#[derive(Clone, Debug)]
struct Happening {
    id: i64,
    operation: &'static str,
    entity: Option<(String, i64)>,
    is_gone: bool,
    meta: Value,
    attribute: Option<String>,
    user: Option<(&'static str, i64)>,
    project: Option<i64>,
    seconds: i64,
    micros: u32,
    session: Option<String>,
}

impl Happening {
    fn event_type(&self) -> String {
        let kind = self.entity.as_ref().map_or("User", |(kind, _)| kind.as_str());
        let suffix = match self.operation {
            "create" => "New",
            "update" => "Change",
            "delete" => "Retirement",
            "revive" => "Revival",
            _ => "Login",
        };
        format!("Shotgun_{kind}_{suffix}")
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_second(self.seconds).unwrap()
    }

    fn links(&self, named: bool) -> [(&'static str, Value); 3] {
        let link = |kind: &str, id: i64| {
            let mut link = json!({"type": kind, "id": id});
            if named {
                link["name"] = json!(format!("{kind} number {id}"));
            }
            link
        };
        let entity = self.entity.as_ref().map(|(kind, id)| link(kind, *id));
        [
            ("entity", json!(entity)),
            ("user", json!(self.user.map(|(kind, id)| link(kind, id)))),
            ("project", json!(self.project.map(|id| link("Project", id)))),
        ]
    }

    fn delivery(&self) -> Value {
        let mut data = json!({
            "id": format!("{}.7.0", self.id), "event_log_entry_id": self.id, "event_type": self.event_type(),
            "meta": self.meta, "attribute_name": self.attribute, "session_uuid": self.session,
            "created_at": format!("{}.{:06}", self.at().strftime("%Y-%m-%d %H:%M:%S"), self.micros),
            "delivery_id": "5ac1ac9a-0000-4000-8000-000000000002",
            "operation": Some(self.operation).filter(|operation| *operation != "custom"),
        });
        for (name, link) in self.links(false) {
            data[name] = link;
        }
        json!({"data": data, "timestamp": "2030-01-01T00:00:00Z"})
    }

    fn row(&self) -> Value {
        let mut relationships = json!({});
        for (name, link) in self.links(true) {
            relationships[name] = json!({"data": link});
        }
        if self.is_gone {
            relationships["entity"]["data"] = Value::Null;
        }
        json!({
            "type": "EventLogEntry", "id": self.id, "relationships": relationships,
            "attributes": {
                "event_type": self.event_type(), "attribute_name": self.attribute, "meta": self.meta,
                "session_uuid": self.session, "created_at": self.at().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "description": "somebody did something",
            },
        })
    }
}

fn value() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(Value::Null),
        "[a-z]{0,4}".prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        (1..9_i64).prop_map(|id| json!({"type": "Shot", "id": id, "name": "sh"})),
        proptest::collection::vec((1..9_i64).prop_map(|id| json!({"type": "Task", "id": id})), 0..3)
            .prop_map(Value::from),
    ]
    .boxed()
}

fn happening() -> impl Strategy<Value = Happening> {
    let entity = (
        proptest::sample::select(vec!["Version", "Task", "Shot", "Note", "CustomEntity03"]),
        1..90_000_i64,
    );
    let what = (
        proptest::sample::select(vec!["create", "update", "lists", "delete", "revive", "custom"]),
        entity,
        proptest::sample::select(vec!["sg_status_list", "code", "task_assignees"]),
        (value(), value()),
    );
    let who = proptest::option::of((
        proptest::sample::select(vec!["HumanUser", "ApiUser", "ClientUser"]),
        1..500_i64,
    ));
    let session = proptest::option::of(Just("b4c8e1c2-0000-4000-8000-000000000001".to_owned()));
    let rest = (
        who,
        proptest::option::of(1..400_i64),
        session,
        0..4_000_000_000_i64,
        0..1_000_000_u32,
    );
    (1..i64::MAX, any::<bool>(), what, rest).prop_map(|(id, is_gone, what, rest)| {
        let (operation, (kind, entity), field, (old, new)) = what;
        let (user, project, session, seconds, micros) = rest;
        let mut meta = json!({"entity_type": kind, "entity_id": entity});
        meta["type"] = json!(match operation {
            "create" => "new_entity",
            "delete" => "entity_retirement",
            "revive" => "entity_revival",
            "custom" => "user_login",
            _ => "attribute_change",
        });
        let changes = ["update", "lists"].contains(&operation);
        if changes {
            let (before, after) = if operation == "update" {
                ("old_value", "new_value")
            } else {
                ("removed", "added")
            };
            meta["attribute_name"] = json!(field);
            meta["field_data_type"] = json!("text");
            meta[before] = old;
            meta[after] = new;
        }
        Happening {
            id,
            operation: if operation == "lists" { "update" } else { operation },
            entity: Some((kind.to_owned(), entity)),
            is_gone,
            meta,
            attribute: changes.then(|| field.to_owned()),
            user,
            project,
            seconds,
            micros,
            session,
        }
    })
}

proptest! {
    #[test]
    fn a_happening_is_the_same_event_by_both_roads(happening in happening()) {
        let body = happening.delivery().to_string();
        let delivered = decode(&site_name(), &HookName::from("status"), body.as_bytes()).remove(0);
        let row = row_of(&happening.row());
        prop_assert_eq!(row.id, happening.id);
        prop_assert_eq!(delivered.key.as_str(), format!("log:{}", happening.id));
        let logged = row.event.unwrap();
        prop_assert_eq!(logged.road, Road::Log);
        prop_assert_eq!(by_either_road(logged), by_either_road(delivered));
    }
}

fn numbered(from: i64, count: usize) -> Vec<Value> {
    (from..).take(count).map(record).collect()
}

fn log_call(asked: &Asked) -> Value {
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", "/api/v1/entity/EventLogEntry/_search")
    );
    assert_eq!(asked.content_type, "application/vnd+shotgun.api3_array+json");
    asked.json()
}

#[tokio::test]
async fn the_rows_after_a_number_are_one_call_in_order() {
    let site = Site::start(|_, _| {
        let mut rows = numbered(701, 3);
        rows.reverse();
        rows.push(json!({"type": "EventLogEntry"}));
        records(&rows)
    })
    .await;
    let client = site.client();
    let log = client.log().unwrap();
    let rows = log.after(&site_name(), 700, 3).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [701, 702, 703]);
    assert_eq!(log.after(&site_name(), 700, 9000).await.unwrap().len(), 3);
    assert!(log.after(&site_name(), 700, 0).await.unwrap().is_empty());
    let calls = site.calls();
    assert_eq!(calls.len(), 2, "one a page, and none for nothing");
    let body = log_call(&calls[0]);
    assert_eq!(body["filters"], json!([["id", "greater_than", 700]]));
    assert_eq!(
        (&body["sort"], &body["page"]),
        (&json!("id"), &json!({"size": 3, "number": 1}))
    );
    for field in [
        "id",
        "event_type",
        "attribute_name",
        "description",
        "meta",
        "entity",
        "project",
        "user",
    ] {
        assert!(body["fields"].as_array().unwrap().contains(&json!(field)), "{field}");
    }
    assert_eq!(log_call(&calls[1])["page"]["size"], 500);
}

#[tokio::test]
async fn the_newest_row_and_rows_by_number_are_asked_for() {
    let site = Site::start(|asked, _| {
        let by_number = asked.json()["filters"] != json!([]);
        records(&numbered(900, if by_number { 2 } else { 1 }))
    })
    .await;
    let client = site.client();
    let log = client.log().unwrap();
    assert_eq!(log.newest(&site_name()).await.unwrap().map(|row| row.id), Some(900));
    assert_eq!(log.rows(&site_name(), &[900, 901, 950]).await.unwrap().len(), 2);
    assert!(log.rows(&site_name(), &[]).await.unwrap().is_empty());
    let calls = site.calls();
    assert_eq!(calls.len(), 2);
    let newest = log_call(&calls[0]);
    assert_eq!((&newest["sort"], &newest["page"]["size"]), (&json!("-id"), &json!(1)));
    assert_eq!(log_call(&calls[1])["filters"], json!([["id", "in", [900, 901, 950]]]));

    let site = Site::start(|_, _| records(&[])).await;
    assert_eq!(site.client().log().unwrap().newest(&site_name()).await, Ok(None));
}

#[tokio::test]
async fn what_may_have_come_late_is_numbers_alone_and_no_more_than_can_be_looked_at() {
    let thin = |id: i64| json!({"type": "EventLogEntry", "id": id, "attributes": {}, "relationships": {}});
    let site = Site::start(move |_, before| {
        let top = 100_000 - i64::try_from(before).unwrap() * 500;
        records(&(0..500).map(|down| thin(top - down)).collect::<Vec<_>>())
    })
    .await;
    let at: Timestamp = "2024-05-01T08:55:00.7Z".parse().unwrap();
    let ids = site.client().log().unwrap().ids_since(at, 100_000).await.unwrap();
    assert_eq!(ids.len(), MOST_LATE);
    assert_eq!((ids.first(), ids.last()), (Some(&95_001), Some(&100_000)));
    let calls = site.calls();
    assert_eq!(calls.len(), 10);
    let body = log_call(&calls[0]);
    assert_eq!(
        body["filters"],
        json!([
            ["created_at", "greater_than", "2024-05-01T08:54:59Z"],
            ["id", "less_than", 100_001]
        ])
    );
    assert_eq!((&body["fields"], &body["sort"]), (&json!(["id"]), &json!("-id")));
}

#[tokio::test]
async fn an_answer_that_is_no_list_of_rows_is_unreadable() {
    for answer in ["{}", "[]", "null", r#"{"data":null}"#, r#"{"data":{}}"#] {
        let site = Site::start(move |_, _| text(200, answer)).await;
        let client = site.client();
        let log = client.log().unwrap();
        for error in [
            log.newest(&site_name()).await.unwrap_err(),
            log.after(&site_name(), 0, 5).await.unwrap_err(),
            log.rows(&site_name(), &[1]).await.unwrap_err(),
            log.ids_since(Timestamp::UNIX_EPOCH, 5).await.unwrap_err(),
        ] {
            assert!(matches!(error, TrackerError::Unreadable { .. }), "{answer}: {error}");
        }
    }
}
