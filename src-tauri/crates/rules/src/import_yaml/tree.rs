//! YAML as a tree of lists, maps and words. A word is what stands in the file: `no`, `010` and `1e3` are status codes like
//! any other, and not a truth value and two numbers.

use std::collections::HashMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::{MAX_YAML_DEPTH, MAX_YAML_VALUES, YamlImportError};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Nothing,
    Word(String),
    List(Vec<Node>),
    /// The keys in the order of the file; those that a `<<` brings in come last.
    Map(Vec<(Node, Node)>),
}

impl Node {
    pub(super) fn wrong(&self, what: impl Into<String>) -> YamlImportError {
        YamlImportError::Wrong {
            line: self.line,
            column: self.column,
            what: what.into(),
        }
    }

    /// The word, without the blanks around it; none where it is empty or something else.
    pub(super) fn word(&self) -> Option<&str> {
        match &self.value {
            Value::Word(word) => Some(word.trim()).filter(|w| !w.is_empty()),
            Value::Nothing | Value::List(_) | Value::Map(_) => None,
        }
    }

    fn height(&self) -> usize {
        match &self.value {
            Value::Nothing | Value::Word(_) => 0,
            Value::List(list) => 1 + list.iter().map(Self::height).max().unwrap_or(0),
            Value::Map(map) => 1 + map.iter().map(|(k, v)| k.height().max(v.height())).max().unwrap_or(0),
        }
    }

    fn size(&self) -> usize {
        1 + match &self.value {
            Value::Nothing | Value::Word(_) => 0,
            Value::List(list) => list.iter().map(Self::size).sum(),
            Value::Map(map) => map.iter().map(|(k, v)| k.size() + v.size()).sum(),
        }
    }
}

/// A list or map that is still being read.
struct Open {
    node: Node,
    /// The key whose value comes next.
    key: Option<Node>,
    anchor: usize,
}

struct Reader {
    open: Vec<Open>,
    root: Option<Node>,
    /// What `*` may stand for, by the number of its `&`.
    anchors: HashMap<usize, Node>,
    values: usize,
}

pub(super) fn read(text: &str) -> Result<Node, YamlImportError> {
    let mut reader = Reader {
        open: Vec::new(),
        root: None,
        anchors: HashMap::new(),
        values: 0,
    };
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_YAML_DEPTH + 1,
        block_nesting_limit: MAX_YAML_DEPTH + 1,
    };
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| {
            let at = error.marker();
            if matches!(error.kind(), granit_parser::ErrorKind::RecursionLimitExceeded) {
                too_deep(at)
            } else {
                YamlImportError::NotYaml {
                    line: at.line().max(1),
                    column: at.col() + 1,
                    what: error.info(),
                }
            }
        })?;
        reader.take(event, &span)?;
    }
    reader.root.ok_or(YamlImportError::NotAMap)
}

impl Reader {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlImportError> {
        let at = &span.start;
        match event {
            Event::DocumentStart(..) if self.root.is_some() => Err(YamlImportError::Wrong {
                line: at.line().max(1),
                column: at.col() + 1,
                what: "a second document begins here, and such a file has one".to_owned(),
            }),
            Event::Scalar(text, style, anchor, _) => {
                let is_nothing =
                    matches!(style, ScalarStyle::Plain) && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if is_nothing {
                    Value::Nothing
                } else {
                    Value::Word(text.into_owned())
                };
                self.put(node(at, value), anchor, at)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Value::List(Vec::new()), anchor, at),
            Event::MappingStart(_, anchor, _) => self.begin(Value::Map(Vec::new()), anchor, at),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(done) => self.put(merged(done.node), done.anchor, at),
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                // Where it is not there yet, it would stand for the very thing that it is a part of.
                let Some(found) = self.anchors.get(&anchor) else {
                    return Err(node(at, Value::Nothing).wrong("what * stands for here contains itself"));
                };
                if self.open.len() + found.height() > MAX_YAML_DEPTH {
                    return Err(too_deep(at));
                }
                let size = found.size();
                self.spend(size, at)?;
                let copy = self.anchors.get(&anchor).cloned();
                let (line, column) = (at.line().max(1), at.col() + 1);
                copy.map_or(Ok(()), |copy| self.put(Node { line, column, ..copy }, 0, at))
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, value: Value, anchor: usize, at: &Marker) -> Result<(), YamlImportError> {
        if self.open.len() >= MAX_YAML_DEPTH {
            return Err(too_deep(at));
        }
        self.open.push(Open {
            node: node(at, value),
            key: None,
            anchor,
        });
        Ok(())
    }

    /// Puts a value where it belongs.
    fn put(&mut self, value: Node, anchor: usize, at: &Marker) -> Result<(), YamlImportError> {
        self.spend(1, at)?;
        if anchor != 0 {
            let size = value.size();
            self.spend(size, at)?;
            self.anchors.insert(anchor, value.clone());
        }
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open { node, key, .. }) => match &mut node.value {
                Value::List(list) => list.push(value),
                Value::Map(map) => match key.take() {
                    None => *key = Some(value),
                    Some(key) => map.push((key, value)),
                },
                Value::Nothing | Value::Word(_) => {}
            },
        }
        Ok(())
    }

    fn spend(&mut self, values: usize, at: &Marker) -> Result<(), YamlImportError> {
        self.values = self.values.saturating_add(values);
        if self.values > MAX_YAML_VALUES {
            return Err(YamlImportError::TooMany {
                line: at.line().max(1),
                column: at.col() + 1,
            });
        }
        Ok(())
    }
}

/// A map with what its `<<` brings in; its own keys count before those, and the first `<<` before the second.
fn merged(mut node: Node) -> Node {
    let Value::Map(map) = &mut node.value else {
        return node;
    };
    let is_merge = |(key, value): &(Node, Node)| key.word() == Some("<<") && !matches!(value.value, Value::Word(_));
    if !map.iter().any(is_merge) {
        return node;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) = std::mem::take(map).into_iter().partition(is_merge);
    let mut brought = Vec::new();
    for (_, value) in merges {
        match value.value {
            Value::Map(map) => brought.extend(map),
            Value::List(list) => brought.extend(list.into_iter().flat_map(|one| match one.value {
                Value::Map(map) => map,
                Value::Nothing | Value::Word(_) | Value::List(_) => Vec::new(),
            })),
            Value::Nothing | Value::Word(_) => {}
        }
    }
    let mut known: std::collections::HashSet<String> = own
        .iter()
        .filter_map(|(key, _)| key.word().map(str::to_owned))
        .collect();
    for (key, value) in brought {
        if key.word().is_none_or(|word| known.insert(word.to_owned())) {
            own.push((key, value));
        }
    }
    *map = own;
    node
}

fn node(at: &Marker, value: Value) -> Node {
    Node {
        line: at.line().max(1),
        column: at.col() + 1,
        value,
    }
}

fn too_deep(at: &Marker) -> YamlImportError {
    YamlImportError::TooDeep {
        line: at.line().max(1),
        column: at.col() + 1,
    }
}
