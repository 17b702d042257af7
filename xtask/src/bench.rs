//! `cargo xtask bench`: what has to be fast, measured beside what it is compared with, in one run on one machine.
//!
//! A section adds its figures to one table. A figure that has a limit and misses it makes the task fail.

mod apply;
mod cloud;
mod estate;
mod failover;
mod figures;
mod groups;
mod plugins;
mod provider;
mod rebuild;
mod records;
mod retarget;
mod scale;
mod services;
mod state;
mod state_text;
mod validate;
mod wire;

use crate::workspace::{Done, Workspace};
use clap::{Args, Subcommand, ValueEnum};
use figures::Figures;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Drift: against Terraform's refresh, in calls, and in line with the number of resources.
    Drift(Drift),
    /// Rebuild: retargeting beside the parse of the same files, applying beside Terraform, and validate.
    Rebuild(rebuild::Rebuild),
    /// Failover: what its engine survives in memory and what it costs, and in the lab, while customers order.
    Failover(failover::Failover),
}

#[derive(Args)]
pub(crate) struct Drift {
    /// Only these sections; all without it.
    #[arg(long, value_enum, value_name = "SECTION")]
    only: Vec<Section>,
    /// Measure this program instead of building one with --release, which takes many minutes.
    #[arg(long, value_name = "PROGRAM")]
    pilotlight: Option<PathBuf>,
}

/// A part of `bench drift`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
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

pub(crate) fn run(bench: &Bench) -> Done<ExitCode> {
    match bench {
        Bench::Drift(drift) => run_drift(drift),
        Bench::Rebuild(rebuild) => rebuild::run(rebuild),
        Bench::Failover(failover) => failover::run(failover),
    }
}

fn run_drift(drift: &Drift) -> Done<ExitCode> {
    let workspace = Workspace::find()?;
    let chosen = |section: &&Section| drift.only.is_empty() || drift.only.contains(section);
    let sections: Vec<Section> = Section::value_variants().iter().filter(chosen).copied().collect();
    groups::end_with_signals()?;
    let pilotlight = match &drift.pilotlight {
        Some(program) => std::path::absolute(program)?,
        None if sections.iter().any(|section| section.runs_pilotlight()) => workspace.build_pilotlight_release()?,
        None => PathBuf::new(),
    };
    let mut figures = Figures::default();
    for section in sections {
        let measured = match section {
            Section::Estate => estate::measure(&workspace, &pilotlight, &mut figures),
            Section::Records => records::measure(&workspace, &pilotlight, &mut figures),
            Section::State => state::measure(&workspace, &mut figures),
            Section::Scale => scale::measure(&workspace, &mut figures),
            Section::Provider => provider::measure(&workspace, &pilotlight, &mut figures),
        };
        if let Err(error) = measured {
            // What was measured until then took minutes.
            anstream::println!("{}", figures.render());
            return Err(error);
        }
    }
    finish(&figures)
}

/// Shows the table; a missed limit is an error.
fn finish(figures: &Figures) -> Done<ExitCode> {
    anstream::println!("{}", figures.render());
    let missed = figures.missed();
    match missed {
        0 => Ok(ExitCode::SUCCESS),
        _ => Err(format!("keep within every limit: {missed} missed, see above").into()),
    }
}

impl Section {
    fn runs_pilotlight(self) -> bool {
        match self {
            Self::Estate | Self::Records | Self::Provider => true,
            Self::State | Self::Scale => false,
        }
    }
}
