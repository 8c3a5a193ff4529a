use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use callboard_model::{EntityType, Event, Operation, RuleId, SiteName, StatusCode, Step};

use crate::classes::{self, Column};
use crate::document::{Condition, Moment, Relatives, Rule, RuleSet, StateClass, Status, Target};
use crate::elsewhere::{self, Arrival};
use crate::filter::{Filter, FilterError};
use crate::matching;
use crate::words::Words;
use crate::{ColumnName, SiteStatuses};

/// ShotGrid's status field. Other trackers call it otherwise.
pub const DEFAULT_STATUS_FIELD: &str = "sg_status_list";

/// A rule set made ready: asking it costs by the rules that could answer, not by the rules there are.
#[derive(Clone, Debug)]
pub struct CompiledRules {
    status_field: String,
    /// Those that are switched on, in the document's order. One that sets something on another site stands there twice: as it
    /// leaves, and as it arrives.
    rules: Vec<ReadyRule>,
    /// Those that are switched off, by id and name. They are asked nothing, and only explanations know them.
    off: Vec<(RuleId, String)>,
    index: HashMap<EntityType, OfType>,
    /// Whether any rule is asked about notes.
    notes: bool,
    statuses: BTreeMap<ColumnName, Vec<Status>>,
    columns: HashMap<EntityType, Column>,
    steps: Vec<String>,
    site: Option<SiteStatuses>,
    set_aside: BTreeMap<RuleId, String>,
    /// The site that they are asked for; none: any.
    here: Option<SiteName>,
}

/// A rule with its classes spelt out, its phrases taken apart and its expressions read.
#[derive(Clone, Debug)]
pub(crate) struct ReadyRule {
    pub(crate) rule: Rule,
    /// Whether it is a rule as it arrives on the site where it sets something.
    pub(crate) arrives: bool,
    pub(crate) alternatives: Vec<ReadyCondition>,
    /// Asked when everything else has moved.
    pub(crate) looks_at_sets: bool,
    pub(crate) limit: usize,
}

/// One alternative of a rule's `if`.
#[derive(Clone, Debug)]
pub(crate) struct ReadyCondition {
    pub(crate) condition: Condition,
    pub(crate) text: Vec<Words>,
    pub(crate) text_not: Vec<Words>,
    pub(crate) filter: Option<Result<Filter, FilterError>>,
}

/// The rules about one type of entity.
#[derive(Clone, Debug, Default)]
struct OfType {
    by_moment: HashMap<Moment, ByCode>,
    by_field: HashMap<String, ByCode>,
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
        let mut compiled = Self {
            status_field: DEFAULT_STATUS_FIELD.to_owned(),
            // Half a rule is another rule.
            rules: set
                .enabled_rules()
                .filter(|rule| set.understands(rule))
                .flat_map(|rule| {
                    let arriving = elsewhere::arriving(rule).map(|rule| ReadyRule {
                        arrives: true,
                        ..ReadyRule::new(&rule, set)
                    });
                    std::iter::once(ReadyRule::new(rule, set)).chain(arriving)
                })
                .collect(),
            off: set
                .rules
                .iter()
                .filter(|rule| !rule.enabled)
                .map(|rule| (rule.id.clone(), rule.name.clone()))
                .collect(),
            index: HashMap::new(),
            notes: false,
            statuses: set.statuses.clone(),
            columns: set
                .statuses
                .iter()
                .map(|(column, statuses)| (column.entity_type(), Column::of(statuses)))
                .collect(),
            steps: set.steps.clone(),
            site: None,
            set_aside: BTreeMap::new(),
            here: None,
        };
        compiled.look_up();
        compiled
    }

    /// The same rules for a tracker that calls its status field by another name.
    #[must_use]
    pub fn with_status_field(mut self, field: impl Into<String>) -> Self {
        self.status_field = field.into();
        self
    }

    /// The same rules for a site that has these statuses: of several wanted ones, the first that it has is set.
    #[must_use]
    pub fn with_site(mut self, statuses: SiteStatuses) -> Self {
        self.site = Some(statuses);
        self
    }

    /// The same rules for a site: those that have nothing to do there are asked nothing, and only explanations know them.
    #[must_use]
    pub fn for_site(mut self, site: &SiteName) -> Self {
        self.here = Some(site.clone());
        self.look_up();
        self
    }

    /// The same rules with some of them set aside, by id and why: they set nothing, and an explanation says so.
    #[must_use]
    pub fn with_set_aside(mut self, rules: BTreeMap<RuleId, String>) -> Self {
        self.set_aside = rules;
        self.look_up();
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
        self.rules.iter().filter(|ready| !ready.arrives).count()
    }

    /// Whether no rule is switched on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether any rule asks for the event as received, which is then to be put in [`Event::received`].
    #[must_use]
    pub fn asks_for_the_received(&self) -> bool {
        self.of_here()
            .flat_map(|ready| &ready.alternatives)
            .any(|a| a.filter.is_some())
    }

    /// Whether any rule looks at what Shots and Assets belong to: events of two Shots of one Sequence then have an order.
    #[must_use]
    pub fn look_above_shots(&self) -> bool {
        let is_below = |kind: &EntityType| {
            [
                EntityType::VERSION,
                EntityType::TASK,
                EntityType::SHOT,
                "Asset",
                EntityType::NOTE,
            ]
            .iter()
            .any(|known| kind.is(known))
        };
        // What is set on another site is found there.
        let of_here = self.of_here().filter(|ready| ready.carries_to().is_none());
        of_here.map(|ready| &ready.rule).any(|rule| {
            let same_kind = |c: &Condition| {
                let of = c.siblings.as_ref().map(|s| &s.of);
                matches!(of, Some(Relatives::SameKind)) && !rule.when.entity.is(EntityType::TASK)
            };
            let starts_above = matches!(&rule.then.set, Target::Children(which)
                if which.of.as_ref().is_some_and(|of| !is_below(of)));
            !is_below(&rule.when.entity)
                || !is_below(&rule.target_type())
                || starts_above
                || rule.conditions.alternatives().iter().any(same_kind)
        })
    }

    /// Whether any rule could fire on this event, judged by the event alone. `false` is final: nothing need be read.
    #[must_use]
    pub fn fires_on(&self, event: &Event) -> bool {
        if !self.knows(event) {
            return false;
        }
        if let Some(arrival) = Arrival::of(event) {
            return self.of_here().any(|ready| ready.arrives_by(event, &arrival));
        }
        let Some(entity) = event.entity.as_ref().filter(|_| event.operation == Operation::Update) else {
            return true;
        };
        let is_status = event.field.as_deref() == Some(self.status_field.as_str());
        let code = |text: std::borrow::Cow<'_, str>| StatusCode::from(text.as_ref());
        let (from, became) = if is_status {
            (event.old_status(), event.new_status(&self.status_field))
        } else {
            (event.old_text().map(code), event.new_text().map(|text| text.map(code)))
        };
        let Some(to) = became else { return false };
        let field = event.field.as_deref().filter(|_| !is_status);
        self.candidates(&entity.key.kind, Moment::Updated, field, to.as_ref())
            .any(|(_, ready)| {
                let event_type = Some(event.event_type.as_str());
                matching::trigger(
                    ready,
                    &matching::Asked {
                        site: &event.site,
                        arrived_for: None,
                        kind: &entity.key.kind,
                        moment: Moment::Updated,
                        field,
                        event_type,
                        from: from.as_ref(),
                        to: to.as_ref(),
                    },
                )
                .is_ok()
            })
    }

    /// Whether any rule is about such an entity at such a moment. Allocates nothing: most events of a site end here.
    pub(crate) fn knows(&self, event: &Event) -> bool {
        let Some(entity) = &event.entity else { return false };
        if self.notes && is_note(event) {
            return true;
        }
        let Some(of_type) = self.index.get(&entity.key.kind) else {
            return false;
        };
        let by_code = match (event.operation, event.field.as_deref()) {
            (Operation::Update, Some(field)) if field != self.status_field => of_type.by_field.get(field),
            (Operation::Update, None) => None,
            (operation, _) => moment_of(operation).and_then(|moment| of_type.by_moment.get(&moment)),
        };
        by_code.is_some_and(|by_code| by_code.any)
    }

    /// The rules that a moment may fire with their places, in the document's order. `field`: the one that changed, where it
    /// is not the status.
    pub(crate) fn candidates(
        &self,
        kind: &EntityType,
        moment: Moment,
        field: Option<&str>,
        to: Option<&StatusCode>,
    ) -> impl Iterator<Item = (usize, &ReadyRule)> {
        let of_type = self.index.get(kind);
        let by_code = of_type.and_then(|of_type| match field {
            Some(field) => of_type.by_field.get(field),
            None => of_type.by_moment.get(&moment),
        });
        let places = by_code.map_or(&[][..], |by_code| {
            let listed = to.and_then(|code| by_code.listed.get(code));
            listed.unwrap_or(&by_code.otherwise)
        });
        places
            .iter()
            .filter_map(|place| Some((*place, self.rules.get(*place)?)))
    }

    /// Every rule that has something to do on the site that they are asked for.
    pub(crate) fn of_here(&self) -> impl Iterator<Item = &ReadyRule> {
        self.rules.iter().filter(|ready| ready.is_of(self.here.as_ref()))
    }

    /// Every rule that is switched on with its place, in the document's order.
    pub(crate) fn every(&self) -> impl Iterator<Item = (usize, &ReadyRule)> {
        self.rules.iter().enumerate()
    }

    /// Every rule that is switched off, by id and name, in the document's order.
    pub(crate) fn off(&self) -> &[(RuleId, String)] {
        &self.off
    }

    pub(crate) fn rule(&self, place: usize) -> Option<&ReadyRule> {
        self.rules.get(place)
    }

    /// Why a rule is set aside, where it is.
    pub(crate) fn set_aside(&self, rule: &RuleId) -> Option<&str> {
        self.set_aside.get(rule).map(String::as_str)
    }

    /// What people call a status.
    pub(crate) fn status_name<'a>(&'a self, kind: &EntityType, code: &'a StatusCode) -> &'a str {
        let column = self.statuses.get(&ColumnName::of(kind));
        let status = column.and_then(|list| list.iter().find(|s| s.code == *code));
        status.map_or(code.as_str(), |s| s.name.as_str())
    }

    /// A status's place in its column's order.
    pub(crate) fn place(&self, kind: &EntityType, code: &StatusCode) -> Option<usize> {
        self.columns.get(kind)?.place(code)
    }

    pub(crate) fn class(&self, kind: &EntityType, code: &StatusCode) -> Option<StateClass> {
        self.columns.get(kind)?.class(code)
    }

    pub(crate) fn of_class(&self, kind: &EntityType, class: StateClass) -> Vec<StatusCode> {
        self.columns
            .get(kind)
            .map_or_else(Vec::new, |column| column.of_class(class))
    }

    /// Whether a column has a code. One that the document does not speak of takes any.
    pub(crate) fn takes(&self, kind: &EntityType, code: &StatusCode) -> bool {
        self.columns
            .get(kind)
            .is_none_or(|column| column.is_empty() || column.place(code).is_some())
    }

    /// A step's place in the order of the work: the document's, else the site's.
    pub(crate) fn step_order(&self, step: &Step) -> Option<i64> {
        if self.steps.is_empty() {
            return step.order;
        }
        let place = self.steps.iter().position(|name| step.is(name))?;
        i64::try_from(place).ok()
    }

    /// Whether the site takes a code for such an entity, as far as it is known.
    pub(crate) fn is_valid(
        &self,
        kind: &EntityType,
        project: Option<&callboard_model::EntityRef>,
        code: &StatusCode,
    ) -> bool {
        let Some(site) = &self.site else { return true };
        site.has(kind, code) != Some(false) && !project.is_some_and(|p| site.is_hidden(&p.key.id, kind, code))
    }

    fn look_up(&mut self) {
        let mut index: HashMap<EntityType, OfType> = HashMap::new();
        let rules = &self.rules;
        let here = self.here.as_ref();
        let asked = |ready: &ReadyRule| !self.set_aside.contains_key(&ready.rule.id) && ready.is_of(here);
        let kinds: HashSet<&EntityType> = rules.iter().map(|r| &r.rule.when.entity).collect();
        for kind in kinds {
            let of_kind = |r: &&ReadyRule| r.rule.when.entity == *kind;
            let moments: BTreeSet<Moment> = rules
                .iter()
                .filter(of_kind)
                .flat_map(|r| r.rule.when.on.iter().copied())
                .collect();
            let fields: BTreeSet<&String> = rules
                .iter()
                .filter(of_kind)
                .filter_map(|r| r.rule.when.field.as_ref())
                .collect();
            let by_moment = moments
                .into_iter()
                .map(|moment| (moment, ByCode::of(rules, asked, kind, moment, None)))
                .collect();
            let by_field = fields
                .into_iter()
                .map(|field| {
                    (
                        field.clone(),
                        ByCode::of(rules, asked, kind, Moment::Updated, Some(field)),
                    )
                })
                .collect();
            index.insert(kind.clone(), OfType { by_moment, by_field });
        }
        self.notes = rules
            .iter()
            .any(|r| asked(r) && r.rule.when.on.contains(&Moment::NoteAdded));
        self.index = index;
    }
}

/// Whether something was said about entities, which [`Event::note`] then tells of.
pub(crate) fn is_note(event: &Event) -> bool {
    event.entity.as_ref().is_some_and(|entity| match event.operation {
        Operation::Create => entity.key.kind.is(EntityType::NOTE),
        Operation::Note => true,
        _ => false,
    })
}

/// The moment that an operation is, where it is one.
pub(crate) fn moment_of(operation: Operation) -> Option<Moment> {
    Some(match operation {
        Operation::Create => Moment::Created,
        Operation::Update => Moment::Updated,
        Operation::Delete => Moment::Deleted,
        Operation::Revive => Moment::Revived,
        Operation::Note => Moment::NoteAdded,
        Operation::Custom => Moment::Custom,
        Operation::Test | Operation::HookStatus | Operation::NotUnderstood => return None,
    })
}

impl ReadyRule {
    fn new(rule: &Rule, set: &RuleSet) -> Self {
        let rule = classes::spelt_out(rule, set);
        let words = |phrases: &[String]| phrases.iter().map(|p| Words::of(p)).collect();
        let ready = |condition: &Condition| ReadyCondition {
            text: words(&condition.text),
            text_not: words(&condition.text_not),
            filter: condition.filter.as_deref().map(Filter::parse),
            condition: condition.clone(),
        };
        Self {
            alternatives: rule.conditions.alternatives().iter().map(ready).collect(),
            arrives: false,
            looks_at_sets: rule.looks_at_sets(),
            limit: usize::try_from(rule.limit.unwrap_or(Rule::LIMIT)).unwrap_or(usize::MAX),
            rule,
        }
    }
}

impl ReadyRule {
    /// The site on which it sets something, as it leaves for there.
    pub(crate) fn carries_to(&self) -> Option<&SiteName> {
        self.rule.elsewhere().map(|there| &there.site)
    }

    /// Whether it may be asked about what happens on a site.
    pub(crate) fn may_be_asked_on(&self, site: &SiteName) -> bool {
        self.rule.when.site.as_ref().is_none_or(|named| named == site) && self.carries_to() != Some(site)
    }

    /// The same where the site may not be known: then it may be.
    fn is_of(&self, here: Option<&SiteName>) -> bool {
        here.is_none_or(|here| self.may_be_asked_on(here))
    }

    /// Whether it is the rule that arrives by an event.
    pub(crate) fn arrives_by(&self, event: &Event, arrival: &Arrival) -> bool {
        let kind = event.entity.as_ref().map(|entity| &entity.key.kind);
        self.arrives
            && self.rule.id == arrival.rule
            && self.may_be_asked_on(&event.site)
            && kind == Some(&self.rule.when.entity)
    }
}

impl ByCode {
    fn of(
        rules: &[ReadyRule],
        asked: impl Fn(&ReadyRule) -> bool,
        kind: &EntityType,
        moment: Moment,
        field: Option<&str>,
    ) -> Self {
        let places_for = |code: Option<&StatusCode>| -> Vec<usize> {
            let takes = |ready: &ReadyRule| {
                asked(ready) && matching::moment_and_code(&ready.rule.when, kind, moment, field, code).is_ok()
            };
            rules
                .iter()
                .enumerate()
                .filter(|(_, ready)| takes(ready))
                .map(|(place, _)| place)
                .collect()
        };
        let named = rules
            .iter()
            .filter(|r| r.rule.when.entity == *kind)
            .flat_map(|r| &r.rule.when.becomes);
        let listed: HashMap<_, _> = named.map(|code| (code.clone(), places_for(Some(code)))).collect();
        let otherwise = places_for(None);
        Self {
            any: !otherwise.is_empty() || listed.values().any(|places| !places.is_empty()),
            listed,
            otherwise,
        }
    }
}
