//! `cargo xtask bench drift`: what finding drift takes.

use super::figures::Figures;
use super::{estate, provider, records, scale, sections, state};
use crate::workspace::{Done, Workspace};
use clap::ValueEnum;
use std::path::Path;

/// A part of `bench drift`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Section {
    /// 1,000 resources: time and calls beside Terraform's refresh, near and far away.
    Estate,
    /// 10,000 records in one zone: calls.
    Records,
    /// Loading a state of 100 MB, and of 1,000 to 100,000 resources.
    State,
    /// Deciding over 1,000 to 100,000 resources: time and memory in line.
    Scale,
    /// Types that only the provider reads: time and processes beside Terraform's refresh.
    Provider,
}

impl sections::Section for Section {
    fn runs_pilotlight(self) -> bool {
        matches!(self, Self::Estate | Self::Records | Self::Provider)
    }

    fn measure(self, workspace: &Workspace, pilotlight: &Path, figures: &mut Figures) -> Done<()> {
        match self {
            Self::Estate => estate::measure(workspace, pilotlight, figures),
            Self::Records => records::measure(workspace, pilotlight, figures),
            Self::State => state::measure(workspace, figures),
            Self::Scale => scale::measure(workspace, figures),
            Self::Provider => provider::measure(workspace, pilotlight, figures),
        }
    }
}
