//! Which fields a rule may set beside the status, and to what.

use std::fmt;

use crate::apply::LINK_FIELDS;
use crate::classes::{NO_STATUS, class_named};
use crate::document::{Rule, Wanted, WantedWord};

/// What the trackers call the status: whoever names it as a field means the status, and loses all that is asked of one.
const STATUS_FIELDS: [&str; 3] = [crate::DEFAULT_STATUS_FIELD, "status_id", "status"];

/// Why a rule cannot set the field that it names. Its text goes on from the rule's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault<'a> {
    NoName,
    Status(&'a str),
    /// It says what an entity is called or how it hangs together with others, which the rules themselves go by.
    Link(&'a str),
    SameClass(&'a str),
    RollUp(&'a str),
    /// A value that is a class.
    Class(&'a str, &'a str),
    EmptyValue(&'a str),
}

/// What is wrong with the field that a rule sets, or with what it sets it to. None where it sets the status.
pub(crate) fn fault(rule: &Rule) -> Option<Fault<'_>> {
    let field = rule.then.field.as_deref()?;
    if field.trim().is_empty() {
        return Some(Fault::NoName);
    }
    if STATUS_FIELDS.contains(&field) {
        return Some(Fault::Status(field));
    }
    if LINK_FIELDS.contains(&field) {
        return Some(Fault::Link(field));
    }
    match &rule.then.to {
        Wanted::Word(WantedWord::Same | WantedWord::Cleared) => None,
        Wanted::Word(WantedWord::SameClass) => Some(Fault::SameClass(field)),
        Wanted::RollUp { .. } => Some(Fault::RollUp(field)),
        Wanted::OneOf(values) => values.iter().find_map(|value| match class_named(value) {
            _ if value.as_str().is_empty() => Some(Fault::EmptyValue(field)),
            Some(class) if class.is_some() || value.as_str() == NO_STATUS => Some(Fault::Class(field, value.as_str())),
            _ => None,
        }),
    }
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoName => write!(
                f,
                "names no field to set; write the site's name of the field, or leave \"field\" out to set the status"
            ),
            Self::Status(field) => write!(
                f,
                "sets the field \"{field}\", which is the status; leave \"field\" out to set the status"
            ),
            Self::Link(field) => write!(
                f,
                "sets the field \"{field}\", which says what an entity is called or belongs to; rules do not set that, so choose another field"
            ),
            Self::SameClass(field) => write!(
                f,
                "sets the field \"{field}\" to the same class, and only statuses have classes; write a list of values, \"same\" or \"cleared\""
            ),
            Self::RollUp(field) => write!(
                f,
                "rolls up into the field \"{field}\", and only statuses are rolled up; write a list of values, \"same\" or \"cleared\""
            ),
            Self::Class(field, value) => write!(
                f,
                "sets the field \"{field}\" to {value}, and only statuses have classes; write the value itself, or \"cleared\" to empty the field"
            ),
            Self::EmptyValue(field) => write!(
                f,
                "sets the field \"{field}\" to an empty text; to empty it, write \"cleared\""
            ),
        }
    }
}
