//! What kinds of things a site has. Everything between a project and a Task stands in one table and is told apart by an object type's
//! id alone (ftrack API reference, `TypedContext`).

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use callboard_model::EntityType;

/// ftrack's name for what is a Version above this module.
pub(super) const ASSET_VERSION: &str = "AssetVersion";
/// Anything between a project and a Task, whatever its object type.
pub(super) const TYPED_CONTEXT: &str = "TypedContext";
/// A project.
pub(super) const PROJECT: &str = "Project";
/// A person or a service account.
pub(super) const USER: &str = "User";
/// The object types that every workspace has under the same id.
const STOCK: [(&str, &str); 3] = [
    ("11c137c0-ee7e-4f9c-91c5-8c77cec22b2c", EntityType::TASK),
    ("bad911de-3bd6-47b9-8b46-3476e237cb36", EntityType::SHOT),
    ("01decdd1-51cb-11e3-9d5b-20c9d0831e59", "Milestone"),
];

/// The object types of a site by their ids: the stock ones from the start, the site's own once it has been asked for them. All clones
/// are one, so that what a client has learned is known where deliveries are decoded.
#[derive(Clone, Debug)]
pub struct ObjectTypes(Arc<RwLock<BTreeMap<String, EntityType>>>);

impl Default for ObjectTypes {
    fn default() -> Self {
        let stock = STOCK
            .into_iter()
            .map(|(id, name)| (id.to_owned(), EntityType::from(name)));
        Self(Arc::new(RwLock::new(stock.collect())))
    }
}

impl ObjectTypes {
    /// The type of things of that object type.
    #[must_use]
    pub fn kind(&self, id: &str) -> Option<EntityType> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The ids of the object types of that name. A site may have two of one name.
    #[must_use]
    pub fn ids(&self, kind: &EntityType) -> Vec<String> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of_kind = known.iter().filter(|(_, name)| *name == kind);
        of_kind.map(|(id, _)| id.clone()).collect()
    }

    /// Learns an object type by its id and the name that people gave it: `Asset Build` is the type `AssetBuild`.
    pub(super) fn learn(&self, id: &str, name: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(id.to_owned(), kind_of_name(name));
    }
}

/// The type that things of an object type have in the API.
pub(super) fn kind_of_name(name: &str) -> EntityType {
    EntityType::from(name.replace(char::is_whitespace, ""))
}

/// ftrack's name of a type.
pub(super) fn wire_name(kind: &EntityType) -> &str {
    if kind.is(EntityType::VERSION) {
        ASSET_VERSION
    } else {
        kind.as_str()
    }
}

/// The type that ftrack's name means.
pub(super) fn kind_of_wire(name: &str) -> EntityType {
    EntityType::from(if name == ASSET_VERSION {
        EntityType::VERSION
    } else {
        name
    })
}

/// Whether things of a type stand in the table of contexts.
pub(super) fn is_context(kind: &EntityType) -> bool {
    ![EntityType::VERSION, EntityType::NOTE, PROJECT, USER].contains(&kind.as_str())
}
