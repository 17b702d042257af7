use crate::{Cancel, Counts, OnProgress, Root, RunError};
use pilotlight_findings::Finding;
use std::path::Path;

/// What was applied.
#[derive(Debug, Clone, PartialEq)]
pub struct ApplyOutcome {
    /// How many resources.
    pub counts: Counts,
    /// Warnings.
    pub findings: Vec<Finding>,
    /// What was written beside the JSON.
    pub unparsed: String,
}

impl Root {
    /// Applies a saved plan, and nothing but that plan: Terraform refuses one that is stale.
    ///
    /// # Errors
    /// Something failed or was refused; what was done until then is in the state. The findings of the
    /// error tell each failure.
    pub async fn apply(
        &self,
        plan: &Path,
        cancel: &Cancel,
        progress: OnProgress<'_>,
    ) -> Result<ApplyOutcome, RunError> {
        let args = ["apply".to_owned(), "-json".to_owned(), "-input=false".to_owned(), plan.display().to_string()];
        self.change(&args, cancel, progress).await
    }

    /// Destroys everything that the state knows.
    ///
    /// # Errors
    /// As for [`Root::apply`].
    pub async fn destroy(&self, cancel: &Cancel, progress: OnProgress<'_>) -> Result<ApplyOutcome, RunError> {
        let args = ["destroy", "-json", "-input=false", "-auto-approve"].map(str::to_owned);
        self.change(&args, cancel, progress).await
    }

    async fn change(
        &self,
        args: &[String],
        cancel: &Cancel,
        progress: OnProgress<'_>,
    ) -> Result<ApplyOutcome, RunError> {
        let ended = self.stream(args, &[0], cancel, progress).await?;
        let findings = ended.findings(self);
        Ok(ApplyOutcome { counts: ended.counts.unwrap_or_default(), findings, unparsed: ended.unparsed })
    }
}
