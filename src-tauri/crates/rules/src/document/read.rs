//! Reading and writing the parts that stand in a file in several forms.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Condition, Conditions, GroupLook, RollUp, Rule, RuleSet, Status, Wanted, WantedWord};
use crate::{ColumnName, beyond};

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
pub(super) fn each_column_once<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<ColumnName, Vec<Status>>, D::Error> {
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
