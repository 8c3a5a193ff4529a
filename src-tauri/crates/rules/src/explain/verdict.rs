//! What is told of a rule that was asked.

use callboard_model::{Cause, EntityId, EntityRef, EntityType, RuleId, SiteName, StatusCode};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::document::{ChangedBy, Moment, Target};

/// How one rule fared with one event and all that followed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RuleVerdict {
    /// The rule.
    pub rule: RuleId,
    /// Its name.
    pub name: String,
    /// Whether it applied. What came of it stands in the plan.
    pub fired: bool,
    /// Where it came closest: at the event or at a change of the plan.
    pub cause: Cause,
    /// What did not hold there: the first part that failed, for each alternative of its `if`.
    pub failed: Vec<FailedCondition>,
    /// The same in words.
    pub sentence: String,
}

/// A part of a rule that did not hold, and what was seen instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "condition", rename_all = "snake_case")]
#[ts(export)]
pub enum FailedCondition {
    /// The event is neither a change of status nor something made.
    NoStatus,
    /// It happened on another site.
    Site {
        /// The rule's; none: any but the one on which it sets something.
        wanted: Option<SiteName>,
        /// Where it happened.
        seen: SiteName,
    },
    /// Another type of entity.
    Entity {
        /// The rule's.
        wanted: EntityType,
        /// The one that moved.
        seen: EntityType,
    },
    /// Another moment.
    Moment {
        /// The rule's.
        wanted: Vec<Moment>,
        /// What happened.
        seen: Moment,
    },
    /// It came to another status.
    Becomes {
        /// The rule's.
        wanted: Vec<StatusCode>,
        /// What it came to; none: it was cleared, or has none.
        seen: Option<StatusCode>,
    },
    /// It came from another status.
    From {
        /// The rule's.
        wanted: Vec<StatusCode>,
        /// What it was.
        seen: Option<StatusCode>,
    },
    /// Another step, or none.
    Step {
        /// The rule's.
        wanted: Vec<String>,
        /// What it is.
        seen: Option<String>,
    },
    /// A step that the rule leaves out.
    StepNot {
        /// The rule's.
        wanted: Vec<String>,
        /// What it is.
        seen: String,
    },
    /// Another project, or none.
    Project {
        /// The rule's.
        wanted: Vec<EntityId>,
        /// What it is.
        seen: Option<String>,
    },
    /// Somebody else.
    ChangedBy {
        /// The rule's.
        wanted: ChangedBy,
        /// Who it was; none where the site did not say.
        seen: Option<ChangedBy>,
    },
    /// What would be set has another status.
    TargetIs {
        /// What would be set.
        target: EntityRef,
        /// The rule's.
        wanted: Vec<StatusCode>,
        /// What it has.
        seen: Option<StatusCode>,
    },
    /// What would be set has a status that the rule leaves alone.
    TargetIsNot {
        /// What would be set.
        target: EntityRef,
        /// The rule's.
        wanted: Vec<StatusCode>,
        /// What it has.
        seen: Option<StatusCode>,
    },
    /// There is nothing to set.
    NoTarget {
        /// What the rule would set.
        target: Target,
    },
    /// Another field changed.
    Field {
        /// The rule's; none: the status.
        wanted: Option<String>,
        /// The one that changed; none: the status.
        seen: Option<String>,
    },
    /// An event of another name, or a rule's change, which has none.
    EventType {
        /// The rule's.
        wanted: Vec<String>,
        /// What it was.
        seen: Option<String>,
    },
    /// The entity that moved is in another status.
    StatusIs {
        /// The rule's.
        wanted: Vec<StatusCode>,
        /// What it has.
        seen: Option<StatusCode>,
    },
    /// The entity that moved is in a status that the rule leaves out.
    StatusIsNot {
        /// What it has.
        seen: Option<StatusCode>,
    },
    /// It belongs to another type of entity, or to none.
    BelongsTo {
        /// The rule's.
        wanted: Vec<EntityType>,
        /// What it belongs to.
        seen: Option<EntityType>,
    },
    /// It is not the first Version of its Task.
    FirstVersion,
    /// A field has another value.
    FieldIs {
        /// The field.
        field: String,
        /// The rule's values.
        wanted: Vec<String>,
        /// What it has.
        seen: Option<String>,
    },
    /// A field has a value that the rule leaves out.
    FieldIsNot {
        /// The field.
        field: String,
        /// What it has.
        seen: String,
    },
    /// None of the words stands in the text.
    Text {
        /// The rule's.
        wanted: Vec<String>,
        /// The text; none where there is none.
        seen: Option<String>,
    },
    /// Words that the rule leaves out stand in the text.
    TextNot {
        /// Those found.
        seen: String,
    },
    /// The expression does not hold.
    Filter {
        /// The rule's.
        wanted: String,
        /// What was seen, in words; none where nothing was received that it could be held against.
        seen: Option<String>,
    },
    /// The siblings stand otherwise.
    Siblings {
        /// The first that was not as wanted, where one can be named.
        entity: Option<EntityRef>,
        /// Its status.
        seen: Option<StatusCode>,
        /// What was not so.
        why: SiblingsWhy,
    },
    /// A field of what would be set has another value.
    TargetFieldIs {
        /// What would be set.
        target: EntityRef,
        /// The field.
        field: String,
        /// The rule's values.
        wanted: Vec<String>,
        /// What it has.
        seen: Option<String>,
    },
    /// A field of what would be set has a value that the rule leaves out.
    TargetFieldIsNot {
        /// What would be set.
        target: EntityRef,
        /// The field.
        field: String,
        /// What it has.
        seen: String,
    },
    /// What would be set would go back in its column's order.
    Backwards {
        /// What would be set.
        target: EntityRef,
        /// What it has.
        seen: StatusCode,
    },
    /// Something that comes before is not done.
    NotYet {
        /// Which one.
        entity: EntityRef,
        /// The status that it has.
        seen: Option<StatusCode>,
    },
    /// It applies, and wants nothing of this entity.
    Leaves {
        /// What it would set.
        target: EntityRef,
        /// Why.
        why: String,
    },
    /// It is switched off.
    SwitchedOff,
    /// It is set aside.
    SetAside {
        /// Why.
        why: String,
    },
    /// The entity that moved is not known.
    Unknown {
        /// Which one.
        entity: EntityRef,
    },
}

/// How a set of siblings was not as wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SiblingsWhy {
    /// There was none to look at.
    NoneLeft,
    /// One is in another status, and all had to be in the wanted ones.
    NotAll,
    /// None is in a wanted status, and one had to be.
    NotAny,
    /// One is in a status in which none may be.
    NotNone,
}
