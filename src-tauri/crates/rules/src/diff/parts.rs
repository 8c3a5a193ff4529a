//! What changed in a rule, part by part, in a few words each.

use callboard_model::{EntityType, StatusCode};

use super::listed;
use crate::document::{
    Children, Condition, Moment, NextTasks, Pick, Relatives, RollUp, RollUpRow, Rule, RuleSet, Siblings, Target,
    Wanted, WantedWord,
};
use crate::sentence::{join, mover, name, names, project, value, whose, with_article};

/// Everything but whether it is switched on, and where it stands.
pub(super) fn of_rule(was_in: &RuleSet, was: &Rule, is_in: &RuleSet, is: &Rule) -> Vec<String> {
    let mut parts = Vec::new();
    if was.name != is.name {
        parts.push(format!("called \"{}\" instead of \"{}\"", is.name, was.name));
    }
    of_when(was_in, was, is_in, is, &mut parts);
    of_conditions(was_in, was, is_in, is, &mut parts);
    of_then(was_in, was, is_in, is, &mut parts);
    if was.limit != is.limit {
        let limit = |rule: &Rule| rule.limit.unwrap_or(Rule::LIMIT);
        if limit(was) == limit(is) {
            parts.push(format!("limit {} as before, but said otherwise", limit(is)));
        } else {
            parts.push(format!("limit {} instead of {}", limit(is), limit(was)));
        }
    }
    if was.note != is.note {
        parts.push(
            match (&was.note, &is.note) {
                (None, _) => "it has a note",
                (_, None) => "its note is gone",
                _ => "its note says something else",
            }
            .to_owned(),
        );
    }
    parts
}

fn of_when(was_in: &RuleSet, was: &Rule, is_in: &RuleSet, is: &Rule, parts: &mut Vec<String>) {
    let (was, is) = (&was.when, &is.when);
    let kind = &is.entity;
    if was.entity != *kind {
        parts.push(format!(
            "about {} instead of {}",
            with_article(kind.as_str()),
            with_article(was.entity.as_str())
        ));
    }
    if was.site != is.site {
        parts.push(match (&was.site, &is.site) {
            (None, Some(site)) => format!("only on {site}"),
            (Some(_), None) => "on any site".to_owned(),
            (Some(before), Some(site)) => format!("on {site} instead of {before}"),
            (None, None) => String::new(),
        });
    }
    let (gone, new) = difference(&was.on, &is.on);
    parts.extend(
        new.into_iter()
            .map(|moment| format!("also when the {kind} {}", happens(*moment))),
    );
    parts.extend(
        gone.into_iter()
            .map(|moment| format!("no longer when the {kind} {}", happens(*moment))),
    );
    if was.field != is.field {
        let field = |field: &Option<String>| field.clone().unwrap_or_else(|| "status".to_owned());
        parts.push(format!(
            "when its {} changes, instead of its {}",
            field(&is.field),
            field(&was.field)
        ));
    }
    of_list(&was.event_type, &is.event_type, parts, |event_types, how| match how {
        How::Only => format!("only for events called {}", join(event_types, "or")),
        How::Also => format!("also for events called {}", join(event_types, "or")),
        How::NoLonger => format!("no longer for events called {}", join(event_types, "or")),
        How::Any => "whatever the event is called".to_owned(),
    });
    let verb = if is.on == [Moment::Created] {
        "is made as"
    } else {
        "becomes"
    };
    let codes = |set: &RuleSet, codes: &[StatusCode]| match &is.field {
        None => names(set, kind, codes),
        Some(_) => join(&codes.iter().map(ToString::to_string).collect::<Vec<_>>(), "or"),
    };
    of_list(&was.becomes, &is.becomes, parts, |list, how| match how {
        How::Only => format!("only when the {kind} {verb} {}", codes(is_in, list)),
        How::Also => format!("also when the {kind} {verb} {}", codes(is_in, list)),
        How::NoLonger => format!("no longer when the {kind} {verb} {}", codes(was_in, list)),
        How::Any => format!("whatever the {kind} {verb}"),
    });
    of_list(&was.from, &is.from, parts, |list, how| match how {
        How::Only => format!("only when it was {} before", codes(is_in, list)),
        How::Also => format!("also when it was {} before", codes(is_in, list)),
        How::NoLonger => format!("no longer when it was {} before", codes(was_in, list)),
        How::Any => "whatever it was before".to_owned(),
    });
}

fn happens(moment: Moment) -> &'static str {
    match moment {
        Moment::Updated => "changes",
        Moment::Created => "is made",
        Moment::Deleted => "is put in the trash",
        Moment::Revived => "is taken out of the trash",
        Moment::NoteAdded => "gets a note",
        Moment::Custom => "has a custom event",
    }
}

/// What became of a list that asks for nothing when it is empty.
#[derive(Clone, Copy)]
enum How {
    /// It asked for nothing and asks for these now.
    Only,
    /// These are new.
    Also,
    /// These are gone.
    NoLonger,
    /// It asks for nothing any more.
    Any,
}

fn of_list<T: PartialEq + Clone>(was: &[T], is: &[T], parts: &mut Vec<String>, words: impl Fn(&[T], How) -> String) {
    match (was.is_empty(), is.is_empty()) {
        (true, true) => {}
        (true, false) => parts.push(words(is, How::Only)),
        (false, true) => parts.push(words(&[], How::Any)),
        (false, false) => {
            let (gone, new) = difference(was, is);
            let own = |list: Vec<&T>| -> Vec<T> { list.into_iter().cloned().collect() };
            if !new.is_empty() {
                parts.push(words(&own(new), How::Also));
            }
            if !gone.is_empty() {
                parts.push(words(&own(gone), How::NoLonger));
            }
        }
    }
}

/// What is only in the first, and what is only in the second.
fn difference<'a, T: PartialEq>(was: &'a [T], is: &'a [T]) -> (Vec<&'a T>, Vec<&'a T>) {
    let gone = was.iter().filter(|one| !is.contains(one)).collect();
    let new = is.iter().filter(|one| !was.contains(one)).collect();
    (gone, new)
}

fn of_conditions(was_in: &RuleSet, was: &Rule, is_in: &RuleSet, is: &Rule, parts: &mut Vec<String>) {
    let said = |set: &RuleSet, rule: &Rule, condition: &Condition| -> Vec<(&'static str, String)> {
        said(set, &rule.when.entity, &rule.target_type(), condition)
    };
    let whole = |parts: Vec<(&'static str, String)>| {
        let words: Vec<String> = parts.into_iter().map(|(_, words)| words).collect();
        if words.is_empty() {
            "nothing is asked".to_owned()
        } else {
            listed(&words)
        }
    };
    let (before, after) = (was.conditions.alternatives(), is.conditions.alternatives());
    let (gone, new) = difference(before, after);
    match (gone.as_slice(), new.as_slice()) {
        ([], []) => {}
        // One of them was changed: part by part.
        ([gone], [new]) => {
            let (gone, new) = (said(was_in, was, gone), said(is_in, is, new));
            let of_key = |list: &[(&'static str, String)], key: &str| {
                list.iter().find(|(k, _)| *k == key).map(|(_, w)| w.clone())
            };
            for (key, words) in &new {
                match of_key(&gone, key) {
                    None => parts.push(format!("only where {words}")),
                    Some(before) if before != *words => parts.push(format!("where {words}, instead of where {before}")),
                    Some(_) => {}
                }
            }
            for (key, words) in &gone {
                if of_key(&new, key).is_none() {
                    parts.push(format!("no longer only where {words}"));
                }
            }
        }
        (gone, new) => {
            let also = if before.is_empty() { "only" } else { "also" };
            for one in new {
                let words = whole(said(is_in, is, one));
                parts.push(format!("{also} where {words}"));
            }
            for one in gone {
                let words = whole(said(was_in, was, one));
                parts.push(if after.is_empty() {
                    format!("no longer only where {words}")
                } else {
                    format!("no longer where {words}")
                });
            }
        }
    }
}

/// The parts of a condition in words, each under the name of its part.
fn said(
    set: &RuleSet,
    subject: &EntityType,
    target: &EntityType,
    condition: &Condition,
) -> Vec<(&'static str, String)> {
    let Condition {
        step,
        step_not,
        project: projects,
        changed_by,
        target_is,
        target_is_not,
        target_field_is,
        target_field_is_not,
        never_backwards,
        status_is,
        status_is_not,
        belongs_to,
        first_version,
        field_is,
        field_is_not,
        text,
        text_not,
        filter,
        siblings,
    } = condition;
    let mut said = Vec::new();
    let mut tell = |key: &'static str, is_asked: bool, words: &dyn Fn() -> String| {
        if is_asked {
            said.push((key, words()));
        }
    };
    let quoted = |words: &[String]| join(&words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>(), "or");
    let fields = |fields: &std::collections::BTreeMap<String, Vec<String>>, is: &str| {
        let words: Vec<String> = fields
            .iter()
            .map(|(f, values)| format!("its {f} {is} {}", join(values, "or")))
            .collect();
        listed(&words)
    };
    tell("step", !step.is_empty(), &|| {
        format!("its step is {}", join(step, "or"))
    });
    tell("step_not", !step_not.is_empty(), &|| {
        format!("its step is not {}", join(step_not, "or"))
    });
    tell("project", !projects.is_empty(), &|| {
        format!(
            "its project is {}",
            join(&projects.iter().map(project).collect::<Vec<_>>(), "or")
        )
    });
    tell("changed_by", changed_by.is_some(), &|| {
        format!("{} moved it", changed_by.map_or("anyone", mover))
    });
    tell("status_is", !status_is.is_empty(), &|| {
        format!("it is {}", names(set, subject, status_is))
    });
    tell("status_is_not", !status_is_not.is_empty(), &|| {
        format!("it is not {}", names(set, subject, status_is_not))
    });
    tell("belongs_to", !belongs_to.is_empty(), &|| {
        let kinds: Vec<String> = belongs_to.iter().map(|kind| with_article(kind.as_str())).collect();
        format!("it belongs to {}", join(&kinds, "or"))
    });
    tell("first_version", *first_version, &|| {
        "it is the first of its Task".to_owned()
    });
    tell("field_is", !field_is.is_empty(), &|| fields(field_is, "is"));
    tell("field_is_not", !field_is_not.is_empty(), &|| {
        fields(field_is_not, "is not")
    });
    tell("text", !text.is_empty(), &|| format!("it says {}", quoted(text)));
    tell("text_not", !text_not.is_empty(), &|| {
        format!("it does not say {}", quoted(text_not))
    });
    tell("filter", filter.is_some(), &|| {
        format!("the event has {}", filter.as_deref().unwrap_or_default())
    });
    tell("siblings", siblings.is_some(), &|| {
        siblings.as_ref().map_or_else(String::new, |s| around(set, subject, s))
    });
    tell("target_is", !target_is.is_empty(), &|| {
        format!("what it sets is {} now", names(set, target, target_is))
    });
    tell("target_is_not", !target_is_not.is_empty(), &|| {
        format!("what it sets is not {}", names(set, target, target_is_not))
    });
    tell("target_field_is", !target_field_is.is_empty(), &|| {
        format!("of what it sets, {}", fields(target_field_is, "is"))
    });
    tell("target_field_is_not", !target_field_is_not.is_empty(), &|| {
        format!("of what it sets, {}", fields(target_field_is_not, "is not"))
    });
    tell("never_backwards", *never_backwards, &|| {
        "what it sets does not go backwards".to_owned()
    });
    said
}

fn around(set: &RuleSet, subject: &EntityType, siblings: &Siblings) -> String {
    let kind = siblings.kind(subject);
    let steps = of_steps(&siblings.steps);
    let which = match &siblings.of {
        Relatives::Tasks => format!("the {steps}Tasks around it"),
        Relatives::Versions => "the Versions of its Task".to_owned(),
        Relatives::Upstream => format!("the {steps}Tasks that it waits for"),
        Relatives::SameKind => "those of its type around it".to_owned(),
        Relatives::Below(kind) => format!("each {steps}{kind} below it"),
    };
    let asked = asked(set, &kind, &siblings.all, &siblings.any, &siblings.none);
    let mut words = format!("of {which} {}", asked.unwrap_or_else(|| "there is one".to_owned()));
    if !siblings.ignoring.is_empty() {
        words.push_str(&format!(" (leaving out {})", names(set, &kind, &siblings.ignoring)));
    }
    if siblings.if_none_left {
        words.push_str(" (or none is left)");
    }
    words
}

fn asked(
    set: &RuleSet,
    kind: &EntityType,
    all: &[StatusCode],
    any: &[StatusCode],
    none: &[StatusCode],
) -> Option<String> {
    let part =
        |codes: &[StatusCode], words: &str| (!codes.is_empty()).then(|| format!("{words} {}", names(set, kind, codes)));
    let parts = [part(all, "all are"), part(any, "one is"), part(none, "none is")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| listed(&parts))
}

fn of_steps(steps: &[String]) -> String {
    if steps.is_empty() {
        String::new()
    } else {
        format!("{} ", listed(steps))
    }
}

fn of_then(was_in: &RuleSet, was: &Rule, is_in: &RuleSet, is: &Rule, parts: &mut Vec<String>) {
    if was.then.set != is.then.set {
        let before = whom(was_in, was);
        let after = whom(is_in, is);
        parts.push(if before == after {
            format!("sets {after} as before, but said otherwise")
        } else {
            format!("sets {after} instead of {before}")
        });
    }
    if was.then.field != is.then.field {
        let which = |field: &Option<String>| match field {
            Some(field) => format!("the field {field}"),
            None => "the status".to_owned(),
        };
        parts.push(format!(
            "sets {} instead of {}",
            which(&is.then.field),
            which(&was.then.field)
        ));
    }
    let target = is.target_type();
    let of_statuses = was.then.field.is_none() && is.then.field.is_none();
    match (&was.then.to, &is.then.to) {
        (before, after) if before == after => {}
        _ if !of_statuses => parts.push(format!("to {} instead of {}", wanted(is_in, is), wanted(was_in, was))),
        (Wanted::OneOf(before), Wanted::OneOf(after)) => {
            of_codes(was_in, &was.target_type(), before, is_in, &target, after, parts);
        }
        (Wanted::RollUp { roll_up: before }, Wanted::RollUp { roll_up: after }) => {
            of_roll_up(was_in, was, before, is_in, is, after, parts);
        }
        _ => parts.push(format!("to {} instead of {}", wanted(is_in, is), wanted(was_in, was))),
    }
}

/// Whose status a rule sets, with what it asks of the order of the Tasks.
fn whom(set: &RuleSet, rule: &Rule) -> String {
    let subject = &rule.when.entity;
    let mut words = whose(subject, &rule.then.set);
    match &rule.then.set {
        Target::NextTasks(NextTasks { when_all, through, .. }) => {
            let task = EntityType::from(EntityType::TASK);
            if !when_all.is_empty() {
                words.push_str(&format!(" once all before are {}", names(set, &task, when_all)));
            }
            if !through.is_empty() {
                words.push_str(&format!(" past those that are {}", names(set, &task, through)));
            }
        }
        Target::Children(Children { of: Some(of), .. }) if of == subject => words.push_str(" (below itself)"),
        _ => {}
    }
    words
}

fn of_codes(
    was_in: &RuleSet,
    was_of: &EntityType,
    was: &[StatusCode],
    is_in: &RuleSet,
    is_of: &EntityType,
    is: &[StatusCode],
    parts: &mut Vec<String>,
) {
    let first = |set: &RuleSet, kind: &EntityType, codes: &[StatusCode]| {
        codes
            .first()
            .map_or_else(|| "nothing".to_owned(), |code| name(set, kind, code))
    };
    if was.first() != is.first() {
        parts.push(format!(
            "to {} instead of {}",
            first(is_in, is_of, is),
            first(was_in, was_of, was)
        ));
    }
    let (gone, new) = difference(was, is);
    let others = |list: Vec<&StatusCode>, first: Option<&StatusCode>| -> Vec<StatusCode> {
        list.into_iter().filter(|code| Some(*code) != first).cloned().collect()
    };
    let (gone, new) = (others(gone, was.first()), others(new, is.first()));
    if !new.is_empty() {
        parts.push(format!("leaving it also where it is {}", names(is_in, is_of, &new)));
    }
    if !gone.is_empty() {
        parts.push(format!(
            "no longer leaving it where it is {}",
            names(was_in, was_of, &gone)
        ));
    }
    if was.first() == is.first() && gone.is_empty() && new.is_empty() {
        parts.push("what else it may be stands in another order".to_owned());
    }
}

fn wanted(set: &RuleSet, rule: &Rule) -> String {
    match &rule.then.to {
        to if rule.then.field.is_some() => value(to),
        Wanted::OneOf(codes) => codes
            .first()
            .map_or_else(|| "nothing".to_owned(), |code| name(set, &rule.target_type(), code)),
        Wanted::Word(WantedWord::Same) => "the same status".to_owned(),
        Wanted::Word(WantedWord::SameClass) => "a status of the same class".to_owned(),
        Wanted::Word(WantedWord::Cleared) => "no status".to_owned(),
        Wanted::RollUp { .. } => match rule.rolls_up() {
            Some((kind, _)) => format!("what its {kind}s come to"),
            None => "what it comes to".to_owned(),
        },
    }
}

fn of_roll_up(
    was_in: &RuleSet,
    was: &Rule,
    before: &RollUp,
    is_in: &RuleSet,
    is: &Rule,
    after: &RollUp,
    parts: &mut Vec<String>,
) {
    let kind = |rule: &Rule, roll_up: &RollUp| roll_up.of.clone().unwrap_or_else(|| rule.when.entity.clone());
    let (was_of, is_of) = (kind(was, before), kind(is, after));
    if was_of != is_of {
        parts.push(format!("looking at each {is_of} instead of each {was_of}"));
    }
    if before.steps != after.steps {
        let steps = |steps: &[String]| {
            if steps.is_empty() {
                "all steps".to_owned()
            } else {
                listed(steps)
            }
        };
        parts.push(format!(
            "looking at {} instead of {}",
            steps(&after.steps),
            steps(&before.steps)
        ));
    }
    let (gone, new) = difference(&before.ignoring, &after.ignoring);
    let own = |list: Vec<&StatusCode>| -> Vec<StatusCode> { list.into_iter().cloned().collect() };
    if !new.is_empty() {
        parts.push(format!(
            "leaving out also those that are {}",
            names(is_in, &is_of, &own(new))
        ));
    }
    if !gone.is_empty() {
        parts.push(format!(
            "no longer leaving out those that are {}",
            names(was_in, &was_of, &own(gone))
        ));
    }
    if before.pick != after.pick {
        let pick = |pick: Option<Pick>| match pick {
            None => "all of them",
            Some(Pick::LeastAdvanced) => "the least advanced",
            Some(Pick::MostAdvanced) => "the most advanced",
        };
        parts.push(format!("by {} instead of {}", pick(after.pick), pick(before.pick)));
    }
    let row = |set: &RuleSet, rule: &Rule, kind: &EntityType, row: &RollUpRow| {
        let to = match row.to.split_first() {
            None => "left as it is".to_owned(),
            Some((first, [])) => name(set, &rule.target_type(), first),
            Some((first, others)) => format!(
                "{} (or left where it is {})",
                name(set, &rule.target_type(), first),
                names(set, &rule.target_type(), others)
            ),
        };
        match asked(set, kind, &row.all, &row.any, &row.none) {
            Some(asked) => format!("{to} when {asked}"),
            None => format!("{to} otherwise"),
        }
    };
    let (gone, new) = difference(&before.rows, &after.rows);
    let order_only = gone.is_empty() && new.is_empty() && before.rows != after.rows;
    parts.extend(
        new.into_iter()
            .map(|one| format!("also {}", row(is_in, is, &is_of, one))),
    );
    parts.extend(
        gone.into_iter()
            .map(|one| format!("no longer {}", row(was_in, was, &was_of, one))),
    );
    if order_only {
        parts.push("its rows are asked in another order".to_owned());
    }
}
