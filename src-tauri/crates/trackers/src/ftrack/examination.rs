//! What can be found out about an ftrack workspace before it is trusted.

use async_trait::async_trait;
use callboard_model::{EntityId, EntityKey, EntityType, StatusCode};
use serde_json::json;

use super::client::{Ftrack, OF_USER, user};
use super::query::{Query, checked};
use super::record::{id, text};
use super::types::{ASSET_VERSION, TYPED_CONTEXT, USER, is_context, kind_of_name, wire_name};
use super::wire::{Failure, Row, update};
use super::workflow::Of;
use crate::{Account, Examination, Permission, SiteCard, TrackerError, VersionLinks};

/// An id that nothing has: a call that changes it changes nothing at all.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
/// Versions that are looked at for their Tasks.
const VERSIONS: usize = 100;

#[async_trait]
impl Examination for Ftrack {
    /// The site tells its version to those whom it knows. One that refuses the key says by that what it is.
    async fn card(&self) -> Result<SiteCard, TrackerError> {
        let answer = self.wire.ask(vec![json!({"action": "query_server_information"})]).await;
        let version = match answer {
            Ok(results) => {
                let first = results.first().map(|first| first.get("data").unwrap_or(first));
                let version = first
                    .and_then(|first| first.get("version")?.as_str())
                    .filter(|v| !v.is_empty());
                version
                    .map(ToOwned::to_owned)
                    .ok_or_else(|| self.wire.unreadable("it does not say its ftrack version"))?
            }
            Err(TrackerError::KeyRefused { .. }) => "not told without a key".to_owned(),
            Err(error) => return Err(error),
        };
        Ok(SiteCard { version, sign_in: None })
    }

    async fn account(&self) -> Result<Account, TrackerError> {
        let query = Query::select(&OF_USER, USER)?.is("username", self.wire.user());
        let rows = self.wire.rows(query).await?;
        let me = rows.first().and_then(user);
        Ok(Account {
            entity: me.ok_or_else(|| {
                self.wire
                    .unreadable("it has no user of the name that the key belongs to")
            })?,
            // What is written by the API is delivered as anybody's doing.
            leaves_entries: Some(true),
        })
    }

    /// The newest entity is set to what it holds already, in one call with a change of nothing, which a site does as a whole or not at
    /// all.
    async fn may_set(&self, kind: &EntityType, field: &str) -> Result<Permission, TrackerError> {
        let table = checked(wire_name(kind), "")?;
        let query = Query::select(&["id", checked(field, "")?], table)?.most(1);
        let rows = self.wire.rows(query).await?;
        let Some((row, newest)) = rows.first().and_then(|row| Some((row, id(row)?))) else {
            return Ok(Permission::NothingToTry);
        };
        let value = row.get(field).cloned().unwrap_or_default();
        let set = |id: &str| update(table, id, Row::from_iter([(field.to_owned(), value.clone())]));
        match self.wire.try_to(vec![set(newest), set(NOBODY)]).await {
            Ok(_) => Ok(Permission::Allowed),
            Err(Failure::Said(complaint)) if complaint.is_of_permission() => {
                Ok(Permission::Refused(complaint.words().to_owned()))
            }
            Err(Failure::Said(complaint)) if complaint.words().contains(NOBODY) => Ok(Permission::Allowed),
            Err(failure) => match self.wire.error(failure) {
                // It found nothing to change, so it got as far as looking for it.
                TrackerError::NotFound => Ok(Permission::Allowed),
                TrackerError::Refused(why) => Ok(Permission::Refused(why)),
                error => Err(error),
            },
        }
    }

    async fn newest_of(&self, kind: &EntityType) -> Result<Option<EntityKey>, TrackerError> {
        let query = Query::select(&["id"], checked(wire_name(kind), "")?)?;
        let query = if kind.is(EntityType::VERSION) {
            query.newest_by("date")
        } else {
            query
        };
        let rows = self.wire.rows(query.most(1)).await?;
        let id = rows.first().and_then(id).map(|id| EntityId::Text(id.to_owned()));
        Ok(id.map(|id| EntityKey { kind: kind.clone(), id }))
    }

    async fn version_links(&self) -> Result<VersionLinks, TrackerError> {
        let query = Query::select(&["id", "task_id"], ASSET_VERSION)?
            .newest_by("date")
            .most(VERSIONS);
        let versions = self.wire.rows(query).await?;
        Ok(VersionLinks {
            looked: versions.len(),
            with_task: versions.iter().filter(|row| text(row, "task_id").is_some()).count(),
        })
    }

    /// The columns, which are what a delivery holds.
    async fn fields(&self, kind: &EntityType) -> Result<Vec<String>, TrackerError> {
        let tables = self.tables().await?;
        let own = tables.get(wire_name(kind));
        let table = own.or_else(|| tables.get(TYPED_CONTEXT).filter(|_| is_context(kind)));
        let table = table.ok_or(TrackerError::NotFound)?;
        Ok(table.columns().map(ToOwned::to_owned).collect())
    }

    async fn kinds(&self) -> Result<Vec<EntityType>, TrackerError> {
        let rows = self.wire.rows(Query::select(&["id", "name"], "ObjectType")?).await?;
        let kinds = rows.iter().filter_map(|row| {
            let name = text(row, "name")?;
            self.types.learn(id(row)?, name);
            Some(kind_of_name(name))
        });
        let others = [EntityType::VERSION, EntityType::NOTE].map(EntityType::from);
        Ok(kinds.chain(others).collect())
    }

    async fn shown_statuses(&self, kind: &EntityType, project: &EntityKey) -> Result<Vec<StatusCode>, TrackerError> {
        let id = project.id.to_string();
        let workflows = self.workflows(Of::Project(&id)).await?;
        Ok(workflows.allowed(kind, &id).unwrap_or_default())
    }
}
