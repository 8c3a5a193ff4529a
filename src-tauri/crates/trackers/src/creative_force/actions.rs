//! The groups of events and the actions in each, as the vendor's page lists them (Creative Force help, "Webhooks", "Events to Trigger
//! Webhooks" and the tables after it). Its lists, tables and samples spell them differently, so they are known by their letters and
//! digits alone, with or without the group's name before them.

/// A group of events: what the event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// What is photographed.
    Product,
    /// The piece that lies in the studio.
    Sample,
    /// A person's account.
    User,
    /// One step of the work on a product.
    Task,
    /// The work of one production type on a product. Listed as "Production Events".
    WorkUnit,
    /// What a client ordered.
    Job,
    /// A planned time in a studio.
    Session,
}

/// What an action is to the rest of Callboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The entity was made.
    Made,
    /// It was deleted.
    Deleted,
    /// Its status may be another now; which one, the payload says.
    Status,
    /// Anything else.
    Other,
}

use Meaning::{Deleted, Made, Other, Status};

/// An action by its name, without the group's.
type Action = (&'static str, Meaning);

const PRODUCT: &[Action] = &[
    ("Reset", Status),
    ("StatusChanged", Status),
    ("StyleGuideChanged", Other),
    ("CategoryChanged", Other),
    ("Deactivated", Status),
    ("Ignored", Status),
    ("ColorReferenceMigrated", Other),
    ("PropertiesUpdated", Other),
    ("Deleted", Deleted),
    ("Activated", Status),
    ("StatusChangedViaKelvin", Status),
    ("StyleGuideChangedViaKelvin", Other),
    ("CategoryChangedViaKelvin", Other),
    ("IgnoredViaKelvin", Status),
    ("PropertiesUpdatedViaKelvin", Other),
    ("DeletedViaKelvin", Deleted),
    ("ActivatedViaKelvin", Status),
    ("EnableProductionType", Other),
    ("DisableProductionType", Other),
    ("Imported", Made),
    ("ColorReferenceCreated", Other),
    ("ColorReferenceUpdated", Other),
    ("ColorReferenceDeleted", Other),
    ("Completed", Status),
    ("MoveToAnotherJob", Other),
    ("ApplyUpdates", Other),
    ("AddedToBundle", Other),
    ("RemovedFromBundle", Other),
    ("TriggeredCopywriting", Other),
    ("DeliveredCopywriting", Other),
    ("DeliveryCopywritingFailed", Other),
    ("IgnoreDeliverCopywriting", Other),
];

const SAMPLE: &[Action] = &[
    ("LocationChanged", Other),
    ("AddedToContainer", Other),
    ("ReleasedFromContainer", Other),
    ("Checked-in", Other),
    ("Checked-out", Other),
];

const USER: &[Action] = &[
    ("LoggedIn", Other),
    ("LoggedOut", Other),
    ("PasswordChanged", Other),
    ("AvatarUpdated", Other),
    ("InvitationCompleted", Other),
    ("Updated", Other),
    ("Deleted", Deleted),
    ("InvitationDeleted", Other),
    ("Disabled", Other),
    ("Enabled", Other),
    ("Invited", Other),
    ("Re-Invited", Other),
    ("ProductVendorAdded", Other),
    ("StudioSign-UpCompleted", Other),
    ("SettingMigrateColorReference(Ecomm)", Other),
    ("SettingSourceE-CommColorReference(Editorial)", Other),
];

const TASK: &[Action] = &[
    ("Completed", Status),
    ("Created", Made),
    ("Started", Status),
    ("Bypassed", Status),
    ("Reset", Status),
    ("Assigned", Other),
    ("Unassigned", Other),
    ("Rejected", Status),
    ("Approved", Status),
    ("WaitingForColorReference", Status),
    ("ProcessWithoutColorReference", Status),
    ("Failed", Status),
    ("CopywritingTaskEditMade", Other),
    ("ReadyToWork", Status),
    ("SoftRejected", Status),
    ("CopywritingDreemGenerateText", Other),
    ("CopywritingDreemAdjustText", Other),
];

const WORK_UNIT: &[Action] = &[
    ("StatusChanged", Status),
    ("Reset", Status),
    ("Enabled", Status),
    ("Disabled", Status),
    ("ChangedSource", Other),
    ("Completed", Status),
    ("BypassExternalPost", Status),
    ("ChangePostVendor", Other),
    ("Created", Made),
    ("Deleted", Deleted),
    ("CopywritingProductionLayoutStateChanged", Other),
];

const JOB: &[Action] = &[
    ("StatusChanged", Status),
    ("Created", Made),
    ("Updated", Other),
    ("Deleted", Deleted),
    ("DeadlineUpdated", Other),
];

const SESSION: &[Action] = &[("AddedToSession", Other), ("RemovedFromSession", Other)];

/// Other spellings of the page: its lists and tables differ by more than signs here.
const ALSO: [(Group, &str, &str); 2] = [
    (Group::WorkUnit, "bypassexternapost", "BypassExternalPost"),
    (Group::Session, "addtosession", "AddedToSession"),
];

impl Group {
    /// Every group there is.
    pub const ALL: [Self; 7] = [
        Self::Product,
        Self::Sample,
        Self::User,
        Self::Task,
        Self::WorkUnit,
        Self::Job,
        Self::Session,
    ];

    /// The type of entity that its events are about.
    #[must_use]
    pub fn entity_type(self) -> &'static str {
        match self {
            Self::Product => "Product",
            Self::Sample => "Sample",
            Self::User => "User",
            Self::Task => "Task",
            Self::WorkUnit => "WorkUnit",
            Self::Job => "Job",
            Self::Session => "Session",
        }
    }

    /// The names of its actions, without the group's.
    pub fn actions(self) -> impl Iterator<Item = &'static str> {
        self.listed().iter().map(|(name, _)| *name)
    }

    fn listed(self) -> &'static [Action] {
        match self {
            Self::Product => PRODUCT,
            Self::Sample => SAMPLE,
            Self::User => USER,
            Self::Task => TASK,
            Self::WorkUnit => WORK_UNIT,
            Self::Job => JOB,
            Self::Session => SESSION,
        }
    }

    /// The group that a payload names: `work unit`, `Job`, `production` …
    pub(super) fn named(text: &str) -> Option<Self> {
        let name = letters(text);
        let name = name.strip_suffix("events").unwrap_or(&name);
        if name == "production" {
            return Some(Self::WorkUnit);
        }
        Self::ALL.into_iter().find(|group| letters(group.entity_type()) == name)
    }

    /// The action that a payload names, and what it means. One that the page does not list is named as it came.
    pub(super) fn action(self, text: &str) -> (String, Meaning) {
        let said = letters(text);
        let own = letters(self.entity_type());
        let bare = said.strip_prefix(&own).filter(|rest| !rest.is_empty());
        for name in [Some(said.as_str()), bare].into_iter().flatten() {
            let also = ALSO.iter().find(|(group, other, _)| *group == self && *other == name);
            let name = also.map_or_else(|| name.to_owned(), |(.., listed)| letters(listed));
            if let Some((listed, meaning)) = self.listed().iter().find(|(listed, _)| letters(listed) == name) {
                return ((*listed).to_owned(), *meaning);
            }
        }
        (text.trim().to_owned(), Other)
    }
}

/// The letters and digits of a name, in small letters: what it is known by.
pub(super) fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
