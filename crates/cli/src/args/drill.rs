//! The command line of `pilotlight drill`.

use super::failover::RunMode;
use super::{IntoArgs, ListingArgs, PlanArgs, ResolverArgs};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Drill {
    #[command(subcommand)]
    pub(crate) command: DrillCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DrillCommand {
    /// Run the plan there and back in memory, with every fault that can be thought of; changes nothing
    Simulate(DrillSimulate),
}

#[derive(Debug, Args)]
pub(crate) struct DrillSimulate {
    /// The plan file
    pub(crate) plan: PathBuf,

    /// How the failover treats the primary; the way back is graceful
    #[arg(long, value_name = "MODE", value_enum, default_value_t = RunMode::Graceful)]
    pub(crate) mode: RunMode,

    /// A random mix of faults to try as well, and a race of two operators; may be repeated
    #[arg(long, value_name = "SEED")]
    pub(crate) seed: Vec<u64>,

    /// The same for the seeds 0 to N - 1
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) seeds: u64,

    /// Journal to read past runs from in place of the plan's
    #[arg(long, value_name = "URL")]
    pub(crate) journal: Vec<String>,

    #[command(flatten)]
    pub(crate) plan_args: PlanArgs,
    #[command(flatten)]
    pub(crate) into: IntoArgs,
    #[command(flatten)]
    pub(crate) output: ListingArgs,
    #[command(flatten)]
    pub(crate) resolver: ResolverArgs,
}

impl DrillCommand {
    /// The plan file that the command names.
    pub(crate) fn plan(&self) -> &std::path::Path {
        match self {
            Self::Simulate(args) => &args.plan,
        }
    }

    /// The file that its output goes to.
    pub(crate) fn out(&self) -> Option<&std::path::Path> {
        match self {
            Self::Simulate(args) => args.output.out.as_deref(),
        }
    }
}
