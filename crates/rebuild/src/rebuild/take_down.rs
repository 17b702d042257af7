//! Takes a standby down, one stack at a time: Terraform's plan to destroy it, judged; its apply; what is left.

use super::{PLAN_FILE, Rebuild, RebuildError};
use crate::verify::not_ours;
use pilotlight_findings::Finding;
use pilotlight_terraform::{ApplyOutcome, Cancel, OnProgress, PlanOptions, PlanOutcome, Root};
use pilotlight_tfstate::{PlanJson, State};
use std::path::{Path, PathBuf};

/// What Terraform would destroy.
#[derive(Debug, Clone)]
pub struct TakeDown {
    /// Terraform's own summary; its file is what is applied.
    pub outcome: PlanOutcome,
    /// Terraform's plan for a person.
    pub text: String,
    /// Why it may not be applied; empty where it may.
    pub refusals: Vec<Finding>,
}

impl Rebuild<'_> {
    /// Whether a stack's standby root is there, as a rebuild wrote it or edited since.
    ///
    /// # Errors
    /// Its list of files cannot be read, or the folder is another stack's.
    pub fn has_root(&self, stack: &str) -> Result<bool, RebuildError> {
        let root = self.root_of(stack);
        let listed = crate::apply::manifest::read(&root, stack)
            .map_err(|source| RebuildError::Generated { stack: stack.to_owned(), source: Box::new(source) })?;
        // A list whose files are gone is no root.
        Ok(listed.is_some_and(|files| files.keys().any(|file| root.join(file).is_file())))
    }

    /// Initializes a standby root that is there.
    ///
    /// # Errors
    /// Terraform fails, or the folder cannot be written.
    pub async fn init_root(&self, stack: &str, root: &Root, cancel: &Cancel) -> Result<(), RebuildError> {
        self.initialize(stack, &self.root_of(stack), root, cancel).await
    }

    /// Makes Terraform's plan to destroy a stack's standby, and judges it by the states: `standby` is this stack's,
    /// `primary_states` are those of the primary that are at hand, of any stack.
    ///
    /// # Errors
    /// Terraform fails, or its plan cannot be read.
    pub async fn plan_destroy(
        &self,
        stack: &str,
        root: &Root,
        standby: &State,
        primary_states: &[&State],
        cancel: &Cancel,
        progress: OnProgress<'_>,
    ) -> Result<TakeDown, RebuildError> {
        let terraform = |source| RebuildError::Terraform { stack: stack.to_owned(), source: Box::new(source) };
        let file = Path::new(PLAN_FILE);
        let options = PlanOptions { destroy: true, ..PlanOptions::default() };
        let outcome = root.plan(file, &options, cancel, progress).await.map_err(terraform)?;
        let text = root.show_text(file, cancel).await.map_err(terraform)?;
        let json = root.show(Some(file), cancel).await.map_err(terraform)?;
        let json = PlanJson::parse(&format!("{stack} (plan to destroy it)"), json.as_bytes())
            .map_err(|source| RebuildError::PlanJson { stack: stack.to_owned(), source: Box::new(source) })?;
        let refusals = not_ours(stack, &json, standby, primary_states);
        Ok(TakeDown { outcome, text, refusals })
    }

    /// Destroys what was planned, and nothing else.
    ///
    /// # Errors
    /// Terraform fails; what is left is in the standby's state.
    pub async fn destroy(
        &self,
        stack: &str,
        root: &Root,
        cancel: &Cancel,
        progress: OnProgress<'_>,
    ) -> Result<ApplyOutcome, RebuildError> {
        let applied = root.apply(Path::new(PLAN_FILE), cancel, progress).await;
        self.forget_plan(stack);
        applied.map_err(|source| RebuildError::Terraform { stack: stack.to_owned(), source: Box::new(source) })
    }

    /// Addresses that the standby's state still has.
    ///
    /// # Errors
    /// Terraform fails, or the state cannot be read.
    pub async fn left(&self, stack: &str, root: &Root, cancel: &Cancel) -> Result<Vec<String>, RebuildError> {
        let terraform = |source| RebuildError::Terraform { stack: stack.to_owned(), source: Box::new(source) };
        let Some(bytes) = root.state_pull(cancel).await.map_err(terraform)? else { return Ok(Vec::new()) };
        let state = State::parse(&format!("the standby of {stack}"), &bytes)
            .map_err(|source| RebuildError::State { stack: stack.to_owned(), source: Box::new(source) })?;
        Ok(state.managed().map(|managed| managed.address().to_string()).collect())
    }

    /// Removes a saved plan that is not to be applied: it holds secrets in the clear.
    pub fn forget_plan(&self, stack: &str) {
        discard(&self.root_of(stack), stack);
    }
}

/// Removes the saved plan of a root.
pub(super) fn discard(root: &Path, stack: &str) {
    let file: PathBuf = root.join(PLAN_FILE);
    // It may never have been made; nothing else can be done about one that stays.
    if let Err(error) = std::fs::remove_file(file) {
        tracing::debug!(%error, stack, "remove the saved plan");
    }
}
