//! One rule set live, one being drawn, and every revision that was live before.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use callboard_journal::{DraftIn, DraftView, JournalError, LiveName, Publication, Reader, Resumed};
use callboard_model::RuleId;
use callboard_rules::{
    Caption, Finding, ImportNote, Level, Rule, RuleFileError, RuleSet, RuleSetDiff, Standing, check_at, diff, sentence,
    template,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::api::{ApiError, ApiErrorCode, Draft, ImportedRules, LiveRules, RulesView, Which};
use crate::desk::Desk;
use crate::quarantine::aside_key;
use crate::start::Engine;

/// For what is neither.
const NO_RULES: &str = "these are no rules: a rule set of Callboard is JSON and begins with {, and the YAML of a status \
    service has parts like version_to_task";

/// What an importer calls its own file.
const JSON_START: char = '{';

impl Engine {
    /// A rule set by how one speaks of it.
    pub(crate) async fn rule_set(&self, which: Which) -> Result<RuleSet, ApiError> {
        match which {
            Which::Document(document) => from_window(&document),
            Which::Template(name) => {
                template(&name).ok_or_else(|| not_found(format!("There is no template \"{name}\"")))
            }
            Which::Live => match self.desk().live() {
                Some(live) => Ok(live.document.clone()),
                None => Err(not_found("No rule set is live".to_owned())),
            },
            Which::Draft => {
                self.read(|reader| match reader.draft()? {
                    Some(draft) => kept(&draft.document),
                    None => Err(not_found("There is no draft".to_owned())),
                })
                .await
            }
            Which::Revision(revision) => self.read(move |reader| revision_of(reader, revision)).await,
        }
    }

    /// What stands beneath a rule set's picture: which one it is, and as of when.
    pub(crate) async fn caption(&self, which: &Which) -> Result<Caption, ApiError> {
        let live = match which {
            Which::Live => self.desk().live().map(|live| live.revision),
            Which::Revision(revision) => Some(*revision),
            Which::Draft => {
                let draft = self.read(|reader| Ok(reader.draft()?)).await?;
                return Ok(draft.map_or_else(Caption::default, |draft| Caption {
                    standing: Some(Standing::Draft),
                    day: Some(day(draft.saved_at)),
                }));
            }
            Which::Template(_) | Which::Document(_) => None,
        };
        let Some(revision) = live else {
            return Ok(Caption::default());
        };
        let revisions = self.read(|reader| Ok(reader.revisions()?)).await?;
        Ok(Caption {
            standing: Some(Standing::Revision(revision)),
            day: revisions.iter().find(|r| r.revision == revision).map(|r| day(r.at)),
        })
    }

    pub(crate) fn rules_view(&self, document: RuleSet) -> RulesView {
        RulesView {
            sentences: sentences(&document),
            findings: self.findings(&document),
            document,
        }
    }

    /// What the check says, with every connected site and the statuses that it has told.
    fn findings(&self, document: &RuleSet) -> Vec<Finding> {
        let sites = self.desk().sites().into_iter();
        let known: Vec<_> = sites.map(|site| (site.name.clone(), site.known_statuses())).collect();
        check_at(document, &known)
    }

    pub(crate) async fn live_rules(&self) -> Result<Option<LiveRules>, ApiError> {
        let Some((live, text)) = self.read(|reader| Ok(reader.live_rules()?)).await? else {
            return Ok(None);
        };
        let RulesView {
            document,
            sentences,
            findings,
        } = self.rules_view(kept(&text)?);
        Ok(Some(LiveRules {
            live,
            document,
            sentences,
            findings,
        }))
    }

    pub(crate) async fn draft(&self) -> Result<Option<Draft>, ApiError> {
        let Some(draft) = self.read(|reader| Ok(reader.draft()?)).await? else {
            return Ok(None);
        };
        let DraftView {
            version,
            document,
            author,
            based_on,
            saved_at,
        } = draft;
        let document = kept(&document)?;
        Ok(Some(Draft {
            version,
            author,
            based_on,
            saved_at,
            diff: self.diff_from_live(&document),
            rules: self.rules_view(document),
        }))
    }

    fn diff_from_live(&self, document: &RuleSet) -> RuleSetDiff {
        match self.desk().live() {
            Some(live) => diff(&live.document, document),
            None => diff(&RuleSet::new(""), document),
        }
    }

    pub(crate) async fn save_draft(
        &self,
        document: &Value,
        expected: Option<i64>,
        by: Option<String>,
    ) -> Result<Option<Draft>, ApiError> {
        let document = from_window(document)?;
        let draft = DraftIn {
            document: document.to_json_pretty(),
            author: by.unwrap_or_else(|| self.author().to_owned()),
            based_on: self.desk().live().map(|live| live.revision),
        };
        let desk = self.desk();
        desk.journal.save_draft(draft, expected, desk.clock.now()).await?;
        self.draft().await
    }

    pub(crate) async fn go_live(
        &self,
        version: i64,
        note: String,
        by: Option<String>,
    ) -> Result<Option<LiveRules>, ApiError> {
        let draft = self.read(|reader| Ok(reader.draft()?)).await?;
        let Some(draft) = draft.filter(|d| d.version == version) else {
            return Err(ApiError {
                code: ApiErrorCode::Conflict,
                message: "The draft was changed meanwhile. Look at it again before it goes live".to_owned(),
            });
        };
        let set = kept(&draft.document)?;
        self.refuse_errors(&set)?;
        let publication = Publication {
            name: set.name.clone(),
            document: set.to_json_pretty(),
            author: by.unwrap_or_else(|| self.author().to_owned()),
            note,
            rolled_back_from: None,
            draft: Some(version),
        };
        self.desk().publish(publication, set).await?;
        self.live_rules().await
    }

    pub(crate) async fn roll_back(
        &self,
        revision: i64,
        note: String,
        by: Option<String>,
    ) -> Result<Option<LiveRules>, ApiError> {
        let set = self.rule_set(Which::Revision(revision)).await?;
        self.refuse_errors(&set)?;
        let publication = Publication {
            name: set.name.clone(),
            document: set.to_json_pretty(),
            author: by.unwrap_or_else(|| self.author().to_owned()),
            note,
            rolled_back_from: Some(revision),
            draft: None,
        };
        self.desk().publish(publication, set).await?;
        self.live_rules().await
    }

    fn refuse_errors(&self, set: &RuleSet) -> Result<(), ApiError> {
        let errors: Vec<String> = self
            .findings(set)
            .into_iter()
            .filter(|f| f.level == Level::Error)
            .map(|f| f.message)
            .collect();
        if errors.is_empty() {
            return Ok(());
        }
        Err(ApiError {
            code: ApiErrorCode::NotLive,
            message: format!("It cannot go live: {}", errors.join(" ")),
        })
    }

    pub(crate) async fn import_rules(&self, text: &str, name: &str) -> Result<ImportedRules, ApiError> {
        let (document, notes) = read_rules(text.as_bytes(), name).map_err(|message| ApiError {
            code: ApiErrorCode::BadRequest,
            message,
        })?;
        let before = match self.read(|reader| Ok(reader.draft()?)).await? {
            Some(draft) => Some(kept(&draft.document)?),
            None => None,
        };
        let diff = match before {
            Some(before) => diff(&before, &document),
            None => self.diff_from_live(&document),
        };
        Ok(ImportedRules {
            rules: self.rules_view(document),
            notes,
            diff,
        })
    }
}

impl Desk {
    /// Makes a rule set live. A rule that was set aside applies again when it is another rule now.
    pub(crate) async fn publish(&self, publication: Publication, set: RuleSet) -> Result<i64, JournalError> {
        let _one = self.making.lock().await;
        let revision = self.journal.publish(publication, self.clock.now()).await?;
        for aside in self.read(Reader::set_aside).await {
            let before = self.read(|reader| reader.rules_of(aside.revision)).await;
            let before = before.and_then(|text| RuleSet::parse(text.as_bytes()).ok());
            let before = before.as_ref().and_then(|set| rule(set, &aside.rule));
            if rule(&set, &aside.rule) != before {
                self.let_apply(&aside.rule).await;
            }
        }
        self.set_live(revision, set).await;
        Ok(revision)
    }

    /// Lets a rule that was set aside apply again.
    pub(crate) async fn release(&self, rule: &RuleId) {
        self.let_apply(rule).await;
        self.renew_live().await;
    }

    async fn let_apply(&self, rule: &RuleId) {
        self.kept(|| self.journal.release(rule.clone(), self.clock.now())).await;
        self.kept(|| self.journal.resolve(aside_key(rule), self.clock.now()))
            .await;
    }

    /// Stops all writing. What is being written this very moment may still arrive.
    pub(crate) async fn pause_writing(&self, by: String, why: Option<String>) -> Result<(), JournalError> {
        // Before the journal, so that nothing is written once it says so.
        *self.paused.write().unwrap_or_else(PoisonError::into_inner) = Some(by.clone());
        self.journal.pause(by, why, self.clock.now()).await.map(drop)
    }

    /// Writes again; what was held back meanwhile too, where it is wanted.
    pub(crate) async fn resume_writing(&self, write_held: bool) -> Result<Resumed, JournalError> {
        // Before the journal, which hands out what was held as soon as it says so.
        let by = self.paused.write().unwrap_or_else(PoisonError::into_inner).take();
        let resumed = self.journal.resume(self.clock.now(), write_held).await;
        if resumed.is_err() {
            *self.paused.write().unwrap_or_else(PoisonError::into_inner) = by;
        }
        resumed
    }
}

/// A day as a slide says it, where this machine is.
fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%-d %B %Y").to_string()
}

fn rule<'a>(set: &'a RuleSet, id: &RuleId) -> Option<&'a Rule> {
    set.rules.iter().find(|r| r.id == *id)
}

/// A rule set from a file of either kind, and what was made of parts that have no equal here. The error is a sentence.
pub fn read_rules(bytes: &[u8], name: &str) -> Result<(RuleSet, Vec<String>), String> {
    let text = String::from_utf8_lossy(bytes);
    let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with(JSON_START);
    // JSON is YAML too, so only what cannot be one of ours is asked for as the other.
    if is_json || !text.contains("_to_") {
        return match RuleSet::from_file(bytes) {
            Ok(set) => Ok((set, Vec::new())),
            Err(RuleFileError::NotJson { .. }) if !is_json => Err(NO_RULES.to_owned()),
            Err(error) => Err(error.to_string()),
        };
    }
    let imported = RuleSet::from_yaml(bytes, name).map_err(|e| e.to_string())?;
    let said = |note: &ImportNote| match note.line {
        Some(line) => format!("line {line}: {}", note.message),
        None => note.message.clone(),
    };
    let notes = imported.notes.iter().map(said).collect();
    Ok((imported.set, notes))
}

fn revision_of(reader: &Reader, revision: i64) -> Result<RuleSet, ApiError> {
    match reader.rules_of(revision)? {
        Some(text) => kept(&text),
        None => Err(not_found(format!("There is no revision {revision}"))),
    }
}

/// A rule set that the journal keeps.
pub(crate) fn kept(text: &str) -> Result<RuleSet, ApiError> {
    RuleSet::parse(text.as_bytes()).map_err(|e| ApiError {
        code: ApiErrorCode::Journal,
        message: format!("The rules in the journal cannot be read: {e}"),
    })
}

/// A rule set as a window sends it: as strictly read as a file, and by codes alone.
fn from_window(document: &Value) -> Result<RuleSet, ApiError> {
    RuleSet::parse(document.to_string().as_bytes()).map_err(|e| ApiError {
        code: ApiErrorCode::BadRequest,
        message: e.to_string(),
    })
}

fn not_found(message: String) -> ApiError {
    ApiError {
        code: ApiErrorCode::NotFound,
        message,
    }
}

/// Every rule in English, by id.
pub(crate) fn sentences(document: &RuleSet) -> BTreeMap<String, String> {
    let said = document.rules.iter();
    said.map(|rule| (rule.id.to_string(), sentence(document, rule)))
        .collect()
}

/// The live rule set's name, where there is one.
pub(crate) fn live_name(reader: &Reader) -> Result<Option<LiveName>, JournalError> {
    Ok(reader.live_rules()?.map(|(live, _)| live))
}
