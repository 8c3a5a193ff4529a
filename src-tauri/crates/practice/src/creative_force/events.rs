//! Every event that Creative Force lists, by group, spelled as it is spelled there. Creative Force: events.

/// Group and action of every event: first as the list of events to trigger has them, then the other spellings that the
/// samples and the tables of the payloads have for some of them.
pub const CREATIVE_FORCE_EVENTS: &[(&str, &str)] = &[
    ("product", "Reset"),
    ("product", "StatusChanged"),
    ("product", "StyleGuideChanged"),
    ("product", "CategoryChanged"),
    ("product", "Product Deactivated"),
    ("product", "ColorReferenceMigrated"),
    ("product", "PropertiesUpdated"),
    ("product", "Deleted"),
    ("product", "Activated"),
    ("product", "ProductStatusChangedviaKelvin"),
    ("product", "StyleguideChangedviaKelvin"),
    ("product", "CategoryChangedviaKelvin"),
    ("product", "ProductIgnoredviaKelvin"),
    ("product", "PropertiesUpdatedviaKelvin"),
    ("product", "ProductDeletedviaKelvin"),
    ("product", "ProductActivatedviaKelvin"),
    ("product", "EnableProductionType"),
    ("product", "DisableProductionType"),
    ("product", "ProductImported"),
    ("product", "ColorReferenceCreated"),
    ("product", "ColorReferenceUpdated"),
    ("product", "ColorReferenceDeleted"),
    ("product", "ProductCompleted"),
    ("product", "MoveToAnotherJob"),
    ("product", "ApplyUpdates"),
    ("product", "ProductAddedtoBundle"),
    ("product", "ProductRemovedfromBundle"),
    ("product", "ProductTriggeredCopywriting"),
    ("product", "ProductDeliveredCopywriting"),
    ("product", "ProductDeliveryCopywritingFailed"),
    ("product", "ProductIgnoreDeliverCopywriting"),
    ("sample", "LocationChanged"),
    ("sample", "Addedtocontainer"),
    ("sample", "Releasedfromcontainer"),
    ("sample", "Checked-in"),
    ("sample", "Checked-out"),
    ("user", "UserLoggedIn"),
    ("user", "UserLoggedOut"),
    ("user", "PasswordChanged"),
    ("user", "AvatarUpdated"),
    ("user", "UserInvitationCompleted"),
    ("user", "UserUpdated"),
    ("user", "UserDeleted"),
    ("user", "UserInvitationDeleted"),
    ("user", "UserDisabled"),
    ("user", "UserEnabled"),
    ("user", "UserInvited"),
    ("user", "UserRe-Invited"),
    ("user", "ProductVendorAdded"),
    ("user", "StudioSign-UpCompleted"),
    ("user", "SettingMigrateColorReference(Ecomm)"),
    ("user", "SettingSourceE-Comm ColorReference(Editorial)"),
    ("task", "Completed"),
    ("task", "Created"),
    ("task", "Started"),
    ("task", "Bypassed"),
    ("task", "Reset"),
    ("task", "Assigned"),
    ("task", "Unassigned"),
    ("task", "Rejected"),
    ("task", "Approved"),
    ("task", "WaitingforColorReference"),
    ("task", "ProcesswithoutColorReference"),
    ("task", "Failed"),
    ("task", "CopywritingTaskEditMade"),
    ("task", "ReadyToWork"),
    ("task", "TaskSoftRejected"),
    ("task", "CopywritingDreemGenerateText"),
    ("task", "CopywritingDreemAdjustText"),
    ("work unit", "WorkUnitStatusChanged"),
    ("work unit", "WorkUnitReset"),
    ("work unit", "WorkUnitEnabled"),
    ("work unit", "WorkUnitDisabled"),
    ("work unit", "WorkUnitChangedSource"),
    ("work unit", "WorkUnitCompleted"),
    ("work unit", "WorkUnitBypassExternalPost"),
    ("work unit", "WorkUnitChangePostVendor"),
    ("work unit", "WorkUnitCreated"),
    ("work unit", "WorkUnitDeleted"),
    ("work unit", "CopywritingProductionLayoutStateChanged"),
    ("Job", "StatusChanged"),
    ("Job", "Created"),
    ("Job", "Updated"),
    ("Job", "Deleted"),
    ("Job", "DeadlineUpdated"),
    ("session", "AddToSession"),
    ("session", "RemovedfromSession"),
    // The spellings of the samples and of the payloads' tables.
    ("product", "ProductReset"),
    ("product", "Ignored"),
    ("sample", "AddedToContainer"),
    ("sample", "ReleasedFromContainer"),
    ("task", "completed"),
    ("work unit", "StatusChanged"),
    ("work unit", "WorkUnitBypassExternaPost"),
    ("Job", "Deadline Updated"),
    ("session", "AddedToSession"),
    ("session", "RemovedFromSession"),
];

/// What `X-CF-Event` says: words for people, such as "Task completed".
pub(super) fn phrase(group: &str, action: &str) -> String {
    let mut words = String::new();
    for character in action.chars() {
        if character.is_uppercase() && !words.is_empty() && !words.ends_with([' ', '-', '(']) {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    let lower = group.to_lowercase();
    let said = words.strip_prefix(&lower).map_or(words.as_str(), str::trim_start);
    let mut group = lower.chars();
    let first: String = group
        .next()
        .map(|first| first.to_uppercase().collect())
        .unwrap_or_default();
    format!("{first}{} {said}", group.as_str())
}
