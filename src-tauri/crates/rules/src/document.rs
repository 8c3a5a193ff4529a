use std::collections::BTreeMap;
use std::fmt;
use std::slice;

use callboard_model::{EntityId, EntityType, RuleId, StatusCode};
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;

use crate::ColumnName;

/// The version of the document that this program writes, and the newest it reads.
pub const FILE_VERSION: u32 = 1;

/// A rule set: the statuses it speaks of, in order toward completion, and the rules between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
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
    /// The rules. Where two disagree, the earlier one has its way and the later one is reported.
    #[serde(default)]
    pub rules: Vec<Rule>,
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
}

/// When something happens, and if the conditions hold, then set a status.
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
}

/// What must happen for a rule to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct When {
    /// To which type of entity: `Version`, `Task`, `Shot` …
    pub entity: EntityType,
    /// Its status was changed, or it was made. Left out: its status was changed.
    #[serde(default = "updated_only", skip_serializing_if = "is_updated_only")]
    #[ts(as = "Option<Vec<Moment>>", optional)]
    pub on: Vec<Moment>,
    /// The status became one of these; for one just made: it has one of these at birth. Left out: whatever it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub becomes: Vec<StatusCode>,
    /// The status was one of these before. Left out: whatever it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub from: Vec<StatusCode>,
}

/// A moment in an entity's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Moment {
    /// Its status changed.
    Updated,
    /// It was made.
    Created,
}

/// What must hold: one condition, or any of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(untagged)]
#[ts(export)]
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
    /// What would be set has none of these statuses now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub target_is_not: Vec<StatusCode>,
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
    /// Whoever it was.
    Anyone,
}

/// What a rule sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Then {
    /// Whose status.
    pub set: Target,
    /// To which status.
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
    /// The Tasks of the Shot; seen from a Task, the other ones.
    TasksOfShot(TasksOfShot),
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

/// The status that a rule wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(untagged)]
#[ts(export)]
pub enum Wanted {
    /// Where it has one of these already, it stays; otherwise it is set to the first.
    OneOf(Vec<StatusCode>),
    /// The code that the entity itself came to.
    Same(SameCode),
}

/// The word `same`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SameCode {
    /// The code that the entity itself came to.
    Same,
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
            rules: Vec::new(),
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

    /// The rules that are switched on.
    pub fn enabled_rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|r| r.enabled)
    }
}

impl Rule {
    /// The entity type whose status it sets.
    #[must_use]
    pub fn target_type(&self) -> EntityType {
        match self.then.set {
            Target::Itself => self.when.entity.clone(),
            Target::Task | Target::TasksOfShot(_) => EntityType::from(EntityType::TASK),
            Target::Shot => EntityType::from(EntityType::SHOT),
        }
    }

    /// The codes it may set or accept: what it names, or for `same` what it was asked with.
    #[must_use]
    pub fn wanted_codes(&self) -> &[StatusCode] {
        match &self.then.to {
            Wanted::OneOf(codes) => codes,
            Wanted::Same(_) => &self.when.becomes,
        }
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

impl Default for Conditions {
    fn default() -> Self {
        Self::Any(Vec::new())
    }
}

impl Wanted {
    /// The word `same`.
    pub const SAME: Self = Self::Same(SameCode::Same);
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
        struct CodesOrSame;

        impl<'de> Visitor<'de> for CodesOrSame {
            type Value = Wanted;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of status codes, or \"same\"")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Wanted, E> {
                if word == "same" {
                    Ok(Wanted::SAME)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(word), &self))
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Wanted, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Wanted::OneOf)
            }
        }

        deserializer.deserialize_any(CodesOrSame)
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
            while let Some(name) = map.next_key::<ColumnName>()? {
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

fn is_updated_only(on: &[Moment]) -> bool {
    on == [Moment::Updated]
}

/// The JSON Schema of a rule set file.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RuleSet).to_value()
}
