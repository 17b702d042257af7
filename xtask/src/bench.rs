//! `cargo xtask bench`: what has to be fast, measured beside what it is compared with, in one run on one machine.
//!
//! A section adds its figures to one table. A figure that has a limit and misses it makes the task fail.

mod apply;
mod cloud;
mod drift;
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
mod sections;
mod services;
mod state;
mod state_text;
mod validate;
mod wire;

use crate::workspace::Done;
use clap::Subcommand;
use sections::Sections;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Drift: against Terraform's refresh, in calls, and in line with the number of resources.
    Drift(Sections<drift::Section>),
    /// Rebuild: retargeting beside the parse of the same files, applying beside Terraform, and validate.
    Rebuild(Sections<rebuild::Section>),
    /// Failover: what its engine survives in memory and what it costs, and in the lab, while customers order.
    Failover(Sections<failover::Section>),
}

pub(crate) fn run(bench: &Bench) -> Done<ExitCode> {
    match bench {
        Bench::Drift(sections) => sections.run(),
        Bench::Rebuild(sections) => sections.run(),
        Bench::Failover(sections) => sections.run(),
    }
}
