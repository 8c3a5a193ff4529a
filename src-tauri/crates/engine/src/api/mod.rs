//! What windows may ask and hear. Two hosts carry it: the shell over Tauri IPC, `callboard serve` over HTTP and SSE.
//!
//! A window only reads the journal and sends commands, so a question is answered from disk, never from an engine's memory.

mod approvals;
mod feed;
mod hooks;
mod outgoing;
mod preferences;
mod sites;

use std::collections::BTreeMap;

use callboard_journal::{Counts, DeliveryView, FeedFilter, FeedRow, LiveName, Pause, StatusView};
use callboard_model::{
    ActorKind, AlertKind, Carried, Cause, EntityId, EntityKey, EntityRef, EntityType, HookHealth, HookName, RuleId,
    SiteName, StatusCode, Subscription,
};
use callboard_rules::{ColumnChoice, Finding, Moment, NotesTable, RuleSet, RuleSetDiff, TraceStop};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

pub use approvals::{Inbox, NotUndone, Undone};
pub use feed::{Acknowledgement, PreviousPayload, SentAnswer};
pub use hooks::{
    Backfilled, Compared, ComparedDeliveries, ComparedDelivery, Forecast, HeardHook, HookDay, HookIn, HookLoad,
    HookOffers, HookPut, HookStep, HookTest, HookView, HooksView, LogState, LogView, NewHook,
};
pub use outgoing::{OutgoingIn, OutgoingSet, OutgoingTest, OutgoingView};
pub use preferences::{Keep, NotifyChoices, Preferences, QuietHours};
pub use sites::{DoctorCode, DoctorFinding, DoctorLevel, Examined, KeyText, ProjectMode, SiteIn, SiteProject};

/// A question or command from a window.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "ask", rename_all = "snake_case")]
#[ts(export)]
pub enum Ask {
    /// Sites, hooks, counts and statuses: what stands around every view. Answered with [`Overview`].
    Overview,
    /// A page of the feed, newest first. Answered with [`FeedPage`].
    Feed {
        /// Only events before this one, for the next page down.
        before: Option<i64>,
        /// How many, at most 500.
        limit: u32,
        /// Which.
        #[serde(default)]
        filter: FeedFilter,
    },
    /// How many events each choice of a filter would show. Answered with [`callboard_journal::FeedCounts`].
    FeedCounts {
        /// The filter as it is.
        #[serde(default)]
        filter: FeedFilter,
    },
    /// A page of the feed by Shot. Answered with [`callboard_journal::FeedGroups`].
    FeedGroups {
        /// From where the page before said to go on.
        before: Option<i64>,
        /// How many groups, at most 100.
        limit: u32,
        /// Which events.
        #[serde(default)]
        filter: FeedFilter,
    },
    /// The statuses of a Shot, its Tasks and its Versions over time; asked of a Task or Version, those of its Shot. Answered with
    /// [`callboard_journal::History`].
    History {
        /// The site.
        site: SiteName,
        /// The entity.
        entity: EntityKey,
    },
    /// One event with all that is known of it. Answered with [`EventDetail`].
    Event {
        /// Its number in the journal.
        seq: i64,
    },
    /// The live rule set. Answered with [`LiveRules`], or null where none is live.
    Rules,
    /// The revisions that were live, newest first. Answered with a list of [`RevisionView`].
    Revisions,
    /// A rule set with what the check says of it. Answered with [`RulesView`].
    RuleSet {
        /// Which.
        which: Which,
    },
    /// A rule set as the file that people review and keep. Answered with its text.
    ExportRules {
        /// Which.
        which: Which,
    },
    /// A rule set's picture, with what it shows beneath it. Answered with an SVG's text.
    Picture {
        /// Which.
        which: Which,
    },
    /// What differs between two rule sets. Answered with [`RuleSetDiff`].
    CompareRules {
        /// What it was.
        before: Which,
        /// What it is.
        after: Which,
    },
    /// A rule set from a file: Callboard's own, or the YAML of a status service. Nothing is saved. Answered with
    /// [`ImportedRules`].
    ImportRules {
        /// The file's text.
        text: String,
        /// What to call it, where the file does not say: the file's name.
        name: String,
    },
    /// Checks a rule set that is being written. Answered with [`RulesView`].
    CheckRules {
        /// The document.
        #[ts(as = "RuleSet")]
        document: Value,
    },
    /// The draft, or null. Answered with [`Draft`].
    Draft,
    /// Saves the draft. Answered with [`Draft`].
    SaveDraft {
        /// The document. It may have errors.
        #[ts(as = "RuleSet")]
        document: Value,
        /// The version that the writer has read; none where there was no draft. Refused when it is another by now.
        expected: Option<i64>,
        /// Who saves it. Left out: whoever runs Callboard.
        #[serde(default)]
        by: Option<String>,
    },
    /// Throws the draft away.
    DiscardDraft,
    /// Makes the draft live. Refused when the check finds errors. Answered with [`LiveRules`].
    GoLive {
        /// The version of the draft that was looked at.
        version: i64,
        /// What this revision is for.
        note: String,
        /// Who does it. Left out: whoever runs Callboard.
        #[serde(default)]
        by: Option<String>,
    },
    /// Makes the rules of an earlier revision live again, as a new revision. Answered with [`LiveRules`].
    RollBack {
        /// The earlier one.
        revision: i64,
        /// Why.
        note: String,
        /// Who does it. Left out: whoever runs Callboard.
        #[serde(default)]
        by: Option<String>,
    },
    /// Stops all writing, and goes on deciding. Answered with [`Overview`].
    Pause {
        /// Why, for the others.
        #[serde(default)]
        why: Option<String>,
        /// Who does it. Left out: whoever runs Callboard.
        #[serde(default)]
        by: Option<String>,
    },
    /// Writes again. Answered with [`Resumed`].
    Resume {
        /// Whether to write what was held back meanwhile, each entity to where it came last. Otherwise it stays unwritten.
        write_held: bool,
    },
    /// What waits for a person, where a site asks first. Answered with [`Inbox`].
    Inbox,
    /// Has changes of the inbox written, with those that they follow from. Each is read again first: a person who changed it
    /// meanwhile wins. Refused when none of them waits any more, or their site may not be written. Answered with [`Inbox`].
    Accept {
        /// Their numbers in the journal.
        changes: Vec<i64>,
        /// Who does it. Left out: whoever runs Callboard.
        #[serde(default)]
        by: Option<String>,
    },
    /// Takes changes out of the inbox for good, with those that follow from them. Refused when none of them waits any more.
    /// Answered with [`Inbox`].
    Decline {
        /// Their numbers in the journal.
        changes: Vec<i64>,
        /// Why, for the others.
        #[serde(default)]
        why: Option<String>,
        /// Who does it. Left out: whoever runs Callboard.
        #[serde(default)]
        by: Option<String>,
    },
    /// Takes back a change that was written: sets what stood there before. Refused as a conflict when it is not what we wrote
    /// any more, while writing is paused and on a site that is only watched. Answered with [`Undone`].
    Undo {
        /// Its number in the journal.
        change: i64,
        /// Who does it. Left out: whoever runs Callboard.
        #[serde(default)]
        by: Option<String>,
    },
    /// Takes back all that one event caused, last first, as far as each may be. Answered with [`Undone`].
    UndoCascade {
        /// The event's number in the journal.
        event: i64,
        /// Who does it. Left out: whoever runs Callboard.
        #[serde(default)]
        by: Option<String>,
    },
    /// Decides an event once more, by the rules as they are now, and writes what follows as its site allows. That is a new
    /// event, entered by hand. Refused as a conflict where the field is no longer what the event made it, while writing is
    /// paused, where no rules are live or nothing can follow from it. Answered with the new event's number; asked again
    /// within a moment, with the same.
    Replay {
        /// The event's number in the journal.
        seq: i64,
        /// Who does it. Left out: whoever runs Callboard.
        #[serde(default)]
        by: Option<String>,
    },
    /// What needs a person, and what lately did. Answered with [`IssuesView`](callboard_journal::IssuesView).
    Issues,
    /// Says that somebody has seen an issue. It stays open, and counts as new when it comes back. Answered with
    /// [`IssuesView`](callboard_journal::IssuesView).
    AcknowledgeIssue {
        /// Which.
        key: String,
        /// Who does it. Left out: whoever runs Callboard.
        #[serde(default)]
        by: Option<String>,
    },
    /// Says that an issue is done with. It opens again by itself when it is met again. Answered with
    /// [`IssuesView`](callboard_journal::IssuesView).
    ResolveIssue {
        /// Which.
        key: String,
        /// Who does it. Left out: whoever runs Callboard.
        #[serde(default)]
        by: Option<String>,
    },
    /// What people are told of, and how long history is kept. Answered with [`Preferences`].
    Preferences,
    /// Chooses otherwise, from now on. Answered with [`Preferences`].
    SetPreferences {
        /// All that is chosen.
        preferences: Preferences,
    },
    /// Lets a rule that was set aside fire again. Answered with [`Overview`].
    Release {
        /// Which.
        rule: RuleId,
    },
    /// One event through a rule set, step by step; nothing is written. Of the live rules, those that are set aside set nothing there
    /// either; of another revision, those that were when the event was decided and are still. Answered with [`Trial`].
    Try {
        /// Which rule set.
        which: Which,
        /// Which event.
        event: TriedEvent,
    },
    /// Runs past events through a rule set, without writing. Answered with the run's number; results come as news.
    WhatIf {
        /// Which rule set.
        which: Which,
        /// Events received from then on. Left out: from the beginning.
        #[serde(default)]
        #[ts(type = "string | null", optional)]
        since: Option<Timestamp>,
        /// Events received before then. Left out: to the end.
        #[serde(default)]
        #[ts(type = "string | null", optional)]
        until: Option<Timestamp>,
    },
    /// Ends a what-if run.
    EndWhatIf {
        /// Its number.
        run: u32,
    },
    /// Reads a table of a client's notes and says what would change. Answered with [`NotesPreview`].
    PreviewNotes {
        /// Which table.
        notes: NotesIn,
        /// The rule set that reads them. Left out: the live one.
        #[serde(default)]
        #[ts(optional)]
        which: Option<Which>,
    },
    /// Enters notes of a table: each becomes an event, and what follows is written by the live rules. Answered with the events'
    /// numbers.
    EnterNotes {
        /// Which table.
        notes: NotesIn,
        /// The rows to enter, by the number that they have in the table.
        rows: Vec<u32>,
        /// Makes this entering one: entered again under the same, nothing happens.
        batch: String,
    },
    /// The hooks with all that is known of them. Answered with [`HooksView`].
    Hooks,
    /// The deliveries of a hook by the site's record beside ours, of the past days. Answered with [`ComparedDeliveries`].
    CompareDeliveries {
        /// The hook.
        hook: HookName,
        /// How many days back; the site keeps seven.
        days: u32,
    },
    /// Asks the site to make deliveries once more. Answered with their number.
    Redeliver {
        /// The hook.
        hook: HookName,
        /// The site's ids of the deliveries.
        deliveries: Vec<String>,
    },
    /// Reads event log entries from the site's log. Answered with [`Backfilled`].
    Backfill {
        /// The site.
        site: SiteName,
        /// Their numbers.
        entries: Vec<i64>,
    },
    /// What a hook of a site should deliver, by what the live rules go by and set. Answered with a [`Subscription`].
    SuggestSubscription {
        /// The site.
        site: SiteName,
    },
    /// Checks a subscription against the site's schema. Answered with a list of [`DoctorFinding`].
    CheckSubscription {
        /// The site.
        site: SiteName,
        /// What is wanted.
        subscription: Subscription,
    },
    /// Makes a hook, here and on the site, with a secret made for it. Answered with [`HooksView`].
    CreateHook {
        /// Which.
        hook: NewHook,
    },
    /// Makes a hook of a site that is only heard, or changes one; its webhook is entered there by a person. Answered with [`HookPut`].
    PutHook {
        /// Which.
        hook: HookIn,
    },
    /// Changes what a hook delivers, on the site. Answered with [`HooksView`].
    ChangeHook {
        /// Which, by its name.
        hook: NewHook,
        /// Whether a new secret is made; the old one is taken too for a while.
        new_secret: bool,
    },
    /// Switches a hook on or off, on the site. Switching on revives a failed one. Answered with [`HooksView`].
    SwitchHook {
        /// Which.
        hook: HookName,
        /// On or off.
        on: bool,
    },
    /// Deletes a hook, here and on the site. Answered with [`HooksView`].
    DeleteHook {
        /// Which.
        hook: HookName,
    },
    /// Has the site send a test, and waits for it to arrive. Answered with [`HookTest`].
    TestHook {
        /// Which.
        hook: HookName,
    },
    /// Examines a site: one that is connected, or one that is to be. Nothing is written. Answered with [`Examined`].
    Examine {
        /// The site.
        site: SiteIn,
    },
    /// The sites as they are set up, without their secrets. Answered with a list of [`SiteIn`].
    Sites,
    /// Connects a site, or changes one. Its key goes to the keychain. Answered with [`Overview`].
    PutSite {
        /// The site.
        site: SiteIn,
    },
    /// The projects of a site, read from it. Answered with a list of [`SiteProject`].
    SiteProjects {
        /// The site.
        site: SiteName,
    },
    /// Starts a practice production, in which nothing is real, and connects it as the site `practice`. Nothing of it is kept in
    /// the settings; letting that site go ends it. Answered with [`Overview`].
    StartPractice,
    /// Lets a site go, with its hooks here. What the journal holds of it stays. Answered with [`Overview`].
    RemoveSite {
        /// Which.
        site: SiteName,
    },
    /// Who is told by outgoing webhooks, and what waits for them. Answered with a list of [`OutgoingView`].
    Outgoing,
    /// Tells somebody from now on, or otherwise than before. Answered with [`OutgoingSet`].
    SetOutgoing {
        /// Whom.
        outgoing: OutgoingIn,
    },
    /// Tells somebody no more; what waits for them is let go. Answered with a list of [`OutgoingView`].
    RemoveOutgoing {
        /// Whom.
        name: String,
    },
    /// Sends a test to somebody who is told. Answered with [`OutgoingTest`].
    TestOutgoing {
        /// To whom.
        name: String,
    },
    /// Checks that a public address leads to this receiver. Answered with a list of [`DoctorFinding`].
    CheckReach {
        /// The address: `https://callboard.studio.example`.
        address: String,
    },
    /// Sets the address under which sites reach this receiver; none: there is none. Answered with [`HooksView`].
    SetPublicAddress {
        /// The address: `https://callboard.studio.example`.
        address: Option<String>,
    },
}

/// A rule set by how one speaks of it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Which {
    /// The live one.
    Live,
    /// The draft.
    Draft,
    /// A revision that was or is live.
    Revision(i64),
    /// One that comes with the program.
    Template(String),
    /// This one.
    Document(#[ts(as = "RuleSet")] Value),
}

/// A rule set with what the check says of it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RulesView {
    /// The document.
    pub document: RuleSet,
    /// Every rule in English, by id.
    pub sentences: BTreeMap<String, String>,
    /// What the check says, with the statuses of the connected sites.
    pub findings: Vec<Finding>,
}

/// The draft.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Draft {
    /// What whoever saves next must have read.
    pub version: i64,
    /// Who saved it last.
    pub author: String,
    /// The revision that it began as.
    pub based_on: Option<i64>,
    /// When it was saved last.
    #[ts(type = "string")]
    pub saved_at: Timestamp,
    /// The document and what the check says.
    pub rules: RulesView,
    /// What is different from the live rule set.
    pub diff: RuleSetDiff,
}

/// A rule set read from a file.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ImportedRules {
    /// What it says, and what the check says.
    pub rules: RulesView,
    /// What was made of parts that have no equal here.
    pub notes: Vec<String>,
    /// What is different from the draft, or from the live rule set where there is no draft.
    pub diff: RuleSetDiff,
}

/// An event to try.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TriedEvent {
    /// One of the journal's, in the surroundings that it had then as far as the journal knows them.
    Recorded {
        /// Its number.
        seq: i64,
    },
    /// One that is made up on a real entity, which is read from the site as it is now.
    MadeUp {
        /// The site.
        site: SiteName,
        /// The entity.
        entity: EntityKey,
        /// What happens to it.
        moment: Moment,
        /// The field that changes. Left out: the status.
        #[serde(default)]
        #[ts(optional)]
        field: Option<String>,
        /// The status or value that it comes to; of one just made, its status. None: cleared, or as it is.
        to: Option<StatusCode>,
        /// What is said, where a note is written.
        #[serde(default)]
        #[ts(optional)]
        text: Option<String>,
        /// Who does it. Left out: a person.
        #[serde(default)]
        #[ts(optional)]
        by: Option<ActorKind>,
    },
}

/// How an event would fare.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Trial {
    /// What happened to what.
    pub entity: EntityRef,
    /// The changes that would follow, each after its cause.
    pub changes: Vec<TriedChange>,
    /// The rules that apply and would set nothing.
    pub skipped: Vec<TriedChange>,
    /// What would be handed over to other sites.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<TriedCarry>>", optional)]
    pub carried: Vec<TriedCarry>,
    /// Its way: the event, then each change, with every rule's why or why not.
    pub stops: Vec<TraceStop>,
    /// What else the rules needed to see and the journal does not know of that time. Empty: all was known.
    pub unknown: Vec<String>,
}

/// A change that would be made, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TriedChange {
    /// Whose status.
    pub entity: EntityRef,
    /// The field, where it is not the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
    /// What it is.
    pub from: Option<StatusCode>,
    /// What it would be.
    pub to: Option<StatusCode>,
    /// The rule.
    pub rule: RuleId,
    /// Its name.
    pub rule_name: String,
    /// What makes the rule fire.
    pub cause: Cause,
    /// Why it would not be made, as a sentence; none: it would.
    pub reason: Option<String>,
}

/// What would be handed over to another site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TriedCarry {
    /// The rule's name.
    pub rule_name: String,
    /// What, and where to.
    #[serde(flatten)]
    pub carried: Carried,
}

/// How far a what-if run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WhatIfProgress {
    /// The run.
    pub run: u32,
    /// Events looked at.
    pub events: u64,
    /// Events in all.
    pub of: u64,
    /// Differences found since the last news of this run.
    pub differences: Vec<Difference>,
    /// What came of it, when it is done.
    pub summary: Option<WhatIfSummary>,
    /// Why it ended before its end, when it did.
    pub error: Option<String>,
}

/// One entity for which other rules would have done otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Difference {
    /// The event's number.
    pub seq: i64,
    /// The site's own number of it.
    pub event_log_entry_id: Option<i64>,
    /// When it reached us.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Whose status.
    pub entity: EntityRef,
    /// The field, where it is not the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
    /// The Shot or Asset that it belongs to, where that is known.
    pub group: Option<EntityRef>,
    /// What it was.
    pub from: Option<StatusCode>,
    /// What the live rules made of it then; none: they left it.
    pub live: Option<WhatIfMove>,
    /// What these rules would make of it; none: they would leave it.
    pub draft: Option<WhatIfMove>,
    /// What a person set it to by hand afterwards, before anything else did; looked for of statuses alone.
    pub by_hand: Option<HandChange>,
    /// With whom that person agreed.
    pub people_agree_with: Option<AgreesWith>,
    /// Set when some rule asks more about that time than the journal knows: what these rules would do is then a guess.
    pub guess: bool,
}

/// A status, or a field's value, that a rule sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WhatIfMove {
    /// The status; none clears it.
    pub to: Option<StatusCode>,
    /// The rule.
    pub rule: RuleId,
}

/// What a person did by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HandChange {
    /// The event's number.
    pub seq: i64,
    /// Who.
    pub who: Option<EntityRef>,
    /// The status that they set.
    pub to: Option<StatusCode>,
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
}

/// Whose decision a person's hand bears out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum AgreesWith {
    /// That of the rules that were live.
    Live,
    /// That of the rules tried.
    Draft,
    /// Neither: they set something else again.
    Neither,
}

/// What came of a what-if run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WhatIfSummary {
    /// Events looked at.
    pub events: u64,
    /// Events for which these rules would set something.
    pub would_change: u64,
    /// Changes that the live rules made and these would make too.
    pub same: u64,
    /// Entities for which they would do otherwise.
    pub differ: u64,
    /// Of those, how often a person set by hand what these rules would have set, or took back what only the live rules set.
    pub people_agree: u64,
    /// Of those, how often a person bore out the live rules.
    pub people_disagree: u64,
    /// Changes that both made and a person then took back by hand: both may be wrong.
    pub taken_back: u64,
    /// Changes that both decided, that were not written, and a person then made by hand: both are right.
    pub done_by_hand: u64,
    /// Events that some rule asks more about than the journal knows; what they would do is a guess.
    pub unknown: u64,
}

/// A table of a client's notes.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NotesIn {
    /// The site whose entities it speaks of.
    pub site: SiteName,
    /// The project, by id. Left out: any.
    #[serde(default)]
    #[ts(optional)]
    pub project: Option<EntityId>,
    /// The file's name, or how else it came.
    pub source: String,
    /// The table as text, where it was pasted.
    #[serde(default)]
    #[ts(optional)]
    pub text: Option<String>,
    /// The file in Base64, where it is one.
    #[serde(default)]
    #[ts(optional)]
    pub file: Option<String>,
    /// Which columns and sheet. Left out: found.
    #[serde(default)]
    #[ts(as = "Option<ColumnChoice>", optional)]
    pub choice: ColumnChoice,
    /// The type of entity that the names are names of, where the table does not say. Left out: Version, then Shot.
    #[serde(default)]
    #[ts(optional)]
    pub kind: Option<EntityType>,
}

/// What a table of notes would change. Nothing has been changed.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NotesPreview {
    /// The table as it was read; none where that failed.
    pub table: Option<NotesTable>,
    /// Why it could not be read, and what to do.
    pub trouble: Option<String>,
    /// Row by row.
    pub rows: Vec<NotePreview>,
}

/// What one row would change.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NotePreview {
    /// The row's number in the table.
    pub row: u32,
    /// The entity that it names; none where it was not found, or several have the name.
    pub entity: Option<EntityRef>,
    /// The status that it has now.
    pub status: Option<StatusCode>,
    /// The note.
    pub note: String,
    /// The changes that would follow.
    pub changes: Vec<TriedChange>,
    /// What applies and would set nothing.
    pub skipped: Vec<TriedChange>,
    /// What would be handed over to other sites.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<TriedCarry>>", optional)]
    pub carried: Vec<TriedCarry>,
    /// Why nothing would happen, as a sentence; none: something would.
    pub why: Option<String>,
}

/// A rule that broke and rests, with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SetAsideRule {
    /// The rule.
    pub rule: RuleId,
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
    /// Since when it rests.
    #[ts(type = "string")]
    pub since: Timestamp,
}

/// One event with all that is known of it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EventDetail {
    /// The row as the feed shows it.
    pub row: FeedRow,
    /// The request it came in.
    pub delivery: Option<DeliveryView>,
    /// The event as received: JSON text, untouched.
    pub payload: String,
    /// The event before it on the same entity.
    pub previous: Option<PreviousPayload>,
    /// What the sender was told; none where it came by no delivery.
    pub answer: Option<SentAnswer>,
    /// What is written back to the site's record of the delivery; none: nothing is.
    pub acknowledgement: Option<Acknowledgement>,
    /// The revision that was live when it came.
    pub revision_then: Option<i64>,
    /// The rules that fired, as they were then.
    pub rules: Vec<FiredRule>,
}

/// A rule that fired.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FiredRule {
    /// Its id.
    pub id: RuleId,
    /// Its name.
    pub name: String,
    /// The rule in English.
    pub sentence: String,
}

/// What stands around every view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Overview {
    /// The program's version.
    pub version: String,
    /// The receiver's address on this machine.
    pub receiver: String,
    /// Set when a site is the practice production: nothing there is real.
    pub practice: bool,
    /// Whether a practice production can be started.
    pub can_practice: bool,
    /// The connected sites.
    pub sites: Vec<SiteView>,
    /// The hooks and how they are.
    pub hooks: Vec<HookHealth>,
    /// What happened since midnight, local time.
    pub today: Counts,
    /// The live rule set.
    pub live: Option<LiveName>,
    /// Set when all writing is stopped.
    pub paused: Option<Pause>,
    /// Changes that wait for a person.
    pub waiting_for_you: u32,
    /// Issues that are open and acknowledged by nobody.
    #[serde(default)]
    pub issues: u32,
    /// The same by what sort of thing they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<AlertKind, u32>>", optional)]
    pub issues_by_kind: BTreeMap<AlertKind, u32>,
    /// Rules that broke and rest.
    pub set_aside: Vec<SetAsideRule>,
    /// Whether there is a draft.
    pub has_draft: bool,
    /// Projects that events have named, for the filter.
    pub projects: Vec<String>,
    /// Entity types that events have named, for the filter.
    pub entity_types: Vec<String>,
    /// Statuses by entity type, in the site's order: how a code is shown.
    pub statuses: BTreeMap<String, Vec<StatusView>>,
}

/// A connected site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SiteView {
    /// Its name in the settings.
    pub name: SiteName,
    /// Its kind: `shotgrid` …
    pub kind: String,
    /// Its address.
    pub url: String,
    /// Where changes may be written: `watch`, `ask` or `act`.
    pub write: String,
    /// What is wrong and what to do; none when it answers.
    pub trouble: Option<String>,
    /// How its log is read; none where it has none.
    pub log: Option<LogView>,
}

/// The live rule set with what the check says of it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LiveRules {
    /// Revision, name, since when.
    pub live: LiveName,
    /// The document.
    pub document: RuleSet,
    /// Every rule in English, by id.
    pub sentences: BTreeMap<String, String>,
    /// What the check says.
    pub findings: Vec<Finding>,
}

/// What windows hear without asking. Batched, so that a burst is one message.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "news", rename_all = "snake_case")]
#[ts(export)]
pub enum News {
    /// Rows that are new or have changed, oldest first. A window knows a row by its `seq`.
    Rows {
        /// The rows.
        rows: Vec<FeedRow>,
    },
    /// Hooks, sites, counts or the live rule set changed.
    Overview {
        /// All of it.
        overview: Box<Overview>,
    },
    /// How far a what-if run is, and what it found.
    WhatIf {
        /// All of it.
        progress: Box<WhatIfProgress>,
    },
    /// Some news were lost to a slow window: ask again from the start.
    Missed,
}

/// Why a question could not be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ApiError {
    /// What a program may act on.
    pub code: ApiErrorCode,
    /// What a coordinator may act on.
    pub message: String,
}

/// What a window does differently from one error to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ApiErrorCode {
    /// The question makes no sense.
    BadRequest,
    /// There is no such event.
    NotFound,
    /// The journal could not be read.
    Journal,
    /// The journal is damaged, and what was asked for cannot be read.
    Damaged,
    /// The token is missing or wrong.
    Unauthorized,
    /// The rule set has errors, so it does not go live.
    NotLive,
    /// Somebody else changed it meanwhile: the message says what, and it is to be read again.
    Conflict,
    /// The site cannot be asked just now.
    Site,
    /// There is no engine: the message says why it could not start, and what to do.
    NotStarted,
}
