//! The events of a run.
//!
//! Persisted format, version 1. One object an event, `runs/<run>/<sequence, ten digits>.json`: one line,
//! `{"event":…,"sha256":"…"}` and `\n`, where `event` is the canonical JSON (keys sorted, no white space) of
//! [`Event`] and `sha256` the SHA-256, in lower-case hex, of those bytes. `previous` is the `sha256` of the
//! event before; the first event has none.
//! Bodies are adjacently tagged (`{"kind": …, "body": {…}}`): an old reader names the kind it does not know.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Version of the JSON that [`Event`] serializes to.
pub const EVENT_VERSION: u32 = 1;

/// One line of a run's story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// [`EVENT_VERSION`]
    pub version: u32,
    /// The run's id, a UUID v7.
    pub run: String,
    /// From 0, without gaps.
    pub sequence: u64,
    /// When the executor wrote it, by its clock.
    pub at: Timestamp,
    /// Hash of the event before; absent on the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Which executor wrote it: one process, one id.
    pub executor: String,
    /// What happened.
    pub what: Body,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// The first event: everything that the run will do.
    RunStarted {
        /// The plan's name.
        plan: String,
        /// `failover` or `failback`
        job: String,
        /// Who started it, `user@host`.
        operator: String,
        /// SHA-256 of the compiled run's canonical JSON.
        digest: String,
        /// The compiled run itself: the executor needs nothing else.
        run: Value,
        /// The journal given with `--journal` in place of the plan's, where the break-glass way was taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        journal_override: Option<String>,
    },
    /// A phase began.
    PhaseStarted {
        /// `preflight`, `switch`, …
        phase: String,
    },
    /// Every step of a phase is done or skipped.
    PhaseFinished {
        /// `preflight`, `switch`, …
        phase: String,
    },
    /// The executor is about to act. After a kill this step is the one in doubt.
    StepIntended {
        /// The step's id.
        step: String,
        /// From 1.
        attempt: u32,
    },
    /// A step's outcome, as observed.
    StepFinished {
        /// The step's id.
        step: String,
        /// How it ended.
        outcome: Outcome,
        /// What was observed, as data for the report: record sets, a check's result, an exit code.
        observed: Value,
        /// One line for a person.
        detail: String,
    },
    /// The executor is about to undo a step.
    UndoIntended {
        /// The step's id.
        step: String,
        /// From 1.
        attempt: u32,
    },
    /// An undo's outcome, as observed.
    UndoFinished {
        /// The step's id.
        step: String,
        /// How it ended.
        outcome: Outcome,
        /// What was observed.
        observed: Value,
        /// One line for a person.
        detail: String,
    },
    /// A failure before the switch, or a person's abort: from here on the run only undoes.
    RollbackStarted {
        /// The step that failed, or none where a person asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
        /// Who asked for it, `user@host`; none where nobody did, and in journals from before there was this field.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// Why.
        reason: String,
    },
    /// A person took an abort back: from here on the run goes forward again.
    AbortWithdrawn {
        /// Who, `user@host`.
        by: String,
        /// Why, in their words.
        reason: String,
        /// The steps that are done once more, in the run's order: what was undone, and what was seen of it.
        again: Vec<String>,
    },
    /// A step waits for something that may not come. What it waits for, how long at most, and what a person can do.
    Waits {
        /// The step's id.
        step: String,
        /// In one line.
        reason: String,
    },
    /// A person approved a step that waits.
    Approved {
        /// The step's id.
        step: String,
        /// Who, `user@host`.
        by: String,
        /// Why, in their words.
        reason: String,
    },
    /// A person asked to skip a step.
    Skipped {
        /// The step's id.
        step: String,
        /// Who.
        by: String,
        /// Why, in their words.
        reason: String,
    },
    /// The run stopped between steps and waits for a person.
    Stopped {
        /// The step that it stopped at, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
        /// Why.
        reason: String,
    },
    /// An executor continues a run that was stopped or killed.
    Resumed {
        /// Who.
        by: String,
        /// The journal given with `--journal` in place of the plan's; also none in journals from before there was this field.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        journal_override: Option<String>,
    },
    /// Another executor takes the run from one that may still be alive.
    Takeover {
        /// Who.
        by: String,
        /// The executor that owned it.
        from: String,
        /// The journal given with `--journal` in place of the plan's; also none in journals from before there was this field.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        journal_override: Option<String>,
    },
    /// The last event.
    RunFinished {
        /// How the run ended.
        outcome: RunOutcome,
        /// One line for a person.
        detail: String,
    },
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The desired state was observed.
    Done,
    /// It was there before anything was done.
    AlreadyDone,
    /// It was refused or failed, and observed not to be there.
    Failed,
    /// It could not be observed.
    Unknown,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// Every step is done or was skipped by a person.
    Succeeded,
    /// It failed before the switch, and everything was undone.
    RolledBack,
    /// It was aborted by a person, and everything that can be was undone.
    Aborted,
    /// It could not be finished nor undone; a person took it from here.
    Failed,
}
