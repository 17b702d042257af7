use crate::withdrawal::BeforeRollback;
use crate::{Body, ChainError, Event, Outcome, RunOutcome};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

/// Where a run stands, told from its events alone.
#[derive(Debug, Clone, PartialEq)]
pub struct RunState {
    /// The run's id.
    pub run: String,
    /// The plan's name.
    pub plan: String,
    /// `failover` or `failback`
    pub job: String,
    /// Who started it.
    pub operator: String,
    /// SHA-256 of the compiled run.
    pub digest: String,
    /// The compiled run.
    pub compiled: Value,
    /// The journal that was given in place of the plan's.
    pub journal_override: Option<String>,
    /// When the first event was written.
    pub started_at: Timestamp,
    /// When the last event was written.
    pub last_at: Timestamp,
    /// The executor that owns the run.
    pub executor: String,
    /// Who began or continued the run with that executor, `user@host`.
    pub owner: String,
    /// Since when.
    pub owned_since: Timestamp,
    /// The phase that has begun and not finished.
    pub phase: Option<String>,
    /// Each phase that has begun, in order.
    pub phases: IndexMap<String, PhaseState>,
    /// Each step that something happened to, in order of the first such event. See [`RunState::status`].
    pub steps: IndexMap<String, StepState>,
    /// Set from the moment that the run only undoes.
    pub rollback: Option<Rollback>,
    /// The last word that took an abort back.
    pub withdrawn: Option<Decision>,
    /// Set while the run waits for a person.
    pub stopped: Option<Stopped>,
    /// Set while a step has said what it waits for, and nothing happened since.
    pub waits: Option<Waits>,
    /// Approvals by step.
    pub approvals: IndexMap<String, Decision>,
    /// Skips by step.
    pub skips: IndexMap<String, Decision>,
    /// How the run ended, where it has.
    pub finished: Option<Finished>,
    /// How it stood when it was turned around.
    pub(crate) before_rollback: Option<BeforeRollback>,
}

/// A phase that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseState {
    /// When.
    pub started_at: Timestamp,
    /// When every step of it was done or skipped.
    pub finished_at: Option<Timestamp>,
}

/// What is known of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepState {
    /// Where it stands.
    pub status: StepStatus,
    /// How often an executor began to act.
    pub attempts: u32,
    /// How often an executor began to undo it.
    pub undo_attempts: u32,
    /// When it was first intended or observed.
    pub started_at: Timestamp,
    /// When its latest outcome, or its undo's, was observed.
    pub finished_at: Option<Timestamp>,
    /// The latest outcome's observation; null before there is one.
    pub observed: Value,
    /// The latest outcome, for a person.
    pub detail: String,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepStatus {
    /// Nothing happened yet.
    Pending,
    /// It was intended, and its outcome is not known: observe it before anything else.
    InDoubt,
    /// The desired state was observed after acting.
    Done,
    /// The desired state was there before anything was done.
    AlreadyDone,
    /// Observed not to be there.
    Failed,
    /// It could not be observed.
    Unknown,
    /// A person left it out.
    Skipped,
    /// Its undo was intended, and the outcome is not known.
    UndoInDoubt,
    /// It was undone.
    Undone,
    /// Its undo failed.
    UndoFailed,
    /// Its undo could not be observed.
    UndoUnknown,
}

impl StepStatus {
    /// `in_doubt`, `done`, …: as reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InDoubt => "in_doubt",
            Self::Done => "done",
            Self::AlreadyDone => "already_done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
            Self::UndoInDoubt => "undo_in_doubt",
            Self::Undone => "undone",
            Self::UndoFailed => "undo_failed",
            Self::UndoUnknown => "undo_unknown",
        }
    }

    /// Whether the run may go on past the step.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::AlreadyDone | Self::Skipped)
    }
}

/// Why and since when a run only undoes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    /// When it began.
    pub at: Timestamp,
    /// The step that failed, or none where a person asked for it.
    pub step: Option<String>,
    /// Who asked for it; none where nobody did, and in old journals.
    pub by: Option<String>,
    /// Why.
    pub reason: String,
}

/// Why and since when a run waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// When.
    pub at: Timestamp,
    /// The step that it stopped at.
    pub step: Option<String>,
    /// Why.
    pub reason: String,
}

/// What a step waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    /// Since when.
    pub at: Timestamp,
    /// The step.
    pub step: String,
    /// For what, in one line.
    pub reason: String,
}

/// What a person decided about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// Who, `user@host`.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// When.
    pub at: Timestamp,
    /// How.
    pub outcome: RunOutcome,
    /// One line for a person.
    pub detail: String,
}

/// Where `events`, verified and in order, lead.
///
/// # Errors
/// The first event does not start a run.
pub fn replay(events: &[Event]) -> Result<RunState, ChainError> {
    let misplaced = |reason: &str| ChainError::Misplaced {
        object: events.first().map_or_else(|| "the journal".to_owned(), |event| crate::chain::event_key(&event.run, 0)),
        reason: reason.to_owned(),
    };
    let Some((first, rest)) = events.split_first() else { return Err(misplaced("a run has at least one event")) };
    let Body::RunStarted { plan, job, operator, digest, run, journal_override } = &first.what else {
        return Err(misplaced("a run begins with run_started"));
    };
    let mut state = RunState {
        run: first.run.clone(),
        plan: plan.clone(),
        job: job.clone(),
        operator: operator.clone(),
        digest: digest.clone(),
        compiled: run.clone(),
        journal_override: journal_override.clone(),
        started_at: first.at,
        last_at: first.at,
        executor: first.executor.clone(),
        owner: operator.clone(),
        owned_since: first.at,
        phase: None,
        phases: IndexMap::new(),
        steps: IndexMap::new(),
        rollback: None,
        withdrawn: None,
        stopped: None,
        waits: None,
        approvals: IndexMap::new(),
        skips: IndexMap::new(),
        finished: None,
        before_rollback: None,
    };
    for event in rest {
        state.apply(event);
    }
    Ok(state)
}

impl RunState {
    /// Where a step stands; a step that no event names is pending.
    pub fn status(&self, step: &str) -> StepStatus {
        self.steps.get(step).map_or(StepStatus::Pending, |step| step.status)
    }

    /// The steps whose intent was written and whose outcome was not: what a kill leaves in doubt.
    pub fn in_doubt(&self) -> impl Iterator<Item = &str> {
        self.steps
            .iter()
            .filter(|(_, step)| matches!(step.status, StepStatus::InDoubt | StepStatus::UndoInDoubt))
            .map(|(id, _)| id.as_str())
    }

    /// Adds the next event.
    pub(crate) fn apply(&mut self, event: &Event) {
        self.last_at = event.at;
        self.executor.clone_from(&event.executor);
        let at = event.at;
        self.waits = None;
        match &event.what {
            // A verified run starts once.
            Body::RunStarted { .. } => {}
            Body::PhaseStarted { phase } => {
                self.phase = Some(phase.clone());
                // A resumed phase keeps its first beginning: the report measures what people waited.
                self.phases
                    .entry(phase.clone())
                    .or_insert(PhaseState { started_at: at, finished_at: None })
                    .finished_at = None;
            }
            Body::PhaseFinished { phase } => {
                self.phase = None;
                self.phases
                    .entry(phase.clone())
                    .or_insert(PhaseState { started_at: at, finished_at: None })
                    .finished_at = Some(at);
            }
            Body::StepIntended { step, attempt } => {
                let step = self.step(step, at);
                step.status = StepStatus::InDoubt;
                step.attempts = *attempt;
                step.finished_at = None;
            }
            Body::StepFinished { step, outcome, observed, detail } => {
                let status = match outcome {
                    Outcome::Done => StepStatus::Done,
                    Outcome::AlreadyDone => StepStatus::AlreadyDone,
                    Outcome::Failed => StepStatus::Failed,
                    Outcome::Unknown => StepStatus::Unknown,
                };
                self.step(step, at).finish(at, status, observed, detail);
            }
            Body::UndoIntended { step, attempt } => {
                let step = self.step(step, at);
                step.status = StepStatus::UndoInDoubt;
                step.undo_attempts = *attempt;
                step.finished_at = None;
            }
            Body::UndoFinished { step, outcome, observed, detail } => {
                let status = match outcome {
                    Outcome::Done | Outcome::AlreadyDone => StepStatus::Undone,
                    Outcome::Failed => StepStatus::UndoFailed,
                    Outcome::Unknown => StepStatus::UndoUnknown,
                };
                self.step(step, at).finish(at, status, observed, detail);
            }
            Body::RollbackStarted { step, by, reason } => {
                self.turn_around(Rollback { at, step: step.clone(), by: by.clone(), reason: reason.clone() });
            }
            Body::AbortWithdrawn { by, reason, again } => {
                self.turn_forward(Decision { at, by: by.clone(), reason: reason.clone() }, again);
            }
            Body::Waits { step, reason } => {
                self.waits = Some(Waits { at, step: step.clone(), reason: reason.clone() });
            }
            Body::Approved { step, by, reason } => {
                self.approvals.insert(step.clone(), Decision { at, by: by.clone(), reason: reason.clone() });
            }
            Body::Skipped { step, by, reason } => {
                self.skips.insert(step.clone(), Decision { at, by: by.clone(), reason: reason.clone() });
                self.step(step, at).finish(at, StepStatus::Skipped, &Value::Null, reason);
            }
            Body::Stopped { step, reason } => {
                self.stopped = Some(Stopped { at, step: step.clone(), reason: reason.clone() });
            }
            Body::Resumed { by, .. } | Body::Takeover { by, .. } => {
                self.stopped = None;
                self.owner.clone_from(by);
                self.owned_since = at;
            }
            Body::RunFinished { outcome, detail } => {
                self.stopped = None;
                self.finished = Some(Finished { at, outcome: *outcome, detail: detail.clone() });
            }
        }
    }

    fn step(&mut self, id: &str, at: Timestamp) -> &mut StepState {
        let step = self.steps.entry(id.to_owned()).or_insert_with(|| StepState {
            status: StepStatus::Pending,
            attempts: 0,
            undo_attempts: 0,
            started_at: at,
            finished_at: None,
            observed: Value::Null,
            detail: String::new(),
        });
        // One that is done once more begins anew.
        if step.status == StepStatus::Pending {
            step.started_at = at;
        }
        step
    }
}

impl StepState {
    fn finish(&mut self, at: Timestamp, status: StepStatus, observed: &Value, detail: &str) {
        self.status = status;
        self.finished_at = Some(at);
        self.observed = observed.clone();
        detail.clone_into(&mut self.detail);
    }
}
