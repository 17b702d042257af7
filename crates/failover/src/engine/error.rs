use crate::{MissingVariable, SavedRunError};
use pilotlight_findings::{Code, Explain, Span, codes};
use pilotlight_journal::JournalError;

/// Why an executor could not go on. What was done stands in the journal.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The journal: another executor owns the run, or it gave no answer.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal holds a run that this program cannot carry out.
    #[error("read the run in the journal")]
    Run(#[from] SavedRunError),
    /// An environment variable that the run's steps need is not set here.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
    /// A run that cannot be JSON.
    #[error("write the run as JSON")]
    Encode(#[source] serde_json::Error),
    /// A person named a step that the run does not have.
    #[error("find step {step:?} in the run")]
    NoStep {
        /// As given.
        step: String,
        /// The run's steps.
        known: Vec<String>,
    },
    /// A person wants something of a step that it cannot do now.
    #[error("{action} step {step}: {reason}")]
    NotNow {
        /// `skip`, `approve`
        action: &'static str,
        /// The step.
        step: String,
        /// Why.
        reason: String,
    },
    /// A person wants a run to go forward again that has to go on undoing, or is not being undone.
    #[error("have the run go forward again: {reason}")]
    NotWithdrawn {
        /// Why.
        reason: String,
    },
    /// An abort of a run that is being undone already.
    #[error("abort the run: it is being undone already")]
    AlreadyUndoing,
}

impl EngineError {
    /// Whether another executor took the run: this one must not act any more.
    pub fn lost_ownership(&self) -> bool {
        matches!(self, Self::Journal(JournalError::LostOwnership { .. }))
    }
}

impl Explain for EngineError {
    fn code(&self) -> Code {
        match self {
            Self::Journal(error) => error.code(),
            Self::Run(error) => error.code(),
            Self::Variable(error) => error.code(),
            Self::Encode(_) => codes::F_SAVED_RUN,
            Self::NoStep { .. } | Self::NotNow { .. } | Self::AlreadyUndoing => codes::F_NOT_NOW,
            Self::NotWithdrawn { .. } => codes::F_ABORT_STAYS,
        }
    }

    fn span(&self) -> Option<&Span> {
        None
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Journal(error) => error.remedy(),
            Self::Run(error) => error.remedy(),
            Self::Variable(error) => error.remedy(),
            Self::Encode(_) => None,
            Self::NoStep { known, .. } => Some(format!("name one of {}", known.join(", "))),
            Self::NotNow { .. } | Self::NotWithdrawn { .. } => {
                Some("see where the run stands: pilotlight run show PLAN".into())
            }
            Self::AlreadyUndoing => Some(
                "resume it: pilotlight run resume PLAN; or have it go forward again: pilotlight run abort PLAN \
                 --withdraw --reason TEXT"
                    .into(),
            ),
        }
    }
}
