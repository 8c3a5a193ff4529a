//! Runs the program: to its end, or until it is told to stop.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use callboard_trackers::shotgrid::sign;
use serde_json::{Value, json};
use tempfile::TempDir;

#[cfg(target_os = "linux")]
use crate::disk::BadDisk;

/// After this long, what a test waits for is not coming.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
/// How long the contract gives a program that is told to stop.
const STOPS_WITHIN: Duration = Duration::from_secs(5);
pub(crate) const SECRET: &str = "s3cret-of-the-hook";
pub(crate) const SCRIPT_KEY: &str = "k3y-of-the-script";

/// How a program ended and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// A mistake is one line on stderr, nothing on stdout, and exit code 2.
    pub(crate) fn is_one_mistake(&self) -> &str {
        assert_eq!((self.code, self.out.as_str()), (Some(2), ""), "{self:?}");
        assert_eq!(self.err.trim_end().lines().count(), 1, "{}", self.err);
        assert!(self.err.starts_with("callboard: "), "{}", self.err);
        self.err.trim_end()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callboard"));
    let from_outside = [
        "CALLBOARD_LOG",
        "CALLBOARD_SECRET",
        "CALLBOARD_SCRIPT_KEY",
        "CALLBOARD_API",
        "CALLBOARD_TOKEN",
        "CALLBOARD_SECRETS_KEY",
    ];
    for name in from_outside {
        command.env_remove(name);
    }
    // Nobody's keychain is for tests.
    command.env("CALLBOARD_SECRETS", "file");
    command.args(args).env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
    command
}

/// With everything in its log that it can say.
fn loud(args: &[&str]) -> Command {
    let mut command = program(args);
    command.env("CALLBOARD_LOG", "trace,hyper=info,h2=info");
    command
}

pub(crate) fn callboard(args: &[&str]) -> Ran {
    program(args).output().unwrap().into()
}

/// The same with a script's key in the environment.
pub(crate) fn callboard_with_key(key: &str, args: &[&str]) -> Ran {
    program(args).env("CALLBOARD_SCRIPT_KEY", key).output().unwrap().into()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A program that runs until it is told to stop, or the test ends.
pub(crate) struct Running {
    pid: u32,
    lines: Receiver<String>,
    ended: Receiver<ExitStatus>,
    has_ended: bool,
}

impl Running {
    pub(crate) fn start(args: &[&str], errors: Stdio) -> Self {
        Self::start_command(program(args), errors)
    }

    fn start_command(mut command: Command, errors: Stdio) -> Self {
        let mut child: Child = command.stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let (line, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|l| line.send(l)));
        let (end, ended) = mpsc::channel();
        let pid = child.id();
        std::thread::spawn(move || end.send(child.wait().unwrap()));
        Self {
            pid,
            lines,
            ended,
            has_ended: false,
        }
    }

    /// The next line it prints.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(DEADLINE).unwrap()
    }

    /// The next line it prints, if it does in that time.
    pub(crate) fn line_by(&self, within: Duration) -> Option<String> {
        self.lines.recv_timeout(within).ok()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    fn signal(&self, name: &str) {
        Command::new("kill")
            .args([name, &self.pid.to_string()])
            .status()
            .unwrap();
    }

    /// Has it stand still, as a laptop that is closed.
    #[cfg(unix)]
    pub(crate) fn stand_still(&self) {
        self.signal("-STOP");
    }

    /// Has it go on.
    #[cfg(unix)]
    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    /// Tells it to stop, and answers how it ended and what it still printed.
    pub(crate) fn terminate(mut self) -> (Option<i32>, Vec<String>) {
        self.signal("-TERM");
        let status = self.ended.recv_timeout(STOPS_WITHIN).unwrap();
        self.has_ended = true;
        (status.code(), self.lines.iter().collect())
    }

    /// Waits for its end; its exit code.
    #[cfg(target_os = "linux")]
    fn end(mut self) -> Option<i32> {
        let status = self.ended.recv_timeout(DEADLINE).unwrap();
        self.has_ended = true;
        status.code()
    }

    /// Ends it between two instructions.
    pub(crate) fn kill(mut self) {
        self.signal("-KILL");
        self.ended.recv_timeout(DEADLINE).unwrap();
        self.has_ended = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended && self.ended.try_recv().is_err() {
            self.signal("-KILL");
            let _ = self.ended.recv_timeout(DEADLINE);
        }
    }
}

/// A folder for `serve`: settings, journal, and what it says on stderr.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    errors: PathBuf,
    /// What it says is kept apart, so that it can be read whatever befalls the folder.
    _said: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let said = TempDir::new().unwrap();
        let desk = Self {
            folder: TempDir::new().unwrap(),
            errors: said.path().join("stderr"),
            _said: said,
        };
        // Port 9 discards; nobody listens there, and the engine does not need the site for what is tested here.
        let settings = format!(
            "[[site]]\nname = \"practice\"\nkind = \"shotgrid\"\nurl = \"http://127.0.0.1:9\"\nscript_name = \"practice\"\n\
             script_key = \"{SCRIPT_KEY}\"\n\n[[hook]]\nname = \"status\"\nsite = \"practice\"\nsecret = \"{SECRET}\"\n"
        );
        std::fs::write(desk.settings(), settings).unwrap();
        desk
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.folder.path().join("callboard.toml")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn errors(&self) -> PathBuf {
        self.errors.clone()
    }

    /// The same with what it says on the disk that it works on.
    #[cfg(target_os = "linux")]
    pub(crate) fn with_its_log_beside_its_data(mut self) -> Self {
        self.errors = self.folder.path().join("stderr");
        self
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    /// With more arguments.
    pub(crate) fn serve_with(&self, more: &[&str]) -> Serving {
        self.serve_by(|args| program(&[args, more].concat()))
    }

    /// The same on every address of this machine, so that others reach it.
    pub(crate) fn serve_to_others(&self) -> Serving {
        self.serve_by(|args| {
            let to_others = args.iter().map(|arg| arg.replace("127.0.0.1:0", "0.0.0.0:0"));
            let to_others: Vec<String> = to_others.collect();
            program(&to_others.iter().map(String::as_str).collect::<Vec<_>>())
        })
    }

    /// The same with everything in its log that it can say.
    pub(crate) fn serve_loudly(&self) -> Serving {
        self.serve_by(loud)
    }

    /// The same on a disk that counts.
    #[cfg(target_os = "linux")]
    pub(crate) fn serve_loudly_on(&self, disk: &BadDisk) -> Serving {
        self.serve_by(|args| {
            let mut command = loud(args);
            disk.put_beneath(&mut command);
            command
        })
    }

    /// The same under a shell that lets writes beyond a file size limit fail, where they would end the program.
    #[cfg(target_os = "linux")]
    pub(crate) fn serve_with_failing_writes(&self) -> Serving {
        self.serve_by(|args| {
            let mut shell = Command::new("sh");
            shell.args([
                "-c",
                "trap '' XFSZ; exec \"$0\" \"$@\"",
                env!("CARGO_BIN_EXE_callboard"),
            ]);
            shell.args(args);
            shell
        })
    }

    /// The same on a disk that is told how to go wrong, with a record of what is synced.
    #[cfg(target_os = "linux")]
    pub(crate) fn serve_on(&self, disk: &BadDisk, more: &[&str]) -> Serving {
        self.serve_by(|args| {
            let mut command = program(&[args, more].concat());
            disk.put_beneath(&mut command);
            command
        })
    }

    /// The same where the disk may keep it from starting: what it said then.
    #[cfg(target_os = "linux")]
    pub(crate) fn try_to_serve_on(&self, disk: &BadDisk) -> Result<Serving, Ran> {
        let running = self.start_by(|args| {
            let mut command = program(args);
            disk.put_beneath(&mut command);
            command
        });
        match running.line_by(DEADLINE) {
            Some(line) => Ok(Serving::new(running, &line)),
            None => Err(Ran {
                code: running.end(),
                out: String::new(),
                err: std::fs::read_to_string(self.errors()).unwrap(),
            }),
        }
    }

    fn serve_by(&self, command: impl Fn(&[&str]) -> Command) -> Serving {
        let running = self.start_by(command);
        let line = running.line();
        Serving::new(running, &line)
    }

    fn start_by(&self, command: impl Fn(&[&str]) -> Command) -> Running {
        let (data, settings) = (self.data(), self.settings());
        let command = command(&[
            "serve",
            "--data",
            text(&data),
            "--listen",
            "127.0.0.1:0",
            "--api",
            "127.0.0.1:0",
            "--config",
            text(&settings),
        ]);
        let errors = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.errors())
            .unwrap();
        Running::start_command(command, errors.into())
    }

    /// One of the commands that read the journal.
    pub(crate) fn read(&self, command: &str, more: &[&str]) -> Ran {
        let data = self.data();
        callboard(&[&[command, "--data", text(&data)], more].concat())
    }

    pub(crate) fn journal(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.data().join("journal.sqlite")).unwrap()
    }
}

/// `callboard serve`, ready.
pub(crate) struct Serving {
    pub(crate) running: Running,
    pub(crate) ready: Value,
}

impl Serving {
    fn new(running: Running, line: &str) -> Self {
        Self {
            running,
            ready: serde_json::from_str(line).unwrap(),
        }
    }

    pub(crate) fn hook(&self) -> String {
        format!("{}/hooks/status", self.ready["receiver"].as_str().unwrap())
    }
}

/// A client that goes nowhere but where it is sent.
pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(DEADLINE).build().unwrap()
}

/// Sends one signed body; the status of the answer, none when there was no answer.
pub(crate) async fn deliver(http: &reqwest::Client, to: &str, body: Vec<u8>) -> Option<u16> {
    let request = http
        .post(to)
        .header("content-type", "application/json; charset=utf-8")
        .header("x-sg-signature", sign(SECRET, &body));
    request
        .body(body)
        .send()
        .await
        .ok()
        .map(|answer| answer.status().as_u16())
}

/// A status change, number `entry` in the site's log.
pub(crate) fn change(entry: i64) -> Value {
    json!({"data": {
        "id": format!("11777.{entry}.0"), "event_log_entry_id": entry, "event_type": "Shotgun_Version_Change",
        "operation": "update", "user": {"type": "HumanUser", "id": 88}, "entity": {"type": "Version", "id": 6001},
        "project": {"type": "Project", "id": 122},
        "meta": {"type": "attribute_change", "attribute_name": "sg_status_list", "old_value": "rev", "new_value": "apv"},
        "created_at": "2024-05-01 09:00:00.523887", "attribute_name": "sg_status_list",
    }, "timestamp": "2024-05-01T09:00:01Z"})
}
