//! A practice site on which each Version is approved once, and its Task and its Shot follow: what is written how often can be counted.

use std::path::PathBuf;

use callboard_practice::{Control, Practice, PracticeArgs};
use serde_json::{Value, json};

use crate::run::{Desk, SECRET};

/// A person approves a Version; `apv` is to reach its Task, and from there its Shot.
pub(crate) struct Approval {
    pub(crate) version: i64,
    pub(crate) task: i64,
    pub(crate) shot: i64,
}

pub(crate) struct Production {
    practice: Practice,
    pub(crate) site: Control,
    /// Versions that nobody has approved yet.
    left: Vec<Approval>,
    /// Those that somebody has, with the delivery that says so.
    pub(crate) approved: Vec<(Approval, Vec<u8>)>,
}

impl Production {
    /// With so many Versions to approve, each of a Shot of its own.
    pub(crate) async fn begin(versions: usize) -> Self {
        let practice = Practice::start(PracticeArgs {
            shots: versions * 2,
            generate_event_log_entries: true,
            ..PracticeArgs::default()
        })
        .await
        .unwrap();
        let site = practice.control();
        let is = |entity: &Value, codes: &[&str]| {
            let status = entity["sg_status_list"].as_str();
            status.is_some_and(|status| codes.contains(&status))
        };
        let shots = site.entities("Shot");
        let open = |task: &Value| {
            let of = shots.iter().find(|shot| shot["id"] == task["entity"]["id"]);
            of.is_some_and(|shot| !is(shot, &["apv", "omt"])) && !is(task, &["apv", "omt"])
        };
        let left: Vec<_> = site
            .entities("Task")
            .iter()
            .filter(|task| task["step"]["name"] == "Composite" && open(task))
            .take(versions)
            .map(|task| Approval {
                version: site.create_version_as_person(task["id"].as_i64(), "rqc"),
                task: task["id"].as_i64().unwrap(),
                shot: task["entity"]["id"].as_i64().unwrap(),
            })
            .collect();
        assert_eq!(left.len(), versions, "the production has too few Shots");
        Self {
            practice,
            site,
            left,
            approved: Vec::new(),
        }
    }

    /// Has a desk work for it, with two hooks of one secret.
    pub(crate) fn settle_at(&self, desk: &Desk) {
        let hook = |name: &str| format!("[[hook]]\nname = \"{name}\"\nsite = \"practice\"\nsecret = \"{SECRET}\"\n\n");
        let settings = format!(
            "[[site]]\nname = \"practice\"\nkind = \"shotgrid\"\nurl = \"{}\"\nscript_name = \"practice\"\n\
             script_key = \"practice\"\nwrite = \"act\"\npoll_seconds = 1\n\n{}{}",
            self.practice.url(),
            hook("status"),
            hook("load")
        );
        std::fs::write(desk.settings(), settings).unwrap();
    }

    pub(crate) fn rules(desk: &Desk) -> PathBuf {
        let statuses = json!([{"code": "rqc", "name": "Ready for QC"}, {"code": "apv", "name": "Client Approved"}]);
        let statuses = json!({"version": statuses, "task": statuses, "shot": statuses});
        let rules = json!({"callboard": 1, "name": "Approvals", "statuses": statuses, "rules": [
            {"id": "task", "name": "An approved Version approves its Task",
             "when": {"entity": "Version", "becomes": ["apv"]}, "then": {"set": "task", "to": ["apv"]}},
            {"id": "shot", "name": "An approved Task approves its Shot",
             "when": {"entity": "Task", "becomes": ["apv"]}, "then": {"set": "shot", "to": ["apv"]}},
        ]});
        desk.file("rules.json", rules.to_string())
    }

    /// A person approves the next Version; the body of the delivery that says so.
    pub(crate) fn approve(&mut self) -> Vec<u8> {
        let next = self.left.pop().expect("a Version is left to approve");
        assert!(self.site.set_status_as_person("Version", next.version, "apv"));
        let told = self.site.event_log_of("Version", next.version);
        let row = told.iter().rfind(|row| row["meta"]["new_value"] == "apv");
        let row = row.expect("the site's log tells of it");
        let body = json!({"data": {
            "id": format!("11777.{}.0", row["id"]), "event_log_entry_id": row["id"], "event_type": row["event_type"],
            "operation": "update", "user": row["user"], "entity": row["entity"], "project": row["project"], "meta": row["meta"],
            "created_at": "2024-05-01 09:00:00.523887", "attribute_name": "sg_status_list",
        }, "timestamp": "2024-05-01T09:00:01Z"});
        let body = body.to_string().into_bytes();
        self.approved.push((next, body.clone()));
        body
    }

    /// How often our script has written a status there.
    pub(crate) fn writes(&self) -> usize {
        let writes = self.site.writes().into_iter();
        writes.filter(|write| write.user_type == "ApiUser").count()
    }

    /// Whether everything has followed that is to follow.
    pub(crate) fn is_done(&self) -> bool {
        let is = |kind, id| self.site.status(kind, id).as_deref() == Some("apv");
        self.approved
            .iter()
            .all(|(approval, _)| is("Task", approval.task) && is("Shot", approval.shot))
    }

    /// Each Task and each Shot was written once.
    pub(crate) fn was_written_once(&self) {
        let ours: Vec<_> = self.site.writes();
        for (approval, _) in &self.approved {
            for (kind, id) in [("Task", approval.task), ("Shot", approval.shot)] {
                let times = ours.iter().filter(|w| w.kind == kind && w.id == id).count();
                assert_eq!(times, 1, "{kind} {id} of Version {} was written", approval.version);
            }
        }
        assert_eq!(self.writes(), self.approved.len() * 2);
    }

    pub(crate) async fn end(self) {
        self.practice.stop().await;
    }
}
