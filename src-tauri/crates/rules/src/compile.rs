use std::collections::{BTreeMap, HashMap, HashSet};

use callboard_model::{EntityType, Event, Operation, StatusCode};

use crate::document::{Moment, Rule, RuleSet, Status};
use crate::matching;
use crate::{ColumnName, scene};

/// ShotGrid's status field. Other trackers call it otherwise.
pub const DEFAULT_STATUS_FIELD: &str = "sg_status_list";

/// A rule set made ready: asking it costs by the rules that could answer, not by the rules there are.
#[derive(Clone, Debug)]
pub struct CompiledRules {
    status_field: String,
    /// Those that are switched on, in the document's order.
    rules: Vec<Rule>,
    every: Vec<usize>,
    index: HashMap<EntityType, [ByCode; 2]>,
    statuses: BTreeMap<ColumnName, Vec<Status>>,
}

/// Places in `CompiledRules::rules`, ascending.
#[derive(Clone, Debug, Default)]
struct ByCode {
    listed: HashMap<StatusCode, Vec<usize>>,
    /// For a code that no rule names, and for no code at all.
    otherwise: Vec<usize>,
    any: bool,
}

impl CompiledRules {
    /// The rules of a set that are switched on, for trackers whose status field is `sg_status_list`.
    #[must_use]
    pub fn new(set: &RuleSet) -> Self {
        let rules: Vec<Rule> = set.enabled_rules().cloned().collect();
        let kinds: HashSet<_> = rules.iter().map(|r| r.when.entity.clone()).collect();
        let index = kinds
            .into_iter()
            .map(|kind| {
                let by_moment = [Moment::Updated, Moment::Created].map(|moment| ByCode::of(&rules, &kind, moment));
                (kind, by_moment)
            })
            .collect();
        Self {
            status_field: DEFAULT_STATUS_FIELD.to_owned(),
            every: (0..rules.len()).collect(),
            rules,
            index,
            statuses: set.statuses.clone(),
        }
    }

    /// The same rules for a tracker that calls its status field by another name.
    #[must_use]
    pub fn with_status_field(mut self, field: impl Into<String>) -> Self {
        self.status_field = field.into();
        self
    }

    /// The name of the field whose changes are status changes.
    #[must_use]
    pub fn status_field(&self) -> &str {
        &self.status_field
    }

    /// How many rules are switched on.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether no rule is switched on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether any rule could fire on this event, judged by the event alone. `false` is final: nothing need be read.
    #[must_use]
    pub fn fires_on(&self, event: &Event) -> bool {
        if !self.knows(event) {
            return false;
        }
        match scene::moment_of(event, &self.status_field) {
            Some((Moment::Created, _)) => true,
            Some((Moment::Updated, to)) => {
                let from = event.old_status();
                let Some(entity) = &event.entity else { return false };
                self.candidates(&entity.key.kind, Moment::Updated, to.as_ref())
                    .any(|rule| {
                        matching::trigger(
                            &rule.when,
                            &entity.key.kind,
                            Moment::Updated,
                            from.as_ref(),
                            to.as_ref(),
                        )
                        .is_ok()
                    })
            }
            None => false,
        }
    }

    /// Whether any rule is about such an entity at such a moment. Allocates nothing: most events of a site end here.
    pub(crate) fn knows(&self, event: &Event) -> bool {
        let moment = match event.operation {
            Operation::Update if event.field.as_deref() == Some(self.status_field.as_str()) => Moment::Updated,
            Operation::Create => Moment::Created,
            _ => return false,
        };
        let kind = event.entity.as_ref().map(|e| &e.key.kind);
        kind.and_then(|kind| self.by_code(kind, moment))
            .is_some_and(|by_code| by_code.any)
    }

    /// The rules that a moment may fire, in the document's order.
    pub(crate) fn candidates(
        &self,
        kind: &EntityType,
        moment: Moment,
        to: Option<&StatusCode>,
    ) -> impl Iterator<Item = &Rule> {
        let places = self.by_code(kind, moment).map_or(&[][..], |by_code| {
            let listed = to.and_then(|code| by_code.listed.get(code));
            listed.unwrap_or(&by_code.otherwise)
        });
        places.iter().filter_map(|place| self.rules.get(*place))
    }

    /// Every rule that is switched on, in the document's order.
    pub(crate) fn every(&self) -> impl Iterator<Item = &Rule> {
        self.every.iter().filter_map(|place| self.rules.get(*place))
    }

    /// What people call a status.
    pub(crate) fn status_name<'a>(&'a self, kind: &EntityType, code: &'a StatusCode) -> &'a str {
        let column = self.statuses.get(&ColumnName::of(kind));
        let status = column.and_then(|list| list.iter().find(|s| s.code == *code));
        status.map_or(code.as_str(), |s| s.name.as_str())
    }

    fn by_code(&self, kind: &EntityType, moment: Moment) -> Option<&ByCode> {
        let [updated, created] = self.index.get(kind)?;
        Some(match moment {
            Moment::Updated => updated,
            Moment::Created => created,
        })
    }
}

impl ByCode {
    fn of(rules: &[Rule], kind: &EntityType, moment: Moment) -> Self {
        let places_for = |code: Option<&StatusCode>| -> Vec<usize> {
            let takes = |rule: &Rule| matching::moment_and_code(&rule.when, kind, moment, code).is_ok();
            rules
                .iter()
                .enumerate()
                .filter(|(_, rule)| takes(rule))
                .map(|(place, _)| place)
                .collect()
        };
        let named = rules
            .iter()
            .filter(|r| r.when.entity == *kind)
            .flat_map(|r| &r.when.becomes);
        let listed: HashMap<_, _> = named.map(|code| (code.clone(), places_for(Some(code)))).collect();
        let otherwise = places_for(None);
        Self {
            any: !otherwise.is_empty() || listed.values().any(|places| !places.is_empty()),
            listed,
            otherwise,
        }
    }
}
