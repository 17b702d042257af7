//! What a run needs beside DNS: programs, time, a person, a watcher.

use crate::{Capacity, Dns, Environment, ManagedDatabases, NameServers, Signals, Sizes, Step};
use async_trait::async_trait;
use jiff::Timestamp;
use pilotlight_integrity::postgres::Databases;
use pilotlight_integrity::{CommandRun, Prober};
use pilotlight_journal::Event;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Everything that an [`crate::Engine`] acts through.
#[derive(Clone)]
pub struct Ports {
    /// Route 53.
    pub dns: Arc<dyn Dns>,
    /// The delegation's name servers, asked directly.
    pub name_servers: Arc<dyn NameServers>,
    /// Objects that health checks read.
    pub signals: Arc<dyn Signals>,
    /// Auto Scaling.
    pub capacity: Arc<dyn Capacity>,
    /// Terraform, for all other sizes.
    pub sizes: Arc<dyn Sizes>,
    /// Checks.
    pub prober: Arc<dyn Prober>,
    /// Databases.
    pub databases: Arc<dyn Databases>,
    /// Databases that AWS replicates and promotes.
    pub managed: Arc<dyn ManagedDatabases>,
    /// Programs of the plan.
    pub commands: Arc<dyn Commands>,
    /// The person who approves.
    pub approver: Arc<dyn Approver>,
    /// The values of environment variables that the plan names.
    pub environment: Arc<dyn Environment>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Who is told what happens.
    pub watcher: Arc<dyn Watcher>,
    /// `true` once a person asked to stop: the run then stops between steps.
    pub stop: watch::Receiver<bool>,
}

impl Ports {
    /// Whether a person asked to stop.
    pub(crate) fn stop_requested(&self) -> bool {
        *self.stop.borrow()
    }
}

/// Time, as a run sees it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time of events.
    fn now(&self) -> Timestamp;

    /// Time that never goes back, for deadlines: since any fixed moment.
    fn elapsed(&self) -> Duration;

    /// Waits.
    async fn sleep(&self, duration: Duration);
}

/// Starts programs.
#[async_trait]
pub trait Commands: Send + Sync {
    /// Starts one in the plan's folder, wherever that is on this machine, without a shell; waits until it has
    /// ended, and ends it when `limit` is over.
    async fn run(&self, argv: &[String], limit: Duration) -> CommandRun;

    /// A program of the plan that is at work on this machine, as a person knows it; none where there is none. Who asks has
    /// started none that it did not wait for: an executor that was killed, or has lost its run, has.
    async fn at_work(&self) -> Option<String>;
}

/// What a person is asked before a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalQuestion {
    /// The run's id.
    pub run: String,
    /// The step's id.
    pub step: String,
    /// The approval's name in the plan.
    pub name: String,
    /// One line: what happens on yes.
    pub question: String,
}

/// What a person answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalAnswer {
    /// Yes.
    Approved {
        /// Who, `user@host`.
        by: String,
        /// In their words.
        reason: String,
    },
    /// No: the run fails here.
    Denied {
        /// Who, `user@host`.
        by: String,
        /// In their words.
        reason: String,
    },
    /// Nobody is there to answer: the run stops and waits.
    Later,
}

/// Asks a person.
#[async_trait]
pub trait Approver: Send + Sync {
    /// Asks, and waits for the answer where a person is there.
    async fn ask(&self, question: &ApprovalQuestion) -> ApprovalAnswer;
}

/// Nobody is there: every approval stops the run until [`crate::approve`].
pub struct NobodyThere;

#[async_trait]
impl Approver for NobodyThere {
    async fn ask(&self, _question: &ApprovalQuestion) -> ApprovalAnswer {
        ApprovalAnswer::Later
    }
}

/// Is told what happens, for progress on a terminal and for logs.
pub trait Watcher: Send + Sync {
    /// An event stands in the journal.
    fn event(&self, event: &Event);

    /// A step waits, and this is what it saw last.
    fn waiting(&self, step: &Step, detail: &str);
}

/// Nobody watches.
impl Watcher for () {
    fn event(&self, _event: &Event) {}
    fn waiting(&self, _step: &Step, _detail: &str) {}
}
