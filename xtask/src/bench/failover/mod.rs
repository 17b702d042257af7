//! `cargo xtask bench failover`: what a failover takes, and what it survives.

mod engine;

use super::figures::Figures;
use super::{finish, groups};
use crate::workspace::{Done, Workspace};
use clap::{Args, ValueEnum};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Failover {
    /// Only these sections; all without it.
    #[arg(long, value_enum, value_name = "SECTION")]
    only: Vec<Section>,
}

/// A part of `bench failover`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// The engine in a world in memory: random faults, races of two operators, its own cost.
    Engine,
}

pub(super) fn run(failover: &Failover) -> Done<ExitCode> {
    let workspace = Workspace::find()?;
    let chosen = |section: &&Section| failover.only.is_empty() || failover.only.contains(section);
    groups::end_with_signals()?;
    let mut figures = Figures::default();
    for section in Section::value_variants().iter().filter(chosen) {
        let measured = match section {
            Section::Engine => engine::measure(&workspace, &mut figures),
        };
        if let Err(error) = measured {
            // What was measured until then took its time.
            anstream::println!("{}", figures.render());
            return Err(error);
        }
    }
    finish(&figures)
}
