//! What stands now, of whole types: the second road of a site that keeps no log of what it delivered.

use std::collections::BTreeSet;

use async_trait::async_trait;
use callboard_model::{Entity, EntityType};
use tokio::sync::mpsc;

use super::client::Ftrack;
use super::query::Query;
use super::record::{context, version};
use super::types::{ASSET_VERSION, TYPED_CONTEXT, is_context};
use crate::TrackerError;
use crate::comparison::{Comparison, Ring};

const OF_CONTEXT: [&str; 6] = ["id", "name", "status_id", "object_type_id", "project_id", "parent_id"];
const OF_VERSION: [&str; 8] = [
    "id",
    "version",
    "status_id",
    "date",
    "task_id",
    "task.project_id",
    "asset.name",
    "asset.context_id",
];

#[async_trait]
impl Comparison for Ftrack {
    async fn standing(&self, kinds: &[EntityType]) -> Result<Vec<Entity>, TrackerError> {
        // What the site's own object types are called is known once its schemas are.
        self.tables().await?;
        let of = |kind: &str| kinds.iter().any(|wanted| wanted.is(kind));
        let nothing = BTreeSet::new();
        let mut entities = Vec::new();
        let stock = [EntityType::TASK, EntityType::SHOT];
        let others = kinds
            .iter()
            .any(|kind| is_context(kind) && !stock.iter().any(|name| kind.is(name)));
        let tables = stock
            .into_iter()
            .filter(|kind| of(kind))
            .chain(others.then_some(TYPED_CONTEXT));
        for table in tables {
            let query = Query::select(&OF_CONTEXT, table)?.is("project.status", "active");
            let rows = self.wire.rows(query).await?;
            let found = rows.iter().filter_map(|row| context(row, &self.types, &nothing));
            // The one table holds those of the stock types too, which were asked for already.
            let is_wanted = |entity: &Entity| {
                let is_stock = stock.iter().any(|name| entity.key.kind.is(name));
                kinds.contains(&entity.key.kind) && (table != TYPED_CONTEXT || !is_stock)
            };
            entities.extend(found.filter(is_wanted));
        }
        if of(EntityType::VERSION) {
            let query = Query::select(&OF_VERSION, ASSET_VERSION)?.is("task.project.status", "active");
            let rows = self.wire.rows(query).await?;
            entities.extend(rows.iter().filter_map(|row| version(row, &self.types, &nothing)));
        }
        Ok(entities)
    }

    async fn listen(&self, rung: &mpsc::Sender<Ring>) -> Result<(), TrackerError> {
        self.wire.listen(rung).await
    }
}
