//! The command line.

mod drift;
mod drill;
mod failover;
mod freeze;

use crate::output::Color;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub(crate) use drift::{Drift, Reader, Sides};
pub(crate) use drill::{
    Drill, DrillCommand, DrillFormat, DrillLive, DrillReport, DrillReportArgs, DrillSimulate, DrillTabletop,
};
pub(crate) use failover::{Move, RunMode};
pub(crate) use freeze::{Freeze, FreezeCheck, FreezeCommand, FreezeOff, FreezeOn};

/// Keeps a second AWS region ready from your Terraform, and moves traffic there and back.
#[derive(Debug, Parser)]
#[command(name = "pilotlight", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Say more; twice for everything
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,

    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", global = true)]
    pub(crate) color: Color,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing to report
  1  error: bad input, no access; nothing changed
  2  findings: drift, or not ready
  3  incomplete: something could not be read
  4  refused by a safety rule
  5  the run failed and was rolled back
  6  the run stopped and waits for a person";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compare Terraform state with live AWS, per stack, in either region
    Drift(Drift),
    /// Regenerate the standby region from the primary's Terraform, and prove that it matches
    Rebuild(Rebuild),
    /// Say whether the standby is ready: one verdict for a pipeline; changes nothing
    Validate(Validate),
    /// Move traffic to the standby
    Failover(Move),
    /// Move traffic back to the primary
    Failback(Move),
    /// Rehearse: on paper, in memory with every fault, or live, there and back
    Drill(Drill),
    /// Look at runs, and go on with one that stopped
    Run(Run),
    /// Keep pipelines from releasing, and ask in one whether it may
    Freeze(Freeze),
    /// Print the page behind a code
    Explain(Explain),
}

/// What every command that reads a plan takes.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// A value for var.NAME in the plan; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", help_heading = "Plan")]
    pub(crate) vars: Vec<String>,

    /// A JSON file of values for var.NAME in the plan; may be repeated
    #[arg(long = "var-file", value_name = "FILE", help_heading = "Plan")]
    pub(crate) var_files: Vec<PathBuf>,
}

/// Where the standby's generated Terraform is.
#[derive(Debug, Args)]
pub(crate) struct IntoArgs {
    /// Where the generated standby roots are; default .pilotlight/<plan>/standby beside the plan
    #[arg(long, value_name = "DIR", help_heading = "Plan")]
    pub(crate) into: Option<PathBuf>,
}

/// How a report is given.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The report's format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: Format,

    /// Write the report to this file instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For a person
    #[default]
    Text,
    /// For a program; its schema is in docs/schema
    Json,
    /// SARIF 2.1.0, for code scanning; -v adds what rules silenced
    Sarif,
    /// For the test page of a CI system: JUnit's XML
    Junit,
    /// For the comment of a pull request
    Markdown,
    /// One self-contained page
    Html,
}

/// How the report of a run is given. A run is a story, not a list of findings: there is no SARIF of it.
#[derive(Debug, Args)]
pub(crate) struct RunReportArgs {
    /// The report's format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: RunFormat,

    /// Write the report to this file instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum RunFormat {
    /// For a person
    #[default]
    Text,
    /// For a program; its schema is in docs/schema
    Json,
    /// One self-contained page
    Html,
}

/// How a list is given.
#[derive(Debug, Args)]
pub(crate) struct ListingArgs {
    /// The output's format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: ListingFormat,

    /// Write the output to this file instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ListingFormat {
    /// For a person
    #[default]
    Text,
    /// For a program
    Json,
}

/// How names are resolved.
#[derive(Debug, Args)]
pub(crate) struct ResolverArgs {
    /// DNS server for every look-up instead of the system's; where its port is not 53, the zone's name
    /// servers are asked at that port also
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "PILOTLIGHT_RESOLVER",
        hide_env_values = true,
        help_heading = "Network"
    )]
    pub(crate) resolver: Option<SocketAddr>,
}

/// Which program changes sizes in the standby's roots.
#[derive(Debug, Args)]
pub(crate) struct TerraformArgs {
    /// The terraform or tofu program that changes the sizes of scale blocks; default the first one on PATH
    #[arg(long, value_name = "PROGRAM", env = "PILOTLIGHT_TERRAFORM", hide_env_values = true, help_heading = "Plan")]
    pub(crate) terraform: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("changes").args(["apply", "destroy"])))]
pub(crate) struct Rebuild {
    /// The plan file
    pub(crate) plan: PathBuf,

    /// Only this stack; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: Vec<String>,

    /// Show the source diff and stop
    #[arg(long, conflicts_with_all = ["apply", "yes"])]
    pub(crate) diff: bool,

    /// Show each edit with its rule and reason, and stop
    #[arg(long, conflicts_with_all = ["apply", "yes"])]
    pub(crate) explain: bool,

    /// Go on to apply what was shown; without --yes each stack asks first, as it does by default
    #[arg(long)]
    pub(crate) apply: bool,

    /// Take the standby down instead, the stacks that depend on others first; refused while DNS answers with it
    #[arg(long, conflicts_with_all = ["apply", "diff", "explain"])]
    pub(crate) destroy: bool,

    /// Do not ask
    #[arg(long, requires = "changes")]
    pub(crate) yes: bool,

    /// Copy the account's own images that the standby lacks into it, once that was shown and agreed to
    #[arg(long, conflicts_with_all = ["diff", "explain", "destroy", "primary_down"])]
    pub(crate) copy_images: bool,
    /// Ask nothing of the primary region: its map, what it offered and its states come from the recovery kit
    /// that an earlier rebuild kept with the journal
    #[arg(long, conflicts_with = "destroy")]
    pub(crate) primary_down: bool,

    /// How many stacks of a wave are planned and applied at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) parallelism: u8,

    /// The terraform or tofu program; default the first one on PATH
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) terraform: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) plan_args: PlanArgs,
    #[command(flatten)]
    pub(crate) into: IntoArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    pub(crate) resolver: ResolverArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// The plan file
    pub(crate) plan: PathBuf,

    /// Only stacks whose HCL changed since this revision of git was left, uncommitted changes included
    #[arg(long, value_name = "REV")]
    pub(crate) changed_since: Option<String>,

    /// The user or role that will fail over, whose permissions are asked; default the caller
    #[arg(long, value_name = "ARN", value_parser = principal)]
    pub(crate) principal: Option<String>,

    #[command(flatten)]
    pub(crate) plan_args: PlanArgs,
    #[command(flatten)]
    pub(crate) into: IntoArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    pub(crate) resolver: ResolverArgs,
}

/// A user or role that IAM's simulator takes.
fn principal(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", _, name] if name.starts_with("user/") || name.starts_with("role/") => Ok(text.to_owned()),
        _ => Err("it is no ARN of a user or role, arn:aws:iam::123456789012:role/NAME".into()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(subcommand)]
    pub(crate) command: RunCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunCommand {
    /// List the runs in the plan's journal
    List(RunList),
    /// Show where a run stands, event by event
    Show(RunShow),
    /// Go on with a run that was stopped or killed
    Resume(RunControl),
    /// Ask the run's executor, on this machine or another, to stop between two steps
    Pause(RunPause),
    /// Leave a step out, with a reason, and go on
    Skip(RunStep),
    /// Say yes to a step that waits for a person, and go on
    Approve(RunStep),
    /// Undo what can be undone, and end the run; or take such a word back
    Abort(RunAbort),
    /// Print the run's report
    Report(RunReport),
}

/// Which plan's journal.
#[derive(Debug, Args)]
pub(crate) struct JournalArgs {
    /// The plan file
    pub(crate) plan: PathBuf,

    /// Journal to use in place of the plan's
    #[arg(long, value_name = "URL")]
    pub(crate) journal: Vec<String>,

    #[command(flatten)]
    pub(crate) plan_args: PlanArgs,
}

/// Which run in it.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) journal: JournalArgs,

    /// The run's id, or the beginning of one; default the latest run
    pub(crate) run: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RunList {
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
    #[command(flatten)]
    pub(crate) output: ListingArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunShow {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) output: ListingArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunReport {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) report: RunReportArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunControl {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) report: RunReportArgs,

    /// Take the run from an executor that may still be alive
    #[arg(long)]
    pub(crate) takeover: bool,

    #[command(flatten)]
    pub(crate) terraform: TerraformArgs,
    #[command(flatten)]
    pub(crate) resolver: ResolverArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunPause {
    #[command(flatten)]
    pub(crate) run: RunArgs,

    /// Why; goes into the journal
    #[arg(long, value_name = "TEXT", value_parser = freeze::reason)]
    pub(crate) reason: String,

    /// How long to wait until the run has stopped; the request stands after that
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = freeze::duration)]
    pub(crate) wait: std::time::Duration,
}

#[derive(Debug, Args)]
pub(crate) struct RunAbort {
    #[command(flatten)]
    pub(crate) control: RunControl,

    /// Take an abort back, or a rollback that the run began by itself: it goes forward again from where it stood, and does
    /// once more what was undone
    #[arg(long)]
    pub(crate) withdraw: bool,

    /// Why; goes into the journal
    #[arg(long, value_name = "TEXT", value_parser = freeze::reason)]
    pub(crate) reason: String,

    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunStep {
    #[command(flatten)]
    pub(crate) control: RunControl,

    /// The step's id, as run show prints it
    #[arg(long, value_name = "STEP")]
    pub(crate) step: String,

    /// Why; goes into the journal
    #[arg(long, value_name = "TEXT", value_parser = freeze::reason)]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A code such as PL-D101; all of them without one
    pub(crate) code: Option<String>,
}

impl Command {
    /// The plan file that the command names.
    pub(crate) fn plan(&self) -> Option<&Path> {
        match self {
            Self::Drift(args) => args.plan.as_deref(),
            Self::Rebuild(args) => Some(&args.plan),
            Self::Validate(args) => Some(&args.plan),
            Self::Failover(args) | Self::Failback(args) => args.plan.as_deref(),
            Self::Drill(drill) => Some(drill.command.plan()),
            Self::Run(run) => Some(&run.command.journal().plan),
            Self::Freeze(freeze) => Some(&freeze.command.journal().plan),
            Self::Explain(_) => None,
        }
    }

    /// The file that the command's report or list goes to.
    pub(crate) fn out(&self) -> Option<&Path> {
        match self {
            Self::Drift(args) => args.report.out.as_deref(),
            Self::Rebuild(args) => args.report.out.as_deref(),
            Self::Validate(args) => args.report.out.as_deref(),
            Self::Failover(args) | Self::Failback(args) => args.report.out.as_deref(),
            Self::Drill(drill) => drill.command.out(),
            Self::Run(run) => run.command.out(),
            Self::Freeze(_) | Self::Explain(_) => None,
        }
    }
}

impl RunCommand {
    fn journal(&self) -> &JournalArgs {
        match self {
            Self::List(args) => &args.journal,
            Self::Show(args) => &args.run.journal,
            Self::Resume(args) => &args.run.journal,
            Self::Pause(args) => &args.run.journal,
            Self::Skip(args) | Self::Approve(args) => &args.control.run.journal,
            Self::Abort(args) => &args.control.run.journal,
            Self::Report(args) => &args.run.journal,
        }
    }

    fn out(&self) -> Option<&Path> {
        match self {
            Self::List(args) => args.output.out.as_deref(),
            Self::Show(args) => args.output.out.as_deref(),
            Self::Resume(args) => args.report.out.as_deref(),
            Self::Pause(_) => None,
            Self::Skip(args) | Self::Approve(args) => args.control.report.out.as_deref(),
            Self::Abort(args) => args.control.report.out.as_deref(),
            Self::Report(args) => args.report.out.as_deref(),
        }
    }
}
