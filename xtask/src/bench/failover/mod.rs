//! `cargo xtask bench failover`: what a failover survives, and what it takes by the word of those who are not in it.

mod engine;
mod lab;

use super::figures::Figures;
use super::{finish, groups};
use crate::workspace::{Done, Workspace};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Failover {
    /// Only these sections; all without it.
    #[arg(long, value_enum, value_name = "SECTION")]
    only: Vec<Section>,
    /// Measure this program instead of building one with --release, which takes many minutes.
    #[arg(long, value_name = "PROGRAM")]
    pilotlight: Option<PathBuf>,
}

/// A part of `bench failover`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// The engine in a world in memory: random faults, races of two operators, its own cost.
    Engine,
    /// Failovers and failbacks in the lab while customers order: downtime and lost orders, by their word and the report's.
    Lab,
}

pub(super) fn run(failover: &Failover) -> Done<ExitCode> {
    let workspace = Workspace::find()?;
    let chosen = |section: &&Section| failover.only.is_empty() || failover.only.contains(section);
    let sections: Vec<Section> = Section::value_variants().iter().filter(chosen).copied().collect();
    groups::end_with_signals()?;
    let pilotlight = match &failover.pilotlight {
        Some(program) => std::path::absolute(program)?,
        None if sections.contains(&Section::Lab) => workspace.build_pilotlight_release()?,
        None => PathBuf::new(),
    };
    let mut figures = Figures::default();
    for section in sections {
        let measured = match section {
            Section::Engine => engine::measure(&workspace, &mut figures),
            Section::Lab => lab::measure(&workspace, &pilotlight, &mut figures),
        };
        if let Err(error) = measured {
            // What was measured until then took its time.
            anstream::println!("{}", figures.render());
            return Err(error);
        }
    }
    finish(&figures)
}
