//! The command line of `pilotlight freeze`.

use super::JournalArgs;
use clap::{Args, Subcommand};
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct Freeze {
    #[command(subcommand)]
    pub(crate) command: FreezeCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FreezeCommand {
    /// Say that nothing is to be released for now
    On(FreezeOn),
    /// End it
    Off(FreezeOff),
    /// Exit 4 while a freeze is on, a run is active or a release would undo a failover, 3 where that is not known: for a
    /// pipeline
    Check(FreezeCheck),
}

#[derive(Debug, Args)]
pub(crate) struct FreezeOn {
    #[command(flatten)]
    pub(crate) journal: JournalArgs,

    /// Why; whoever is refused reads it
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub(crate) reason: String,

    /// How long, such as 2h or 1d12h; without it until it is turned off
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) lasts: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct FreezeOff {
    #[command(flatten)]
    pub(crate) journal: JournalArgs,

    /// Why; kept with the journal
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct FreezeCheck {
    #[command(flatten)]
    pub(crate) journal: JournalArgs,

    /// The stack that is to be released; while a failover holds, others are not looked at. May be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: Vec<String>,
}

impl FreezeCommand {
    pub(crate) fn journal(&self) -> &JournalArgs {
        match self {
            Self::On(args) => &args.journal,
            Self::Off(args) => &args.journal,
            Self::Check(args) => &args.journal,
        }
    }
}

/// A length of time that is not nothing.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match pilotlight_plan::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it is no time at all".into()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.reason.into()),
    }
}

/// A reason that says something.
pub(super) fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say why in a few words: others will read it".into()),
        reason => Ok(reason.to_owned()),
    }
}
