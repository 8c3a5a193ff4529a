//! What needs a person, one row a thing that is wrong: opened when it is met, acknowledged by whoever has seen it, resolved.

use std::collections::BTreeMap;

use callboard_model::{AlertKind, Place};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::rows::{from_word, json, maybe, micros, text, time, word};
use crate::{Journal, JournalError, Reader, Touched};

/// An acknowledged issue that was not met for this long has come back when it is met again. Met more often, it only goes on, and
/// whoever acknowledged it is not told of what they know.
const COMES_BACK_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// How often an issue that is met all the time is counted.
const COUNTED_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Resolved issues that are shown.
const RESOLVED: u32 = 50;

const COLUMNS: &str = "SELECT key, kind, title, remedy, open, number, first_at, last_at, acknowledged_by, acknowledged_at, resolved_at, \
                       resolved_by, place FROM issue";

/// Something that needs a person.
#[derive(Clone, Debug)]
pub struct NewIssue {
    /// What makes it one issue.
    pub key: String,
    /// What sort of thing it is.
    pub kind: AlertKind,
    /// Where it is seen to.
    pub place: Place,
    /// What is wrong.
    pub title: String,
    /// What to do.
    pub remedy: String,
}

/// How often something was met that stands as one issue with whatever is like it.
#[derive(Clone, Debug)]
pub struct Alike {
    /// How many of them at once.
    pub number: u64,
    /// What the issue is called where there were more than one since it was opened, after their number.
    pub title: String,
}

/// How an issue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum IssueState {
    /// Nobody has said that they have seen it.
    Open,
    /// It is open, and somebody has seen it.
    Acknowledged,
    /// It is done with.
    Resolved,
}

/// Something that needs a person, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct IssueView {
    /// What makes it one issue.
    pub key: String,
    /// What sort of thing it is.
    pub kind: AlertKind,
    /// What is wrong.
    pub title: String,
    /// What to do.
    pub remedy: String,
    /// How it stands.
    pub state: IssueState,
    /// How often it was met.
    pub number: u64,
    /// When first.
    #[ts(type = "string")]
    pub first_at: Timestamp,
    /// When last.
    #[ts(type = "string")]
    pub last_at: Timestamp,
    /// Who has seen that it is open.
    pub acknowledged_by: Option<String>,
    /// When they said so.
    #[ts(type = "string | null")]
    pub acknowledged_at: Option<Timestamp>,
    /// When it was done with.
    #[ts(type = "string | null")]
    pub resolved_at: Option<Timestamp>,
    /// Who said that it is done with; none: its cause went away.
    pub resolved_by: Option<String>,
    /// Where it is seen to; none where that is not known, or the event is gone.
    pub place: Option<Place>,
}

/// What needs a person, and what lately did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct IssuesView {
    /// What is open: what nobody has acknowledged first, then the newest.
    pub open: Vec<IssueView>,
    /// The newest 50 that are done with, the newest first.
    pub resolved: Vec<IssueView>,
}

/// An issue as a line of the command line, which says `open` of all that is not resolved.
#[derive(Clone, Debug, Serialize)]
pub struct Issue {
    /// What makes it one issue.
    pub key: String,
    /// What is wrong.
    pub title: String,
    /// What to do.
    pub remedy: String,
    /// `open` or `resolved`.
    pub state: &'static str,
    /// How often it was met.
    pub number: u64,
    /// When first.
    pub first_at: Timestamp,
    /// When last.
    pub last_at: Timestamp,
    /// What sort of thing it is.
    pub kind: AlertKind,
    /// Who has seen that it is open.
    pub acknowledged_by: Option<String>,
    /// When they said so.
    pub acknowledged_at: Option<Timestamp>,
    /// When it was done with.
    pub resolved_at: Option<Timestamp>,
    /// Where it is seen to.
    pub place: Option<Place>,
}

impl From<IssueView> for Issue {
    fn from(view: IssueView) -> Self {
        Self {
            key: view.key,
            title: view.title,
            remedy: view.remedy,
            state: if view.state == IssueState::Resolved {
                "resolved"
            } else {
                "open"
            },
            number: view.number,
            first_at: view.first_at,
            last_at: view.last_at,
            kind: view.kind,
            acknowledged_by: view.acknowledged_by,
            acknowledged_at: view.acknowledged_at,
            resolved_at: view.resolved_at,
            place: view.place,
        }
    }
}

impl Journal {
    /// Opens an issue, or counts it once more. Answers whether people should be told: it was not open before, it is of another kind
    /// by now, or it was acknowledged and has come back after a day without it. It is not acknowledged then.
    pub async fn raise(&self, issue: NewIssue, at: Timestamp) -> Result<bool, JournalError> {
        self.writer.run(move |c| raise(c, &issue, at)).await
    }

    /// Brings what is said of an issue up to date while its cause lasts. `met`: it was met once more, which opens it where somebody has
    /// resolved it, and is counted once a minute. Answers whether people should be told.
    pub async fn keep_up(&self, issue: NewIssue, met: bool, at: Timestamp) -> Result<bool, JournalError> {
        self.writer.run(move |c| keep_up(c, &issue, met, at)).await
    }

    /// The same for what is met many times over. Answers what the issue is called by now, where people should be told: the title of one,
    /// or how many there were and the title of many.
    pub async fn raise_alike(
        &self,
        issue: NewIssue,
        alike: Alike,
        at: Timestamp,
    ) -> Result<Option<String>, JournalError> {
        self.writer
            .run(move |c| {
                let (title, is_news) = met(c, &issue, Some(&alike), at)?;
                Ok((is_news.then_some(title), Touched::overview()))
            })
            .await
    }

    /// Closes an issue: its cause is gone.
    pub async fn resolve(&self, key: String, at: Timestamp) -> Result<(), JournalError> {
        self.writer
            .run(move |c| close(c, &key, None, at).map(|closed| ((), touched(closed))))
            .await
    }

    /// A person says that an issue is done with. Answers whether there is such an issue; one that is closed already stays as it is.
    pub async fn resolve_by(&self, key: String, by: String, at: Timestamp) -> Result<bool, JournalError> {
        self.writer
            .run(move |c| {
                let closed = close(c, &key, Some(&by), at)?;
                Ok((closed || is_known(c, &key)?, touched(closed)))
            })
            .await
    }

    /// A person says that they have seen that an issue is open. Answers whether there is such an issue; the first to say so counts.
    pub async fn acknowledge_issue(&self, key: String, by: String, at: Timestamp) -> Result<bool, JournalError> {
        self.writer
            .run(move |c| {
                let seen = c
                    .prepare_cached(
                        "UPDATE issue SET acknowledged_by = ?2, acknowledged_at = ?3
                         WHERE key = ?1 AND open = 1 AND acknowledged_at IS NULL",
                    )?
                    .execute(params![key, by, micros(at)])?
                    > 0;
                Ok((seen || is_known(c, &key)?, touched(seen)))
            })
            .await
    }
}

fn touched(changed: bool) -> Touched {
    if changed {
        Touched::overview()
    } else {
        Touched::nothing()
    }
}

pub(crate) fn raise(c: &Connection, issue: &NewIssue, at: Timestamp) -> Result<(bool, Touched), JournalError> {
    let (_, is_news) = met(c, issue, None, at)?;
    Ok((is_news, Touched::overview()))
}

fn keep_up(c: &Connection, issue: &NewIssue, is_met: bool, at: Timestamp) -> Result<(bool, Touched), JournalError> {
    let before = c
        .prepare_cached("SELECT open, remedy <> ?2, last_at FROM issue WHERE key = ?1")?
        .query_row([&issue.key, &issue.remedy], |r| {
            Ok((r.get::<_, bool>(0)?, r.get::<_, bool>(1)?, r.get::<_, i64>(2)?))
        })
        .optional()?;
    let (is_open, is_other, counts) = match before {
        Some((is_open, is_other, last_at)) => (is_open, is_other, at.duration_since(time(last_at)?) >= COUNTED_EVERY),
        None => (false, true, true),
    };
    if is_met && (!is_open || counts) {
        return raise(c, issue, at);
    }
    if !is_open || !is_other {
        return Ok((false, Touched::nothing()));
    }
    c.prepare_cached("UPDATE issue SET remedy = ?2 WHERE key = ?1")?
        .execute([&issue.key, &issue.remedy])?;
    Ok((false, Touched::overview()))
}

/// Answers what the issue is called by now, and whether people should be told.
fn met(c: &Connection, issue: &NewIssue, alike: Option<&Alike>, at: Timestamp) -> Result<(String, bool), JournalError> {
    let kind = word(&issue.kind)?;
    let before = c
        .prepare_cached(
            "SELECT open, kind, acknowledged_at IS NOT NULL, last_at, since_open FROM issue WHERE key = ?1",
        )?
        .query_row([&issue.key], |r| {
            Ok((
                r.get::<_, bool>(0)?,
                r.get::<_, String>(1)?,
                r.get::<_, bool>(2)?,
                r.get::<_, i64>(3)?,
                r.get::<_, u64>(4)?,
            ))
        })
        .optional()?;
    let (is_news, so_far) = match before {
        None | Some((false, ..)) => (true, 0),
        Some((true, was, acknowledged, last_at, since_open)) => {
            let comes_back = acknowledged && at.duration_since(time(last_at)?) >= COMES_BACK_AFTER;
            (was != kind || comes_back, since_open)
        }
    };
    let number = alike.map_or(1, |alike| alike.number);
    let since_open = so_far + number;
    let title = match alike {
        Some(alike) if since_open > 1 => format!("{since_open} {}", alike.title),
        _ => issue.title.clone(),
    };
    c.prepare_cached(
        "INSERT INTO issue (key, title, remedy, open, number, first_at, last_at, kind, place, since_open)
         VALUES (?1, ?2, ?3, 1, ?8, ?4, ?4, ?5, ?6, ?9)
         ON CONFLICT DO UPDATE SET title = ?2, remedy = ?3, open = 1, number = number + ?8, last_at = ?4, kind = ?5, place = ?6,
            since_open = ?9, resolved_by = NULL, resolved_at = NULL,
            acknowledged_by = iif(?7, NULL, acknowledged_by), acknowledged_at = iif(?7, NULL, acknowledged_at)",
    )?
    .execute(params![
        issue.key,
        title,
        issue.remedy,
        micros(at),
        kind,
        serde_json::to_string(&issue.place)?,
        is_news,
        number,
        since_open
    ])?;
    Ok((title, is_news))
}

fn close(c: &Connection, key: &str, by: Option<&str>, at: Timestamp) -> Result<bool, JournalError> {
    let closed = c
        .prepare_cached("UPDATE issue SET open = 0, resolved_at = ?2, resolved_by = ?3 WHERE key = ?1 AND open = 1")?
        .execute(params![key, micros(at), by])?;
    Ok(closed > 0)
}

fn is_known(c: &Connection, key: &str) -> Result<bool, JournalError> {
    Ok(c.prepare_cached("SELECT EXISTS (SELECT 1 FROM issue WHERE key = ?1)")?
        .query_row([key], |r| r.get(0))?)
}

fn view(row: &Row<'_>) -> Result<IssueView, JournalError> {
    let at = |column| row.get::<_, Option<i64>>(column)?.map(time).transpose();
    let acknowledged_at: Option<Timestamp> = at(9)?;
    Ok(IssueView {
        key: row.get(0)?,
        kind: from_word(text(row, 1)?)?,
        title: row.get(2)?,
        remedy: row.get(3)?,
        state: match row.get(4)? {
            true if acknowledged_at.is_some() => IssueState::Acknowledged,
            true => IssueState::Open,
            false => IssueState::Resolved,
        },
        number: row.get(5)?,
        first_at: time(row.get(6)?)?,
        last_at: time(row.get(7)?)?,
        acknowledged_by: row.get(8)?,
        acknowledged_at,
        resolved_at: at(10)?,
        resolved_by: row.get(11)?,
        place: json(maybe(row, 12)?)?,
    })
}

impl Reader {
    /// Every issue there was, as lines: newest last.
    pub fn issues(&self) -> Result<Vec<Issue>, JournalError> {
        let all = self.list_issues("ORDER BY last_at", [])?;
        Ok(all.into_iter().map(Issue::from).collect())
    }

    /// What needs a person, and what lately did.
    pub fn issues_view(&self) -> Result<IssuesView, JournalError> {
        Ok(IssuesView {
            open: self.list_issues(
                "WHERE open = 1 ORDER BY acknowledged_at IS NOT NULL, last_at DESC, key",
                [],
            )?,
            resolved: self.list_issues("WHERE open = 0 ORDER BY resolved_at DESC, key LIMIT ?1", [RESOLVED])?,
        })
    }

    /// How many issues are open and acknowledged by nobody, by what sort of thing they are.
    pub fn unseen_issues(&self) -> Result<BTreeMap<AlertKind, u32>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(
            "SELECT kind, count(*) FROM issue WHERE open = 1 AND acknowledged_at IS NULL GROUP BY kind",
        )?;
        let rows = q.query_and_then([], |r| Ok::<_, JournalError>((from_word(text(r, 0)?)?, r.get(1)?)))?;
        rows.collect()
    }

    /// When an issue was met last, where there is one.
    pub fn issue_met_at(&self, key: &str) -> Result<Option<Timestamp>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached("SELECT last_at FROM issue WHERE key = ?1")?;
        let at: Option<i64> = q.query_row([key], |r| r.get(0)).optional()?;
        at.map(time).transpose()
    }

    fn list_issues(&self, which: &str, with: impl rusqlite::Params) -> Result<Vec<IssueView>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(&format!("{COLUMNS} {which}"))?;
        let rows = q.query_and_then(with, view)?;
        rows.collect()
    }
}
