//! What differs in the words of an examination from one kind of site to another.

use crate::settings::SiteKind;

/// The words of one kind of site.
#[derive(Debug)]
pub(super) struct Words {
    /// What it is: `ShotGrid site`.
    pub(super) site: &'static str,
    /// The same with its article.
    pub(super) a_site: &'static str,
    /// An address as people know it.
    pub(super) example: &'static str,
    /// Who the key belongs to: `script`, `user`.
    pub(super) account: &'static str,
    /// Where that is looked after on the site.
    pub(super) accounts_page: &'static str,
    /// Who says what it may do: `permission group`, `role`.
    pub(super) permissions: &'static str,
    /// What signing in by the key is like.
    pub(super) why_key: &'static str,
    /// What the rules write into.
    pub(super) status_field: &'static str,
    /// By which field a Version names its Task.
    pub(super) task_field: &'static str,
    /// What gives the permission to administer webhooks.
    pub(super) webhooks_remedy: &'static str,
    /// Why our own writes matter.
    pub(super) why_own: &'static str,
    /// That our own writes are heard of.
    pub(super) own_heard: &'static str,
    /// What is said of the log of a site that has none to read.
    pub(super) no_log: Option<NoLog>,
}

/// A site without a log of events.
#[derive(Debug)]
pub(super) struct NoLog {
    pub(super) title: &'static str,
    pub(super) remedy: &'static str,
}

const SHOTGRID: Words = Words {
    site: "ShotGrid site",
    a_site: "a ShotGrid site",
    example: "https://yours.shotgrid.autodesk.com",
    account: "script",
    accounts_page: "under Scripts in the administrator's menu",
    permissions: "permission group",
    why_key: "With the script's key Callboard signs in, as a person does with a password",
    status_field: "sg_status_list",
    task_field: "Task (sg_task)",
    webhooks_remedy: "give the script the permission \"Show Webhooks\" on the site",
    why_own: "A script's writes leave no event unless the site is told to: other tools, and Callboard's own check of what it wrote, then do not hear of them",
    own_heard: "Our own writes show in the event log",
    no_log: None,
};
const FTRACK: Words = Words {
    site: "ftrack workspace",
    a_site: "an ftrack workspace",
    example: "https://yours.ftrackapp.com",
    account: "user",
    accounts_page: "in the user's own settings or, for a key of the workspace, in System settings under API keys",
    permissions: "role",
    why_key: "With the user's API key Callboard signs in as that user: a user of its own keeps its writes apart from a person's",
    status_field: "status_id",
    task_field: "task_id",
    webhooks_remedy: "give the user a role that may open System settings, Advanced, Webhooks",
    why_own: "By their echo Callboard knows its own writes again and starts nothing because of them",
    own_heard: "Our own writes are delivered like anybody's, under the name of this user",
    no_log: Some(NoLog {
        title: "ftrack documents no log of what it delivered: a delivery that is lost is not sent again",
        remedy: "Keep the public address reachable; what was missed shows by the statuses themselves",
    }),
};

/// The words of a kind of site.
pub(super) fn words(kind: SiteKind) -> &'static Words {
    match kind {
        SiteKind::Ftrack => &FTRACK,
        SiteKind::Shotgrid | SiteKind::CreativeForce | SiteKind::Kitsu => &SHOTGRID,
    }
}
