//! Deliveries as ShotGrid sends them, and what is read from them.

use callboard_model::{
    ActorKind, EntityKey, EntityRef, Event, HookName, HookWord, Operation, Road, SiteName, StatusCode,
};
use callboard_trackers::shotgrid::{STATUS_FIELD, decode, payload_at};
use serde_json::{Value, json};

pub(crate) fn events(body: &[u8]) -> Vec<Event> {
    decode(&SiteName::from("practice"), &HookName::from("status"), body)
}

fn one(body: &Value) -> Event {
    let mut events = events(body.to_string().as_bytes());
    assert_eq!(events.len(), 1);
    events.remove(0)
}

/// The single delivery of ShotGrid's documentation, as captured from a real site.
pub(crate) fn change() -> Value {
    json!({
        "data": {
            "id": "11777.3065.0", "event_log_entry_id": 545_175, "event_type": "Shotgun_Version_Change", "operation": "update",
            "user": {"type": "HumanUser", "id": 88}, "entity": {"type": "Version", "id": 6001},
            "project": {"type": "Project", "id": 122},
            "meta": {
                "type": "attribute_change", "entity_type": "Version", "entity_id": 6001, "attribute_name": "sg_status_list",
                "field_data_type": "status_list", "old_value": "rev", "new_value": "apv",
            },
            "created_at": "2024-05-01 09:00:00.523887", "attribute_name": "sg_status_list",
            "session_uuid": "b4c8e1c2-0000-4000-8000-000000000001", "delivery_id": "5ac1ac9a-0000-4000-8000-000000000002",
        },
        "timestamp": "2024-05-01T09:00:01Z",
    })
}

/// The same with one field of `data` put, or taken away by null in `/data`.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = change();
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

fn without(field: &str) -> Value {
    let mut body = change();
    body["data"].as_object_mut().unwrap().remove(field).unwrap();
    body
}

fn batch(events: &[Value]) -> Value {
    json!({"timestamp": "2024-05-01T09:00:01.140Z", "data": {"deliveries": events}})
}

#[test]
fn a_status_change_is_read_whole() {
    let event = one(&change());
    let expected = Event {
        site: SiteName::from("practice"),
        key: "log:545175".into(),
        road: Road::Hook,
        hook: Some(HookName::from("status")),
        event_log_entry_id: Some(545_175),
        event_type: "Shotgun_Version_Change".into(),
        operation: Operation::Update,
        entity: Some(EntityRef::new("Version", 6001)),
        field: Some(STATUS_FIELD.into()),
        old: Some(json!("rev")),
        new: Some(json!("apv")),
        in_create: false,
        actor: Some(callboard_model::Actor {
            kind: ActorKind::Person,
            entity: EntityRef::new("HumanUser", 88),
        }),
        project: Some(EntityRef::new("Project", 122)),
        occurred_at: Some("2024-05-01T09:00:00.523887Z".parse().unwrap()),
        session_uuid: Some("b4c8e1c2-0000-4000-8000-000000000001".into()),
        warning: None,
        hook_word: None,
        id: None,
        note: None,
        received: None,
    };
    assert_eq!(event, expected);
    assert_eq!(event.new_status(STATUS_FIELD), Some(Some(StatusCode::from("apv"))));
    assert_eq!(event.old_status(), Some(StatusCode::from("rev")));
}

#[test]
fn each_operation_is_known_by_its_word_and_by_its_meta_alone() {
    let words = [
        ("create", "new_entity", Operation::Create),
        ("update", "attribute_change", Operation::Update),
        ("delete", "entity_retirement", Operation::Delete),
        ("revive", "entity_revival", Operation::Revive),
    ];
    for (word, meta, operation) in words {
        assert_eq!(
            one(&with("/data/operation", json!(word))).operation,
            operation,
            "{word}"
        );
        let mut body = without("operation");
        body["data"]["meta"]["type"] = json!(meta);
        assert_eq!(one(&body).operation, operation, "{meta}");
    }
}

#[test]
fn a_new_version_has_no_status_of_its_own() {
    let body = json!({"data": {
        "id": "1.2.0", "event_log_entry_id": 700_001, "event_type": "Shotgun_Version_New", "operation": "create",
        "user": {"type": "HumanUser", "id": 88}, "entity": {"type": "Version", "id": 6002},
        "project": {"type": "Project", "id": 122},
        "meta": {"type": "new_entity", "entity_type": "Version", "entity_id": 6002},
        "created_at": "2024-05-01 09:00:00.0", "attribute_name": null, "session_uuid": null,
    }, "timestamp": "2024-05-01T09:00:01Z"});
    let event = one(&body);
    assert_eq!(event.operation, Operation::Create);
    assert_eq!(event.field, None);
    assert_eq!(event.session_uuid, None);
    assert_eq!(event.new_status(STATUS_FIELD), None);
}

#[test]
fn the_documented_custom_events_are_custom() {
    let names = [
        "ClientUser_FailedLogin",
        "ClientUser_Login",
        "ClientUser_Logout",
        "CRS_HumanUser_Thumbnail_Access_By_Client",
        "CRS_PlaylistShare_Create",
        "CRS_PlaylistShare_Revoke",
        "CRS_Preferences_Change",
        "CRS_Version_Media_Download",
        "CRS_Version_Thumbnail_Access_By_Client",
        "SG_RV_Session_Validate_Success",
        "ShotGrid_Invitation",
        "ShotGrid_PAT_Added",
        "Shotgun_ActionMenuItem_Triggered",
        "Shotgun_DisplayColumn_Delete",
        "Shotgun_ImportApp_Complete",
    ];
    for name in names {
        let body = json!({"data": {
            "id": "1.1.0", "event_log_entry_id": 9, "event_type": name, "user": {"type": "ClientUser", "id": 3},
            "entity": null, "project": null, "meta": {}, "created_at": "2024-05-01 09:00:00.1",
        }, "timestamp": "2024-05-01T09:00:01Z"});
        let event = one(&body);
        assert_eq!((event.operation, event.event_type.as_str()), (Operation::Custom, name));
        assert_eq!(event.actor.unwrap().kind, ActorKind::Client);
        assert_eq!(event.entity, None);
    }
}

#[test]
fn a_custom_event_keeps_what_it_is_about_and_its_values() {
    let event = one(&json!({"data": {
        "event_log_entry_id": 9, "event_type": "Studio_Asset_Published", "user": {"type": "ApiUser", "id": 3},
        "entity": {"type": "Asset", "id": 1400}, "attribute_name": "sg_path",
        "meta": {"type": "publish", "old_value": null, "new_value": "/jobs/vessel_v003.usd"},
    }, "timestamp": "2024-05-01T09:00:01Z"}));
    assert_eq!(
        (event.operation, event.event_type.as_str()),
        (Operation::Custom, "Studio_Asset_Published")
    );
    assert_eq!(event.entity, Some(EntityRef::new("Asset", 1400)));
    assert_eq!((event.field.as_deref(), event.old), (Some("sg_path"), None));
    assert_eq!(event.new, Some(json!("/jobs/vessel_v003.usd")));
}

#[test]
fn the_logs_row_of_something_in_the_trash_still_says_what_it_was() {
    let event = one(&json!({"data": {
        "event_log_entry_id": 9, "event_type": "Shotgun_Sequence_Retirement", "entity": null,
        "meta": {"type": "entity_retirement", "entity_type": "Sequence", "entity_id": 200},
    }}));
    assert_eq!(event.operation, Operation::Delete);
    assert_eq!(event.entity, Some(EntityRef::new("Sequence", 200)));
}

#[test]
fn a_custom_event_without_meta_is_custom_too() {
    let event = one(&json!({"data": {"event_type": "ClientUser_Login", "event_log_entry_id": 4}}));
    assert_eq!(event.operation, Operation::Custom);
    assert_eq!((event.actor, event.project, event.occurred_at), (None, None, None));
}

#[test]
fn a_test_connection_is_a_test_by_its_type_or_its_meta() {
    let ping = |event_type: &str, meta: Value| {
        one(&json!({"data": {
            "id": "0.0.0", "event_log_entry_id": 0, "event_type": event_type, "operation": "update",
            "user": {"type": "HumanUser", "id": 88}, "entity": {"id": 1}, "project": {"type": "Project", "id": 122},
            "meta": meta, "delivery_id": "d-1",
        }, "timestamp": "2024-05-01T09:00:01Z"}))
    };
    let event = ping("Test_Connection", json!({"type": "test_connection"}));
    assert_eq!(event.operation, Operation::Test);
    assert_eq!(event.entity, None, "an id without a type is nobody");
    assert_eq!(event.event_log_entry_id, None, "0 is no row of the log");
    assert_eq!(event.key.as_str(), "delivery:d-1");
    assert_eq!(ping("Test_Connection", Value::Null).operation, Operation::Test);
    assert_eq!(
        ping("Ping", json!({"type": "test_connection"})).operation,
        Operation::Test
    );
}

#[test]
fn what_the_site_says_of_the_hook_is_a_word_about_the_hook() {
    let body = json!({"data": {
        "id": "0", "event_log_entry_id": 0, "event_type": "Webhook_Status_Change",
        "meta": {"type": "webhook_status_change"}, "webhook_status": "unstable", "previous_webhook_status": "active",
        "delivery_id": "d-2",
    }, "timestamp": "2024-05-01T09:00:01Z"});
    let event = one(&body);
    assert_eq!(event.operation, Operation::HookStatus);
    let word = HookWord {
        status: "unstable".into(),
        previous: Some("active".into()),
    };
    assert_eq!(event.hook_word, Some(word.clone()));
    assert_eq!(event.entity, None);

    let in_meta = json!({"data": {"event_type": "Webhook_Status_Change", "meta": {
        "type": "webhook_status_change", "webhook_status": "unstable", "previous_webhook_status": "active",
    }}});
    assert_eq!(one(&in_meta).hook_word, Some(word));
    let silent = json!({"data": {"event_type": "Webhook_Status_Change"}});
    assert_eq!(
        (one(&silent).operation, one(&silent).hook_word),
        (Operation::HookStatus, None)
    );
}

#[test]
fn a_first_status_has_no_old_one() {
    let event = one(&with("/data/meta/old_value", Value::Null));
    assert_eq!((event.old.clone(), event.old_status()), (None, None));
    assert_eq!(event.new_status(STATUS_FIELD), Some(Some("apv".into())));
}

#[test]
fn a_cleared_status_is_a_status_that_was_cleared() {
    for cleared in [Value::Null, json!("")] {
        let event = one(&with("/data/meta/new_value", cleared));
        assert_eq!(event.new_status(STATUS_FIELD), Some(None));
    }
}

#[test]
fn values_dropped_for_size_are_not_a_cleared_status() {
    let mut body = change();
    let meta = body["data"]["meta"].as_object_mut().unwrap();
    meta.remove("old_value");
    meta.remove("new_value");
    body["data"]["warning"] = json!("The payload was over 1 MB; old_value and new_value were removed");
    let event = one(&body);
    assert_eq!((event.old.clone(), event.new.clone()), (None, None));
    assert!(event.warning.as_deref().unwrap().contains("1 MB"));
    assert_eq!(event.new_status(STATUS_FIELD), None);

    let warning = body["data"].as_object_mut().unwrap().remove("warning").unwrap();
    body["data"]["meta"]["warning"] = warning;
    assert_eq!(one(&body).new_status(STATUS_FIELD), None, "in meta too");
}

#[test]
fn a_field_set_while_the_entity_was_made_is_no_change_of_its_own() {
    let mut body = change();
    body["data"]["meta"]["in_create"] = json!(true);
    let event = one(&body);
    assert!(event.in_create);
    assert_eq!(event.new_status(STATUS_FIELD), None);
}

#[test]
fn another_fields_change_is_no_status() {
    let mut body = with("/data/attribute_name", json!("description"));
    body["data"]["meta"]["attribute_name"] = json!("description");
    assert_eq!(one(&body).new_status(STATUS_FIELD), None);
}

#[test]
fn lists_come_as_what_was_added_and_removed() {
    let mut body = change();
    body["data"]["meta"] = json!({
        "type": "attribute_change", "attribute_name": "task_assignees",
        "added": [{"type": "HumanUser", "id": 1}], "removed": [],
    });
    let event = one(&body);
    assert_eq!(event.new, Some(json!([{"type": "HumanUser", "id": 1}])));
    assert_eq!(event.old, Some(json!([])));
}

#[test]
fn what_is_missing_beside_meta_is_taken_from_meta() {
    let mut body = without("attribute_name");
    body["data"].as_object_mut().unwrap().remove("entity");
    let event = one(&body);
    assert_eq!(event.field.as_deref(), Some(STATUS_FIELD));
    assert_eq!(event.entity.unwrap().key, EntityKey::new("Version", 6001));
}

#[test]
fn ids_may_be_text() {
    let mut body = with("/data/event_log_entry_id", json!("545175"));
    body["data"]["entity"]["id"] = json!("6001");
    let event = one(&body);
    assert_eq!(event.event_log_entry_id, Some(545_175));
    assert_eq!(event.key.as_str(), "log:545175");
    assert_eq!(event.entity.unwrap().key, EntityKey::new("Version", 6001));
}

#[test]
fn ids_that_are_no_whole_numbers_are_nobodys() {
    for id in [
        json!(6001.5),
        json!(1e300),
        json!(18_446_744_073_709_551_615_u64),
        json!("six"),
        json!([6001]),
    ] {
        let mut body = without("entity");
        body["data"]["meta"].as_object_mut().unwrap().remove("entity_type");
        body["data"]["entity"] = json!({"type": "Version", "id": id});
        assert_eq!(one(&body).entity, None, "{id}");
        let event = one(&with("/data/event_log_entry_id", id.clone()));
        assert_eq!(event.event_log_entry_id, None, "{id}");
        assert_eq!(event.key.as_str(), "delivery:5ac1ac9a-0000-4000-8000-000000000002");
    }
}

#[test]
fn actors_are_told_apart() {
    let kinds = [
        ("HumanUser", ActorKind::Person),
        ("ClientUser", ActorKind::Client),
        ("ApiUser", ActorKind::Script),
        ("Robot", ActorKind::Other),
    ];
    for (name, kind) in kinds {
        let body = with("/data/user", json!({"type": name, "id": 88}));
        assert_eq!(one(&body).actor.unwrap().kind, kind);
    }
    assert_eq!(one(&with("/data/user", Value::Null)).actor, None);
}

#[test]
fn a_time_without_a_zone_is_utc_and_one_with_a_zone_is_its_own() {
    let at = |text: &str| one(&with("/data/created_at", json!(text))).occurred_at.unwrap();
    assert_eq!(
        at("2024-05-01 09:00:00.523887"),
        "2024-05-01T09:00:00.523887Z".parse().unwrap()
    );
    assert_eq!(at("2024-05-01T11:00:00+02:00"), "2024-05-01T09:00:00Z".parse().unwrap());
    let envelope: jiff::Timestamp = "2024-05-01T09:00:01Z".parse().unwrap();
    assert_eq!(
        at("yesterday"),
        envelope,
        "the envelope's time when the event's is none"
    );
    assert_eq!(one(&without("created_at")).occurred_at, Some(envelope));
}

#[test]
fn a_batch_of_one_to_fifty_is_read_in_its_order() {
    for size in [1_i64, 2, 7, 50] {
        let list: Vec<Value> = (0..size)
            .map(|n| with("/data/event_log_entry_id", json!(900 + n))["data"].clone())
            .collect();
        let found = events(batch(&list).to_string().as_bytes());
        let entries: Vec<i64> = found.iter().filter_map(|e| e.event_log_entry_id).collect();
        assert_eq!(entries, (900..900 + size).collect::<Vec<_>>());
        assert!(found.iter().all(|e| e.operation == Operation::Update));
    }
}

#[test]
fn a_batch_of_more_than_a_site_sends_is_one_event_that_is_not_understood() {
    let zeros = |number| batch(&vec![json!(0); number]).to_string();
    assert_eq!(events(zeros(1_000).as_bytes()).len(), 1_000);
    let body = zeros(1_001);
    let found = events(body.as_bytes());
    assert_eq!((found.len(), found[0].operation), (1, Operation::NotUnderstood));
    assert_eq!(payload_at(body.as_bytes(), 0), body, "all of it is shown");
}

#[test]
fn an_event_has_one_key_alone_in_a_batch_and_in_the_log() {
    let alone = one(&change());
    let batched = events(batch(&[change()["data"].clone()]).to_string().as_bytes());
    assert_eq!(alone.key, batched[0].key);
    assert_eq!(alone.key.as_str(), "log:545175");
    let by_delivery = without("event_log_entry_id");
    let batched = events(batch(&[by_delivery["data"].clone()]).to_string().as_bytes());
    assert_eq!(one(&by_delivery).key, batched[0].key);
    assert_eq!(batched[0].key.as_str(), "delivery:5ac1ac9a-0000-4000-8000-000000000002");
}

#[test]
fn an_event_without_any_id_is_known_by_its_bytes() {
    let bare = |new: &str| {
        let mut body = without("event_log_entry_id");
        body["data"].as_object_mut().unwrap().remove("delivery_id");
        body["data"]["meta"]["new_value"] = json!(new);
        one(&body).key
    };
    assert!(bare("apv").as_str().starts_with("bytes:"));
    assert_eq!(bare("apv"), bare("apv"));
    assert_ne!(bare("apv"), bare("rev"));
}

#[test]
fn a_strange_element_does_not_spoil_its_batch() {
    let list = [change()["data"].clone(), json!(7), json!({"no": "type"}), Value::Null];
    let found = events(batch(&list).to_string().as_bytes());
    let operations: Vec<Operation> = found.iter().map(|e| e.operation).collect();
    assert_eq!(operations[0], Operation::Update);
    assert!(operations[1..].iter().all(|o| *o == Operation::NotUnderstood));
    let keys: std::collections::HashSet<_> = found.iter().map(|e| e.key.clone()).collect();
    assert_eq!(keys.len(), 4, "each is one of its own");
}

#[test]
fn what_is_no_delivery_is_kept_as_not_understood() {
    let strange: [&[u8]; 14] = [
        b"",
        b"   ",
        b"not json",
        b"{",
        b"[]",
        b"7",
        b"null",
        b"\"text\"",
        b"{}",
        b"{\"data\":null}",
        b"{\"data\":[]}",
        b"{\"data\":{}}",
        b"{\"data\":{\"deliveries\":[]}}",
        b"{\"data\":{\"deliveries\":{\"a\":1}}}",
    ];
    for body in strange {
        let found = events(body);
        assert_eq!(found.len(), 1, "{}", body.escape_ascii());
        assert_eq!(found[0].operation, Operation::NotUnderstood, "{}", body.escape_ascii());
        assert!(found[0].warning.is_some(), "it says why");
    }
    for body in [&b"\xff\xfe\x00"[..], b"{\"data\":{\"event_type\":\"\xff\"}}"] {
        assert_eq!(events(body)[0].operation, Operation::NotUnderstood);
    }
}

#[test]
fn what_is_not_understood_is_one_thing_only_when_its_bytes_are() {
    let key = |body: &str| events(body.as_bytes())[0].key.clone();
    let at = |time: &str| format!(r#"{{"timestamp":"{time}","data":{{"strange":1}}}}"#);
    assert_eq!(key(&at("2024-05-01T09:00:01Z")), key(&at("2024-05-01T09:00:01Z")));
    assert_ne!(key(&at("2024-05-01T09:00:01Z")), key(&at("2024-05-01T09:00:02Z")));
    assert_ne!(key("strange"), key("stranger"));
}

#[test]
fn json_nested_without_end_is_not_understood_and_harms_nothing() {
    let deep = format!("{{\"data\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(events(deep.as_bytes())[0].operation, Operation::NotUnderstood);
    assert_eq!(payload_at(deep.as_bytes(), 0), deep);
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let marked = [b"\xef\xbb\xbf", change().to_string().as_bytes()].concat();
    let mut found = events(&marked);
    assert_eq!(found.remove(0), one(&change()));
    let marked = [
        b"\xef\xbb\xbf",
        batch(&[json!({"event_type": "A"})]).to_string().as_bytes(),
    ]
    .concat();
    assert_eq!(payload_at(&marked, 0), r#"{"event_type":"A"}"#);
}

#[test]
fn names_that_look_alike_stay_different() {
    let code = |text: &str| {
        one(&with("/data/meta/new_value", json!(text)))
            .new_status(STATUS_FIELD)
            .unwrap()
            .unwrap()
    };
    assert_ne!(code("apv"), code("apv\u{200b}"));
    assert_ne!(code("apv"), code("apv\u{0}"));
    assert_ne!(code("apv"), code("\u{202e}apv"));
    assert_ne!(code("apv"), code("\u{430}pv"));
    assert_ne!(code("caf\u{e9}"), code("cafe\u{301}"));
    assert_ne!(code("apv"), code("APV"));
}

#[test]
fn the_payload_of_a_single_delivery_is_its_body_to_the_letter() {
    let body = "{ \"data\" : {\"event_type\":\"A\",  \"n\": 1.0e2 }\n}";
    assert_eq!(payload_at(body.as_bytes(), 0), body);
}

#[test]
fn the_payload_of_a_batched_event_is_its_element_to_the_letter() {
    let body = "{\"timestamp\":\"t\",\"data\":{\"deliveries\":[ {\"event_type\": \"A\", \"n\":1.0e2},\n{\"event_type\":\"B\", \
                \"s\":\"caf\\u00e9 \\/\"} ]}}";
    assert_eq!(payload_at(body.as_bytes(), 0), r#"{"event_type": "A", "n":1.0e2}"#);
    assert_eq!(
        payload_at(body.as_bytes(), 1),
        r#"{"event_type":"B", "s":"caf\u00e9 \/"}"#
    );
    assert_eq!(
        payload_at(body.as_bytes(), 2),
        body,
        "a place that is not there: all of it"
    );
}

#[test]
fn the_payload_of_what_only_looks_like_a_batch_is_all_of_it() {
    for body in [
        r#"{"data":[[1,2]]}"#,
        r#"[[[1]]]"#,
        r#"{"data":{"deliveries":{"0":1}}}"#,
        r#"{"data":{"deliveries":[]}}"#,
    ] {
        assert_eq!(payload_at(body.as_bytes(), 0), body);
    }
}

#[test]
fn a_body_in_which_a_key_stands_twice_is_kept_whole_and_not_understood() {
    let status = change().to_string();
    let twice = status.replacen(r#""new_value":"#, r#""new_value":"fin","new_value":"#, 1);
    assert_ne!(twice, status);
    let list = batch(&[change()["data"].clone()]).to_string();
    for body in [
        twice,
        r#"{"data":{"deliveries":[{"event_type":"A"}]},"data":{"deliveries":[{"event_type":"B"}]}}"#.to_owned(),
        list.replacen(r#""meta":{"#, r#""meta":{"type":"new_entity","#, 1),
    ] {
        let found = events(body.as_bytes());
        assert_eq!(
            (found.len(), found[0].operation),
            (1, Operation::NotUnderstood),
            "{body}"
        );
        assert!(found[0].warning.as_deref().unwrap().contains("twice"), "{body}");
        assert_eq!(payload_at(body.as_bytes(), 0), body);
    }
}

#[test]
fn numbers_that_no_reader_reads_alike_are_not_understood_or_nobodys() {
    let body = change().to_string();
    for odd in ["1e999", "NaN", "Infinity", "-Infinity", "0x10", "01"] {
        let body = body.replacen(r#""id":6001"#, &format!(r#""id":{odd}"#), 1);
        assert_eq!(events(body.as_bytes())[0].operation, Operation::NotUnderstood, "{odd}");
    }
    // 2^53 + 1, which no float holds, is itself as a whole number and nobody's as a float.
    let body = body.replacen(r#""entity_id":6001,"#, "", 1);
    let id = |text: &str| {
        let body = body.replacen(r#""id":6001"#, &format!(r#""id":{text}"#), 1);
        events(body.as_bytes())[0].entity.clone().map(|entity| entity.key)
    };
    assert_eq!(
        id("9007199254740993"),
        Some(EntityKey::new("Version", 9_007_199_254_740_993))
    );
    assert_eq!(id("9007199254740993.0"), None);
    assert_eq!(id("9.007199254740993e15"), None);
}

#[test]
fn the_payload_of_what_is_not_text_is_still_shown() {
    assert_eq!(payload_at(b"a\xffb", 0), "a\u{fffd}b");
}
