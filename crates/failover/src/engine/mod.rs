//! apply and verify: carries out a compiled run, step by step.
//!
//! The loop has no memory of its own. What comes next is decided by [`next`] from the compiled run and
//! the journal's state alone, so an executor that was killed and one that was not go the same way.

mod conclusion;
mod error;
mod next;
mod operator;
mod outlive;
mod requests;
mod rollback;
mod stop_rule;
mod waiting;
mod withdrawal;

pub use conclusion::{Conclusion, End};
pub use error::EngineError;
pub use operator::Word;
pub(crate) use operator::aborted_by;
pub(crate) use requests::Meanwhile;
pub(crate) use rollback::{needs_undo, refused, skipped_in_rollback};
pub(crate) use stop_rule::STOP_RULE;

use crate::saved_run::parse_run;
use crate::steps::{self, Ending, Performed};
use crate::{MissingVariable, Ports, Run, Step};
use next::{Next, next};
use pilotlight_journal::{Body, JournalStores, Ownership, RunJournal, RunState, Start, StepStatus};
use requests::RequestsSeen;
use std::sync::Arc;
use std::time::Duration;
use waiting::Waiting;

/// An append that takes longer is one in whose midst the process, or its machine, may have stood still.
const STOOD_STILL: Duration = Duration::from_secs(2);

/// Whether a step is being done or undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Do,
    Undo,
}

impl Way {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Do => Self::Undo,
            Self::Undo => Self::Do,
        }
    }
}

/// The executor of one run. Only one executor can append to a run's journal; see [`Engine::resume`].
pub struct Engine {
    pub(crate) run: Arc<Run>,
    pub(crate) ports: Ports,
    pub(crate) journal: RunJournal,
    pub(crate) requests: RequestsSeen,
    /// When this executor began, by the ports' clock that never jumps.
    pub(crate) taken: Duration,
    waiting: Waiting,
}

impl Engine {
    /// Begins a run: claims the plan and writes the first event, which holds the run itself.
    /// `operator` is who begins it, `user@host`.
    ///
    /// # Errors
    /// An environment variable of the plan is not set, the plan has a run that is not finished, or the journal
    /// gave no answer. Nothing was changed.
    pub async fn start(
        run: Run,
        operator: &str,
        journal_override: Option<String>,
        stores: &JournalStores,
        ports: Ports,
    ) -> Result<Self, EngineError> {
        check_variables(&run, &ports)?;
        let start = Start {
            plan: run.plan.clone(),
            job: run.job.as_str().to_owned(),
            operator: operator.to_owned(),
            digest: run.digest().map_err(EngineError::Encode)?,
            run: serde_json::to_value(&run).map_err(EngineError::Encode)?,
            journal_override,
        };
        let journal = RunJournal::start(stores, clock_of(&ports), start).await?;
        if let Some(first) = journal.events().first() {
            ports.watcher.event(first);
        }
        let taken = ports.clock.elapsed();
        Ok(Self {
            run: Arc::new(run),
            ports,
            journal,
            requests: RequestsSeen::default(),
            taken,
            waiting: Waiting::default(),
        })
    }

    /// Takes over a run that was stopped, or whose executor was killed or may still be alive. From then on
    /// the other executor cannot append, and ends with [`pilotlight_journal::JournalError::LostOwnership`].
    ///
    /// # Errors
    /// The run is finished or not there, the journal cannot be trusted or gave no answer, what it holds is no
    /// run that this program knows, or an environment variable that the run needs is not set.
    pub async fn resume(
        run_id: &str,
        ownership: Ownership,
        stores: &JournalStores,
        ports: Ports,
    ) -> Result<Self, EngineError> {
        // What this program could not carry out, it does not take from the one that may be able to.
        let known = |state: &RunState| -> Result<Run, EngineError> {
            let run = parse_run(&state.compiled, &state.digest)?;
            check_variables(&run, &ports)?;
            Ok(run)
        };
        let (journal, run) = RunJournal::open_known(stores, clock_of(&ports), run_id, ownership, known).await?;
        if let Some(last) = journal.events().last() {
            ports.watcher.event(last);
        }
        steps::resize::clear(&run, &*ports.sizes).await;
        let taken = ports.clock.elapsed();
        Ok(Self {
            run: Arc::new(run),
            ports,
            journal,
            requests: RequestsSeen::default(),
            taken,
            waiting: Waiting::default(),
        })
    }

    /// The compiled run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The journal, for a report.
    pub fn journal(&self) -> &RunJournal {
        &self.journal
    }

    /// Carries the run out, until it is finished or waits for a person.
    ///
    /// # Errors
    /// The journal: another executor owns the run now, or it gave no answer. Nothing is done that is not
    /// in the journal, so the run can be resumed.
    pub async fn drive(&mut self) -> Result<Conclusion, EngineError> {
        let run = Arc::clone(&self.run);
        loop {
            match next(&run, self.journal.state(), self.journal.events()) {
                Next::Over => {
                    self.journal.sync_copies().await;
                    return Ok(Conclusion::of(self.journal.state()));
                }
                Next::StartPhase(phase) => {
                    self.append(Body::PhaseStarted { phase: phase.to_string() }).await?;
                }
                Next::FinishPhase(phase) => {
                    self.append(Body::PhaseFinished { phase: phase.to_string() }).await?;
                }
                Next::Perform(step) => self.perform(step, Way::Do).await?,
                Next::Undo(step) => self.perform(step, Way::Undo).await?,
                Next::Stop { step, reason } => self.append(Body::Stopped { step, reason }).await?,
                Next::RollBack { step, reason } => {
                    self.append(Body::RollbackStarted { step: Some(step), by: None, reason }).await?;
                }
                Next::Skip { step, reason } => {
                    self.append(Body::Skipped { step, by: STOP_RULE.to_owned(), reason }).await?;
                }
                Next::Finish { outcome, detail } => {
                    if self.outlives_its_requests(&run).await? {
                        self.append(Body::RunFinished { outcome, detail }).await?;
                    }
                }
            }
        }
    }

    async fn perform(&mut self, step: &Step, way: Way) -> Result<(), EngineError> {
        if way == Way::Do {
            self.take_approvals().await?;
        }
        if let Some(reason) = self.asked_to_stop("a person asked to stop between steps").await {
            return self.stop(step, &reason).await;
        }
        self.waiting = Waiting::default();
        let performed = match way {
            Way::Do => steps::perform(self, step).await?,
            Way::Undo => steps::undo(self, step).await?,
        };
        match performed {
            Performed::Ended(Ending { outcome, observed, detail }) => {
                let step = step.id.clone();
                self.append(match way {
                    Way::Do => Body::StepFinished { step, outcome, observed, detail },
                    Way::Undo => Body::UndoFinished { step, outcome, observed, detail },
                })
                .await
            }
            Performed::Waits(reason) => self.stop(step, &reason).await,
            Performed::WaitsFor { step, reason } => self.append(Body::Stopped { step: Some(step), reason }).await,
        }
    }

    /// The run waits for a person; where its drill takes longer than it may, it is undone.
    async fn stop(&mut self, step: &Step, reason: &str) -> Result<(), EngineError> {
        if self.overdue().as_deref() == Some(reason) {
            let (step, reason) = (Some(step.id.clone()), reason.to_owned());
            return self.append(Body::RollbackStarted { step, by: None, reason }).await;
        }
        self.append(Body::Stopped { step: Some(step.id.clone()), reason: reason.to_owned() }).await
    }

    /// Appends an event and tells the watcher.
    pub(crate) async fn append(&mut self, what: Body) -> Result<(), EngineError> {
        let event = self.journal.append(what).await?;
        self.ports.watcher.event(event);
        Ok(())
    }

    /// Journals that a step is about to act. An intent whose outcome is not known, because its executor was
    /// killed, is gone on with: it is the same attempt.
    pub(crate) async fn intend(&mut self, step: &Step, way: Way) -> Result<(), EngineError> {
        let open = match way {
            Way::Do => StepStatus::InDoubt,
            Way::Undo => StepStatus::UndoInDoubt,
        };
        if self.journal.state().status(&step.id) == open {
            // Nothing is appended, which would tell; and it may have waited for long since it took the run on.
            return Ok(self.journal.check_ownership().await?);
        }
        self.intend_again(step, way).await
    }

    /// Journals one more attempt.
    pub(crate) async fn intend_again(&mut self, step: &Step, way: Way) -> Result<(), EngineError> {
        let attempt = self.attempts(step, way) + 1;
        let step = step.id.clone();
        let clock = Arc::clone(&self.ports.clock);
        let (began, began_at) = (clock.elapsed(), clock.now());
        self.append(match way {
            Way::Do => Body::StepIntended { step, attempt },
            Way::Undo => Body::UndoIntended { step, attempt },
        })
        .await?;
        // A process or machine that stood still just now: whoever took the run over in that time has waited for what was
        // asked before, not for what is asked from here on. A machine that sleeps stops the first of both clocks.
        let stood = clock.elapsed().saturating_sub(began) > STOOD_STILL;
        if stood || clock.now().duration_since(began_at).unsigned_abs() > STOOD_STILL {
            self.journal.check_ownership().await?;
        }
        Ok(())
    }

    /// How often an executor began to act, by the journal.
    pub(crate) fn attempts(&self, step: &Step, way: Way) -> u32 {
        self.journal.state().steps.get(&step.id).map_or(0, |state| match way {
            Way::Do => state.attempts,
            Way::Undo => state.undo_attempts,
        })
    }
}

/// A variable that is not set would be found out in the middle of the run, and make it roll back.
fn check_variables(run: &Run, ports: &Ports) -> Result<(), MissingVariable> {
    match run.variables().into_iter().find(|name| ports.environment.variable(name).is_none()) {
        Some(name) => Err(MissingVariable(name.to_owned())),
        None => Ok(()),
    }
}

fn clock_of(ports: &Ports) -> pilotlight_journal::Clock {
    let clock = Arc::clone(&ports.clock);
    Arc::new(move || clock.now())
}
