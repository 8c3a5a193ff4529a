//! What of a studio's deliveries is wanted: by workspace and by production step, as Creative Force itself can filter (its help,
//! "Webhooks", "Filters Tab"). It is told there and here, so that a webhook that was set up otherwise starts nothing.

use callboard_model::{Entity, Event};

use super::actions::{Group, letters};
use super::decode::Told;

/// The production steps that a webhook can be filtered by, in the order of the page, which is that of the work.
pub const STEPS: [&str; 14] = [
    "Capture",
    "Final Selection",
    "Photo Review",
    "Digital Processing",
    "External Post",
    "External Post QC",
    "Internal Post",
    "Internal Post QC",
    "Post Review",
    "Copywriting",
    "Copywriting QC",
    "Cloud Automation",
    "Cloud Automation QC",
    "Asset Delivery",
];

/// A step's place in the work; none for a name that is none of the fourteen.
pub(super) fn place_of_step(name: &str) -> Option<i64> {
    let place = STEPS.iter().position(|step| letters(step) == letters(name))?;
    i64::try_from(place).ok()
}

/// The workspaces and steps of which deliveries are worked on. Empty: all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    workspaces: Vec<String>,
    steps: Vec<&'static str>,
}

impl Filter {
    /// A filter by the names or ids of workspaces (clients) and the names of production steps. Errors with a sentence where a step is
    /// none of the fourteen, or a workspace is empty.
    pub fn new(workspaces: &[String], steps: &[String]) -> Result<Self, String> {
        if workspaces.iter().any(|workspace| letters(workspace).is_empty()) {
            return Err("a workspace is empty: write its name as Creative Force shows it, or leave it out".into());
        }
        let step = |name: &String| {
            let known = STEPS.iter().copied().find(|step| letters(step) == letters(name));
            known.ok_or_else(|| {
                format!(
                    "\"{name}\" is none of Creative Force's production steps. They are {}",
                    STEPS.join(", ")
                )
            })
        };
        Ok(Self {
            workspaces: workspaces.to_vec(),
            steps: steps.iter().map(step).collect::<Result<_, _>>()?,
        })
    }

    /// Why nothing comes of a delivery; none where something may. What names no workspace is not held against the workspaces, and a
    /// step that is none of the fourteen not against the steps: Creative Force has let it through, and nobody here knows better.
    #[must_use]
    pub fn leaves_out(&self, told: &Told) -> Option<String> {
        self.other_workspace(&told.event).or_else(|| self.other_step(told))
    }

    fn other_workspace(&self, event: &Event) -> Option<String> {
        let client = event.project.as_ref().filter(|_| !self.workspaces.is_empty())?;
        let id = client.key.id.to_string();
        let is = |known: &str| self.workspaces.iter().any(|wanted| letters(wanted) == letters(known));
        if is(&id) || client.name.as_deref().is_some_and(is) {
            return None;
        }
        let name = client.name.as_deref().unwrap_or(&id);
        Some(format!("Workspace {name} is not one of those that this hook is for"))
    }

    fn other_step(&self, told: &Told) -> Option<String> {
        let is_task = |entity: &&Entity| entity.key.kind.is(Group::Task.entity_type());
        let task = told
            .entities
            .first()
            .filter(is_task)
            .filter(|_| !self.steps.is_empty())?;
        let name = task.name.as_deref()?;
        let step = STEPS.iter().find(|step| letters(step) == letters(name))?;
        (!self.steps.contains(step)).then(|| format!("The step {step} is not one of those that this hook is for"))
    }
}
