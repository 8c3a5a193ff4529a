//! From a filter on the site back to what it lets through, where it is of the shape that is composed here.

use std::collections::{BTreeMap, BTreeSet};

use callboard_model::{EntityId, EntityType, Lifecycle, Subscription};

use super::compose::{OBJECT_TYPE, OPERATION, PROJECT, TYPE};
use super::grammar::{Expression, Operand, Trigger};
use crate::ftrack::types::{ObjectTypes, kind_of_wire};

/// What a filter lets through. A filter of any other shape is one of somebody's own, and stands for itself.
pub(in crate::ftrack) fn understood(filter: &str, types: &ObjectTypes) -> (Subscription, Vec<EntityId>) {
    let read = Trigger::parse(filter).ok();
    let read = read.and_then(|trigger| of_clauses(&trigger.0, types));
    match read {
        Some((kinds, projects)) => {
            let projects = projects.into_iter().map(EntityId::Text).collect();
            (Subscription::Entities(kinds), projects)
        }
        None => (Subscription::Custom(filter.to_owned()), Vec::new()),
    }
}

type Read = (BTreeMap<EntityType, Lifecycle>, BTreeSet<String>);

fn of_clauses(expression: &Expression, types: &ObjectTypes) -> Option<Read> {
    // Several clauses each say of which type they are; a single one may be an alternative of moments.
    let clauses = match expression {
        Expression::Or(clauses) => clauses.as_slice(),
        one => std::slice::from_ref(one),
    };
    let (mut kinds, mut projects) = (BTreeMap::new(), BTreeSet::new());
    for clause in clauses {
        let (kind, life) = of_clause(clause, types, &mut projects)?;
        // Two clauses of one type are not ours, and would have to be joined.
        if kinds.insert(kind, life).is_some() {
            return None;
        }
    }
    Some((kinds, projects))
}

fn of_clause(
    clause: &Expression,
    types: &ObjectTypes,
    projects: &mut BTreeSet<String>,
) -> Option<(EntityType, Lifecycle)> {
    let Expression::And(parts) = clause else { return None };
    let (mut kind, mut life) = (None, Lifecycle::default());
    let mut rest = Vec::new();
    for part in parts {
        if let Some(ids) = alternatives(part, OBJECT_TYPE) {
            let mut named = ids.into_iter().map(|id| types.kind(id));
            let first = named.next()??;
            if named.any(|other| other.as_ref() != Some(&first)) || kind.replace(first).is_some() {
                return None;
            }
        } else if let Some(names) = alternatives(part, TYPE) {
            let [name] = names[..] else { return None };
            if kind.replace(kind_of_wire(name)).is_some() {
                return None;
            }
        } else if let Some(ids) = alternatives(part, PROJECT) {
            projects.extend(ids.into_iter().map(ToOwned::to_owned));
        } else {
            rest.push(part);
        }
    }
    let moments: Vec<&Expression> = match rest[..] {
        [Expression::Or(moments)] if alternatives(rest[0], OPERATION).is_some() || moments.iter().any(is_moment) => {
            moments.iter().collect()
        }
        _ => Vec::new(),
    };
    if moments.is_empty() {
        add_moment(&rest, &mut life)?;
    }
    for moment in moments {
        match moment {
            Expression::And(parts) => add_moment(&parts.iter().collect::<Vec<_>>(), &mut life)?,
            one => add_moment(&[one], &mut life)?,
        }
    }
    Some((kind?, life))
}

/// Whether a part is one of several moments: it says an operation.
fn is_moment(part: &Expression) -> bool {
    match part {
        Expression::And(parts) => parts.iter().any(is_moment),
        one => alternatives(one, OPERATION).is_some(),
    }
}

/// One moment: that something was made, or that any or one of some columns changed.
fn add_moment(parts: &[&Expression], life: &mut Lifecycle) -> Option<()> {
    let operations: Vec<Vec<&str>> = parts.iter().filter_map(|part| alternatives(part, OPERATION)).collect();
    let [operation] = &operations[..] else { return None };
    let mut others = parts.iter().filter(|part| alternatives(part, OPERATION).is_none());
    match (operation.as_slice(), others.next(), others.next()) {
        (["create"], None, _) => life.create = true,
        (["update"], None, _) => life.update = Some(Vec::new()),
        (["update"], Some(changes), None) => {
            let one = std::slice::from_ref(*changes);
            let changes = if let Expression::Or(several) = changes {
                several
            } else {
                one
            };
            let columns: Option<Vec<String>> = changes.iter().map(changed).collect();
            life.update = Some(columns?);
        }
        _ => return None,
    }
    Some(())
}

/// The texts of which one must stand at a path.
fn alternatives<'e>(part: &'e Expression, wanted: &str) -> Option<Vec<&'e str>> {
    match part {
        Expression::Or(parts) => {
            let each: Option<Vec<Vec<&str>>> = parts.iter().map(|part| alternatives(part, wanted)).collect();
            Some(each?.concat())
        }
        Expression::Compare {
            left: Operand::Path(path),
            equal: true,
            right: Operand::Text(text),
        } if path == wanted => Some(vec![text]),
        _ => None,
    }
}

/// The column of `entity.new.x != entity.old.x`.
fn changed(part: &Expression) -> Option<String> {
    let Expression::Compare {
        left: Operand::Path(left),
        equal: false,
        right: Operand::Path(right),
    } = part
    else {
        return None;
    };
    let column = left.strip_prefix("entity.new.")?;
    (right.strip_prefix("entity.old.") == Some(column)).then(|| column.to_owned())
}
