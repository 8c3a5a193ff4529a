//! Which status a rule wants for an entity, or which value of a field.

use std::borrow::Cow;

use callboard_model::{Entity, EntityType, StatusCode};

use crate::classes::names;
use crate::document::{Pick, RollUp, RollUpRow, Rule, Wanted, WantedWord};
use crate::scene::{Happening, Sight};
use crate::{matching, settable};

/// What a rule wants of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish<'a> {
    /// One of these statuses or values, the first before the others. Never empty.
    OneOf(Cow<'a, [StatusCode]>),
    /// No status, or nothing in the field.
    Cleared,
    /// Nothing, and why.
    Leave(Leave),
}

/// Why a rule that applies wants nothing of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// It names no status.
    NoneNamed,
    /// It wants the status that the other one came to, and that was cleared: it clears nothing else.
    NoCode,
    /// It wants a class, and the status that the other one came to has none, or none here is of that class.
    NoClass,
    /// There is nothing below that it could look at.
    NoneLeft,
    /// No row of its roll-up holds, or the one that does leaves things as they are.
    NoRow,
    /// The field that it names is none that a rule may set, or not to that.
    BadField,
    /// It sets something on another site that it may not set, or not to that.
    BadElsewhere,
    /// The status of the one picked has nothing like it here.
    NoLike,
}

impl Wish<'_> {
    /// The status that it comes to where the entity has none of those wanted: the first that may be set there.
    pub(crate) fn first(&self, may_be: impl Fn(&StatusCode) -> bool) -> Option<StatusCode> {
        match self {
            Self::OneOf(codes) => codes.iter().find(|code| may_be(code)).cloned(),
            Self::Cleared | Self::Leave(_) => None,
        }
    }

    /// Whether an entity with this status is as wished already.
    pub(crate) fn is_met_by(&self, status: Option<&StatusCode>) -> bool {
        match self {
            Self::OneOf(codes) => status.is_some_and(|code| codes.contains(code)),
            Self::Cleared => status.is_none(),
            Self::Leave(_) => true,
        }
    }
}

/// What a rule wants of any entity that it reaches; none where that hangs on the entity.
pub(crate) fn wish_of_all<'a>(rule: &'a Rule, happening: &Happening<'a>, sight: &Sight<'_>) -> Option<Wish<'a>> {
    if settable::fault(rule).is_some() || rule.then.field.as_deref() == Some(sight.rules.status_field()) {
        return Some(Wish::Leave(Leave::BadField));
    }
    Some(match &rule.then.to {
        Wanted::OneOf(codes) => one_of(Cow::Borrowed(codes), Leave::NoneNamed),
        Wanted::Word(WantedWord::Cleared) => Wish::Cleared,
        Wanted::Word(WantedWord::Same) => match happening.code() {
            Some(code) => Wish::OneOf(Cow::Borrowed(std::slice::from_ref(code))),
            None => Wish::Leave(Leave::NoCode),
        },
        Wanted::Word(WantedWord::SameClass) => {
            let class = happening
                .code()
                .and_then(|code| sight.rules.class(&happening.entity.key.kind, code));
            let codes = class.map_or_else(Vec::new, |class| sight.rules.of_class(&rule.target_type(), class));
            one_of(Cow::Owned(codes), Leave::NoClass)
        }
        Wanted::RollUp { .. } => return None,
    })
}

/// What a rule that rolls up wants of this entity.
pub(crate) fn wish_of<'a>(rule: &'a Rule, sight: &Sight<'a>, target: &'a Entity) -> Wish<'a> {
    let Some((kind, roll_up)) = rule.rolls_up() else {
        return Wish::Leave(Leave::NoneNamed);
    };
    let statuses = looked_at(sight, target, kind, roll_up);
    if statuses.is_empty() {
        return Wish::Leave(Leave::NoneLeft);
    }
    let holds = |row: &&RollUpRow| {
        (row.all.is_empty() || statuses.iter().all(|s| names(&row.all, *s)))
            && (row.any.is_empty() || statuses.iter().any(|s| names(&row.any, *s)))
            && !statuses.iter().any(|s| names(&row.none, *s))
    };
    if !roll_up.rows.is_empty() {
        let row = roll_up.rows.iter().find(holds);
        return one_of(Cow::Borrowed(row.map_or(&[][..], |r| &r.to)), Leave::NoRow);
    }
    let picked = statuses.first().copied().flatten();
    let (Some(code), true) = (picked, roll_up.pick.is_some()) else {
        return Wish::Leave(Leave::NoLike);
    };
    if sight.rules.takes(&target.key.kind, code) {
        return Wish::OneOf(Cow::Borrowed(std::slice::from_ref(code)));
    }
    let class = sight.rules.class(kind, code);
    let codes = class.map_or_else(Vec::new, |class| sight.rules.of_class(&target.key.kind, class));
    one_of(Cow::Owned(codes), Leave::NoLike)
}

/// The statuses that a roll-up goes by: of all that are not ignored, or of the one picked.
fn looked_at<'a>(
    sight: &Sight<'a>,
    target: &Entity,
    kind: &'a EntityType,
    roll_up: &RollUp,
) -> Vec<Option<&'a StatusCode>> {
    let below = sight.production.below(&target.key, kind.as_str());
    let statuses = below
        .filter(|e| matching::is_of_steps(e, &roll_up.steps))
        .map(|e| sight.status(&e.key))
        .filter(|status| !names(&roll_up.ignoring, *status));
    // What stands outside the column is neither before nor behind the others.
    let place = |status: &Option<&StatusCode>| sight.rules.place(kind, (*status)?);
    let one = match roll_up.pick {
        None => return statuses.collect(),
        Some(Pick::LeastAdvanced) => statuses.filter(|s| place(s).is_some()).min_by_key(place),
        Some(Pick::MostAdvanced) => statuses.filter(|s| place(s).is_some()).max_by_key(place),
    };
    one.into_iter().collect()
}

fn one_of(codes: Cow<'_, [StatusCode]>, otherwise: Leave) -> Wish<'_> {
    if codes.is_empty() {
        Wish::Leave(otherwise)
    } else {
        Wish::OneOf(codes)
    }
}
