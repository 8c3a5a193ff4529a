//! Everything that reads bytes, given bytes that nobody meant: files from `tests/corpus`, cut, spliced and written over.
//!
//! A few thousand of each in every run of the tests; `make fuzz` goes on for as long as `CALLBOARD_FUZZ` says, in seconds.
//! What makes one of these fail is printed, and goes into the corpus with its cure.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use callboard_rules::{
    ColumnChoice, CompiledRules, Filter, Imported, MAX_TABLE_ROWS, NotesTable, RuleSet, Status, check, diff, schema,
    sentence, svg,
};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof};
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::cases::{config, rule_sets};

/// Far longer than reading any of these takes; a reader that needs it has gone wrong.
const LONGEST: Duration = Duration::from_secs(10);
/// More memory than all tests together take.
const MOST_MEMORY: u64 = 2 << 30;

type Outcome = Result<(), TestCaseError>;

/// Bytes that can be read when a test fails.
#[derive(Clone)]
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = std::str::from_utf8(&self.0);
        match text {
            Ok(text) => write!(f, "{text:?}"),
            Err(_) => write!(f, "b\"{}\"", self.0.escape_ascii()),
        }
    }
}

/// Tries a property on some inputs, or on as many as the time that was asked for allows.
fn fuzz<S: Strategy>(cases: u32, inputs: &S, property: impl Fn(S::Value) -> Outcome)
where
    S::Value: fmt::Debug,
{
    let seconds = std::env::var("CALLBOARD_FUZZ")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        let mut runner = TestRunner::new(config(cases));
        let timed = |input| {
            let start = Instant::now();
            property(input)?;
            let took = start.elapsed();
            prop_assert!(took < LONGEST, "it took {took:?}");
            Ok(())
        };
        let outcome = runner.run(inputs, timed).map_err(|error| error.to_string());
        assert_eq!(outcome, Ok(()));
        assert!(memory_held() < MOST_MEMORY, "something holds on to what it has read");
        if Instant::now() >= end {
            return;
        }
    }
}

/// The most that this process ever held, where the system tells.
fn memory_held() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = most.and_then(|most| most.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

fn corpus(of: &str) -> Vec<Input> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(of);
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the corpus is there")
        .flatten()
        .map(|f| f.path())
        .collect();
    files.sort();
    let found: Vec<Input> = files
        .iter()
        .map(|f| Input(fs::read(f).expect("it can be read")))
        .collect();
    assert!(!found.is_empty(), "the corpus of {of} is empty");
    found
}

// ---- edits

#[derive(Clone, Debug)]
enum Edit {
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Splice(Index, Index, Input),
    Cut(Index),
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
            Self::Insert(index, token) => {
                let at = at(index, bytes);
                bytes.splice(at..at, token.iter().copied());
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
        }
    }
}

/// Files of the corpus with a few edits: bytes, parts of one another, and words that mean something there.
fn edited(
    seeds: impl Strategy<Value = Input> + 'static,
    all: Vec<Input>,
    words: Vec<String>,
) -> impl Strategy<Value = Input> {
    let index = any::<Index>;
    let word = select(words).prop_map(String::into_bytes);
    let edit = prop_oneof![
        3 => (index(), any::<u8>()).prop_map(|(at, mask)| Edit::Flip(at, mask)),
        6 => (index(), word).prop_map(|(at, word)| Edit::Insert(at, word)),
        1 => (index(), vec(any::<u8>(), 0..6)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        3 => (index(), 1..40_usize).prop_map(|(at, many)| Edit::Remove(at, many)),
        1 => (index(), 1..30_usize, 1..200_usize).prop_map(|(at, many, times)| Edit::Repeat(at, many, times)),
        1 => (index(), index(), select(all)).prop_map(|(here, there, other)| Edit::Splice(here, there, other)),
        1 => index().prop_map(Edit::Cut),
    ];
    (seeds, vec(edit, 0..5)).prop_map(|(Input(mut bytes), edits)| {
        edits.iter().for_each(|edit| edit.on(&mut bytes));
        Input(bytes)
    })
}

// ---- rules

/// Every name and word of the document, and values that stand where none should.
fn rule_words() -> Vec<String> {
    fn walk(value: &Value, words: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if name == "properties" {
                        words.extend(
                            value
                                .as_object()
                                .into_iter()
                                .flatten()
                                .map(|(name, _)| format!("\"{name}\":")),
                        );
                    }
                    walk(value, words);
                }
            }
            Value::Array(list) => {
                words.extend(list.iter().filter_map(Value::as_str).map(|word| format!("\"{word}\"")));
                list.iter().for_each(|value| walk(value, words));
            }
            _ => {}
        }
    }
    let mut words: Vec<String> = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "{}",
        "[]",
        "null",
        "true",
        "\"\"",
        "\"@done\"",
        "\"@none\"",
        "\"@\"",
        "\"same\"",
        "-1",
        "0",
        "4294967296",
        "18446744073709551616",
        "1e999",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "\u{feff}",
        "\u{2028}",
        "\"callboard\":2,",
        "\"x\":{\"y\":[]},",
        "\"[\"",
        "\"if\":[{}],",
        "\"to\":[],",
    ]
    .map(str::to_owned)
    .into();
    walk(&schema(), &mut words);
    words
}

/// A document with parts of it in the places of other parts: it is JSON still, and often a rule set.
fn grafted() -> impl Strategy<Value = Input> {
    let odd = select(vec![
        json!(null),
        json!(2),
        json!(""),
        json!([]),
        json!({}),
        json!("@done"),
        json!("@none"),
        json!(["@omitted", "x"]),
        json!({ "roll_up": {} }),
        json!({ "roll_up": { "pick": "most_advanced" } }),
        json!({ "children": { "type": "" } }),
        json!({ "children": { "type": "Task", "of": "Task" } }),
        json!({ "parent": "Task" }),
        json!({ "next_tasks": {} }),
        json!("_"),
        json!("\u{0}"),
        json!(i64::MAX),
        json!([[]]),
        json!({ "below": "" }),
    ]);
    let documents = prop_oneof![
        select(corpus("rules")),
        rule_sets().prop_map(|set| Input(set.to_json_pretty().into_bytes()))
    ];
    let grafts = vec(
        (any::<Index>(), any::<Index>(), proptest::option::of(odd), 0..4_u8),
        0..4,
    );
    (documents, grafts).prop_map(|(document, grafts)| {
        let text = String::from_utf8_lossy(&document.0);
        let Ok(mut document) = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) else {
            return document;
        };
        for (here, there, odd, how) in grafts {
            let places = places(&document);
            let new = odd.unwrap_or_else(|| {
                document
                    .pointer(there.get(places.as_slice()).as_str())
                    .cloned()
                    .unwrap_or_default()
            });
            let place = here.get(places.as_slice());
            match (document.pointer_mut(place), how) {
                (Some(Value::Array(list)), 0) => list.push(new),
                (Some(Value::Object(fields)), 0) => {
                    fields.insert("moon".to_owned(), new);
                }
                (Some(Value::Array(list)), 1) => list.clear(),
                (Some(old), _) if !place.is_empty() => *old = new,
                _ => {}
            }
        }
        Input(document.to_string().into_bytes())
    })
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

fn a_rule_set_is_sound(set: &RuleSet) -> Outcome {
    // Of two statuses with one code nobody can tell which one an unknown part belonged to.
    let is_told = set.not_understood().is_empty() || set.statuses.values().all(|column| is_each_once(column));
    if is_told {
        let text = set.to_json_pretty();
        let back = RuleSet::parse(text.as_bytes());
        prop_assert_eq!(back.as_ref(), Ok(set), "{}", &text);
        prop_assert_eq!(back.map(|s| s.to_json_pretty()), Ok(text));
    }
    prop_assert!(diff(set, set).is_empty());
    for rule in &set.rules {
        prop_assert!(!sentence(set, rule).is_empty());
    }
    prop_assert!(svg(set).ends_with("</svg>\n"));
    let compiled = CompiledRules::new(set);
    // A rule of which a newer program wrote a part is left out.
    prop_assert!(compiled.len() <= set.enabled_rules().count());
    Ok(())
}

fn is_each_once(column: &[Status]) -> bool {
    let codes: HashSet<_> = column.iter().map(|status| &status.code).collect();
    codes.len() == column.len()
}

fn a_rule_file_is_read_or_refused(Input(bytes): Input) -> Outcome {
    if let Ok(set) = RuleSet::parse(&bytes) {
        a_rule_set_is_sound(&set)?;
    }
    match RuleSet::from_file(&bytes) {
        Ok(set) => {
            a_rule_set_is_sound(&set)?;
            // The rehearsal of many rules takes a while, and few show as much.
            if set.rules.len() <= 3 {
                for finding in check(&set, None) {
                    prop_assert!(!finding.message.is_empty());
                }
            }
        }
        Err(error) => prop_assert!(!error.to_string().is_empty()),
    }
    Ok(())
}

#[test]
fn rule_files_of_any_bytes_are_read_or_refused() {
    let seeds = select(corpus("rules"));
    fuzz(
        1_000,
        &edited(seeds, corpus("rules"), rule_words()),
        a_rule_file_is_read_or_refused,
    );
}

#[test]
fn rule_files_of_any_json_are_read_or_refused() {
    fuzz(1_000, &grafted(), a_rule_file_is_read_or_refused);
}

#[test]
fn what_the_corpus_has_of_rules_can_be_checked() {
    let sets: Vec<RuleSet> = corpus("rules")
        .iter()
        .filter_map(|file| RuleSet::parse(&file.0).ok())
        .collect();
    assert!(sets.len() >= 6, "most of it are rule sets: {}", sets.len());
    for set in &sets {
        a_rule_set_is_sound(set).expect("it is sound");
        assert!(check(set, None).iter().all(|finding| !finding.message.is_empty()));
    }
}

// ---- filters

const FILTER_WORDS: [&str; 44] = [
    "and",
    " or ",
    " not ",
    " in ",
    " not in ",
    " like ",
    " not_like ",
    " is ",
    " is_not ",
    " is not ",
    " after ",
    " before ",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "(",
    ")",
    ",",
    ".",
    "\"",
    "'",
    "`",
    "\\",
    "\\\"",
    "none",
    "null",
    "true",
    "false",
    "0",
    "-1.5e3",
    "1e999",
    "-",
    "_",
    "%",
    ".0",
    ".99999999999999999999",
    "entity",
    "\u{e9}",
    "\u{feff}",
    "(1)",
    " ",
];

fn a_filter_is_read_or_refused(Input(bytes): Input) -> Outcome {
    let source = String::from_utf8_lossy(&bytes);
    let filter = match Filter::parse(&source) {
        Ok(filter) => filter,
        Err(error) => {
            prop_assert!(!error.to_string().is_empty());
            return Ok(());
        }
    };
    prop_assert_eq!(filter.source(), source.as_ref());
    let written = filter.to_string();
    // Spaces that the source did without may take it beyond what is read.
    if written.len() <= callboard_rules::MAX_FILTER_BYTES {
        let back = Filter::parse(&written);
        prop_assert_eq!(back.as_ref(), Ok(&filter), "{}", &written);
        prop_assert_eq!(back.map(|f| f.to_string()), Ok(written));
    }
    let events = [
        Value::Null,
        json!({ "entity": { "entity_type": "Task", "n": -3, "ids": [[1, 2], "x", []], "new": { "status_id": 1 }, "old": {} }, "a": 1 }),
        json!([{ "a": [{ "b1": null }, true] }]),
    ];
    for event in events {
        let holds = filter.holds(&event);
        prop_assert_eq!(holds, filter.holds(&event));
        prop_assert!(!filter.explain(&event).is_empty());
        let negated = Filter::parse(&format!("not ({source})"));
        if let Ok(negated) = negated {
            prop_assert_eq!(negated.holds(&event), !holds, "{}", negated);
        }
    }
    Ok(())
}

#[test]
fn filters_of_any_text_are_read_or_refused() {
    let words = FILTER_WORDS.map(str::to_owned).into();
    fuzz(
        2_000,
        &edited(select(corpus("filters")), corpus("filters"), words),
        a_filter_is_read_or_refused,
    );
}

// ---- tables of notes

const TABLE_WORDS: [&str; 40] = [
    ",",
    ";",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\"",
    "\"\"",
    "Shot",
    "Note",
    "Version",
    "Type",
    "By",
    "\u{feff}",
    "\u{0}",
    "\u{e9}",
    "</c>",
    "<c r=\"A1\" t=\"s\">",
    "<c r=\"XFD1048576\">",
    "<c r=\"ZZZZZZ9\">",
    "<v>",
    "</v>",
    "<v>-1</v>",
    "<v>1e308</v>",
    "<v>99999999999</v>",
    "t=\"s\"",
    "t=\"d\"",
    "s=\"99\"",
    "r=\"4294967296\"",
    "<row r=\"0\">",
    "</row>",
    "<is><t>",
    "&#x0;",
    "&lol;",
    "<!DOCTYPE x [<!ENTITY lol \"lol\">]>",
    "../",
    "rId1",
    "date1904=\"1\"",
    "<mergeCell ref=\"A1:XFD1048576\"/>",
    "PK\u{3}\u{4}",
];

/// A workbook with one of its parts edited, packed anew so that the reader comes to see it.
fn workbooks() -> impl Strategy<Value = Input> {
    let part = |text: Vec<u8>| {
        edited(
            Just(Input(text.clone())),
            [Input(text)].into(),
            TABLE_WORDS.map(str::to_owned).into(),
        )
    };
    let packed = corpus("tables")
        .into_iter()
        .find(|file| file.0.starts_with(b"PK"))
        .expect("there is a workbook");
    let mut archive = ZipArchive::new(Cursor::new(packed.0)).expect("an archive");
    let parts: Vec<(String, Vec<u8>)> = (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).expect("a part");
            let mut text = Vec::new();
            file.read_to_end(&mut text).expect("a part can be read");
            (file.name().expect("a part has a name").into_owned(), text)
        })
        .collect();
    let choices: Vec<_> = parts.iter().map(|(_, text)| part(text.clone()).boxed()).collect();
    let places: Vec<usize> = (0..parts.len()).collect();
    select(places).prop_flat_map(move |place| {
        let parts = parts.clone();
        choices[place].clone().prop_map(move |edited| {
            let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
            let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            for (at, (name, text)) in parts.iter().enumerate() {
                archive.start_file(name.as_str(), stored).expect("a part");
                archive
                    .write_all(if at == place { &edited.0 } else { text })
                    .expect("a part");
            }
            Input(archive.finish().expect("an archive").into_inner())
        })
    })
}

fn choices() -> impl Strategy<Value = ColumnChoice> {
    let word = || {
        proptest::option::weighted(
            0.15,
            select(vec!["Shot", "A", "B", "2", "0", "ZZ", "", "Note", "99999999999"]),
        )
    };
    let sheet = proptest::option::weighted(0.1, select(vec!["Notes", "Old", "None", ""]));
    let header_row = proptest::option::weighted(0.15, select(vec![0, 1, 2, 5, u32::MAX]));
    (sheet, header_row, word(), word(), word(), word()).prop_map(|(sheet, header_row, name, note, kind, author)| {
        ColumnChoice {
            sheet: sheet.map(str::to_owned),
            header_row,
            name: name.map(str::to_owned),
            note: note.map(str::to_owned),
            kind: kind.map(str::to_owned),
            author: author.map(str::to_owned),
        }
    })
}

fn a_table_is_read_or_refused((Input(bytes), choice): (Input, ColumnChoice)) -> Outcome {
    let table = match NotesTable::read(&bytes, &choice) {
        Ok(table) => table,
        Err(error) => {
            prop_assert!(!error.to_string().is_empty());
            return Ok(());
        }
    };
    let again = NotesTable::read(&bytes, &choice);
    prop_assert_eq!(again.as_ref(), Ok(&table));
    prop_assert!(table.rows.len() + table.left_out.len() <= MAX_TABLE_ROWS);
    prop_assert!(table.rows.is_sorted_by(|one, other| one.row < other.row));
    prop_assert!(table.left_out.is_sorted_by(|one, other| one.row < other.row));
    for row in &table.rows {
        prop_assert!(
            row.row > 0 && !row.name.trim().is_empty() && !row.note.trim().is_empty(),
            "{:?}",
            row
        );
    }
    let kept = serde_json::to_value(&table).and_then(serde_json::from_value::<NotesTable>);
    prop_assert_eq!(kept.ok(), Some(table));
    Ok(())
}

#[test]
fn tables_of_any_bytes_are_read_or_refused() {
    let words = TABLE_WORDS.map(str::to_owned).into();
    let files = edited(select(corpus("tables")), corpus("tables"), words);
    fuzz(1_500, &(files, choices()), a_table_is_read_or_refused);
}

#[test]
fn workbooks_with_any_part_are_read_or_refused() {
    fuzz(1_500, &(workbooks(), choices()), a_table_is_read_or_refused);
}

// ---- YAML

const YAML_WORDS: [&str; 43] = [
    "\n",
    "\n  ",
    "\n    ",
    "- ",
    ": ",
    "? ",
    "&a ",
    "*a",
    "&same ",
    "*same",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "|\n",
    ">-\n",
    "\"",
    "'",
    "# ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "!!str ",
    "!x ",
    "~",
    "null",
    "true",
    "1",
    "@done",
    "\t",
    "\u{feff}",
    "\u{85}",
    "<<: ",
    "version_statuses:\n",
    "task_statuses:\n",
    "version_to_task:\n",
    "task_to_shot:\n",
    "shot_to_task:\n",
    "task_step_relations:\n",
    "key: ",
    "label: ",
    "new_status: ",
];

fn a_yaml_map_is_read_or_refused(Input(bytes): Input) -> Outcome {
    match RuleSet::from_yaml(&bytes, "Imported") {
        Ok(Imported { set, notes }) => {
            a_rule_set_is_sound(&set)?;
            prop_assert!(notes.iter().all(|note| !note.message.is_empty()));
            if set.rules.len() <= 3 {
                prop_assert!(check(&set, None).iter().all(|finding| !finding.message.is_empty()));
            }
        }
        Err(error) => prop_assert!(!error.to_string().is_empty()),
    }
    Ok(())
}

#[test]
fn yaml_maps_of_any_bytes_are_read_or_refused() {
    let words = YAML_WORDS.map(str::to_owned).into();
    fuzz(
        1_500,
        &edited(select(corpus("yaml")), corpus("yaml"), words),
        a_yaml_map_is_read_or_refused,
    );
}

/// Of what is tried, a good part must be read and a good part refused: otherwise it proves little.
#[test]
fn much_of_what_is_tried_is_read_and_much_is_refused() {
    fn share<T>(of: &str, inputs: &impl Strategy<Value = T>, is_read: impl Fn(&T) -> bool) {
        let mut runner = TestRunner::deterministic();
        let mut input = || inputs.new_tree(&mut runner).expect("nothing is rejected").current();
        let read = (0..400).filter(|_| is_read(&input())).count();
        assert!((60..340).contains(&read), "of 400 {of}, {read} are read");
    }
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
    let files = |of: &'static str, words| edited(select(corpus(of)), corpus(of), words);
    let is_rules = |input: &Input| RuleSet::parse(&input.0).is_ok();
    let is_table = |(bytes, choice): &(Input, ColumnChoice)| NotesTable::read(&bytes.0, choice).is_ok();
    share("rule files", &files("rules", rule_words()), is_rules);
    share("documents", &grafted(), is_rules);
    share("filters", &files("filters", words(&FILTER_WORDS)), |input| {
        Filter::parse(&String::from_utf8_lossy(&input.0)).is_ok()
    });
    share("tables", &(files("tables", words(&TABLE_WORDS)), choices()), is_table);
    share("workbooks", &(workbooks(), choices()), is_table);
    share("YAML maps", &files("yaml", words(&YAML_WORDS)), |input| {
        RuleSet::from_yaml(&input.0, "x").is_ok()
    });
}
