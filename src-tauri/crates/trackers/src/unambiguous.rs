//! JSON that means one thing to every reader.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why a body in which a key stands twice is not worked on.
pub(crate) const TWICE: &str =
    "A key stands twice in one object of it, so that two readers could take it for two things";

/// The JSON of a body. Errors where it is none, nested deeper than 128, or has a number that no `f64` holds; and, as
/// [`is_ambiguous`] tells, where a key stands twice in one object: of those one reader takes the first and another the last.
pub(crate) fn parse(body: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice::<Unambiguous>(body).map(|whole| whole.0)
}

/// Whether it is JSON, but for a key that stands twice.
pub(crate) fn is_ambiguous(error: &serde_json::Error) -> bool {
    // Any other value of any type is taken, so no other data is wrong.
    error.is_data()
}

struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AnyValue.deserialize(deserializer).map(Self)
    }
}

/// Reads a value of any type, as `serde_json::Value` does, but for keys that stand twice.
struct AnyValue;

impl<'de> DeserializeSeed<'de> for AnyValue {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            let value = object.next_value_seed(Self)?;
            if values.insert(key, value).is_some() {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_means_one_thing_is_read_as_any_reader_reads_it() {
        let body = r#"{"a":[1,-1,18446744073709551615,1.5e3,true,null,"\u00e9\ud83d\ude00"],"b":{"a":{"a":""}}}"#;
        assert_eq!(
            parse(body.as_bytes()).unwrap(),
            serde_json::from_str::<Value>(body).unwrap()
        );
    }

    #[test]
    fn a_key_that_stands_twice_is_found_however_deep_and_however_it_is_written() {
        for body in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"[{"x":[{"a":{},"b":0,"a":[]}]}]"#,
            r#"{"":0,"":0}"#,
        ] {
            assert!(is_ambiguous(&parse(body.as_bytes()).unwrap_err()), "{body}");
        }
        assert_eq!(
            parse(br#"{"a":{"a":0},"A":0}"#).unwrap(),
            json!({"a": {"a": 0}, "A": 0})
        );
    }

    #[test]
    fn what_is_no_json_is_that_and_nothing_else() {
        let deep = "[".repeat(200);
        for body in [
            "",
            "{",
            "{\"a\":1e999}",
            "{\"a\":NaN}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\u{1}\"}",
            "1 2",
            &deep,
        ] {
            let error = parse(body.as_bytes()).unwrap_err();
            assert!(!is_ambiguous(&error), "{body}: {error}");
        }
    }
}
