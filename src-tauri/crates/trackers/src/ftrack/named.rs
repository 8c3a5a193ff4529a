//! Entities found by what people call them, and what notes say.

use std::collections::BTreeSet;

use callboard_model::{Entity, EntityKey, EntityRef, EntityType, Note, Surroundings};

use super::client::Ftrack;
use super::query::{Query, VALUES_AT_ONCE};
use super::reading::By;
use super::record::{id, text};
use super::types::{ASSET_VERSION, TYPED_CONTEXT, is_context};
use crate::TrackerError;

/// Things of all types that hold one value: more are no key.
const MOST_HOLDING: usize = 50;

impl Ftrack {
    /// As `Tracker::find`.
    pub(super) async fn find_named(
        &self,
        kind: &EntityType,
        names: &[String],
        project: Option<&EntityKey>,
    ) -> Result<Vec<(String, Vec<EntityRef>)>, TrackerError> {
        let asked: BTreeSet<&str> = names.iter().map(|name| name.trim()).filter(|n| !n.is_empty()).collect();
        let asked: Vec<&str> = asked.into_iter().collect();
        let found = if kind.is(EntityType::VERSION) {
            self.versions_called(&asked, project).await?
        } else if is_context(kind) {
            self.contexts_called(kind, &asked, project).await?
        } else {
            Vec::new()
        };
        let called = |name: &str, exactly: bool| -> Vec<EntityRef> {
            let is = |one: &&Entity| is_called(one, name, exactly);
            found.iter().filter(is).map(Entity::to_ref).collect()
        };
        let answers = names.iter().map(|name| {
            let wanted = name.trim();
            let exact = called(wanted, true);
            let answer = if exact.is_empty() { called(wanted, false) } else { exact };
            (name.clone(), answer)
        });
        Ok(answers.collect())
    }

    /// As `Tracker::find_by`.
    pub(super) async fn find_holding(
        &self,
        kind: &EntityType,
        field: &str,
        value: &str,
    ) -> Result<Vec<EntityRef>, TrackerError> {
        let (by, table) = if kind.is(EntityType::VERSION) {
            (By::Versions, ASSET_VERSION)
        } else if is_context(kind) {
            (By::Contexts, TYPED_CONTEXT)
        } else {
            return Err(TrackerError::NotSearchable(field.to_owned()));
        };
        // Asking for the field too has its name checked.
        let query = Query::select(&["id", field], table)?
            .is(field, value)
            .most(MOST_HOLDING);
        let found = self.called(by, vec![query], Some(kind)).await?;
        Ok(found
            .iter()
            .filter(|one| one.key.kind == *kind)
            .map(Entity::to_ref)
            .collect())
    }

    async fn contexts_called(
        &self,
        kind: &EntityType,
        names: &[&str],
        project: Option<&EntityKey>,
    ) -> Result<Vec<Entity>, TrackerError> {
        let in_project = project.map(|project| project.id.to_string());
        let mut queries = Vec::new();
        for some in names.chunks(VALUES_AT_ONCE) {
            // Whether the site minds capitals is its database's affair: here both are asked for.
            let query = Query::select(&["id"], TYPED_CONTEXT)?.holds_one_of("name", some);
            queries.push(match &in_project {
                Some(project) => query.is("project_id", project),
                None => query,
            });
        }
        self.called(By::Contexts, queries, Some(kind)).await
    }

    async fn versions_called(&self, names: &[&str], project: Option<&EntityKey>) -> Result<Vec<Entity>, TrackerError> {
        let assets: BTreeSet<&str> = names
            .iter()
            .filter_map(|name| split(name))
            .map(|(asset, _)| asset)
            .collect();
        let assets: Vec<&str> = assets.into_iter().filter(|asset| !asset.is_empty()).collect();
        let mut queries = Vec::new();
        for some in assets.chunks(VALUES_AT_ONCE) {
            queries.push(Query::select(&["id"], ASSET_VERSION)?.holds_one_of("asset.name", some));
        }
        let mut found = self.called(By::Versions, queries, None).await?;
        let project = project.map(|project| &project.id);
        found.retain(|version| project.is_none_or(|id| version.project.as_ref().is_some_and(|p| p.key.id == *id)));
        Ok(found)
    }

    async fn called(
        &self,
        by: By,
        queries: Vec<Query>,
        kind: Option<&EntityType>,
    ) -> Result<Vec<Entity>, TrackerError> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.wire.rows_of(queries).await?.into_iter().flatten();
        let ids: BTreeSet<String> = rows.filter_map(|row| id(&row).map(ToOwned::to_owned)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        self.entities(by, &ids, kind, &Surroundings::default()).await
    }

    /// What a note says, and about what: the thing that it hangs on. An answer is about what was answered.
    pub(super) async fn read_note(&self, key: &EntityKey) -> Result<Option<Note>, TrackerError> {
        if !key.kind.is(EntityType::NOTE) {
            return Ok(None);
        }
        let query = Query::select(&["id", "content", "parent_id"], EntityType::NOTE)?;
        let rows = self.wire.rows(query.is("id", &key.id.to_string())).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let parent: Vec<&str> = text(row, "parent_id").into_iter().collect();
        let nothing_more = Surroundings::default();
        // The note names a table in a word of the site's own; an id is in one of them alone.
        let mut about = self.entities(By::Versions, &parent, None, &nothing_more).await?;
        if about.is_empty() {
            about = self.entities(By::Contexts, &parent, None, &nothing_more).await?;
        }
        Ok(Some(Note {
            text: text(row, "content").unwrap_or_default().trim().to_owned(),
            about: about.iter().map(Entity::to_ref).collect(),
        }))
    }
}

fn is_called(entity: &Entity, wanted: &str, exactly: bool) -> bool {
    let Some(name) = entity.name.as_deref().filter(|_| !wanted.is_empty()) else {
        return false;
    };
    if name == wanted {
        return true;
    }
    if entity.key.kind.is(EntityType::VERSION) {
        // A Version's number is written with as many noughts, and as many signs before it, as people like.
        let same = |one: &str, other: &str| one == other || (!exactly && one.to_lowercase() == other.to_lowercase());
        let pair = split(name).zip(split(wanted));
        return pair.is_some_and(|((asset, number), (other, wanted))| number == wanted && same(asset, other));
    }
    !exactly && name.to_lowercase() == wanted.to_lowercase()
}

/// The asset and the number of a Version's name: `comp v003` and `comp_v3` are both the third of `comp`.
fn split(name: &str) -> Option<(&str, u64)> {
    let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (before, number) = name.split_at(name.len() - digits);
    let asset = before.strip_suffix(['v', 'V'])?;
    Some((asset.trim_end_matches([' ', '_', '-', '.']), number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_versions_name_is_its_asset_and_its_number_however_it_is_written() {
        for name in ["comp v003", "comp_v3", "comp.V0003", "comp-v03", "compv3"] {
            assert_eq!(split(name), Some(("comp", 3)), "{name}");
        }
        for name in ["comp", "comp v", "comp 3", "", "comp v99999999999999999999"] {
            assert_eq!(split(name), None, "{name}");
        }
    }
}
