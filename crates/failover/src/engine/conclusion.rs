use super::refused;
use pilotlight_journal::{RunOutcome, RunState};

/// How far a run came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    /// How it ended, or that it waits.
    pub end: End,
    /// One line for a person.
    pub detail: String,
}

/// How a run ended, or that it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Every step is done or was skipped by a person.
    Succeeded,
    /// A safety rule stopped it before the switch, and what it had done was undone.
    Refused,
    /// It failed before the switch, and everything was undone.
    RolledBack,
    /// A person aborted it, and everything was undone.
    Aborted,
    /// It could be neither finished nor undone; a person took it from here.
    Failed,
    /// It waits for a person at this step.
    Stopped {
        /// The step, where there is one.
        step: Option<String>,
    },
    /// An executor is at work, or was killed.
    Unfinished,
}

impl Conclusion {
    /// What a journal's state says.
    pub fn of(state: &RunState) -> Self {
        if let Some(finished) = &state.finished {
            let end = match finished.outcome {
                RunOutcome::Succeeded => End::Succeeded,
                RunOutcome::RolledBack if refused(state) => End::Refused,
                RunOutcome::RolledBack => End::RolledBack,
                RunOutcome::Aborted => End::Aborted,
                RunOutcome::Failed => End::Failed,
            };
            return Self { end, detail: finished.detail.clone() };
        }
        if let Some(stopped) = &state.stopped {
            let end = End::Stopped { step: stopped.step.clone() };
            return Self { end, detail: stopped.reason.clone() };
        }
        Self { end: End::Unfinished, detail: "not finished: resume it, or let its executor go on".into() }
    }

    /// The program's exit code for a run that came this far: the one place that says so. `docs/exit-codes.md` lists
    /// them.
    pub fn exit_code(&self) -> u8 {
        match self.end {
            End::Succeeded => 0,
            End::Refused => 4,
            End::RolledBack | End::Aborted => 5,
            End::Failed | End::Stopped { .. } | End::Unfinished => 6,
        }
    }
}
