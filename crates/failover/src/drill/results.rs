//! What came of a drill in memory. Part of a published format: `docs/schema/simulation.json`.

use crate::{Direction, Mode, RunReport};
use pilotlight_findings::Finding;
use serde::Serialize;

/// Version of the JSON that [`Simulation`] serializes to.
pub const SIMULATION_SCHEMA_VERSION: u32 = 1;

/// A plan's failover and failback in memory. Every time in it is simulated, but for those of past runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Simulation {
    /// [`SIMULATION_SCHEMA_VERSION`]
    pub schema_version: u32,
    /// The plan's name.
    pub plan: String,
    /// How the runs treat the side that they leave.
    pub mode: Mode,
    /// Always true: no time in here was measured, and nothing was changed.
    pub simulated: bool,
    /// The way there and the way back, in the order in which they were run.
    pub courses: Vec<SimulatedCourse>,
    /// Whether both directions go through undisturbed, and every promise held in every trial.
    pub survives: bool,
    /// What to fix: faults that the plan does not survive, faults after which traffic arrives too late, and what the
    /// compiler warned of.
    pub fix: Vec<Finding>,
}

/// One direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SimulatedCourse {
    /// Which way traffic moves.
    pub job: Direction,
    /// Steps of the run.
    pub steps: usize,
    /// Its recovery time where nothing goes wrong, in simulated milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_ms: Option<u64>,
    /// The plan's RTO.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rto_ms: Option<u64>,
    /// The plan's RPO, where it has databases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpo_ms: Option<u64>,
    /// What is lost where nothing goes wrong: `none`, `some`, `unknown`; absent without databases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_writes: Option<String>,
    /// At most the writes of this long, in simulated milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_ms: Option<u64>,
    /// The recovery time that is expected of it by past runs of the plan, measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_ms: Option<u64>,
    /// What the newest run in this direction measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_measured: Option<LastMeasured>,
    /// The fault after which traffic arrived last of all, among those that it went through by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowest: Option<Delay>,
    /// Each trial, the undisturbed one first.
    pub trials: Vec<Trial>,
}

/// What a real run measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastMeasured {
    /// When it began, RFC 3339 in UTC.
    pub at: String,
    /// Its recovery time, in milliseconds.
    pub recovery_ms: u64,
    /// `none`, `some` or `unknown`; absent without databases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_writes: Option<String>,
    /// At most the writes of this long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_ms: Option<u64>,
}

impl LastMeasured {
    /// Of a run's report; none where traffic did not arrive.
    pub fn of(run: &RunReport) -> Option<Self> {
        let point = run.recovery_point.as_ref();
        Some(Self {
            at: run.started_at.clone(),
            recovery_ms: run.recovery_time.measured_ms?,
            lost_writes: point.map(|point| point.lost_writes.clone()),
            lost_ms: point.and_then(|point| point.measured_ms),
        })
    }
}

/// How late traffic arrived after a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delay {
    /// The fault.
    pub fault: String,
    /// Where.
    pub place: String,
    /// The recovery time, in simulated milliseconds.
    pub recovery_ms: u64,
}

impl SimulatedCourse {
    /// Whether it goes through undisturbed, and everything held in every trial.
    pub fn survives(&self) -> bool {
        self.gets_through() && self.trials.iter().all(Trial::survives)
    }

    /// Whether the undisturbed run, which is the first, went to its end by itself.
    pub fn gets_through(&self) -> bool {
        self.trials.first().is_some_and(|trial| trial.came == Came::Finished)
    }
}

/// One fault at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// What went wrong: `killed after the append`.
    pub fault: String,
    /// Where: a step, a phase, a number of a journal entry, a seed.
    pub place: String,
    /// What came of it.
    pub came: Came,
    /// The command that a person gives, where the run waits for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// One line: why it ended or waited.
    pub detail: String,
    /// Simulated milliseconds from the first event to the last.
    pub took_ms: u64,
    /// The recovery time of a run that went to its end by itself, in simulated milliseconds; absent where the clock
    /// jumped, as nobody measures by such a clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_ms: Option<u64>,
    /// What must hold and did not. Empty where the plan survives it.
    pub broken: Vec<String>,
}

/// What came of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// The run went to its end by itself.
    Finished,
    /// It went to its end once it was resumed.
    FinishedAfterResume,
    /// It took everything back by itself.
    RolledBack,
    /// It waited for a person, and after the command it ended.
    WaitsForAPerson,
    /// No command of a person brought it to an end.
    Stuck,
}

impl Came {
    /// In a person's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::FinishedAfterResume => "finished after resume",
            Self::RolledBack => "rolled back",
            Self::WaitsForAPerson => "waits for a person",
            Self::Stuck => "stuck",
        }
    }
}

impl Trial {
    /// Whether everything held that must.
    pub fn survives(&self) -> bool {
        self.broken.is_empty() && self.came != Came::Stuck
    }
}
