//! How a property is tried: on the files of a corpus, and on those edited, cut and spliced.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use serde_json::{Value, json};

/// More memory than all targets together take.
const MOST_MEMORY: u64 = 2 << 30;

/// Whether a property holds.
pub(crate) type Outcome = Result<(), TestCaseError>;

/// Bytes that can be read when a test fails.
#[derive(Clone)]
pub(crate) struct Input(pub(crate) Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(&self.0) {
            Ok(text) => write!(f, "{text:?}"),
            Err(_) => write!(f, "b\"{}\"", self.0.escape_ascii()),
        }
    }
}

/// Tries a property: on each file of the target's corpus, and on `cases` of them with edits.
#[cfg(not(fuzzing))]
pub(crate) fn fuzz(target: &str, cases: u32, property: impl Fn(&[u8]) -> Outcome) {
    for (name, Input(bytes)) in files(target) {
        let outcome = property(&bytes).map_err(|error| error.to_string());
        assert_eq!(outcome, Ok(()), "{name}");
    }
    let outcome = TestRunner::new(config(cases)).run(&edited(target), |Input(bytes)| property(&bytes));
    assert_eq!(outcome.map_err(|error| error.to_string()), Ok(()));
    assert!(memory_held() < MOST_MEMORY, "something holds on to what it has read");
}

/// Tries a property on what libFuzzer makes up, where it is this target's turn (`.ci/fuzz`).
#[cfg(fuzzing)]
pub(crate) fn fuzz(target: &str, _: u32, property: impl Fn(&[u8]) -> Outcome) {
    if std::env::var("CALLBOARD_FUZZ").as_deref() != Ok(target) {
        return;
    }
    let property = std::panic::AssertUnwindSafe(property);
    bolero::check!().for_each(|bytes: &[u8]| property(bytes).unwrap());
}

/// The same cases in every run.
fn config(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(8),
        failure_persistence: None,
        max_shrink_iters: 5_000,
        ..Config::default()
    }
}

/// The most that this process ever held, where the system tells.
#[cfg(not(fuzzing))]
fn memory_held() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = most.and_then(|most| most.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(of)
}

/// The files of a target with their names.
pub(crate) fn files(target: &str) -> Vec<(String, Input)> {
    let files = fs::read_dir(folder("corpus").join(target)).expect("the target has a corpus");
    let mut found: Vec<_> = files
        .flatten()
        .map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            (name, Input(fs::read(file.path()).expect("it can be read")))
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(!found.is_empty(), "the corpus of {target} is empty");
    found
}

/// What means something to a target: the words of its dictionary, which is written as libFuzzer reads it.
pub(crate) fn words(target: &str) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(folder("words").join(format!("{target}.dict"))).expect("the target has words");
    let quoted = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    quoted
        .map(|line| {
            let word = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            unescaped(word.unwrap_or_else(|| panic!("{target}: {line} is no word")))
        })
        .collect()
}

fn unescaped(word: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, left) = match (first, after) {
            (b'\\', [b'x', high, low, left @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).expect("two digits");
                (u8::from_str_radix(digits, 16).expect("two digits"), left)
            }
            (b'\\', [escaped, left @ ..]) => (*escaped, left),
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = left;
    }
    bytes
}

#[derive(Clone, Debug)]
enum Edit {
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Splice(Index, Index, Input),
    Cut(Index),
    /// A part of a JSON document in the place of another part: it is JSON still.
    Graft(Index, Graft),
}

#[derive(Clone, Debug)]
enum Graft {
    /// What stands at another place of the same document.
    Part(Index),
    /// What stands there seldom.
    Odd(Value),
    /// Twice what stands there.
    Again,
    /// Nothing.
    Nothing,
}

impl Edit {
    fn on(&self, bytes: &mut Vec<u8>) {
        let at = |index: &Index, bytes: &[u8]| index.index(bytes.len() + 1);
        match self {
            Self::Flip(index, mask) => {
                let at = at(index, bytes);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= mask;
                }
            }
            Self::Insert(index, word) => {
                let at = at(index, bytes);
                bytes.splice(at..at, word.iter().copied());
            }
            Self::Remove(index, many) => {
                let at = at(index, bytes);
                bytes.drain(at..(at + many).min(bytes.len()));
            }
            Self::Repeat(index, many, times) => {
                let at = at(index, bytes);
                let part = bytes[at..(at + many).min(bytes.len())].repeat(*times);
                bytes.splice(at..at, part);
            }
            Self::Splice(here, there, other) => {
                let at = at(here, bytes);
                bytes.truncate(at);
                bytes.extend(&other.0[there.index(other.0.len() + 1)..]);
            }
            Self::Cut(index) => bytes.truncate(at(index, bytes)),
            Self::Graft(here, graft) => {
                if let Some(grafted) = grafted(bytes, here, graft) {
                    *bytes = grafted;
                }
            }
        }
    }
}

fn grafted(bytes: &[u8], here: &Index, graft: &Graft) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(bytes).ok()?;
    let places = places(&document);
    let place = here.get::<String>(&places);
    let new = match graft {
        Graft::Part(there) => document.pointer(there.get::<String>(&places)).cloned()?,
        Graft::Odd(odd) => odd.clone(),
        Graft::Again | Graft::Nothing => Value::Null,
    };
    let old = document.pointer_mut(place)?;
    match (graft, old) {
        (Graft::Again, Value::Array(list)) => list.extend_from_within(..),
        (Graft::Again, Value::String(text)) => *text = text.repeat(2),
        (Graft::Nothing, Value::Object(fields)) => fields.clear(),
        (Graft::Nothing, Value::Array(list)) => list.clear(),
        (_, old) => *old = new,
    }
    Some(document.to_string().into_bytes())
}

fn places(value: &Value) -> Vec<String> {
    let escaped = |name: &String| name.replace('~', "~0").replace('/', "~1");
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (escaped(name), value)).collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    let below = children
        .into_iter()
        .flat_map(|(name, value)| places(value).into_iter().map(move |p| format!("/{name}{p}")));
    std::iter::once(String::new()).chain(below).collect()
}

/// Files of a target's corpus with a few edits: bytes, words, and parts of one another.
pub(crate) fn edited(target: &str) -> impl Strategy<Value = Input> + use<> {
    let all: Vec<Input> = files(target).into_iter().map(|(_, input)| input).collect();
    let index = any::<Index>;
    let odd = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(2),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("\u{0}"),
        json!("\u{202e}"),
        json!("9999-12-31T23:59:60Z"),
        json!([]),
        json!({}),
        json!([[]]),
        json!({"type": "", "id": 0}),
    ];
    let graft = prop_oneof![
        4 => index().prop_map(Graft::Part),
        4 => select(odd.to_vec()).prop_map(Graft::Odd),
        1 => proptest::strategy::Just(Graft::Again),
        1 => proptest::strategy::Just(Graft::Nothing),
    ];
    let edit = prop_oneof![
        3 => (index(), any::<u8>()).prop_map(|(at, mask)| Edit::Flip(at, mask)),
        6 => (index(), select(words(target))).prop_map(|(at, word)| Edit::Insert(at, word)),
        1 => (index(), vec(any::<u8>(), 0..6)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        3 => (index(), 1..40_usize).prop_map(|(at, many)| Edit::Remove(at, many)),
        1 => (index(), 1..30_usize, 1..200_usize).prop_map(|(at, many, times)| Edit::Repeat(at, many, times)),
        1 => (index(), index(), select(all.clone())).prop_map(|(here, there, other)| Edit::Splice(here, there, other)),
        1 => index().prop_map(Edit::Cut),
        8 => (index(), graft).prop_map(|(at, graft)| Edit::Graft(at, graft)),
    ];
    (select(all), vec(edit, 0..5)).prop_map(|(Input(mut bytes), edits)| {
        edits.iter().for_each(|edit| edit.on(&mut bytes));
        Input(bytes)
    })
}

/// Of what is tried, a good part must be read and a good part refused: otherwise it proves little.
pub(crate) fn much_is_read_and_much_is_refused(target: &str, is_read: impl Fn(&[u8]) -> bool) {
    use proptest::strategy::ValueTree as _;
    let (mut runner, inputs) = (TestRunner::new(config(0)), edited(target));
    let mut input = || inputs.new_tree(&mut runner).expect("nothing is rejected").current();
    let read = (0..400).filter(|_| is_read(&input().0)).count();
    assert!((40..360).contains(&read), "of 400 inputs of {target}, {read} are read");
}
