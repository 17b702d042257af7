//! `cargo xtask bench failover`: what a failover survives, and what it takes by the word of those who are not in it.

mod engine;
mod lab;

use super::figures::Figures;
use super::sections;
use crate::workspace::{Done, Workspace};
use clap::ValueEnum;
use std::path::Path;

/// A part of `bench failover`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Section {
    /// The engine in a world in memory: random faults, races of two operators, its own cost.
    Engine,
    /// Failovers and failbacks in the lab while customers order: downtime and lost orders, by their word and the report's.
    Lab,
}

impl sections::Section for Section {
    fn runs_pilotlight(self) -> bool {
        self == Self::Lab
    }

    fn measure(self, workspace: &Workspace, pilotlight: &Path, figures: &mut Figures) -> Done<()> {
        match self {
            Self::Engine => engine::measure(workspace, figures),
            Self::Lab => lab::measure(workspace, pilotlight, figures),
        }
    }
}
