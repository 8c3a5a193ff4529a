//! What a Note says, from a flat record.

use callboard_model::EntityRef;
use callboard_trackers::shotgrid::note_from_flat;
use serde_json::{Value, json};

fn text(subject: &str, content: &str) -> String {
    let note = json!({"type": "Note", "id": 1, "subject": subject, "content": content,
        "note_links": [{"type": "Version", "id": 6, "name": "sh010_comp_v003"}, {"type": "Shot", "id": 8, "name": "sh010"}],
        "tasks": [{"type": "Task", "id": 7, "name": "Comp"}]});
    note_from_flat(note.as_object().unwrap()).unwrap().text
}

#[test]
fn a_notes_text_is_its_subject_and_its_content() {
    assert_eq!(
        text("Client approved", "Please go to final."),
        "Client approved\nPlease go to final."
    );
    assert_eq!(text("", " final "), "final");
    assert_eq!(text("final", ""), "final");
    assert_eq!(text("", ""), "");
    let nulls = json!({"type": "Note", "id": 1, "subject": null, "content": null, "note_links": null, "tasks": null});
    let note = note_from_flat(nulls.as_object().unwrap()).unwrap();
    assert_eq!((note.text.as_str(), note.about.len()), ("", 0));
}

#[test]
fn a_subject_that_the_site_made_up_is_no_part_of_the_text() {
    for subject in [
        "Noor's Note",
        "Noor's Note on sh010_comp_v003",
        "Noor's Note on sh010_comp_v003 and sh010",
        "Noor's Note on sh010_comp_v003, sh010, Comp",
    ] {
        assert_eq!(text(subject, "hold it"), "hold it", "{subject}");
    }
    for subject in [
        "Noor's Note on the final sh010",
        "Noor's Note on sh020",
        "Noor's Notes",
        "Noor's Note: final",
        "Note on sh010",
    ] {
        assert_eq!(text(subject, "hold it"), format!("{subject}\nhold it"));
    }
    assert_eq!(
        text("Noor's Note on sh010", ""),
        "Noor's Note on sh010",
        "better than nothing"
    );
}

#[test]
fn a_note_is_about_each_entity_once() {
    let link = |kind: &str, id: i64| json!({"type": kind, "id": id});
    let note = json!({"type": "Note", "id": 1, "content": "x", "note_links": [link("Version", 6), link("Task", 7), Value::Null],
        "tasks": [link("Task", 7), link("Task", 8)]});
    let note = note_from_flat(note.as_object().unwrap()).unwrap();
    let about = [("Version", 6), ("Task", 7), ("Task", 8)].map(|(kind, id)| EntityRef::new(kind, id));
    assert_eq!(note.about, about);
}

#[test]
fn what_is_no_note_is_none() {
    for record in [
        json!({}),
        json!({"type": "Task", "id": 1, "content": "Comp"}),
        json!({"type": 7}),
    ] {
        assert_eq!(note_from_flat(record.as_object().unwrap()), None, "{record}");
    }
}
