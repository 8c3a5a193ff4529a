//! Deliveries made up for measuring, in ShotGrid's own shape.

pub(crate) const PROJECTS: u64 = 4;

/// A status that a person changed, as it stands in a delivery. `more` fills it up to the size it should have.
pub(crate) fn event(entry: u64, kind: &str, id: u64, from: &str, to: &str, more: &str) -> String {
    let project = 1 + id % PROJECTS;
    let person = 80 + entry % 16;
    format!(
        r#"{{"id":"11777.3065.1","event_log_entry_id":{entry},"event_type":"Shotgun_{kind}_Change","operation":"update","user":{{"type":"HumanUser","id":{person}}},"entity":{{"type":"{kind}","id":{id}}},"project":{{"type":"Project","id":{project}}},"meta":{{"type":"attribute_change","attribute_name":"sg_status_list","entity_type":"{kind}","entity_id":{id},"field_data_type":"status_list","old_value":"{from}","new_value":"{to}","more":"{more}"}},"created_at":"2026-05-01 09:00:00.523887","attribute_name":"sg_status_list","session_uuid":"2f9e8f3c-07a6-11f1-9d3b-0242ac110004"}}"#
    )
}

/// A delivery of one event.
pub(crate) fn single(event: &str) -> String {
    format!(r#"{{"data":{event},"timestamp":"2026-05-01T09:00:01.000Z"}}"#)
}

/// A batched delivery.
pub(crate) fn batch(events: &[String]) -> String {
    let events = events.join(",");
    format!(r#"{{"timestamp":"2026-05-01T09:00:01.000Z","data":{{"deliveries":[{events}]}}}}"#)
}
