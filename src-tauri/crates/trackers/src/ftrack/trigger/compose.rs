//! From what is to be heard to a filter that delivers that and nothing else.

use callboard_model::{EntityId, EntityType, Lifecycle, Subscription};

use super::grammar::{Expression, Operand, Trigger};
use crate::TrackerError;
use crate::ftrack::query::checked;
use crate::ftrack::types::{ObjectTypes, is_context, wire_name};

pub(super) const TYPE: &str = "entity.entity_type";
pub(super) const OPERATION: &str = "entity.operation";
pub(super) const OBJECT_TYPE: &str = "entity.new.object_type_id";
pub(super) const PROJECT: &str = "entity.new.project_id";

/// The filter of what is to be heard, of these projects or of all. A Version's row does not say its project, so Versions of all
/// projects are heard.
///
/// Errors for what ftrack does not deliver, for types and columns whose names are none, and for a filter of one's own that cannot be
/// read.
pub(in crate::ftrack) fn compose(
    wanted: &Subscription,
    projects: &[EntityId],
    types: &ObjectTypes,
) -> Result<Trigger, TrackerError> {
    let kinds = match wanted {
        Subscription::Custom(filter) => {
            return Trigger::parse(filter).map_err(|mistake| not("filter", mistake.to_string()));
        }
        Subscription::Entities(kinds) => kinds,
    };
    let mut clauses = Vec::new();
    for (kind, life) in kinds {
        let mut parts = vec![selector(kind, types)?, moments(kind, life)?];
        if is_context(kind) && !projects.is_empty() {
            let of = projects.iter().map(|id| Expression::is(PROJECT, id.to_string()));
            parts.push(Expression::any(of.collect()));
        }
        clauses.push(Expression::all(parts));
    }
    if clauses.is_empty() {
        return Err(not("filter", "nothing is to be heard".to_owned()));
    }
    Ok(Trigger(Expression::any(clauses)))
}

fn not(field: &str, why: String) -> TrackerError {
    TrackerError::NotSettable {
        field: field.to_owned(),
        why,
    }
}

/// Which things. Those between a project and a Task are told apart by their object type alone: the name of their type in a delivery is
/// not documented.
fn selector(kind: &EntityType, types: &ObjectTypes) -> Result<Expression, TrackerError> {
    if !is_context(kind) {
        return Ok(Expression::is(TYPE, checked(wire_name(kind), "")?));
    }
    let ids = types.ids(kind);
    if ids.is_empty() {
        return Err(not("filter", format!("the site has no object type {kind}")));
    }
    let of = ids.into_iter().map(|id| Expression::is(OBJECT_TYPE, id));
    Ok(Expression::any(of.collect()))
}

fn moments(kind: &EntityType, life: &Lifecycle) -> Result<Expression, TrackerError> {
    if life.delete || life.revive {
        let why = format!("ftrack delivers that a {kind} was made or changed, not yet that it was deleted");
        return Err(not("filter", why));
    }
    let mut moments = Vec::new();
    if life.create {
        moments.push(Expression::is(OPERATION, "create"));
    }
    if let Some(columns) = &life.update {
        let mut parts = vec![Expression::is(OPERATION, "update")];
        let changed: Result<Vec<Expression>, TrackerError> = columns.iter().map(|column| changed(column)).collect();
        parts.extend(
            Some(changed?)
                .filter(|changed| !changed.is_empty())
                .map(Expression::any),
        );
        moments.push(Expression::all(parts));
    }
    if moments.is_empty() {
        return Err(not("filter", format!("nothing of {kind} is to be heard")));
    }
    Ok(Expression::any(moments))
}

fn changed(column: &str) -> Result<Expression, TrackerError> {
    let column = checked(column, "")?;
    Ok(Expression::Compare {
        left: Operand::Path(format!("entity.new.{column}")),
        equal: false,
        right: Operand::Path(format!("entity.old.{column}")),
    })
}
