//! Where the journal says that traffic stands, when no run is active.

use crate::{ReportError, RunReport, report};
use pilotlight_findings::{Code, Explain, Side};
use pilotlight_journal::{JournalError, JournalStores, known_runs, read_run};

/// Why the journal does not say it.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    /// It cannot be read.
    #[error("read where the last run left traffic")]
    Journal(#[from] JournalError),
    /// A run in it is not one that this program knows.
    #[error("read where the last run left traffic")]
    Report(#[from] ReportError),
}

impl Explain for StandingError {
    fn code(&self) -> Code {
        match self {
            Self::Journal(error) => error.code(),
            Self::Report(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Journal(error) => error.remedy(),
            Self::Report(error) => error.remedy(),
        }
    }
}

/// The last run of a plan that was not undone: it says where traffic is, or that it is in doubt. None where there was
/// no such run.
///
/// # Errors
/// The journal cannot be read, or holds a run that this program does not know.
pub async fn last_settled(stores: &JournalStores, plan: &str) -> Result<Option<RunReport>, StandingError> {
    for run in known_runs(stores, plan).await?.iter().rev() {
        let told = report(&read_run(stores, run).await?.events)?;
        // Everything was undone: where traffic is, the run before it says.
        if !matches!(told.outcome.as_str(), "rolled_back" | "aborted") {
            return Ok(Some(told));
        }
    }
    Ok(None)
}

/// The run that traffic stands failed over by, or that left it in doubt; none where traffic is at home.
///
/// # Errors
/// As [`last_settled`].
pub async fn standing_failover(stores: &JournalStores, plan: &str) -> Result<Option<RunReport>, StandingError> {
    let last = last_settled(stores, plan).await?;
    Ok(last.filter(|run| !(run.outcome == "succeeded" && run.to.side == Side::Primary)))
}
