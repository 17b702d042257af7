//! The ports to this machine: its clock and its programs.

use crate::{Clock, Commands};
use async_trait::async_trait;
use jiff::Timestamp;
use pilotlight_integrity::{CommandRun, ProgramLock};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// This machine's clock.
pub struct SystemClock {
    begin: Instant,
}

impl SystemClock {
    /// A clock whose [`Clock::elapsed`] begins now.
    pub fn new() -> Self {
        Self { begin: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Starts programs on this machine, one at a time.
///
/// Where the plan is, the run's journal does not say: a run may be resumed from another folder, or on another
/// machine, than the one that it began in.
pub struct SystemCommands {
    directory: PathBuf,
    lock: ProgramLock,
}

impl SystemCommands {
    /// Starts them in `directory`, the plan's folder; `lock` is the plan's.
    pub fn in_directory(directory: impl Into<PathBuf>, lock: ProgramLock) -> Self {
        Self { directory: directory.into(), lock }
    }
}

#[async_trait]
impl Commands for SystemCommands {
    async fn run(&self, argv: &[String], limit: Duration) -> CommandRun {
        self.lock.run(argv, Some(&self.directory), limit).await
    }

    async fn at_work(&self) -> Option<String> {
        self.lock.holder()
    }
}
