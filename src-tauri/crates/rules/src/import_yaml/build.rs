//! The rules that do what a map says.

use std::collections::{BTreeMap, BTreeSet};

use callboard_model::{EntityType, RuleId, StatusCode};

use super::ImportNote;
use super::mapping::{Code, Declared, Mapping, Relation, Row, Way};
use crate::document::{
    ChangedBy, Condition, Conditions, Moment, Rule, RuleSet, Status, Target, TasksOfShot, Then, Wanted, When,
};
use crate::sentence::names;
use crate::{ColumnName, template};

pub(super) fn rule_set(name: &str, mapping: Mapping, notes: &mut Vec<ImportNote>) -> RuleSet {
    let Mapping { lists, maps, relations } = mapping;
    let mut set = RuleSet::new(name);
    set.description = Some("Read from a YAML map of statuses.".to_owned());
    let missing = columns(&mut set, lists);
    let mut known = Known::of(&set);
    for (way, rows) in &maps {
        for row in rows {
            known.declare(&mut set, &missing, &way.from(), &row.from, notes);
            for code in &row.to {
                known.declare(&mut set, &missing, &way.to(), code, notes);
            }
        }
    }
    for relation in &relations {
        for code in relation.on.iter().chain(&relation.to) {
            known.declare(&mut set, &missing, &EntityType::from(EntityType::TASK), code, notes);
        }
    }
    for column in missing.iter().filter(|column| set.statuses.contains_key(column)) {
        let message = format!(
            "The file has no {column}_statuses, so the {} statuses stand in the order in which the maps name them.",
            column.title()
        );
        notes.push(ImportNote::of_all(&message));
    }
    let mut ids = Ids::default();
    for (way, rows) in &maps {
        for (from, to) in by_what_they_lead_to(rows) {
            let rule = map_rule(&set, *way, from, to, &mut ids);
            set.rules.push(rule);
        }
    }
    for (steps, relation) in by_what_they_set_off(&relations) {
        let rule = relation_rule(&set, steps, relation, &mut ids);
        set.rules.push(rule);
    }
    tell(&maps, &relations, notes);
    set
}

/// The lists as columns. Answers the columns that the file has no list of.
fn columns(set: &mut RuleSet, lists: BTreeMap<ColumnName, Vec<Declared>>) -> Vec<ColumnName> {
    // A file has no colours. Where it is the studio's own, it looks as the studio's template does.
    let known = template("status-overhaul").map(|t| t.statuses).unwrap_or_default();
    let columns =
        [EntityType::VERSION, EntityType::TASK, EntityType::SHOT].map(|kind| ColumnName::of(&EntityType::from(kind)));
    for (column, list) in lists {
        let of_column = known.get(&column).map_or(&[][..], Vec::as_slice);
        let statuses = list.into_iter().map(|declared| {
            let name = declared.name.unwrap_or_else(|| declared.code.to_string());
            let twin = of_column
                .iter()
                .find(|s| s.code == declared.code && s.name.eq_ignore_ascii_case(&name));
            let mut status = status(declared.code, name);
            if let Some(twin) = twin {
                status.group.clone_from(&twin.group);
                status.color.clone_from(&twin.color);
                status.class = twin.class;
            }
            if let Some(group) = declared.group {
                status.group = group;
            }
            if let Some(color) = declared.color {
                status.color = color;
            }
            status
        });
        let statuses: Vec<Status> = statuses.collect();
        if !statuses.is_empty() {
            set.statuses.insert(column, statuses);
        }
    }
    let is_missing = |column: &ColumnName| !set.statuses.contains_key(column);
    columns.into_iter().filter(is_missing).collect()
}

fn status(code: StatusCode, name: String) -> Status {
    Status {
        code,
        name,
        group: String::new(),
        color: "#9aa3b2".to_owned(),
        class: None,
    }
}

/// The statuses that there are.
struct Known {
    of_column: BTreeSet<(ColumnName, StatusCode)>,
    /// What people call a code, in whichever column.
    names: BTreeMap<StatusCode, String>,
}

impl Known {
    fn of(set: &RuleSet) -> Self {
        let all = || {
            set.statuses
                .iter()
                .flat_map(|(column, list)| list.iter().map(move |s| (column, s)))
        };
        Self {
            of_column: all().map(|(column, s)| (column.clone(), s.code.clone())).collect(),
            names: all().map(|(_, s)| (s.code.clone(), s.name.clone())).collect(),
        }
    }

    /// Adds a status that a map names and no list has.
    fn declare(
        &mut self,
        set: &mut RuleSet,
        missing: &[ColumnName],
        kind: &EntityType,
        named: &Code,
        notes: &mut Vec<ImportNote>,
    ) {
        let column = ColumnName::of(kind);
        if !self.of_column.insert((column.clone(), named.code.clone())) {
            return;
        }
        if !missing.contains(&column) {
            let message = format!(
                "The list of {kind} statuses has no {}; it was added at its end.",
                named.code
            );
            notes.push(ImportNote::at(named.line, message));
        }
        let name = self
            .names
            .get(&named.code)
            .cloned()
            .unwrap_or_else(|| named.code.to_string());
        set.statuses
            .entry(column)
            .or_default()
            .push(status(named.code.clone(), name));
    }
}

/// The sources of each list of targets: one rule, one bundle of lines in the picture.
fn by_what_they_lead_to(rows: &[Row]) -> Vec<(Vec<StatusCode>, Vec<StatusCode>)> {
    let mut found: Vec<(Vec<StatusCode>, Vec<StatusCode>)> = Vec::new();
    let mut places: BTreeMap<Vec<StatusCode>, usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.to.is_empty()) {
        let to: Vec<StatusCode> = row.to.iter().map(|c| c.code.clone()).collect();
        let place = *places.entry(to.clone()).or_insert_with(|| {
            found.push((Vec::new(), to));
            found.len() - 1
        });
        if let Some((from, _)) = found.get_mut(place) {
            from.push(row.from.code.clone());
        }
    }
    found
}

fn by_what_they_set_off(relations: &[Relation]) -> Vec<(Vec<String>, &Relation)> {
    let mut found: Vec<(Vec<String>, &Relation)> = Vec::new();
    let mut places = BTreeMap::new();
    let plain = |codes: &[Code]| -> Vec<StatusCode> { codes.iter().map(|c| c.code.clone()).collect() };
    for relation in relations {
        let what = (plain(&relation.on), &relation.steps, plain(&relation.to));
        let place = *places.entry(what).or_insert_with(|| {
            found.push((Vec::new(), relation));
            found.len() - 1
        });
        if let Some((steps, _)) = found.get_mut(place)
            && !steps.contains(&relation.step)
        {
            steps.push(relation.step.clone());
        }
    }
    found
}

fn map_rule(set: &RuleSet, way: Way, from: Vec<StatusCode>, to: Vec<StatusCode>, ids: &mut Ids) -> Rule {
    let first = to.first().cloned().into_iter().collect::<Vec<_>>();
    let name = format!("{} to {}: {}", way.from(), way.to(), names(set, &way.to(), &first));
    let target = match way {
        Way::VersionToTask => Target::Task,
        Way::TaskToShot => Target::Shot,
        Way::ShotToTask => Target::TasksOfShot(TasksOfShot::default()),
    };
    // What those who read such files do, who listen to people only. Otherwise one omitted Task would omit the Shot, and
    // the Shot all others.
    let conditions = match way {
        Way::ShotToTask => Conditions::All(Condition {
            changed_by: Some(ChangedBy::Person),
            ..Condition::default()
        }),
        Way::VersionToTask | Way::TaskToShot => Conditions::default(),
    };
    Rule {
        id: id(&way.key().replace('_', "-"), &to, ids),
        name,
        enabled: true,
        note: None,
        when: becomes(way.from(), from),
        conditions,
        then: Then {
            field: None,
            set: target,
            to: Wanted::OneOf(to),
        },
        limit: None,
    }
}

fn relation_rule(set: &RuleSet, steps: Vec<String>, relation: &Relation, ids: &mut Ids) -> Rule {
    let task = EntityType::from(EntityType::TASK);
    let codes = |codes: &[Code]| -> Vec<StatusCode> { codes.iter().map(|c| c.code.clone()).collect() };
    let (on, to) = (codes(&relation.on), codes(&relation.to));
    let first = to.first().cloned().into_iter().collect::<Vec<_>>();
    let name = format!("{} hands over: {}", steps.join(" and "), names(set, &task, &first));
    let condition = Condition {
        step: steps,
        ..Condition::default()
    };
    Rule {
        id: id("step-to-step", &to, ids),
        name,
        enabled: true,
        note: None,
        when: becomes(task, on),
        conditions: Conditions::All(condition),
        then: Then {
            field: None,
            set: Target::TasksOfShot(TasksOfShot {
                steps: relation.steps.clone(),
            }),
            to: Wanted::OneOf(to),
        },
        limit: None,
    }
}

fn becomes(entity: EntityType, becomes: Vec<StatusCode>) -> When {
    When {
        site: None,
        entity,
        on: vec![Moment::Updated],
        field: None,
        event_type: Vec::new(),
        becomes,
        from: Vec::new(),
    }
}

/// The ids that are taken, and the last number that was put behind each.
#[derive(Default)]
struct Ids {
    taken: BTreeSet<String>,
    numbers: BTreeMap<String, u32>,
}

/// `version-to-task-cnv`: the same for the same file, whatever else is in it, as far as that can be.
fn id(of: &str, to: &[StatusCode], ids: &mut Ids) -> RuleId {
    let plain = |code: &StatusCode| -> String {
        let letters = code.as_str().chars().map(|c| if c.is_alphanumeric() { c } else { '-' });
        letters.flat_map(char::to_lowercase).collect()
    };
    let short = to
        .first()
        .map_or_else(|| of.to_owned(), |first| format!("{of}-{}", plain(first)));
    let long = to
        .iter()
        .take(4)
        .fold(of.to_owned(), |id, code| format!("{id}-{}", plain(code)));
    if let Some(free) = [&short, &long].into_iter().find(|id| !ids.taken.contains(*id)) {
        ids.taken.insert(free.clone());
        return RuleId::from(free.as_str());
    }
    let number = ids.numbers.entry(short.clone()).or_insert(1);
    loop {
        *number += 1;
        let numbered = format!("{short}-{number}");
        if ids.taken.insert(numbered.clone()) {
            return RuleId::from(numbered.as_str());
        }
    }
}

/// What such files leave to the program that reads them.
fn tell(maps: &[(Way, Vec<Row>)], relations: &[Relation], notes: &mut Vec<ImportNote>) {
    let has = |way: Way| {
        maps.iter()
            .any(|(w, rows)| *w == way && rows.iter().any(|row| !row.to.is_empty()))
    };
    if has(Way::TaskToShot) {
        notes.push(ImportNote::of_all(
            "Every Task moves its Shot, because such a file cannot say which steps may. Where only some should, give the \"task-to-shot\" rules a condition on the step.",
        ));
    }
    if has(Way::ShotToTask) {
        notes.push(ImportNote::of_all(
            "A Shot moves its Tasks only where a person set it, not where one of its Tasks did.",
        ));
    }
    if has(Way::ShotToTask) || !relations.is_empty() {
        notes.push(ImportNote::of_all(
            "Some programs that have such a file never ask shot_to_task and task_step_relations. Here they count: look at those rules before they go live.",
        ));
    }
}
