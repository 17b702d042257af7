//! `failover` and `failback`.

use super::{IntoArgs, PlanArgs, ResolverArgs, RunReportArgs, TerraformArgs};
use clap::Args;
use std::path::PathBuf;

/// `--mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RunMode {
    /// The side that is left answers: its databases are fenced and waited for
    Graceful,
    /// It may be dead: it is called for nothing that has to succeed
    Ungraceful,
}

impl From<RunMode> for pilotlight_failover::Mode {
    fn from(mode: RunMode) -> Self {
        match mode {
            RunMode::Graceful => Self::Graceful,
            RunMode::Ungraceful => Self::Ungraceful,
        }
    }
}

/// `failover` and `failback`
#[derive(Debug, Args)]
pub(crate) struct Move {
    /// The plan file
    #[arg(required_unless_present = "run")]
    pub(crate) plan: Option<PathBuf>,

    /// How to treat the side that traffic leaves: graceful, the default, loses no write, and is refused where its
    /// databases do not answer; ungraceful does without it, and is the default with --primary-down
    #[arg(long, value_name = "MODE", value_enum, conflicts_with = "run")]
    pub(crate) mode: Option<RunMode>,

    /// Show every call that the run would make, and change nothing
    #[arg(long, conflicts_with_all = ["save", "run", "yes"])]
    pub(crate) dry_run: bool,

    /// Compile the run into this file and stop; carry it out later with --run
    #[arg(long, value_name = "FILE", conflicts_with_all = ["run", "yes"])]
    pub(crate) save: Option<PathBuf>,

    /// Carry out the run in this file, exactly as it was shown
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    pub(crate) run: Option<PathBuf>,

    /// Ask nothing of the primary region: what its states said comes from the recovery kit, and a run with a call
    /// that needs it is refused
    #[arg(long, conflicts_with = "run")]
    pub(crate) primary_down: bool,

    /// Fail back to a primary region that is not as its Terraform says
    #[arg(long, conflicts_with = "run")]
    pub(crate) accept_drift: bool,

    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,

    /// Journal to use in place of the plan's; the break-glass way when the first one cannot be reached
    #[arg(long, value_name = "URL")]
    pub(crate) journal: Vec<String>,

    #[command(flatten)]
    pub(crate) plan_args: PlanArgs,
    #[command(flatten)]
    pub(crate) into: IntoArgs,
    #[command(flatten)]
    pub(crate) terraform: TerraformArgs,
    #[command(flatten)]
    pub(crate) report: RunReportArgs,
    #[command(flatten)]
    pub(crate) resolver: ResolverArgs,
}
