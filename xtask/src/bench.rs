//! `cargo xtask bench`: what has to be fast, measured beside what it is compared with, in one run on one machine.
//!
//! A section adds its figures to one table. A figure that has a limit and misses it makes the task fail.

mod figures;
mod state;
mod state_text;

use crate::workspace::{Done, Workspace};
use clap::{Args, Subcommand, ValueEnum};
use figures::Figures;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Drift: how fast a state is loaded.
    Drift(Drift),
}

#[derive(Args)]
pub(crate) struct Drift {
    /// Only these sections; all without it.
    #[arg(long, value_enum, value_name = "SECTION")]
    only: Vec<Section>,
}

/// A part of `bench drift`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Loading a state of 100 MB, and of 1,000 to 100,000 resources.
    State,
}

pub(crate) fn run(bench: &Bench) -> Done<ExitCode> {
    let Bench::Drift(drift) = bench;
    let workspace = Workspace::find()?;
    let mut figures = Figures::default();
    for section in Section::value_variants() {
        if !drift.only.is_empty() && !drift.only.contains(section) {
            continue;
        }
        match section {
            Section::State => state::measure(&workspace, &mut figures)?,
        }
    }
    anstream::println!("{}", figures.render());
    let missed = figures.missed();
    match missed {
        0 => Ok(ExitCode::SUCCESS),
        _ => Err(format!("keep within every limit: {missed} missed, see above").into()),
    }
}
