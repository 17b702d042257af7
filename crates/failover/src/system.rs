//! The ports to this machine: its clock and its programs.

use crate::{Clock, Commands};
use async_trait::async_trait;
use jiff::Timestamp;
use pilotlight_integrity::{CommandRun, run_command};
use std::path::Path;
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

/// Starts programs on this machine.
pub struct SystemCommands;

#[async_trait]
impl Commands for SystemCommands {
    async fn run(&self, argv: &[String], directory: &Path, limit: Duration) -> CommandRun {
        run_command(argv, Some(directory), limit).await
    }
}
