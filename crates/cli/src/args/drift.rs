//! The arguments of `pilotlight drift`.

use super::{IntoArgs, PlanArgs, ReportArgs};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Which region, by its role in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Sides {
    /// The region where production runs on a normal day
    #[default]
    Primary,
    /// The region where it runs after a failover
    Standby,
    /// Both regions in one report
    Both,
}

/// How live objects are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Reader {
    /// By list calls where one tells many objects, else through the provider's plugin
    #[default]
    Auto,
    /// By list calls only; other types are unread
    Native,
    /// Through the provider's plugin only, object by object, as Terraform does
    Provider,
}

#[derive(Debug, Args)]
pub(crate) struct Drift {
    /// The plan file
    #[arg(required_unless_present = "state")]
    pub(crate) plan: Option<PathBuf>,

    /// Compare this state, without a plan; may be repeated
    ///
    /// A file; a folder, for every *.tfstate below it; a glob in quotes, 'states/**/*.tfstate'; s3://bucket/key,
    /// s3://bucket/prefix/ or a glob in the key, with ?workspace=, workspace_key_prefix=, region= and
    /// dynamodb_table= as in Terraform's s3 backend; https://…, with TF_HTTP_USERNAME and TF_HTTP_PASSWORD;
    /// pull:DIR, to ask terraform or tofu in that folder; - for standard input. What `terraform show -json`
    /// prints is read as a state, too.
    #[arg(long, value_name = "URL", conflicts_with = "plan")]
    pub(crate) state: Vec<String>,

    /// The workspace of states in folders, on S3 and by pull:
    #[arg(long, value_name = "NAME", conflicts_with = "plan")]
    pub(crate) workspace: Option<String>,

    /// The role to assume to read the resources of --state, where they are in another account
    #[arg(long, value_name = "ARN", conflicts_with = "plan")]
    pub(crate) role: Option<String>,

    /// The terraform or tofu program, for pull: and to install a missing provider; default the first one on PATH
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) terraform: Option<PathBuf>,

    /// Only this stack; may be repeated
    #[arg(long, value_name = "NAME", requires = "plan", conflicts_with = "state")]
    pub(crate) stack: Vec<String>,

    /// Which region to compare
    #[arg(long, value_enum, default_value_t, conflicts_with = "state")]
    pub(crate) side: Sides,

    /// How live objects are read
    #[arg(long, value_enum, default_value_t, value_name = "READER", help_heading = "Reading")]
    pub(crate) reader: Reader,

    /// Also report what AWS has and no given state knows
    #[arg(long, help_heading = "Reading")]
    pub(crate) unmanaged: bool,

    /// Make at most so many calls to AWS; what is not read then is unread (exit 3)
    #[arg(long, value_name = "N", help_heading = "Reading")]
    pub(crate) max_calls: Option<u64>,

    /// Ignore what this pattern names, in the grammar of .driftignore; may be repeated
    #[arg(long, value_name = "PATTERN", help_heading = "Reading")]
    pub(crate) ignore: Vec<String>,

    /// File of ignore patterns; default .driftignore beside the plan, or in this folder
    #[arg(long, value_name = "FILE", help_heading = "Reading")]
    pub(crate) driftignore: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) plan_args: PlanArgs,
    #[command(flatten)]
    pub(crate) into: IntoArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}
