//! `@done` and its like: a word for all statuses of a class, spelt out before any rule is asked.

use std::collections::HashMap;

use callboard_model::{EntityType, StatusCode};

use crate::document::{
    Condition, Conditions, NextTasks, RollUp, RollUpRow, Rule, RuleSet, Siblings, StateClass, Status, Target, Wanted,
};

/// Where a rule names a status: no status at all.
pub(crate) const NO_STATUS: &str = "@none";

/// A column's statuses by code: their place in the order and their class.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    order: Vec<(StatusCode, Option<StateClass>)>,
    places: HashMap<StatusCode, usize>,
}

impl Column {
    pub(crate) fn of(statuses: &[Status]) -> Self {
        let order: Vec<_> = statuses.iter().map(|s| (s.code.clone(), s.class)).collect();
        // Of two statuses with one code, which the check reports, the first counts.
        let places = order.iter().enumerate().rev();
        let places = places.map(|(place, (code, _))| (code.clone(), place)).collect();
        Self { order, places }
    }

    pub(crate) fn place(&self, code: &StatusCode) -> Option<usize> {
        self.places.get(code).copied()
    }

    pub(crate) fn class(&self, code: &StatusCode) -> Option<StateClass> {
        self.order.get(self.place(code)?)?.1
    }

    pub(crate) fn of_class(&self, class: StateClass) -> Vec<StatusCode> {
        let of_class = |(code, its): &(StatusCode, Option<StateClass>)| (*its == Some(class)).then(|| code.clone());
        self.order.iter().filter_map(of_class).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

/// The class that a word in a list of codes names; the inner option is none where there is no such class.
pub(crate) fn class_named(code: &StatusCode) -> Option<Option<StateClass>> {
    let word = code.as_str().strip_prefix('@')?;
    Some(StateClass::ALL.into_iter().find(|class| class.as_str() == word))
}

/// Whether a list names this status, or that there is none.
pub(crate) fn names(list: &[StatusCode], status: Option<&StatusCode>) -> bool {
    match status {
        Some(code) => list.contains(code),
        None => list.iter().any(|code| code.as_str() == NO_STATUS),
    }
}

/// A rule set with every class spelt out.
pub(crate) fn spelt_out_set(set: &RuleSet) -> RuleSet {
    let rules = set.rules.iter().map(|rule| spelt_out(rule, set)).collect();
    RuleSet { rules, ..set.clone() }
}

/// A rule with every class spelt out.
pub(crate) fn spelt_out(rule: &Rule, set: &RuleSet) -> Rule {
    let mut rule = rule.clone();
    each_list(&mut rule, |list, kind, place| {
        let column = Column::of(set.statuses_of(kind));
        spell_out(list, &column);
        if place == Place::Wanted {
            // A word that names no status must never be written.
            list.retain(|code| !code.as_str().starts_with('@'));
        }
    });
    rule
}

/// Whether a list says what a status must be, or what it shall be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Asked,
    Wanted,
}

/// Goes through every list of a rule that names statuses, with the entity type that has them.
pub(crate) fn each_list(rule: &mut Rule, mut see: impl FnMut(&mut Vec<StatusCode>, &EntityType, Place)) {
    let subject = rule.when.entity.clone();
    let target = rule.target_type();
    let of = rule.rolls_up().map(|(kind, _)| kind.clone());
    if rule.when.field.is_none() {
        see(&mut rule.when.becomes, &subject, Place::Asked);
        see(&mut rule.when.from, &subject, Place::Asked);
    }
    for condition in alternatives_mut(&mut rule.conditions) {
        see(&mut condition.target_is, &target, Place::Asked);
        see(&mut condition.target_is_not, &target, Place::Asked);
        see(&mut condition.status_is, &subject, Place::Asked);
        see(&mut condition.status_is_not, &subject, Place::Asked);
        if let Some(siblings) = &mut condition.siblings {
            let kind = siblings.kind(&subject);
            let Siblings {
                all,
                any,
                none,
                ignoring,
                ..
            } = siblings;
            for list in [all, any, none, ignoring] {
                see(list, &kind, Place::Asked);
            }
        }
    }
    if let Target::NextTasks(NextTasks { when_all, through, .. }) = &mut rule.then.set {
        see(when_all, &target, Place::Asked);
        see(through, &target, Place::Asked);
    }
    match (&mut rule.then.to, of) {
        // The values of another field are no statuses.
        (Wanted::OneOf(_), _) if rule.then.field.is_some() => {}
        (Wanted::OneOf(codes), _) => see(codes, &target, Place::Wanted),
        (
            Wanted::RollUp {
                roll_up: RollUp { ignoring, rows, .. },
            },
            Some(of),
        ) => {
            see(ignoring, &of, Place::Asked);
            for RollUpRow { all, any, none, to } in rows {
                for list in [all, any, none] {
                    see(list, &of, Place::Asked);
                }
                see(to, &target, Place::Wanted);
            }
        }
        (Wanted::RollUp { .. }, None) | (Wanted::Word(_), _) => {}
    }
}

fn alternatives_mut(conditions: &mut Conditions) -> &mut [Condition] {
    match conditions {
        Conditions::All(one) => std::slice::from_mut(one),
        Conditions::Any(several) => several,
    }
}

/// A class that no status has stays as the word: no code equals it, and an empty list would mean any.
fn spell_out(list: &mut Vec<StatusCode>, column: &Column) {
    if !list.iter().any(|code| code.as_str().starts_with('@')) {
        return;
    }
    let spelt = list.iter().flat_map(|code| match class_named(code) {
        Some(Some(class)) if !column.of_class(class).is_empty() => column.of_class(class),
        _ => vec![code.clone()],
    });
    *list = spelt.collect();
}
