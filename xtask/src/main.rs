//! Tasks of the workspace: `cargo xtask demo | test | bench | lab | tidy | docs`, one file a task.
//!
//! It starts programs and the rehearsal lab. It is in no release build, and no part of the product
//! knows of it.

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use workspace::{Done, Workspace};

mod bench;
mod demo;
mod docs;
mod lab;
mod test;
mod tidy;
mod under_load;
mod workspace;

/// Tasks of the Pilotlight workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Play the main job for the sample estate: drift, rebuild, validate, failover, failback.
    Demo(demo::Demo),
    /// Run all tests, with what they need.
    Test(test::Test),
    /// Measure what has to be fast, and fail where a limit is missed.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// The rehearsal lab: two AWS regions on loopback, with the sample estate applied.
    #[command(subcommand)]
    Lab(lab::Task),
    /// Check the rules that hold the parts apart, and the form of the tree.
    Tidy,
    /// Write the generated pages of `docs/`.
    Docs {
        /// Write nothing; fail where a page differs.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            anstream::eprintln!("{}", workspace::describe(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Done<ExitCode> {
    match task {
        Task::Demo(args) => return demo::run(&args),
        Task::Test(args) => return test::run(&args),
        Task::Bench(bench) => return bench::run(&bench),
        Task::Lab(task) => return lab::run(task),
        Task::Tidy => tidy::run(&Workspace::find()?.root)?,
        Task::Docs { check } => docs::run(&Workspace::find()?.root, check)?,
    }
    Ok(ExitCode::SUCCESS)
}
