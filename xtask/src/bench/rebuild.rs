//! `cargo xtask bench rebuild`: what making the standby takes.

use super::figures::Figures;
use super::{apply, retarget, sections, validate};
use crate::workspace::{Done, Workspace};
use clap::ValueEnum;
use std::path::Path;

/// A part of `bench rebuild`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Section {
    /// Rewriting roots for another region: time beside hcl-edit's parse of the same files.
    Retarget,
    /// Making a standby: beside Terraform's apply of the same files, and three stacks beside the slowest one.
    Apply,
    /// The verdict over the sample estate.
    Validate,
}

impl sections::Section for Section {
    fn runs_pilotlight(self) -> bool {
        self != Self::Retarget
    }

    fn measure(self, workspace: &Workspace, pilotlight: &Path, figures: &mut Figures) -> Done<()> {
        match self {
            Self::Retarget => retarget::measure(workspace, figures),
            Self::Apply => apply::measure(workspace, pilotlight, figures),
            Self::Validate => validate::measure(workspace, pilotlight, figures),
        }
    }
}
