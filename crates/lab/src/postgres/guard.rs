//! A server on a leash: a small process between, which ends the server when the lab is gone, however it went.

use crate::postgres::account::Account;
use crate::postgres::place::Place;
use crate::postgres::programs::Programs;
use crate::python::Python;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex, watch};

/// The process between.
const LAUNCHER: &str = include_str!("../../python/database.py");

/// A start or an end is told in milliseconds; a clean stop writes a checkpoint first.
const TELL_TIMEOUT: Duration = Duration::from_secs(30);

/// As Python tells an end by SIGKILL.
const KILLED: i32 = -9;

/// What the server does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Running {
    /// It was not started yet.
    Never,
    /// Its process.
    As(u32),
    /// It ended: its exit code, or less than zero for the signal that ended it.
    Ended(i32),
}

/// The leash of one server. The server ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    process: Mutex<Child>,
    leash: Mutex<Option<ChildStdin>>,
    running: watch::Receiver<Running>,
    region: String,
    log: PathBuf,
}

/// The server's process could not be had or did not do as it was told.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// Its guard could not be started.
    #[error("start the process that watches over the database of {region}")]
    Start {
        /// Whose.
        region: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It did something else, or nothing.
    #[error("{doing} the database of {region}: {said}; its log is {log:?}")]
    Silent {
        /// `start`, `stop`, `kill`
        doing: &'static str,
        /// Whose.
        region: String,
        /// What happened instead.
        said: String,
        /// Its log.
        log: PathBuf,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Told {
    Running(u32),
    Ended(i32),
}

impl Guard {
    /// Starts the guard of a server whose files are in `place`; the server waits for [`Guard::start`].
    pub(crate) fn new(
        python: &Python,
        programs: &Programs,
        region: &str,
        place: &Place,
        account: Option<Account>,
        lab: &Path,
    ) -> Result<Self, GuardError> {
        let log = lab.join(format!("postgres-{region}.log"));
        let failed = |source| GuardError::Start { region: region.to_owned(), source };
        let launcher = lab.join("database.py");
        std::fs::write(&launcher, LAUNCHER).map_err(failed)?;
        let stderr = std::fs::File::create(&log).map_err(failed)?;
        let data = place.folder.join("data");
        let mut command = Command::new(python.program());
        command.args(["-I", "-S"]).arg(&launcher).arg("--data").arg(&data);
        if let Some(Account { uid, gid }) = account {
            command.args(["--uid", &uid.to_string(), "--gid", &gid.to_string()]);
        }
        if place.elsewhere {
            command.arg("--remove").arg(&place.folder);
        }
        command.arg("--").arg(programs.path("postgres")).arg("-D").arg(&data);
        // Somebody's PGDATA, PGPORT or locale is none of the lab's business.
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
        // Killed, it could not end the server in order; without its leash it ends both.
        command.kill_on_drop(false);
        let mut process = command.spawn().map_err(failed)?;
        let (Some(leash), Some(stdout)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(failed(std::io::Error::other("its standard input and output are gone")));
        };
        let (tell, running) = watch::channel(Running::Never);
        tokio::spawn(listen(stdout, tell));
        Ok(Self {
            process: Mutex::new(process),
            leash: Mutex::new(Some(leash)),
            running,
            region: region.to_owned(),
            log,
        })
    }

    /// What the server does now.
    pub(crate) fn running(&self) -> Running {
        *self.running.borrow()
    }

    /// Starts the server, unless it runs. It may take a moment until it answers.
    pub(crate) async fn start(&self) -> Result<(), GuardError> {
        self.order("start", |now| matches!(now, Running::As(_))).await
    }

    /// Ends it in order, with a last checkpoint. One that doesn't run is fine.
    pub(crate) async fn stop(&self) -> Result<(), GuardError> {
        self.order("stop", |now| !matches!(now, Running::As(_))).await
    }

    /// Ends it as a machine that loses its power, and waits until no process of it is left.
    pub(crate) async fn kill(&self) -> Result<(), GuardError> {
        self.order("kill", |now| !matches!(now, Running::As(_))).await
    }

    async fn order(&self, word: &'static str, done: impl Fn(Running) -> bool) -> Result<(), GuardError> {
        let silent =
            |said: String| GuardError::Silent { doing: word, region: self.region.clone(), said, log: self.log.clone() };
        // One order at a time, and what it brings about.
        let mut leash = self.leash.lock().await;
        let Some(pipe) = leash.as_mut() else { return Err(silent("the lab ends".into())) };
        let mut running = self.running.clone();
        if done(*running.borrow_and_update()) {
            return Ok(());
        }
        let sent = async {
            pipe.write_all(format!("{word}\n").as_bytes()).await?;
            pipe.flush().await
        };
        sent.await.map_err(|error| silent(error.to_string()))?;
        match tokio::time::timeout(TELL_TIMEOUT, running.wait_for(|now| done(*now))).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(silent("the process that watches over it ended".into())),
            Err(_) => Err(silent(format!("nothing came of it within {TELL_TIMEOUT:?}"))),
        }
    }

    /// Ends the server and the guard, and waits for both.
    pub(crate) async fn end(&self) {
        drop(self.leash.lock().await.take());
        // It kills what does not end by itself.
        let _ = tokio::time::timeout(TELL_TIMEOUT, self.process.lock().await.wait()).await;
    }
}

async fn listen(stdout: ChildStdout, tell: watch::Sender<Running>) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(Told::Running(pid)) => drop(tell.send(Running::As(pid))),
            Ok(Told::Ended(status)) => drop(tell.send(Running::Ended(status))),
            Err(error) => tracing::warn!(%error, line, "a database's guard said something else"),
        }
    }
    // Whoever killed the guard killed the server with it.
    let _ = tell.send(Running::Ended(KILLED));
}
