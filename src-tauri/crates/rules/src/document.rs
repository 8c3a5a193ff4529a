use std::collections::BTreeMap;
use std::fmt;
use std::slice;

use callboard_model::{EntityId, EntityType, RuleId, StatusCode};
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

use crate::ColumnName;
use crate::beyond::{self, Beyond};

/// The version of the document that this program writes, and the newest it reads.
pub const FILE_VERSION: u32 = 1;

/// A rule set: the statuses it speaks of, in order toward completion, and the rules between them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct RuleSet {
    /// The version of this document's form.
    pub callboard: u32,
    /// What the rule set is called.
    pub name: String,
    /// What it is for, in a sentence or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub description: Option<String>,
    /// By entity type, the statuses in order toward completion.
    #[serde(default, deserialize_with = "each_column_once")]
    #[schemars(with = "BTreeMap<ColumnName, Vec<Status>>")]
    pub statuses: BTreeMap<ColumnName, Vec<Status>>,
    /// The pipeline steps in the order of the work, by name or short name. Left out: the site's own order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub steps: Vec<String>,
    /// How groups of statuses look in the picture, by name. Left out: plain.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, GroupLook>>", optional)]
    pub groups: BTreeMap<String, GroupLook>,
    /// The rules. Where two disagree, the earlier one has its way and the later one is reported.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// What a newer program wrote.
    #[serde(skip)]
    pub(crate) beyond: Vec<Beyond>,
}

/// How a group of statuses looks in the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct GroupLook {
    /// The colour of its band, `#rrggbb`.
    pub color: String,
}

/// A status as people know it and as the site knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Status {
    /// The site's code.
    pub code: StatusCode,
    /// The name that people say.
    pub name: String,
    /// The heading it stands under in the picture; statuses of one group stand together.
    #[serde(default)]
    pub group: String,
    /// Its swatch, `#rrggbb`.
    #[serde(default = "unpainted")]
    pub color: String,
    /// How far the work is in it, whatever the code: what rules mean by `@done`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub class: Option<StateClass>,
}

/// How far the work is in a status. Wherever a rule names a status, `@` and a class names all statuses of that class.
///
/// The first four are those of ftrack and AYON; what counts as done there and will never be made is `omitted` here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum StateClass {
    /// Nobody has begun.
    NotStarted,
    /// Somebody works on it, or looks at it.
    InProgress,
    /// It is finished.
    Done,
    /// It waits for something or somebody.
    Blocked,
    /// It will not be made.
    Omitted,
}

/// When something happens, and if the conditions hold, then set a status or another field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Rule {
    /// Stands on every change that the rule causes; the same through all revisions.
    pub id: RuleId,
    /// A short name for people.
    pub name: String,
    /// Whether it counts. A rule that is switched off stays in the document and in the picture.
    #[serde(default = "switched_on", skip_serializing_if = "Clone::clone")]
    #[ts(as = "Option<bool>", optional)]
    pub enabled: bool,
    /// Why it is there, for the next person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub note: Option<String>,
    /// What must happen.
    pub when: When,
    /// What must hold: one condition, or a list of which any may hold. Left out: always.
    #[serde(default, rename = "if", skip_serializing_if = "Conditions::is_empty")]
    #[ts(as = "Option<Conditions>", optional)]
    pub conditions: Conditions,
    /// What is then set.
    pub then: Then,
    /// The most entities that it may set for one event; wanting more sets it aside. Left out: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub limit: Option<u32>,
}

/// What must happen for a rule to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct When {
    /// To which type of entity: `Version`, `Task`, `Shot`, `Asset`, `Sequence` … any that the site has.
    pub entity: EntityType,
    /// Its status was changed, or it was made … Left out: its status was changed.
    #[serde(default = "updated_only", skip_serializing_if = "is_updated_only")]
    #[ts(as = "Option<Vec<Moment>>", optional)]
    pub on: Vec<Moment>,
    /// The field whose change is meant, by the site's name for it. Left out: the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
    /// The tracker's own name of the event is one of these: `Shotgun_Version_Change`, a custom event. Left out: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub event_type: Vec<String>,
    /// The status, or the field, became one of these; where it was not changed: it is one of these now. Left out: whatever it
    /// is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub becomes: Vec<StatusCode>,
    /// The status, or the field, was one of these before. Left out: whatever it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub from: Vec<StatusCode>,
}

/// A moment in an entity's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Moment {
    /// Its status changed, or the field that the rule names.
    Updated,
    /// It was made.
    Created,
    /// It was put in the trash.
    Deleted,
    /// It was taken out of the trash.
    Revived,
    /// A note about it was written.
    NoteAdded,
    /// An event of the tracker that is none of these.
    Custom,
}

/// What must hold: one condition, or any of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(untagged)]
#[ts(export)]
#[expect(
    clippy::large_enum_variant,
    reason = "a rule set has a few hundred at most, and most of them are one"
)]
pub enum Conditions {
    /// All parts of this one.
    All(Condition),
    /// All parts of any of these; an empty list asks nothing.
    Any(Vec<Condition>),
}

/// Parts that must hold together. What is left out is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Condition {
    /// The pipeline step is one of these, by name or short name. A Version's step is its Task's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub step: Vec<String>,
    /// The pipeline step is none of these. Holds too where there is no step or no Task.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub step_not: Vec<String>,
    /// It is in one of these projects, by name or id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<EntityId>>", optional)]
    pub project: Vec<EntityId>,
    /// Who changed or made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub changed_by: Option<ChangedBy>,
    /// What would be set has one of these statuses now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub target_is: Vec<StatusCode>,
    /// What would be set has none of these statuses now: on hold, omitted …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub target_is_not: Vec<StatusCode>,
    /// Each of these fields of what would be set has one of these values, said as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, Vec<String>>>", optional)]
    pub target_field_is: BTreeMap<String, Vec<String>>,
    /// None of these fields of what would be set has one of these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, Vec<String>>>", optional)]
    pub target_field_is_not: BTreeMap<String, Vec<String>>,
    /// What would be set does not go back in its column's order. One that is in a status outside the column may be set.
    #[serde(default, skip_serializing_if = "is_not")]
    #[ts(as = "Option<bool>", optional)]
    pub never_backwards: bool,
    /// The entity that moved has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub status_is: Vec<StatusCode>,
    /// The entity that moved has none of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub status_is_not: Vec<StatusCode>,
    /// It belongs to an entity of one of these types: `Shot`, `Asset` … A Version belongs to what its Task belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<EntityType>>", optional)]
    pub belongs_to: Vec<EntityType>,
    /// It is the first Version of its Task.
    #[serde(default, skip_serializing_if = "is_not")]
    #[ts(as = "Option<bool>", optional)]
    pub first_version: bool,
    /// Each of these fields of it has one of these values, said as text; fields by the site's name for them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, Vec<String>>>", optional)]
    pub field_is: BTreeMap<String, Vec<String>>,
    /// None of these fields of it has one of these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, Vec<String>>>", optional)]
    pub field_is_not: BTreeMap<String, Vec<String>>,
    /// The note, or the new value of the field, has one of these words or phrases in it: whole words, capitals or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub text: Vec<String>,
    /// The note, or the new value of the field, has none of these words or phrases in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub text_not: Vec<String>,
    /// An expression over the event as received: `entity.entity_type = "Task" and project.name in ("Demo", "Test")`. It
    /// never holds for what a rule set, because that was not received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub filter: Option<String>,
    /// How its siblings stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub siblings: Option<Siblings>,
}

/// How a set of entities around the one that moved stands: all parts that are given must hold, over those not ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Siblings {
    /// Which set. Left out: the Tasks of what it belongs to.
    #[serde(default, skip_serializing_if = "Relatives::is_tasks")]
    #[ts(as = "Option<Relatives>", optional)]
    pub of: Relatives,
    /// Only those of these steps, by name or short name. Left out: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub steps: Vec<String>,
    /// Each has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub all: Vec<StatusCode>,
    /// At least one has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub any: Vec<StatusCode>,
    /// None has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub none: Vec<StatusCode>,
    /// Those that have one of these statuses are not looked at: N/A, omitted …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub ignoring: Vec<StatusCode>,
    /// Whether this holds when there is none to look at, because all are ignored or there are none. Left out: it does not.
    #[serde(default, skip_serializing_if = "is_not")]
    #[ts(as = "Option<bool>", optional)]
    pub if_none_left: bool,
}

/// A set of entities around the one that moved, itself among them where it is of their kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Relatives {
    /// The Tasks of the Shot or Asset that it belongs to; of itself, where it is one.
    #[default]
    Tasks,
    /// The Versions of its Task; of itself, where it is a Task.
    Versions,
    /// The Tasks that it waits for.
    Upstream,
    /// The entities of its own type that belong to the same: the Shots of the Sequence.
    SameKind,
    /// The entities of this type that belong to it: a Sequence's Shots.
    Below(EntityType),
}

/// Who changed or made an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ChangedBy {
    /// Somebody with a name, a client's reviewer too.
    Person,
    /// A client's reviewer.
    Client,
    /// A script or service account.
    Script,
    /// A rule of this set, earlier in the same cascade.
    Callboard,
    /// Whoever it was, but no rule of this set.
    Outside,
    /// Whoever it was.
    Anyone,
}

/// What a rule sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Then {
    /// Whose status, or whose field.
    pub set: Target,
    /// The field that is set, by the site's name for it. Left out: the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
    /// To which status, or to which value of the field.
    pub to: Wanted,
}

/// Whose status a rule sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Target {
    /// The entity itself.
    Itself,
    /// A Version's Task.
    Task,
    /// The Shot of a Task or Version. What belongs to an Asset has none.
    Shot,
    /// The entity of this type that it belongs to, however far up: a Version's Asset, a Task's Sequence.
    Parent(EntityType),
    /// The Tasks of the Shot; seen from a Task, the other ones.
    TasksOfShot(TasksOfShot),
    /// What belongs to it: a Sequence's Shots, an Asset's Tasks.
    Children(Children),
    /// Versions of the Task: of the one that moved, or of the moved Version's.
    Versions(WhichVersions),
    /// The Tasks whose turn comes after this Task.
    NextTasks(NextTasks),
}

/// Which Tasks of a Shot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct TasksOfShot {
    /// Those of these steps, by name or short name. Left out: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub steps: Vec<String>,
}

/// Which entities below one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Children {
    /// Of this type.
    #[serde(rename = "type")]
    pub kind: EntityType,
    /// Below the entity of this type that it belongs to, itself left out. Left out: below the entity that moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub of: Option<EntityType>,
    /// Tasks of these steps, by name or short name. Left out: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub steps: Vec<String>,
}

/// Which Versions of a Task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum WhichVersions {
    /// The one that was made last; of two made at once, the one with the higher id.
    Latest,
    /// All that have the highest version number in their names (`v012`); where none has one, the latest.
    HighestNumber,
    /// All of them.
    All,
    /// All but the one that moved: those that it supersedes.
    Others,
}

/// Which Tasks come next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct NextTasks {
    /// What decides about the order. Left out: the steps.
    #[serde(default, skip_serializing_if = "NextBy::is_steps")]
    #[ts(as = "Option<NextBy>", optional)]
    pub by: NextBy,
    /// Only once all that come before them have one of these statuses: by step, all Tasks of the step that moved; by
    /// dependency, all Tasks that they wait for; by name, the Task that moved. Left out: at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub when_all: Vec<StatusCode>,
    /// Tasks in these statuses count as done, once what they wait for is, and are stepped over: N/A, omitted. What comes
    /// after them is next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub through: Vec<StatusCode>,
    /// Of what comes next, only Tasks of these steps. Left out: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub steps: Vec<String>,
}

/// What decides which Task comes after another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum NextBy {
    /// The order of the steps, among the Tasks of the same Shot or Asset.
    #[default]
    Steps,
    /// The Tasks that wait for it.
    Dependency,
    /// The Tasks' names, among the Tasks of the same Shot or Asset.
    Name,
}

/// The status that a rule wants, or the value of a field: that is a list of values, said as text, `same` or `cleared`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(untagged)]
#[ts(export)]
pub enum Wanted {
    /// Where it has one of these already, it stays; otherwise it is set to the first that the site has for it.
    OneOf(Vec<StatusCode>),
    /// Something said in a word.
    Word(WantedWord),
    /// What a set of entities below it comes to.
    RollUp {
        /// How it is found.
        roll_up: RollUp,
    },
}

/// A status said in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum WantedWord {
    /// What the entity itself came to: its status, or the field that the rule goes by.
    Same,
    /// Where it has a status of the class that the entity itself came to, it stays; otherwise the first of that class.
    SameClass,
    /// No status, or nothing in the field.
    Cleared,
}

/// A status found by looking at all entities of a type that belong to the one that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct RollUp {
    /// Of which type. Left out: the type of the entity that moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub of: Option<EntityType>,
    /// Only Tasks of these steps. Left out: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub steps: Vec<String>,
    /// Those that have one of these statuses are not looked at. Where none is left, nothing is set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub ignoring: Vec<StatusCode>,
    /// Look only at the one that is least, or most, far in its column's order. Left out: at all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pick: Option<Pick>,
    /// Asked in order; the first that holds says the status, and where none holds nothing is set. Left out, with `pick`: the
    /// status of the one picked, by its code or else by its class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<RollUpRow>>", optional)]
    pub rows: Vec<RollUpRow>,
}

/// Which one of a set speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Pick {
    /// The one that is least far.
    LeastAdvanced,
    /// The one that is farthest.
    MostAdvanced,
}

/// One row of a roll-up: when all given parts hold over those looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct RollUpRow {
    /// Each has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub all: Vec<StatusCode>,
    /// At least one has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub any: Vec<StatusCode>,
    /// None has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub none: Vec<StatusCode>,
    /// Where it has one of these already, it stays; otherwise it is set to the first. Empty: it is left as it is.
    pub to: Vec<StatusCode>,
}

impl RuleSet {
    /// A rule set of that name with nothing in it.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            callboard: FILE_VERSION,
            name: name.into(),
            description: None,
            statuses: BTreeMap::new(),
            steps: Vec::new(),
            groups: BTreeMap::new(),
            rules: Vec::new(),
            beyond: Vec::new(),
        }
    }

    /// The statuses of an entity type in order toward completion; empty where the set does not speak of it.
    #[must_use]
    pub fn statuses_of(&self, kind: &EntityType) -> &[Status] {
        self.statuses.get(&ColumnName::of(kind)).map_or(&[], Vec::as_slice)
    }

    /// A status by entity type and code.
    #[must_use]
    pub fn status(&self, kind: &EntityType, code: &StatusCode) -> Option<&Status> {
        self.statuses_of(kind).iter().find(|s| s.code == *code)
    }

    /// The parts that a newer program wrote and this one does not know, in words. They are kept as they are.
    #[must_use]
    pub fn not_understood(&self) -> Vec<String> {
        self.beyond.iter().map(|part| part.in_words(self)).collect()
    }

    /// Whether all of a rule is known here.
    pub(crate) fn understands(&self, rule: &Rule) -> bool {
        !self.beyond.iter().any(|part| part.rule() == Some(&rule.id))
    }

    /// The rules that are switched on.
    pub fn enabled_rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|r| r.enabled)
    }
}

impl Rule {
    /// The most entities that a rule may set for one event, where it names no limit of its own.
    pub const LIMIT: u32 = 100;

    /// The entity type whose status it sets.
    #[must_use]
    pub fn target_type(&self) -> EntityType {
        match &self.then.set {
            Target::Itself => self.when.entity.clone(),
            Target::Task | Target::TasksOfShot(_) | Target::NextTasks(_) => EntityType::from(EntityType::TASK),
            Target::Shot => EntityType::from(EntityType::SHOT),
            Target::Versions(_) => EntityType::from(EntityType::VERSION),
            Target::Parent(kind) => kind.clone(),
            Target::Children(which) => which.kind.clone(),
        }
    }

    /// The entity type whose statuses a roll-up looks at; none where it wants something else.
    #[must_use]
    pub fn rolls_up(&self) -> Option<(&EntityType, &RollUp)> {
        match &self.then.to {
            Wanted::RollUp { roll_up } => Some((roll_up.of.as_ref().unwrap_or(&self.when.entity), roll_up)),
            Wanted::OneOf(_) | Wanted::Word(_) => None,
        }
    }

    /// Every status that it may set or accept, where the document says so: what it names, or for `same` what it was asked with.
    #[must_use]
    pub fn wanted_codes(&self) -> Vec<&StatusCode> {
        match &self.then.to {
            _ if self.then.field.is_some() => Vec::new(),
            Wanted::OneOf(codes) => codes.iter().collect(),
            Wanted::Word(WantedWord::Same) => self.when.becomes.iter().collect(),
            Wanted::Word(WantedWord::SameClass | WantedWord::Cleared) => Vec::new(),
            Wanted::RollUp { roll_up } => roll_up.rows.iter().flat_map(|row| &row.to).collect(),
        }
    }

    /// Whether it looks at how several entities stand together. Such a rule is asked when everything else has moved.
    #[must_use]
    pub fn looks_at_sets(&self) -> bool {
        self.rolls_up().is_some()
            || matches!(&self.then.set, Target::NextTasks(next) if !next.when_all.is_empty())
            || self.conditions.alternatives().iter().any(|c| c.siblings.is_some())
    }
}

impl Conditions {
    /// The conditions of which any must hold; none at all means that nothing is asked.
    #[must_use]
    pub fn alternatives(&self) -> &[Condition] {
        match self {
            Self::All(one) => slice::from_ref(one),
            Self::Any(several) => several,
        }
    }

    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.alternatives().is_empty()
    }
}

impl StateClass {
    /// Every class, from nothing done to done, then the two that stand aside.
    pub const ALL: [Self; 5] = [
        Self::NotStarted,
        Self::InProgress,
        Self::Done,
        Self::Blocked,
        Self::Omitted,
    ];

    /// The class as it stands in a file, after the `@`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::InProgress => "in_progress",
            Self::Done => "done",
            Self::Blocked => "blocked",
            Self::Omitted => "omitted",
        }
    }
}

impl Siblings {
    /// The entity type of the set, seen from an entity of this type.
    #[must_use]
    pub fn kind(&self, of: &EntityType) -> EntityType {
        match &self.of {
            Relatives::Tasks | Relatives::Upstream => EntityType::from(EntityType::TASK),
            Relatives::Versions => EntityType::from(EntityType::VERSION),
            Relatives::SameKind => of.clone(),
            Relatives::Below(kind) => kind.clone(),
        }
    }
}

impl Relatives {
    fn is_tasks(&self) -> bool {
        *self == Self::Tasks
    }
}

impl NextBy {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_steps(&self) -> bool {
        *self == Self::Steps
    }
}

impl Default for Conditions {
    fn default() -> Self {
        Self::Any(Vec::new())
    }
}

impl Wanted {
    /// The word `same`.
    pub const SAME: Self = Self::Word(WantedWord::Same);
}

// Written with what was not known put back.
impl Serialize for RuleSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Known<'a> {
            callboard: u32,
            name: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            description: &'a Option<String>,
            statuses: &'a BTreeMap<ColumnName, Vec<Status>>,
            #[serde(skip_serializing_if = "<[String]>::is_empty")]
            steps: &'a [String],
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            groups: &'a BTreeMap<String, GroupLook>,
            rules: &'a [Rule],
        }

        let known = Known {
            callboard: self.callboard,
            name: &self.name,
            description: &self.description,
            statuses: &self.statuses,
            steps: &self.steps,
            groups: &self.groups,
            rules: &self.rules,
        };
        if self.beyond.is_empty() {
            return known.serialize(serializer);
        }
        let mut document = serde_json::to_value(known).map_err(serde::ser::Error::custom)?;
        beyond::put_back(&mut document, &self.beyond);
        document.serialize(serializer)
    }
}

// `untagged` would lose the place and the name of a misspelt field, and those are what the reader of the message needs.
impl<'de> Deserialize<'de> for Conditions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrSeveral;

        impl<'de> Visitor<'de> for OneOrSeveral {
            type Value = Conditions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a condition or a list of conditions")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Conditions, A::Error> {
                Condition::deserialize(MapAccessDeserializer::new(map)).map(Conditions::All)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Conditions, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Conditions::Any)
            }
        }

        deserializer.deserialize_any(OneOrSeveral)
    }
}

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CodesOrWordOrRollUp;

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Said {
            roll_up: RollUp,
        }

        impl<'de> Visitor<'de> for CodesOrWordOrRollUp {
            type Value = Wanted;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of status codes, \"same\", \"same_class\", \"cleared\", or a roll_up")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Wanted, E> {
                match word {
                    "same" => Ok(Wanted::SAME),
                    "same_class" => Ok(Wanted::Word(WantedWord::SameClass)),
                    "cleared" => Ok(Wanted::Word(WantedWord::Cleared)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Wanted, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Wanted::OneOf)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Wanted, A::Error> {
                let Said { roll_up } = Said::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Wanted::RollUp { roll_up })
            }
        }

        deserializer.deserialize_any(CodesOrWordOrRollUp)
    }
}

/// A map would let the second of two columns of one name silently replace the first.
fn each_column_once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<ColumnName, Vec<Status>>, D::Error> {
    struct Columns;

    impl<'de> Visitor<'de> for Columns {
        type Value = BTreeMap<ColumnName, Vec<Status>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("lists of statuses by entity type")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut columns = BTreeMap::new();
            // As text, so that a mistake further in is told with the column's name.
            while let Some(name) = map.next_key::<String>()?.map(|name| ColumnName::from(name.as_str())) {
                if columns.contains_key(&name) {
                    return Err(A::Error::custom(format_args!(
                        "the statuses of {name} stand there twice"
                    )));
                }
                columns.insert(name, map.next_value()?);
            }
            Ok(columns)
        }
    }

    deserializer.deserialize_map(Columns)
}

fn unpainted() -> String {
    "#9aa3b2".to_owned()
}

fn switched_on() -> bool {
    true
}

fn updated_only() -> Vec<Moment> {
    vec![Moment::Updated]
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_not(yes: &bool) -> bool {
    !yes
}

fn is_updated_only(on: &[Moment]) -> bool {
    on == [Moment::Updated]
}

/// The JSON Schema of a rule set file.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RuleSet).to_value()
}
