//! The `pilotlight` program: one file a subcommand in `commands/`.
//!
//! This crate alone prints, reads the environment and exits. It wires the parts together and decides
//! nothing that they could decide: it does not know how drift is found or how a run is executed.

mod args;
mod at_work;
mod cancel;
mod commands;
mod confirm;
mod executor_lock;
mod exit;
mod failure;
mod groups;
mod lock_file;
mod output;
mod owners;
mod ports;
mod progress;
mod project;
mod reporting;
mod root_lock;
mod signals;
mod sizes;
mod standby_roots;
mod states;
mod terminal;
mod unsaved;
mod vars;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    output::init_logging(cli.verbose);
    let screen = output::Screen::new(cli.color);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failure::Failure::io("start the async runtime", error).report(&screen),
    };
    let result = runtime.block_on(commands::run(cli, &screen));
    // A child or a blocked look-up must not keep a finished program from exiting.
    runtime.shutdown_background();
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(&screen),
    }
}
