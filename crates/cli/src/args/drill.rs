//! The command line of `pilotlight drill`.

use super::failover::RunMode;
use super::{IntoArgs, JournalArgs, ListingArgs, PlanArgs, ResolverArgs, TerraformArgs, freeze};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct Drill {
    #[command(subcommand)]
    pub(crate) command: DrillCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DrillCommand {
    /// Run the plan there and back in memory, with every fault that can be thought of; changes nothing
    Simulate(DrillSimulate),
    /// Fail over and back for real, with a stay in between and a rule that ends it early
    Live(DrillLive),
    /// Print the report of a live drill, from the journal
    Report(DrillReport),
    /// Walk the plan phase by phase, and ask what a team has to be able to answer; changes nothing in AWS
    Tabletop(DrillTabletop),
}

#[derive(Debug, Args)]
pub(crate) struct DrillTabletop {
    /// The plan file
    pub(crate) plan: PathBuf,

    /// How the failover treats the primary
    #[arg(long, value_name = "MODE", value_enum, default_value_t = RunMode::Ungraceful)]
    pub(crate) mode: RunMode,

    /// The file of answers, JSON: read where it is there, and on a terminal written after each answer; default
    /// .pilotlight/<plan>/tabletop.json beside the plan
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,

    /// Ask nobody: print the questions as a sheet to fill in, in Markdown
    #[arg(long, conflicts_with_all = ["answers", "format"])]
    pub(crate) sheet: bool,

    /// Journal to read past runs from in place of the plan's
    #[arg(long, value_name = "URL")]
    pub(crate) journal: Vec<String>,

    #[command(flatten)]
    pub(crate) plan_args: PlanArgs,
    #[command(flatten)]
    pub(crate) into: IntoArgs,
    #[command(flatten)]
    pub(crate) report: DrillReportArgs,
    #[command(flatten)]
    pub(crate) resolver: ResolverArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DrillLive {
    /// The plan file
    pub(crate) plan: PathBuf,

    /// How long to stay on the standby while the checks are watched; default 10m, or what the plan's observe block says
    /// where that is longer
    #[arg(long, value_name = "DURATION", value_parser = freeze::duration, conflicts_with = "resume")]
    pub(crate) stay: Option<Duration>,

    /// The longest that the failover may take, from its first event until traffic is verified; default the plan's RTO.
    /// One that takes longer is undone before the switch, and goes back at once after it
    #[arg(long, value_name = "DURATION", value_parser = freeze::duration, conflicts_with = "resume")]
    pub(crate) stop_after: Option<Duration>,

    /// How the failover treats the primary; the way back is graceful
    #[arg(long, value_name = "MODE", value_enum, default_value_t = RunMode::Graceful, conflicts_with = "resume")]
    pub(crate) mode: RunMode,

    /// Drill although the primary region is not as its Terraform says
    #[arg(long, conflicts_with = "resume")]
    pub(crate) accept_drift: bool,

    /// Go on with the drill that was stopped or killed, from wherever its journal says that it stands
    #[arg(long)]
    pub(crate) resume: bool,

    /// Take the drill's run from an executor that may still be alive
    #[arg(long, requires = "resume")]
    pub(crate) takeover: bool,

    /// Do not ask; a drill that is resumed was agreed to, and is not asked about with or without it
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
    pub(crate) report: DrillReportArgs,
    #[command(flatten)]
    pub(crate) resolver: ResolverArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DrillReport {
    #[command(flatten)]
    pub(crate) journal: JournalArgs,

    /// A run of the drill, or the beginning of its id; default the latest drill
    pub(crate) run: Option<String>,

    #[command(flatten)]
    pub(crate) report: DrillReportArgs,
}

/// How the report of a drill is given.
#[derive(Debug, Args)]
pub(crate) struct DrillReportArgs {
    /// The report's format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: DrillFormat,

    /// Write the report to this file instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum DrillFormat {
    /// For a person
    #[default]
    Text,
    /// For a program; its schema is in docs/schema
    Json,
    /// For a ticket or a page of a wiki
    Markdown,
    /// One self-contained page
    Html,
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
            Self::Live(args) => &args.plan,
            Self::Tabletop(args) => &args.plan,
            Self::Report(args) => &args.journal.plan,
        }
    }

    /// The file that its output goes to.
    pub(crate) fn out(&self) -> Option<&std::path::Path> {
        match self {
            Self::Simulate(args) => args.output.out.as_deref(),
            Self::Live(args) => args.report.out.as_deref(),
            Self::Tabletop(args) => args.report.out.as_deref(),
            Self::Report(args) => args.report.out.as_deref(),
        }
    }
}
