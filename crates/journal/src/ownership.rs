//! How an executor comes to own a run that another one began.

use crate::{Body, RunState};

/// Who takes a run on, and from whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// Who asks for it, `user@host`.
    pub by: String,
    /// Whether the other executor may still be alive: its next append fails. Otherwise it has stopped or was killed.
    pub takeover: bool,
    /// The journal given in place of the plan's, where the break-glass way is taken.
    pub journal_override: Option<String>,
}

impl Ownership {
    /// Of a run whose executor has stopped or was killed.
    pub fn resume(by: impl Into<String>) -> Self {
        Self { by: by.into(), takeover: false, journal_override: None }
    }

    /// Of a run whose executor may still be alive.
    pub fn takeover(by: impl Into<String>) -> Self {
        Self { takeover: true, ..Self::resume(by) }
    }

    /// Says that the journal was named in place of the plan's.
    #[must_use]
    pub fn in_journal(self, journal_override: Option<String>) -> Self {
        Self { journal_override, ..self }
    }

    /// The event that takes the run, as it stands, on.
    pub(crate) fn event(&self, run: &RunState) -> Body {
        let (by, journal_override) = (self.by.clone(), self.journal_override.clone());
        if self.takeover {
            Body::Takeover { by, from: run.executor.clone(), journal_override }
        } else {
            Body::Resumed { by, journal_override }
        }
    }
}
