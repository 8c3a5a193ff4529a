//! Rule sets: the live one, its revisions, the draft, and the rules that are set aside.

use callboard_model::RuleId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::rows::{micros, time};
use crate::{DraftView, Journal, JournalError, LiveName, Reader, RevisionView, SetAside, Touched};

/// A rule set to make live.
#[derive(Clone, Debug, Default)]
pub struct Publication {
    /// Its name.
    pub name: String,
    /// The rule set, as its file.
    pub document: String,
    /// Who makes it live.
    pub author: String,
    /// What they say of it.
    pub note: String,
    /// The revision whose rules it brings back, when it is a roll-back.
    pub rolled_back_from: Option<i64>,
    /// The draft's version, when it is the draft that goes live: it is a draft no longer. One saved since then stays.
    pub draft: Option<i64>,
}

/// A draft to save.
#[derive(Clone, Debug)]
pub struct DraftIn {
    /// The rule set, as its file. It need not be right.
    pub document: String,
    /// Who saves it.
    pub author: String,
    /// The revision that it began as.
    pub based_on: Option<i64>,
}

impl Journal {
    /// Makes a rule set live as a new revision and answers its number. The same document as the live one stays that revision.
    pub async fn publish_rules(
        &self,
        name: String,
        document: String,
        author: String,
        note: String,
        at: Timestamp,
    ) -> Result<i64, JournalError> {
        let publication = Publication {
            name,
            document,
            author,
            note,
            ..Publication::default()
        };
        self.publish(publication, at).await
    }

    /// The same, for a roll-back or a draft.
    pub async fn publish(&self, publication: Publication, at: Timestamp) -> Result<i64, JournalError> {
        self.writer.run(move |c| publish(c, &publication, at)).await
    }

    /// Saves the draft and answers its version. `expected` is the version that the writer has read, none where there was no
    /// draft; errors with [`JournalError::DraftMoved`] when it is another by now. The same draft stays that version.
    pub async fn save_draft(&self, draft: DraftIn, expected: Option<i64>, at: Timestamp) -> Result<i64, JournalError> {
        self.writer.run(move |c| save_draft(c, &draft, expected, at)).await
    }

    /// Throws the draft away. Answers whether there was one.
    pub async fn discard_draft(&self) -> Result<bool, JournalError> {
        self.writer
            .run(|c| {
                let gone = c.execute("DELETE FROM draft", [])? > 0;
                Ok((gone, overview_if(gone)))
            })
            .await
    }

    /// Sets a rule aside. Answers whether it was not aside before; one that was stays as it is.
    pub async fn set_aside(
        &self,
        rule: RuleId,
        why: String,
        revision: i64,
        at: Timestamp,
    ) -> Result<bool, JournalError> {
        self.writer
            .run(move |c| {
                let newly = c.execute(
                    "INSERT INTO quarantine (rule, why, revision, since) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                    params![rule.as_str(), why, revision, micros(at)],
                )? > 0;
                Ok((newly, overview_if(newly)))
            })
            .await
    }

    /// Lets a rule that was set aside fire again. Answers whether it was aside.
    pub async fn release(&self, rule: RuleId, at: Timestamp) -> Result<bool, JournalError> {
        self.writer
            .run(move |c| {
                c.execute(
                    "INSERT INTO quarantine_past (rule, why, revision, since, until)
                     SELECT rule, why, revision, since, ?2 FROM quarantine WHERE rule = ?1",
                    params![rule.as_str(), micros(at)],
                )?;
                let released = c.execute("DELETE FROM quarantine WHERE rule = ?1", [rule.as_str()])? > 0;
                Ok((released, overview_if(released)))
            })
            .await
    }
}

impl Reader {
    /// The live rule set: its name, and its document.
    pub fn live_rules(&self) -> Result<Option<(LiveName, String)>, JournalError> {
        let c = self.connection()?;
        c.prepare_cached("SELECT revision, name, live_since, document FROM rule_set ORDER BY revision DESC LIMIT 1")?
            .query_row([], |r| Ok((r.get(0)?, r.get(1)?, r.get::<_, i64>(2)?, r.get(3)?)))
            .optional()?
            .map(|(revision, name, since, document)| {
                Ok((
                    LiveName {
                        revision,
                        name,
                        since: time(since)?,
                    },
                    document,
                ))
            })
            .transpose()
    }

    /// A revision's document.
    pub fn rules_of(&self, revision: i64) -> Result<Option<String>, JournalError> {
        let c = self.connection()?;
        Ok(c.prepare_cached("SELECT document FROM rule_set WHERE revision = ?1")?
            .query_row([revision], |r| r.get(0))
            .optional()?)
    }

    /// The revision that was live at a time.
    pub fn revision_at(&self, at: Timestamp) -> Result<Option<i64>, JournalError> {
        let c = self.connection()?;
        Ok(
            c.prepare_cached("SELECT max(revision) FROM rule_set WHERE live_since <= ?1")?
                .query_row([micros(at)], |r| r.get(0))?,
        )
    }

    /// Every revision, newest first.
    pub fn revisions(&self) -> Result<Vec<RevisionView>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(
            "SELECT revision, name, author, note, live_since, revision = (SELECT max(revision) FROM rule_set), rolled_back_from
             FROM rule_set ORDER BY revision DESC",
        )?;
        let rows = q.query_and_then([], |r| {
            Ok::<_, JournalError>(RevisionView {
                revision: r.get(0)?,
                name: r.get(1)?,
                author: r.get(2)?,
                note: r.get(3)?,
                at: time(r.get(4)?)?,
                live: r.get(5)?,
                rolled_back_from: r.get(6)?,
            })
        })?;
        rows.collect()
    }

    /// The draft, when there is one.
    pub fn draft(&self) -> Result<Option<DraftView>, JournalError> {
        draft(&*self.connection()?)
    }

    /// The rules that are set aside, the first of them first.
    pub fn set_aside(&self) -> Result<Vec<SetAside>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached("SELECT rule, why, revision, since FROM quarantine ORDER BY since, rule")?;
        q.query_and_then([], aside)?.collect()
    }

    /// The rules that were set aside at a time, also those that have been brought back since.
    pub fn set_aside_at(&self, at: Timestamp) -> Result<Vec<SetAside>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(
            "SELECT rule, why, revision, since FROM quarantine WHERE since <= ?1
             UNION ALL SELECT rule, why, revision, since FROM quarantine_past WHERE since <= ?1 AND until > ?1
             ORDER BY since, rule",
        )?;
        q.query_and_then([micros(at)], aside)?.collect()
    }
}

fn aside(r: &Row<'_>) -> Result<SetAside, JournalError> {
    Ok(SetAside {
        rule: r.get::<_, String>(0)?.into(),
        why: r.get(1)?,
        revision: r.get(2)?,
        since: time(r.get(3)?)?,
    })
}

fn overview_if(changed: bool) -> Touched {
    if changed {
        Touched::overview()
    } else {
        Touched::nothing()
    }
}

fn publish(c: &Connection, publication: &Publication, at: Timestamp) -> Result<(i64, Touched), JournalError> {
    let draft_gone = match publication.draft {
        Some(version) => c.execute("DELETE FROM draft WHERE version = ?1", [version])? > 0,
        None => false,
    };
    let live: Option<(i64, String)> = c
        .query_row(
            "SELECT revision, document FROM rule_set ORDER BY revision DESC LIMIT 1",
            [],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
        .optional()?;
    if let Some((revision, same)) = live
        && same == publication.document
    {
        return Ok((revision, overview_if(draft_gone)));
    }
    c.execute(
        "INSERT INTO rule_set (name, document, author, note, live_since, rolled_back_from) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            publication.name,
            publication.document,
            publication.author,
            publication.note,
            micros(at),
            publication.rolled_back_from
        ],
    )?;
    Ok((c.last_insert_rowid(), Touched::overview()))
}

fn save_draft(
    c: &Connection,
    new: &DraftIn,
    expected: Option<i64>,
    at: Timestamp,
) -> Result<(i64, Touched), JournalError> {
    let now = draft(c)?;
    if now.as_ref().map(|d| d.version) != expected {
        return Err(JournalError::DraftMoved);
    }
    if let Some(same) = now.filter(|d| d.document == new.document && d.based_on == new.based_on) {
        return Ok((same.version, Touched::nothing()));
    }
    c.execute("DELETE FROM draft", [])?;
    c.execute(
        "INSERT INTO draft (document, author, based_on, saved_at) VALUES (?1, ?2, ?3, ?4)",
        params![new.document, new.author, new.based_on, micros(at)],
    )?;
    Ok((c.last_insert_rowid(), Touched::overview()))
}

fn draft(c: &Connection) -> Result<Option<DraftView>, JournalError> {
    c.prepare_cached("SELECT version, document, author, based_on, saved_at FROM draft")?
        .query_and_then([], |r| {
            Ok(DraftView {
                version: r.get(0)?,
                document: r.get(1)?,
                author: r.get(2)?,
                based_on: r.get(3)?,
                saved_at: time(r.get(4)?)?,
            })
        })?
        .next()
        .transpose()
}
