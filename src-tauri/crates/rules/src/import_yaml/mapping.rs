//! What the file says, whichever of the usual forms it says it in.

use std::collections::BTreeMap;

use callboard_model::{EntityType, StatusCode};

use super::tree::{Node, Value};
use super::{ImportNote, YamlImportError};
use crate::ColumnName;

/// Three lists and what leads from one to another.
#[derive(Debug, Default)]
pub(super) struct Mapping {
    pub(super) lists: BTreeMap<ColumnName, Vec<Declared>>,
    pub(super) maps: Vec<(Way, Vec<Row>)>,
    pub(super) relations: Vec<Relation>,
}

/// A status of a list.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) code: StatusCode,
    pub(super) name: Option<String>,
    pub(super) group: Option<String>,
    pub(super) color: Option<String>,
}

/// From which entity to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    VersionToTask,
    TaskToShot,
    ShotToTask,
}

/// A status and those that are acceptable for what it leads to; the first is set where there is none of them.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) from: Code,
    pub(super) to: Vec<Code>,
}

/// A Task of one step that comes to a status sets Tasks of other steps.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) step: String,
    pub(super) on: Vec<Code>,
    pub(super) steps: Vec<String>,
    pub(super) to: Vec<Code>,
}

/// A code and the line it stands in.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) code: StatusCode,
    pub(super) line: usize,
}

impl Way {
    pub(super) const ALL: [Self; 3] = [Self::VersionToTask, Self::TaskToShot, Self::ShotToTask];

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::VersionToTask => "version_to_task",
            Self::TaskToShot => "task_to_shot",
            Self::ShotToTask => "shot_to_task",
        }
    }

    pub(super) fn from(self) -> EntityType {
        EntityType::from(match self {
            Self::VersionToTask => EntityType::VERSION,
            Self::TaskToShot => EntityType::TASK,
            Self::ShotToTask => EntityType::SHOT,
        })
    }

    pub(super) fn to(self) -> EntityType {
        EntityType::from(match self {
            Self::TaskToShot => EntityType::SHOT,
            Self::VersionToTask | Self::ShotToTask => EntityType::TASK,
        })
    }
}

const LISTS: [(&str, &str); 3] = [
    ("version_statuses", EntityType::VERSION),
    ("task_statuses", EntityType::TASK),
    ("shot_statuses", EntityType::SHOT),
];
const RELATIONS: &str = "task_step_relations";
const CODE: [&str; 4] = ["key", "code", "short_code", "status"];
const NAME: [&str; 4] = ["label", "name", "title", "display_name"];
const COLOR: [&str; 3] = ["color", "colour", "bg_color"];
const GROUP: [&str; 2] = ["group", "category"];
const STEP: [&str; 3] = ["step", "steps", "from_steps"];
const ON: [&str; 3] = ["triggers_on_status", "trigger_on_status", "trigger_status"];
const STEPS: [&str; 2] = ["update_steps", "update_step"];
const TO: [&str; 1] = ["new_status"];

pub(super) fn read(root: &Node, notes: &mut Vec<ImportNote>) -> Result<Mapping, YamlImportError> {
    let Value::Map(parts) = &root.value else {
        return Err(YamlImportError::NotAMap);
    };
    let mut mapping = Mapping::default();
    let mut known_parts = 0;
    let mut unknown = Vec::new();
    for (key, value) in last_of_each(pairs(parts), plain, notes) {
        let word = plain(
            key.word()
                .ok_or_else(|| key.wrong("the name of a part is expected here"))?,
        );
        known_parts += 1;
        if let Some((_, kind)) = LISTS.iter().find(|(name, _)| *name == word) {
            let column = ColumnName::of(&EntityType::from(*kind));
            mapping.lists.insert(column, statuses(value, notes)?);
        } else if let Some(way) = Way::ALL.into_iter().find(|way| way.key() == word) {
            mapping.maps.push((way, rows(value, notes)?));
        } else if word == RELATIONS {
            mapping.relations = relations(value, notes)?;
        } else {
            known_parts -= 1;
            unknown.push(key);
        }
    }
    if known_parts == 0 {
        return Err(YamlImportError::NotAMap);
    }
    let known: Vec<&str> = LISTS
        .iter()
        .map(|(name, _)| *name)
        .chain(Way::ALL.map(Way::key))
        .chain([RELATIONS])
        .collect();
    for key in unknown {
        let word = key.word().unwrap_or_default();
        let message = format!(
            "\"{word}\" is no part of such a map{}; it was left out.",
            meant(word, &known)
        );
        notes.push(ImportNote::at(key.line, message));
    }
    mapping
        .maps
        .sort_by_key(|(way, _)| Way::ALL.iter().position(|w| w == way));
    Ok(mapping)
}

/// `Version-to-Task` is `version_to_task`.
fn plain(word: &str) -> String {
    word.to_lowercase().replace(['-', ' '], "_")
}

fn meant(word: &str, known: &[&str]) -> String {
    let word = plain(word);
    let likeness = |name: &&&str| strsim::jaro_winkler(&word, name);
    let closest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    closest
        .filter(|name| likeness(name) > 0.9)
        .map_or_else(String::new, |name| format!(" (did you mean \"{name}\"?)"))
}

/// A key and what stands under it.
type Entry<'a> = (&'a Node, &'a Node);

fn pairs(map: &[(Node, Node)]) -> impl Iterator<Item = Entry<'_>> {
    map.iter().map(|(key, value)| (key, value))
}

/// The entries of a map, each key once: of a key that stands there twice the later one counts, as it does for those who read
/// such files with Python.
fn last_of_each<'a>(
    entries: impl Iterator<Item = Entry<'a>>,
    as_one: impl Fn(&str) -> String,
    notes: &mut Vec<ImportNote>,
) -> Vec<Entry<'a>> {
    let mut found: Vec<Entry<'_>> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (key, value) in entries {
        let Some(word) = key.word() else {
            found.push((key, value));
            continue;
        };
        let place = *places.entry(as_one(word)).or_insert(found.len());
        match found.get_mut(place) {
            None => found.push((key, value)),
            Some(before) => {
                let message = format!(
                    "\"{word}\" stands here again; this one counts, and the one in line {} does not.",
                    before.0.line
                );
                notes.push(ImportNote::at(key.line, message));
                *before = (key, value);
            }
        }
    }
    found
}

/// What stands in a map under a key, or in a list of maps with one key each.
fn entries<'a>(node: &'a Node, what: &str, notes: &mut Vec<ImportNote>) -> Result<Vec<Entry<'a>>, YamlImportError> {
    match &node.value {
        Value::Nothing => Ok(Vec::new()),
        Value::Map(map) => Ok(last_of_each(pairs(map), str::to_owned, notes)),
        Value::List(list) => {
            let mut all = Vec::new();
            for one in list {
                let Value::Map(map) = &one.value else {
                    return Err(one.wrong(format!("{what} is expected here")));
                };
                all.extend(pairs(map));
            }
            Ok(last_of_each(all.into_iter(), str::to_owned, notes))
        }
        Value::Word(_) => Err(node.wrong(format!("{what} is expected here"))),
    }
}

fn statuses(node: &Node, notes: &mut Vec<ImportNote>) -> Result<Vec<Declared>, YamlImportError> {
    let mut found: Vec<(Declared, usize)> = Vec::new();
    match &node.value {
        Value::Nothing => {}
        Value::Word(_) => return Err(node.wrong("a list of statuses is expected here, each with its key and label")),
        // `apv: Client Approved`
        Value::Map(map) => {
            for (key, value) in last_of_each(pairs(map), str::to_owned, notes) {
                found.push((named_status(key, value, notes)?, key.line));
            }
        }
        Value::List(list) => {
            for one in list {
                let status = match &one.value {
                    Value::Map(map) if !has_any(map, &CODE) && map.len() == 1 => {
                        let (key, value) = map.first().ok_or_else(|| one.wrong(NO_CODE))?;
                        named_status(key, value, notes)?
                    }
                    Value::Map(map) => {
                        let entries = last_of_each(pairs(map), plain, notes);
                        let code = value_of(&entries, &CODE).ok_or_else(|| one.wrong(NO_CODE))?;
                        described(code_of(code)?.code, &entries, notes)?
                    }
                    _ => bare(code_of(one)?.code),
                };
                found.push((status, one.line));
            }
        }
    }
    let mut kept: Vec<Declared> = Vec::with_capacity(found.len());
    let mut seen = std::collections::HashSet::new();
    for (status, line) in found {
        if seen.insert(status.code.clone()) {
            kept.push(status);
        } else {
            let message = format!(
                "The status {} stands in this list already; the first one counts.",
                status.code
            );
            notes.push(ImportNote::at(line, message));
        }
    }
    Ok(kept)
}

const NO_CODE: &str = "a status is expected here with its key, like {key: apv, label: Client Approved}";

/// `apv: Client Approved`, or `apv: {label: Client Approved}`.
fn named_status(key: &Node, value: &Node, notes: &mut Vec<ImportNote>) -> Result<Declared, YamlImportError> {
    let code = code_of(key)?.code;
    match &value.value {
        Value::Nothing => Ok(bare(code)),
        Value::Word(name) => Ok(Declared {
            name: Some(name.trim().to_owned()).filter(|n| !n.is_empty()),
            ..bare(code)
        }),
        Value::Map(map) => {
            let entries = last_of_each(pairs(map), plain, notes);
            described(code, &entries, notes)
        }
        Value::List(_) => Err(value.wrong("the label of a status is expected here")),
    }
}

fn bare(code: StatusCode) -> Declared {
    Declared {
        code,
        name: None,
        group: None,
        color: None,
    }
}

fn described(
    code: StatusCode,
    entries: &[Entry<'_>],
    notes: &mut Vec<ImportNote>,
) -> Result<Declared, YamlImportError> {
    let mut status = bare(code);
    for (key, value) in entries {
        let word = key.word().map(plain).unwrap_or_default();
        let is = |names: &[&str]| names.contains(&word.as_str());
        let text = || match &value.value {
            Value::Nothing => Ok(None),
            Value::Word(text) => Ok(Some(text.trim().to_owned()).filter(|t| !t.is_empty())),
            Value::List(_) | Value::Map(_) => Err(value.wrong(format!("a word is expected here for \"{word}\""))),
        };
        if is(&CODE) {
            continue;
        }
        if is(&NAME) {
            status.name = text()?;
        } else if is(&GROUP) {
            status.group = text()?;
        } else if is(&COLOR) {
            let said = text()?;
            status.color = said.as_deref().and_then(color);
            if let (Some(said), None) = (said, &status.color) {
                let message = format!("\"{said}\" is no colour; one is written #rrggbb. It was left out.");
                notes.push(ImportNote::at(value.line, message));
            }
        } else {
            let known: Vec<&str> = CODE.iter().chain(&NAME).chain(&COLOR).chain(&GROUP).copied().collect();
            let message = format!(
                "\"{word}\" of the status {} is not known{}; it was left out.",
                status.code,
                meant(&word, &known)
            );
            notes.push(ImportNote::at(key.line, message));
        }
    }
    Ok(status)
}

/// `#rrggbb`, or ShotGrid's `r,g,b`.
fn color(text: &str) -> Option<String> {
    if let Some(hex) = text.strip_prefix('#') {
        let is_hex = hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        return is_hex.then(|| text.to_lowercase());
    }
    let parts: Vec<u8> = text
        .split(',')
        .map(|part| part.trim().parse().ok())
        .collect::<Option<_>>()?;
    match parts.as_slice() {
        [r, g, b] => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        _ => None,
    }
}

fn rows(node: &Node, notes: &mut Vec<ImportNote>) -> Result<Vec<Row>, YamlImportError> {
    let what = "a map from each status to those that it leads to, like \"apv: [apv]\",";
    let mut rows = Vec::new();
    for (key, value) in entries(node, what, notes)? {
        let row = Row {
            from: code_of(key)?,
            to: codes(value)?,
        };
        rows.push(row);
    }
    Ok(rows)
}

fn relations(node: &Node, notes: &mut Vec<ImportNote>) -> Result<Vec<Relation>, YamlImportError> {
    let mut found = Vec::new();
    match &node.value {
        Value::Nothing => {}
        Value::Word(_) => return Err(node.wrong(NO_RELATION)),
        Value::Map(map) => {
            for (key, value) in last_of_each(pairs(map), str::to_owned, notes) {
                let step = key
                    .word()
                    .ok_or_else(|| key.wrong("the name of a step is expected here"))?;
                let several = match &value.value {
                    Value::List(list) => list.iter().collect(),
                    _ => vec![value],
                };
                for one in several {
                    relation(one, &[step.to_owned()], key.line, &mut found, notes)?;
                }
            }
        }
        Value::List(list) => {
            for one in list {
                let Value::Map(map) = &one.value else {
                    return Err(one.wrong(NO_RELATION));
                };
                match map.first() {
                    // `- Rotoscoping: {triggers_on_status: …}`
                    Some((key, value)) if map.len() == 1 && matches!(value.value, Value::Map(_)) => {
                        let step = key
                            .word()
                            .ok_or_else(|| key.wrong("the name of a step is expected here"))?;
                        relation(value, &[step.to_owned()], key.line, &mut found, notes)?;
                    }
                    _ => relation(one, &[], one.line, &mut found, notes)?,
                }
            }
        }
    }
    Ok(found)
}

const NO_RELATION: &str = "what a step sets off is expected here: triggers_on_status, update_steps and new_status";

/// One relation, for each step that sets it off: those of its key, or else those that it names.
fn relation(
    node: &Node,
    steps: &[String],
    line: usize,
    found: &mut Vec<Relation>,
    notes: &mut Vec<ImportNote>,
) -> Result<(), YamlImportError> {
    let Value::Map(map) = &node.value else {
        return Err(node.wrong(NO_RELATION));
    };
    let entries = last_of_each(pairs(map), plain, notes);
    let known: Vec<&str> = STEP.iter().chain(&ON).chain(&STEPS).chain(&TO).copied().collect();
    for (key, _) in &entries {
        let word = key.word().map(plain).unwrap_or_default();
        // Where the key names the step, there is no second place for it.
        let is_known = known.contains(&word.as_str()) && (steps.is_empty() || !STEP.contains(&word.as_str()));
        if !is_known {
            let message = format!(
                "\"{word}\" of a relation between steps is not known{}; it was left out.",
                meant(&word, &known)
            );
            notes.push(ImportNote::at(key.line, message));
        }
    }
    let codes_of = |names: &[&str]| value_of(&entries, names).map_or_else(|| Ok(Vec::new()), codes);
    let words_of = |names: &[&str]| value_of(&entries, names).map_or_else(|| Ok(Vec::new()), words);
    let (on, updated, to) = (codes_of(&ON)?, words_of(&STEPS)?, codes_of(&TO)?);
    let from = if steps.is_empty() {
        words_of(&STEP)?
    } else {
        steps.to_vec()
    };
    let parts = [
        ("step", from.is_empty()),
        ("triggers_on_status", on.is_empty()),
        ("update_steps", updated.is_empty()),
        ("new_status", to.is_empty()),
    ];
    if let Some((missing, _)) = parts.into_iter().find(|(_, is_missing)| *is_missing) {
        let whose = from.first().map_or_else(String::new, |step| format!(" of {step}"));
        let message = format!("The relation{whose} has no {missing}, so nothing can follow from it; it was left out.");
        notes.push(ImportNote::at(line, message));
        return Ok(());
    }
    found.extend(from.into_iter().map(|step| Relation {
        step,
        on: on.clone(),
        steps: updated.clone(),
        to: to.clone(),
    }));
    Ok(())
}

fn has_any(map: &[(Node, Node)], names: &[&str]) -> bool {
    map.iter()
        .any(|(key, _)| key.word().is_some_and(|w| names.contains(&plain(w).as_str())))
}

fn value_of<'a>(entries: &[Entry<'a>], names: &[&str]) -> Option<&'a Node> {
    let of_name = |name: &&str| {
        let entry = entries
            .iter()
            .find(|(key, _)| key.word().map(plain).as_deref() == Some(*name));
        entry.map(|(_, value)| *value)
    };
    names.iter().find_map(of_name)
}

/// A list of codes, or one alone.
fn codes(node: &Node) -> Result<Vec<Code>, YamlImportError> {
    let mut found: Vec<Code> = Vec::new();
    for one in several(node) {
        let code = code_of(one)?;
        if !found.iter().any(|c| c.code == code.code) {
            found.push(code);
        }
    }
    Ok(found)
}

fn words(node: &Node) -> Result<Vec<String>, YamlImportError> {
    let mut found: Vec<String> = Vec::new();
    for one in several(node) {
        let word = one
            .word()
            .ok_or_else(|| one.wrong("the name of a step is expected here"))?;
        if !found.iter().any(|w| w == word) {
            found.push(word.to_owned());
        }
    }
    Ok(found)
}

fn several(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::Nothing => Vec::new(),
        Value::List(list) => list.iter().collect(),
        Value::Word(_) | Value::Map(_) => vec![node],
    }
}

fn code_of(node: &Node) -> Result<Code, YamlImportError> {
    if let Value::Map(map) = &node.value {
        let entries: Vec<Entry<'_>> = pairs(map).collect();
        if let Some(code) = value_of(&entries, &CODE).filter(|code| code.word().is_some()) {
            return code_of(code);
        }
    }
    let word = node
        .word()
        .ok_or_else(|| node.wrong("the key of a status is expected here"))?;
    if word.starts_with('@') {
        return Err(node.wrong(format!(
            "\"{word}\" cannot be a status: in a rule set, @ stands for all statuses of a class"
        )));
    }
    Ok(Code {
        code: StatusCode::from(word),
        line: node.line,
    })
}
