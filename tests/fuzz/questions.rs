//! What a window, or whoever pretends to be one, asks over HTTP.

use callboard_engine::api::Ask;
use proptest::prop_assert_eq;

use crate::trying::{Outcome, fuzz, much_is_read_and_much_is_refused};

fn a_question_is_read_or_refused(bytes: &[u8]) -> Outcome {
    let Ok(ask) = serde_json::from_slice::<Ask>(bytes) else {
        return Ok(());
    };
    let told = serde_json::to_value(&ask).expect("a question is JSON");
    let back: Ask = serde_json::from_value(told.clone()).expect("what was read is a question still");
    prop_assert_eq!(serde_json::to_value(&back).ok(), Some(told));
    Ok(())
}

#[test]
fn any_question_is_read_or_refused_and_read_again_the_same() {
    fuzz("questions", 1_500, a_question_is_read_or_refused);
}

#[test]
fn much_of_what_is_tried_of_questions_is_one() {
    much_is_read_and_much_is_refused("questions", |bytes| serde_json::from_slice::<Ask>(bytes).is_ok());
}
