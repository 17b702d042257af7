//! The state of what was applied, where Terraform could not save it: nothing else knows of what was made.
//!
//! Terraform then writes `errored.tfstate` into the root's folder; where there is no room for that either, it prints the
//! state (`EmergencyDumpState` of its views).

use crate::process::Ended;
use crate::{Root, RunError};
use std::path::PathBuf;

/// What Terraform calls the copy that it leaves.
const FILE: &str = "errored.tfstate";

/// The summary of what it says then.
const SUMMARY: &str = "Failed to persist state to backend";

/// Where the state is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnsavedState {
    /// In a file of the root's folder.
    File(PathBuf),
    /// In part in a file of the root's folder, for which there was no room: an earlier run told all of it.
    Cut(PathBuf),
    /// Nowhere but here: no file could be written. It has secrets in clear.
    Text(String),
}

impl Root {
    /// The state that a run of Terraform could not save.
    pub(crate) fn unsaved(&self, ended: &mut Ended) -> Option<UnsavedState> {
        if let Some(state) = ended.dump.take() {
            return Some(UnsavedState::Text(state));
        }
        let is_told = ended.diagnostics.iter().any(|diagnostic| diagnostic.summary == SUMMARY);
        is_told.then(|| self.left_behind()).flatten()
    }

    /// Refuses to go on where an earlier run has left a state that it could not save: what that has and the backend
    /// has not would be made a second time.
    pub(crate) fn refuse_unsaved(&self, command: &str) -> Result<(), RunError> {
        match self.left_behind() {
            Some(state) => Err(RunError::Unsaved {
                command: command.to_owned(),
                dir: self.dir.clone(),
                program: self.program.name(),
                state,
                findings: Vec::new(),
            }),
            None => Ok(()),
        }
    }

    fn left_behind(&self) -> Option<UnsavedState> {
        let file = self.dir.join(FILE);
        let bytes = std::fs::read(&file).ok()?;
        let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok();
        Some(if is_whole { UnsavedState::File(file) } else { UnsavedState::Cut(file) })
    }
}
