//! JSON that means one thing to every reader.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::de::Read;
use serde_json::{Number, Value};

/// Why a body in which a key stands twice is not worked on.
const TWICE: &str = "A key stands twice in one object of it, so that two readers could take it for two things";

/// Why a body that holds more values than anybody sends is not worked on.
const TOO_MANY: &str =
    "There are more values in it than a delivery has, and each takes many times the room of its bytes";

/// Values of one body. The largest, fifty deliveries of 1 MB, has fewer unless each takes no more than 13 bytes, its key included.
const MOST_VALUES: usize = 4_000_000;

/// Keys of an object that are held against each other one by one; among more of them a set looks.
const FEW: usize = 16;

/// The JSON of a body. Errors where it is none, nested deeper than 128, or has a number that no `f64` holds; and, as
/// [`why_not`] tells, where a key stands twice in one object, of which one reader takes the first and another the last, or where there
/// are too many values.
pub(crate) fn parse(body: &[u8]) -> Result<Json<'_>, serde_json::Error> {
    match std::str::from_utf8(body) {
        // Looked through once, its strings need not be again.
        Ok(text) => read(serde_json::Deserializer::from_str(text), MOST_VALUES),
        Err(_) => read(serde_json::Deserializer::from_slice(body), MOST_VALUES),
    }
}

fn read<'de, R: Read<'de>>(mut text: serde_json::Deserializer<R>, most: usize) -> serde_json::Result<Json<'de>> {
    let left = Cell::new(most);
    let json = AnyValue(&left).deserialize(&mut text)?;
    text.end()?;
    Ok(json)
}

/// Why what is JSON is not worked on all the same; none where it is no JSON.
pub(crate) fn why_not(error: &serde_json::Error) -> Option<&'static str> {
    // Any other value of any type is taken, so no other data is wrong.
    let why = if error.to_string().starts_with(TOO_MANY) {
        TOO_MANY
    } else {
        TWICE
    };
    error.is_data().then_some(why)
}

/// A value whose texts stay where they stand in the body, as far as nothing in them is escaped.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Object<'a>),
}

/// Keys with their values, in the order of the body. No key stands in it twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Object<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        // The few names that are asked for are sooner looked for than all keys are hashed.
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn has_a_key_twice(&self) -> bool {
        let keys = || self.0.iter().map(|(key, _)| key);
        if self.0.len() > FEW {
            let mut seen = HashSet::with_capacity(self.0.len());
            return !keys().all(|key| seen.insert(key));
        }
        keys()
            .enumerate()
            .any(|(place, key)| keys().take(place).any(|before| before == key))
    }
}

impl<'a> Json<'a> {
    pub(crate) fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

impl<'a> From<&'a Value> for Json<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(text.into()),
            Value::Array(values) => Self::List(values.iter().map(Self::from).collect()),
            Value::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| (key.into(), value.into()));
                Self::Object(Object(fields.collect()))
            }
        }
    }
}

impl From<Json<'_>> for Value {
    fn from(json: Json<'_>) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => Self::Number(number),
            Json::Text(text) => Self::String(text.into_owned()),
            Json::List(values) => Self::Array(values.into_iter().map(Self::from).collect()),
            Json::Object(Object(fields)) => {
                let fields = fields.into_iter().map(|(key, value)| (key.into_owned(), value.into()));
                Self::Object(fields.collect())
            }
        }
    }
}

/// As it stood in the body, but for the spaces between and the way its signs were escaped.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(values) => serializer.collect_seq(values),
            Self::Object(Object(fields)) => serializer.collect_map(fields.iter().map(|(key, value)| (key, value))),
        }
    }
}

/// Reads a value, as long as so many are left.
#[derive(Clone, Copy)]
struct AnyValue<'c>(&'c Cell<usize>);

impl<'de> DeserializeSeed<'de> for AnyValue<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        let left = self.0.get().checked_sub(1).ok_or_else(|| D::Error::custom(TOO_MANY))?;
        self.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(value.to_owned().into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json<'de>, A::Error> {
        let mut fields = Object::default();
        while let Some(key) = object.next_key_seed(Key)? {
            fields.0.push((key, object.next_value_seed(self)?));
        }
        if fields.has_a_key_twice() {
            return Err(A::Error::custom(TWICE));
        }
        Ok(Json::Object(fields))
    }
}

/// Reads a key where it stands: serde's own `Cow` would copy it.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(key.into())
    }

    fn visit_str<E>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(key.to_owned().into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_means_one_thing_is_read_as_any_reader_reads_it() {
        let body = r#"{"a":[1,-1,18446744073709551615,1.5e3,true,null,"\u00e9\ud83d\ude00"],"b":{"a":{"a":""}}}"#;
        let read = parse(body.as_bytes()).unwrap();
        let theirs: Value = serde_json::from_str(body).unwrap();
        assert_eq!(Json::from(&theirs), read);
        assert_eq!(Value::from(read), theirs);
    }

    #[test]
    fn it_is_written_in_the_order_of_the_body() {
        let body = r#"{"b":[1,-1.5,null,true],"a":{"z":"\"","y":"é"}}"#;
        assert_eq!(parse(body.as_bytes()).unwrap().to_string(), body);
    }

    #[test]
    fn among_many_keys_one_that_stands_twice_is_found_too() {
        let of = |last: usize| {
            let keys: Vec<String> = (0..100).chain([last]).map(|n| format!("\"{n}\":0")).collect();
            format!("{{{}}}", keys.join(","))
        };
        assert_eq!(why_not(&parse(of(57).as_bytes()).unwrap_err()), Some(TWICE));
        assert!(parse(of(100).as_bytes()).is_ok());
    }

    #[test]
    fn a_key_that_stands_twice_is_found_however_deep_and_however_it_is_written() {
        for body in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"[{"x":[{"a":{},"b":0,"a":[]}]}]"#,
            r#"{"":0,"":0}"#,
        ] {
            assert_eq!(why_not(&parse(body.as_bytes()).unwrap_err()), Some(TWICE), "{body}");
        }
        assert_eq!(
            Value::from(parse(br#"{"a":{"a":0},"A":0}"#).unwrap()),
            json!({"a": {"a": 0}, "A": 0})
        );
    }

    #[test]
    fn values_are_counted_however_deep_they_stand() {
        let text = r#"{"a":[1,{"b":[]}],"c":null}"#;
        let with = |most| read(serde_json::Deserializer::from_str(text), most);
        assert_eq!(with(6).unwrap().to_string(), text);
        assert_eq!(why_not(&with(5).unwrap_err()), Some(TOO_MANY));
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
            assert_eq!(why_not(&error), None, "{body}: {error}");
        }
    }
}
