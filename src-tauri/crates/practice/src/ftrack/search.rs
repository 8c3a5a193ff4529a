//! Answers to questions: which entities are meant, in which order, and what of each is shown. ftrack: query language.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::errors::Fault;
use super::query::{Criterion, Operator, Query, parse};
use super::schema::{Attribute, EntityType, Shape, named};
use super::show::{Found, Show, text};

/// What is wanted of an entity, and of those that it leads to.
type Wanted = BTreeMap<String, Tree>;

#[derive(Clone, Debug, Default, PartialEq)]
struct Tree(Wanted);

/// What an answer has shown already. A server shows each entity in full once, and then by its key alone, unless it is
/// asked to repeat itself.
struct Shown {
    repeats: bool,
    already: HashMap<(&'static str, String), HashSet<String>>,
}

impl Show {
    /// The result of one `query` operation. `repeats`: the caller asked for `denormalize:1`.
    pub(super) fn query(&self, expression: &str, repeats: bool) -> Result<Value, Fault> {
        let query = parse(expression)?;
        let kind = named(&query.entity)
            .ok_or_else(|| Fault::invalid(format!("Entity type \"{}\" does not exist.", query.entity)))?;
        let defaults = || kind.projections.iter().map(|name| vec![(*name).to_owned()]).collect();
        let projections = query.projections.clone().unwrap_or_else(defaults);
        for path in &projections {
            let _: &Attribute = resolve(kind, path)?;
        }
        if let Some(criterion) = &query.criterion {
            check(kind, criterion)?;
        }
        for (path, _) in &query.order {
            let _: &Attribute = resolve(kind, path)?;
        }
        let found = self.matching(kind, &query);
        let limit = query.limit.unwrap_or(usize::MAX);
        let page = found.iter().skip(query.offset).take(limit);
        let mut shown = Shown {
            repeats,
            already: HashMap::new(),
        };
        let wanted = tree(&projections);
        let data: Vec<Value> = page
            .map(|found| self.shown(*found, &wanted, &mut shown, false))
            .collect();
        let end = query.offset.saturating_add(limit);
        let next = if end < found.len() { json!(end) } else { Value::Null };
        Ok(json!({"action": "query", "data": data, "metadata": {"next": {"offset": next}}}))
    }

    fn matching(&self, kind: &'static EntityType, query: &Query) -> Vec<Found<'_>> {
        let holds = |found: &Found<'_>| {
            query
                .criterion
                .as_ref()
                .is_none_or(|criterion| self.holds(*found, criterion))
        };
        let ids = query.criterion.as_ref().and_then(|criterion| ids_of(kind, criterion));
        let mut found: Vec<Found<'_>> = match ids {
            Some(ids) => ids.iter().filter_map(|id| self.get(kind, id)).filter(holds).collect(),
            None => self.all(kind).filter(holds).collect(),
        };
        found.sort_by(|a, b| {
            let by = |(path, descends): &(Vec<String>, bool)| {
                let first = |of: &Found<'_>| self.reach(*of, path).into_iter().next().unwrap_or(Value::Null);
                let order = compared(&first(a), &first(b));
                if *descends { order.reverse() } else { order }
            };
            query
                .order
                .iter()
                .map(by)
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        found
    }

    fn holds(&self, found: Found<'_>, criterion: &Criterion) -> bool {
        match criterion {
            Criterion::All(parts) => parts.iter().all(|part| self.holds(found, part)),
            Criterion::Any(parts) => parts.iter().any(|part| self.holds(found, part)),
            Criterion::Not(inner) => !self.holds(found, inner),
            Criterion::Compare { path, operator, values } => {
                self.reach(found, path).iter().any(|value| is(value, *operator, values))
            }
            Criterion::Related { path, inner } => self
                .led_to(vec![found], path)
                .iter()
                .any(|related| self.holds(*related, inner)),
        }
    }

    /// The values at the end of a path; one null where a relation leads nowhere.
    fn reach(&self, found: Found<'_>, path: &[String]) -> Vec<Value> {
        let Some((last, way)) = path.split_last() else {
            return Vec::new();
        };
        let ends = self.led_to(vec![found], way);
        if ends.is_empty() {
            return vec![Value::Null];
        }
        let value = |end: &Found<'_>| match end.kind.attribute(last) {
            Some(attribute) => match attribute.shape {
                Shape::One { .. } => self
                    .related(*end, attribute)
                    .map_or(Value::Null, |related| json!(related.id())),
                _ => self.value(*end, attribute),
            },
            None => Value::Null,
        };
        ends.iter().map(value).collect()
    }

    fn led_to<'s>(&'s self, from: Vec<Found<'s>>, path: &[String]) -> Vec<Found<'s>> {
        let mut at = from;
        for step in path {
            at = at
                .into_iter()
                .filter_map(|found| Some((found, found.kind.attribute(step)?)))
                .flat_map(|(found, attribute)| match attribute.shape {
                    Shape::One { .. } => self.related(found, attribute).into_iter().collect(),
                    _ => self.collection(found, attribute),
                })
                .collect();
        }
        at
    }

    /// An entity as an answer shows it.
    fn shown(&self, found: Found<'_>, wanted: &Wanted, shown: &mut Shown, is_nested: bool) -> Value {
        let mut document = Map::new();
        document.insert("__entity_type__".to_owned(), json!(found.kind.name));
        for part in found.kind.key {
            document.insert((*part).to_owned(), text_or_null(found, part));
        }
        let already = shown.already.entry((found.kind.name, joined(found))).or_default();
        let is_news = wanted.keys().any(|name| !already.contains(name));
        already.extend(wanted.keys().cloned());
        if is_nested && !is_news && !shown.repeats {
            return Value::Object(document);
        }
        for name in found.kind.system {
            if let Some(attribute) = found.kind.attribute(name) {
                document.insert((*name).to_owned(), wire(attribute, self.value(found, attribute)));
            }
        }
        for (name, Tree(inner)) in wanted {
            let Some(attribute) = found.kind.attribute(name) else {
                continue;
            };
            let value = match attribute.shape {
                Shape::One { .. } => self
                    .related(found, attribute)
                    .map_or(Value::Null, |related| self.shown(related, inner, shown, true)),
                Shape::Many { .. } | Shape::Through { .. } => {
                    let all = self.collection(found, attribute);
                    all.into_iter()
                        .map(|related| self.shown(related, inner, shown, true))
                        .collect()
                }
                _ => wire(attribute, self.value(found, attribute)),
            };
            document.insert(name.clone(), value);
        }
        Value::Object(document)
    }

    /// All columns of an entity, as the answer to a create shows them.
    pub(super) fn whole(&self, found: Found<'_>) -> Value {
        let columns = found.kind.attributes.iter().filter(|attribute| attribute.is_column());
        let mut document: Map<String, Value> = columns
            .map(|attribute| (attribute.name.to_owned(), wire(attribute, self.value(found, attribute))))
            .collect();
        document.insert("__entity_type__".to_owned(), json!(found.kind.name));
        Value::Object(document)
    }
}

fn text_or_null(found: Found<'_>, part: &str) -> Value {
    found.row.get(part).cloned().unwrap_or(Value::Null)
}

fn joined(found: Found<'_>) -> String {
    let parts: Vec<&str> = found.kind.key.iter().map(|part| text(found.row, part)).collect();
    parts.join(",")
}

/// A value as JSON carries it: times are objects.
pub(super) fn wire(attribute: &Attribute, value: Value) -> Value {
    match (attribute.shape, value) {
        (Shape::Date, Value::String(at)) => json!({"__type__": "datetime", "value": at}),
        (_, value) => value,
    }
}

fn tree(paths: &[Vec<String>]) -> Wanted {
    let mut wanted = Wanted::new();
    for path in paths {
        let mut at = &mut wanted;
        for step in path {
            at = &mut at.entry(step.clone()).or_default().0;
        }
    }
    wanted
}

/// The attribute at the end of a path, or what is wrong with the path. What a relation to several types leads to may
/// have attributes that only one of them has.
fn resolve(kind: &'static EntityType, path: &[String]) -> Result<&'static Attribute, Fault> {
    let unknown = |kind: &EntityType, name: &str| {
        Fault::invalid(format!(
            "Attribute \"{name}\" does not exist on entity type \"{}\".",
            kind.name
        ))
    };
    let (first, rest) = path.split_first().ok_or_else(|| unknown(kind, ""))?;
    let of_a_typed_context = || named("TypedContext").filter(|_| kind.name == "Context");
    let found = kind.attribute(first).or_else(|| of_a_typed_context()?.attribute(first));
    let attribute = found.ok_or_else(|| unknown(kind, first))?;
    if rest.is_empty() {
        return Ok(attribute);
    }
    let next = match attribute.shape {
        Shape::One { to, .. } => named(to),
        Shape::Many { of, .. } | Shape::Through { of, .. } => named(of),
        _ => None,
    };
    resolve(next.ok_or_else(|| unknown(kind, &path.join(".")))?, rest)
}

fn check(kind: &'static EntityType, criterion: &Criterion) -> Result<(), Fault> {
    match criterion {
        Criterion::All(parts) | Criterion::Any(parts) => parts.iter().try_for_each(|part| check(kind, part)),
        Criterion::Not(inner) => check(kind, inner),
        Criterion::Compare { path, .. } => resolve(kind, path).map(|_| ()),
        Criterion::Related { path, inner } => {
            let next = match resolve(kind, path)?.shape {
                Shape::One { to, .. } => named(to),
                Shape::Many { of, .. } | Shape::Through { of, .. } => named(of),
                _ => None,
            };
            let next = next.ok_or_else(|| Fault::invalid(format!("\"{}\" is no relation.", path.join("."))))?;
            let widened = if next.name == "Context" {
                named("TypedContext")
            } else {
                None
            };
            check(widened.unwrap_or(next), inner)
        }
    }
}

/// The ids that a criterion allows at most, where it names them: those are looked up, and not looked for.
fn ids_of(kind: &EntityType, criterion: &Criterion) -> Option<Vec<String>> {
    match criterion {
        Criterion::All(parts) => parts.iter().find_map(|part| ids_of(kind, part)),
        Criterion::Compare {
            path,
            operator: Operator::Is | Operator::In,
            values,
        } if path.len() == 1 && kind.key == ["id"] && path.first().is_some_and(|name| name == "id") => {
            let mut ids: Vec<String> = values.iter().flatten().cloned().collect();
            let mut seen = HashSet::new();
            ids.retain(|id| seen.insert(id.clone()));
            Some(ids)
        }
        _ => None,
    }
}

fn is(value: &Value, operator: Operator, wanted: &[Option<String>]) -> bool {
    let equals = |wanted: &Option<String>| match (value, wanted) {
        (Value::Null, None) => true,
        (_, None) | (Value::Null, _) => false,
        (Value::Bool(value), Some(wanted)) => wanted.eq_ignore_ascii_case(if *value { "true" } else { "false" }),
        (Value::Number(value), Some(wanted)) => wanted.parse::<f64>().ok() == value.as_f64(),
        (value, Some(wanted)) => value.as_str() == Some(wanted.as_str()),
    };
    let order = |allowed: &[Ordering]| {
        let wanted = wanted.first().and_then(Option::as_ref);
        wanted.is_some_and(|wanted| !value.is_null() && allowed.contains(&compared(value, &json!(wanted))))
    };
    let like = || {
        let pattern = wanted.first().and_then(Option::as_ref);
        pattern
            .zip(value.as_str())
            .is_some_and(|(pattern, value)| is_like(value, pattern))
    };
    match operator {
        Operator::Is | Operator::In => wanted.iter().any(equals),
        Operator::IsNot | Operator::NotIn => !wanted.iter().any(equals),
        Operator::Greater => order(&[Ordering::Greater]),
        Operator::Less => order(&[Ordering::Less]),
        Operator::GreaterOrEqual => order(&[Ordering::Greater, Ordering::Equal]),
        Operator::LessOrEqual => order(&[Ordering::Less, Ordering::Equal]),
        Operator::Like => like(),
        Operator::NotLike => !like(),
    }
}

/// As SQL has it: `%` stands for anything.
fn is_like(value: &str, pattern: &str) -> bool {
    let mut rest = value;
    let parts: Vec<&str> = pattern.split('%').collect();
    for (index, part) in parts.iter().enumerate() {
        let (is_first, is_last) = (index == 0, index + 1 == parts.len());
        let found = match (is_first, is_last) {
            (true, true) => return rest == *part,
            (true, false) => rest.strip_prefix(part),
            (false, true) => rest.ends_with(part).then_some(""),
            (false, false) => rest.split_once(part).map(|(_, after)| after),
        };
        match found {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// Numbers as numbers, all else as text; nothing comes before anything.
fn compared(a: &Value, b: &Value) -> Ordering {
    let is_number = a.is_number() || b.is_number();
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok().filter(|_| is_number),
        _ => None,
    };
    let words = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    match number(a).zip(number(b)) {
        Some((a, b)) => a.total_cmp(&b),
        None => words(a).cmp(&words(b)),
    }
}
