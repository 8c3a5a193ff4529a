//! A studio with a site, and the window started on it.

use std::path::{Path, PathBuf};

use callboard_practice::{Control, Practice, PracticeArgs};
use callboard_rules::template;
use tempfile::TempDir;

use crate::screen::{Screen, free_port};

const SECRET: &str = "mytoken";

/// A site with rules in force on it, and what the window is started with.
pub(crate) struct Studio {
    pub(crate) data: TempDir,
    pub(crate) practice: Practice,
    pub(crate) listen: String,
}

impl Studio {
    pub(crate) async fn open(write: &str) -> Self {
        Self::open_with(write, PracticeArgs::default()).await
    }

    /// With other people at its site.
    pub(crate) async fn open_with(write: &str, people: PracticeArgs) -> Self {
        let data = TempDir::new().unwrap();
        let port = free_port();
        let practice = Practice::start(PracticeArgs {
            hook: vec![format!("http://127.0.0.1:{port}/hooks/review")],
            secret: Some(SECRET.into()),
            ..people
        })
        .await
        .unwrap();
        let text = format!(
            "[[site]]\nname = \"studio\"\nkind = \"shotgrid\"\nurl = \"{}\"\nscript_name = \"practice\"\nscript_key = \"practice\"\n\
             write = \"{write}\"\n[[hook]]\nname = \"review\"\nsite = \"studio\"\nsecret = \"{SECRET}\"\n",
            practice.url()
        );
        std::fs::write(data.path().join("callboard.toml"), text).unwrap();
        let rules = template("status-overhaul").unwrap().to_json_pretty();
        std::fs::write(data.path().join("rules.json"), rules).unwrap();
        Self {
            data,
            practice,
            listen: format!("127.0.0.1:{port}"),
        }
    }

    pub(crate) fn args(&self) -> Vec<String> {
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        [
            "--listen",
            &self.listen,
            "--data",
            &path(self.data.path()),
            "--rules",
            &path(&self.data.path().join("rules.json")),
        ]
        .map(ToOwned::to_owned)
        .to_vec()
    }

    pub(crate) async fn window(&self) -> Screen {
        self.window_on(&[]).await
    }

    /// The window on a desktop of which something is different.
    pub(crate) async fn window_on(&self, desktop: &[(&str, PathBuf)]) -> Screen {
        let args = self.args();
        let screen = Screen::open_on(&args.iter().map(String::as_str).collect::<Vec<_>>(), desktop).await;
        let health = screen.sees("[data-testid=hook-health]").await;
        screen.says(&health, "active").await;
        screen
    }

    pub(crate) fn site(&self) -> Control {
        self.practice.control()
    }

    /// A client sends a new Version of a compositing Task back: the Task should follow.
    pub(crate) fn version_is_sent_back(&self) -> (i64, Option<String>) {
        let site = self.site();
        let tasks = site.entities("Task");
        let task = tasks.iter().find(|t| t["step"]["name"] == "Composite").unwrap()["id"].as_i64();
        let task = task.unwrap();
        let version = site.create_version_as_person(Some(task), "rev");
        let before = site.status("Task", task);
        site.set_status_as_person("Version", version, "note");
        (task, before)
    }
}
