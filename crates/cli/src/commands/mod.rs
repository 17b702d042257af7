//! One file a subcommand.

mod drift;
mod drill;
mod explain;
mod failover;
mod freeze;
mod rebuild;
mod run;
mod validate;

use crate::args::{Cli, Command};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Screen, check_writable};
use pilotlight_failover::Direction;
use std::path::Path;

/// What every command is given beside its own arguments.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) screen: &'a Screen,
    pub(crate) verbose: bool,
    /// The plan file, as it was named.
    pub(crate) plan: Option<&'a Path>,
}

impl Context<'_> {
    /// Names the plan in the remedies of a failure that the job goes on from.
    pub(crate) fn naming(&self, failure: Failure) -> Failure {
        match self.plan {
            Some(plan) => failure.naming(plan),
            None => failure,
        }
    }
}

pub(crate) async fn run(cli: Cli, screen: &Screen) -> Result<Exit, Failure> {
    let plan = cli.command.plan().map(Path::to_path_buf);
    let context = Context { screen, verbose: cli.verbose > 0, plan: plan.as_deref() };
    if let Some(out) = cli.command.out() {
        // Known now, and not after a run of which it could not tell.
        check_writable(out)?;
    }
    let done = dispatch(cli.command, context).await;
    match &plan {
        Some(plan) => done.map_err(|failure| failure.naming(plan)),
        None => done,
    }
}

async fn dispatch(command: Command, context: Context<'_>) -> Result<Exit, Failure> {
    match command {
        Command::Drift(args) => drift::run(&args, context).await,
        Command::Rebuild(args) => rebuild::run(&args, context).await,
        Command::Validate(args) => validate::run(&args, context).await,
        Command::Failover(args) => failover::run(&args, Direction::Failover, context).await,
        Command::Failback(args) => failover::run(&args, Direction::Failback, context).await,
        Command::Drill(args) => drill::run(&args.command, context).await,
        Command::Run(args) => run::run(&args.command, context).await,
        Command::Freeze(args) => freeze::run(&args.command, context).await,
        Command::Explain(args) => explain::run(&args, context.screen),
    }
}
