//! `cargo xtask test`: everything that has to hold, fast levels first.

use crate::workspace::{Done, Workspace, cargo};
use crate::{docs, tidy};
use clap::Args;
use std::process::{Command, ExitCode};
use std::time::Instant;

#[derive(Args)]
pub(crate) struct Test {
    /// Only the levels that build no AWS SDK and start no lab.
    #[arg(long)]
    fast: bool,
}

/// Packages below which an AWS SDK stands, or that start the lab; all others are the fast level.
const SLOW: [&str; 5] =
    ["pilotlight-cloud", "pilotlight-cli", "pilotlight-lab", "pilotlight-terraform", "pilotlight-tests"];

pub(crate) fn run(args: &Test) -> Done<ExitCode> {
    let workspace = Workspace::find()?;
    let began = Instant::now();
    level("tidy: the rules that hold the parts apart");
    tidy::run(&workspace.root)?;
    docs::run(&workspace.root, true)?;

    level("fast: the parts by themselves");
    let excluded = SLOW.iter().flat_map(|package| ["--exclude", package]);
    cargo_test(&workspace, ["--workspace"].into_iter().chain(excluded))?;
    if args.fast {
        return done(began);
    }

    level("the AWS SDK, the program's transcripts, the lab's parts");
    workspace.build_pilotlight()?;
    let packages = SLOW.iter().filter(|package| **package != "pilotlight-tests");
    cargo_test(&workspace, packages.flat_map(|package| ["--package", package]))?;

    level("the lab: the whole cycle, and databases that AWS promotes, killed and resumed");
    cargo_test(&workspace, ["--package", "pilotlight-tests"].into_iter())?;
    done(began)
}

fn level(title: &str) {
    anstream::eprintln!("\n== {title}");
}

fn cargo_test<'a>(workspace: &Workspace, arguments: impl Iterator<Item = &'a str>) -> Done<()> {
    let arguments: Vec<&str> = arguments.collect();
    let status = Command::new(cargo()).arg("test").args(&arguments).current_dir(&workspace.root).status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("pass `cargo test {}`: see above", arguments.join(" ")).into()),
    }
}

fn done(began: Instant) -> Done<ExitCode> {
    anstream::eprintln!("\nall tests passed in {:.0} s", began.elapsed().as_secs_f64());
    Ok(ExitCode::SUCCESS)
}
