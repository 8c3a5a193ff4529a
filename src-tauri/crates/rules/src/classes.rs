//! `@done` and its like: a word for all statuses of a class, spelt out before any rule is asked.

use std::collections::HashMap;

use callboard_model::StatusCode;

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
    let subject = Column::of(set.statuses_of(&rule.when.entity));
    let target = Column::of(set.statuses_of(&rule.target_type()));
    let mut rule = rule.clone();
    if rule.when.field.is_none() {
        spell_out(&mut rule.when.becomes, &subject);
        spell_out(&mut rule.when.from, &subject);
    }
    let of = rule.rolls_up().map(|(kind, _)| Column::of(set.statuses_of(kind)));
    for condition in alternatives_mut(&mut rule.conditions) {
        spell_out(&mut condition.target_is, &target);
        spell_out(&mut condition.target_is_not, &target);
        spell_out(&mut condition.status_is, &subject);
        spell_out(&mut condition.status_is_not, &subject);
        if let Some(siblings) = &mut condition.siblings {
            let column = Column::of(set.statuses_of(&siblings.kind(&rule.when.entity)));
            let Siblings {
                all,
                any,
                none,
                ignoring,
                ..
            } = siblings;
            [all, any, none, ignoring]
                .into_iter()
                .for_each(|l| spell_out(l, &column));
        }
    }
    if let Target::NextTasks(NextTasks { when_all, through, .. }) = &mut rule.then.set {
        spell_out(when_all, &target);
        spell_out(through, &target);
    }
    match &mut rule.then.to {
        Wanted::OneOf(codes) => spell_out_wanted(codes, &target),
        Wanted::RollUp {
            roll_up: RollUp { ignoring, rows, .. },
        } => {
            let of = of.unwrap_or_default();
            spell_out(ignoring, &of);
            for RollUpRow { all, any, none, to } in rows {
                [all, any, none].into_iter().for_each(|l| spell_out(l, &of));
                spell_out_wanted(to, &target);
            }
        }
        Wanted::Word(_) => {}
    }
    rule
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

/// The same for what is to be set, where a word that names no status is left out: it must never be written.
fn spell_out_wanted(list: &mut Vec<StatusCode>, column: &Column) {
    spell_out(list, column);
    list.retain(|code| !code.as_str().starts_with('@'));
}
