//! A compiled run: everything that the executor will do, with no choices left to it.
//!
//! Persisted format, version 1: a JSON object with the fields of [`Run`], inside the first event of a
//! journal and inside a saved run (`saved_run.rs`). Its digest is the SHA-256 of its canonical JSON.
//! Enums are externally tagged or have a `kind`; durations are whole milliseconds.

use crate::action::texts;
use crate::live_drill::DrillPart;
use crate::{Action, Endpoint, Mode, RecordChanges, RecordOwner, Text};
use pilotlight_findings::{Finding, Region};
use pilotlight_journal::{canonical_json, digest};
use pilotlight_plan::Phase;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Version of the JSON that [`Run`] serializes to.
pub const RUN_VERSION: u32 = 1;

/// Which way traffic moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the primary to the standby.
    Failover,
    /// From the standby back to the primary.
    Failback,
}

impl Direction {
    /// `failover` or `failback`
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failover => "failover",
            Self::Failback => "failback",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A compiled run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// [`RUN_VERSION`]
    pub version: u32,
    /// The plan's name.
    pub plan: String,
    /// The plan's file, as it was named when the run was compiled.
    pub plan_file: String,
    /// Which way traffic moves.
    pub job: Direction,
    /// How it treats the side that it leaves.
    #[serde(default, skip_serializing_if = "Mode::is_graceful")]
    pub mode: Mode,
    /// Where traffic is when the run begins.
    pub from: Endpoint,
    /// Where it is moved to.
    pub to: Endpoint,
    /// The plan's `objectives.rto`, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rto_ms: Option<u64>,
    /// The plan's `objectives.rpo`, in milliseconds, where it has databases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpo_ms: Option<u64>,
    /// The phases that have steps, in order.
    pub phases: Vec<RunPhase>,
    /// What the compiler chose not to do, or found unwise, and why.
    pub notes: Vec<Finding>,
    /// Whose Terraform has each record that it moves, and what its next apply would do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<RecordOwner>,
    /// What it is in a live drill, where it is a part of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<DrillPart>,
}

/// The steps of one phase, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPhase {
    /// Which phase.
    pub phase: Phase,
    /// Its steps; never empty.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Stable and readable, unique in the run: `switch/storefront/shop.test`.
    pub id: String,
    /// What it does, for a person.
    pub title: String,
    /// The phase that it belongs to.
    pub phase: Phase,
    /// How long it may take in all, waiting and repetitions included.
    pub timeout_ms: u64,
    /// How often it acts before it counts as failed.
    pub retry: Retry,
    /// The calls that it makes, before anything is run.
    pub calls: Vec<Call>,
    /// Whether a failure after it stops the run in place of rolling it back.
    pub point_of_no_return: bool,
    /// What it does.
    pub action: Action,
}

/// How often a step acts, and how long it pauses in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// At least 1.
    pub attempts: u32,
    /// Between two acts, or between two looks of a step that waits.
    pub pause_ms: u64,
}

/// A call that a step makes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// `route53`, `autoscaling`, `terraform`, `dns`, `http`, `tcp`, `command`
    pub service: String,
    /// `ChangeResourceRecordSets`; for the others what is asked.
    pub operation: String,
    /// Where it is answered; none where nobody can know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// On which plane.
    pub plane: Plane,
}

/// Control planes change things and are run from few regions; data planes answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plane {
    /// An API that changes or lists things.
    Control,
    /// What serves users: DNS answers, the application itself.
    Data,
    /// A program of the plan: what it calls is not known.
    Unknown,
}

impl Step {
    /// How long it may take in all.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// Whether it has an undo.
    pub fn has_undo(&self) -> bool {
        match &self.action {
            Action::Command(command) => command.undo.is_some(),
            Action::MoveRecords(_) | Action::Signal(_) | Action::Scale(_) | Action::Resize(_) => true,
            Action::Database(database) => database.has_undo(),
            Action::Managed(database) => database.has_undo(),
            _ => false,
        }
    }

    /// Whether it moves traffic.
    pub fn moves_traffic(&self) -> bool {
        matches!(self.action, Action::MoveRecords(_) | Action::Signal(_))
    }

    /// The traffic set that it moves, where it moves one.
    pub(crate) fn moved_traffic(&self) -> Option<&str> {
        match &self.action {
            Action::MoveRecords(changes) => Some(&changes.traffic),
            Action::Signal(signal) => Some(&signal.changes.traffic),
            _ => None,
        }
    }
}

impl Run {
    /// Every step, in order.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = &Step> {
        self.phases.iter().flat_map(|phase| &phase.steps)
    }

    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps().find(|step| step.id == id)
    }

    /// The records that it moves, a traffic set after the other, each from what it was to where it ends, however many
    /// moves that takes.
    pub fn record_changes(&self) -> impl Iterator<Item = &RecordChanges> {
        self.steps().filter_map(|step| match &step.action {
            Action::GuardRecords(changes) => Some(changes),
            Action::GuardSignal(signal) => Some(&signal.changes),
            _ => None,
        })
    }

    /// The moves of one traffic set, in order.
    pub(crate) fn moves_of(&self, traffic: &str) -> impl Iterator<Item = &RecordChanges> {
        self.steps().filter_map(move |step| match &step.action {
            Action::MoveRecords(changes) if changes.traffic == traffic => Some(changes),
            _ => None,
        })
    }

    /// Whether a record is not at its target already.
    pub fn moves_anything(&self) -> bool {
        self.record_changes().flat_map(|changes| &changes.records).any(|record| record.before != record.after)
    }

    /// The environment variables that its steps will read, sorted.
    pub fn variables(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.steps().flat_map(|step| texts(&step.action)).flat_map(Text::variables).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// SHA-256 of its canonical JSON, in lower-case hex: two equal runs have one digest.
    ///
    /// # Errors
    /// None for a run that was compiled or read: all its maps have text keys.
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        Ok(digest(canonical_json(self)?))
    }
}
