//! `cargo xtask demo`: the main job for the sample estate, with the released commands and nothing private.
//!
//! Each step says what must come out of it, and the demo fails where something else does. What DNS answers
//! and what Terraform plans is asked of them, and what an outage was like of the customers, not of Pilotlight.

mod changes;
mod outage;
mod script;
mod shell;
mod table;

use crate::lab::{NAME, Steps, WHOLE, options};
use crate::workspace::{Done, Workspace};
use clap::Args;
use pilotlight_lab::{Host, Lab};
use shell::Shell;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use table::Table;

#[derive(Args)]
pub(crate) struct Demo {
    /// Leave the lab up, for `cargo xtask lab env` and `lab down`.
    #[arg(long)]
    keep: bool,
}

pub(crate) fn run(args: &Demo) -> Done<ExitCode> {
    let workspace = Workspace::find()?;
    let pilotlight = workspace.build_pilotlight()?;
    let began = Instant::now();
    let runtime = tokio::runtime::Runtime::new()?;
    let lab = runtime.block_on(start(&workspace, args.keep))?;
    let mut table = Table::default();
    table.took("start the lab: AWS API, DNS, databases, apps", began.elapsed());
    let shell = Shell::new(&lab, &pilotlight)?;
    let played = script::play(&shell, &lab, &runtime, &mut table);
    anstream::println!("\n{}", table.render(began.elapsed()));
    // The lab is ended whatever came out; its folder with logs and reports stays.
    let folder = lab.folder().to_owned();
    if args.keep && played.is_ok() {
        std::fs::write(folder.join(WHOLE), "")?;
        anstream::println!("the lab stays up: eval \"$(cargo xtask lab env)\"; cargo xtask lab down ends it");
    } else {
        runtime.block_on(lab.stop())?;
    }
    played?;
    for (what, path) in script::REPORTS {
        anstream::println!("{what}: {}", folder.join(path).display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts the lab, after ending one that an earlier demo or `lab up` left.
async fn start(workspace: &Workspace, keep: bool) -> Done<Lab> {
    let (name, host) = match keep {
        true => (NAME, Host::Detached { program: std::env::current_exe()? }),
        false => ("demo", Host::ThisProcess),
    };
    if let Some(old) = Lab::attach(&workspace.lab(name)).await? {
        anstream::eprintln!("a lab that is up in {} is ended first", shown(old.folder()));
        old.stop().await?;
    }
    let steps = Steps::new();
    Ok(Lab::start(&options(workspace, name, host), &|progress| steps.show(progress)).await?)
}

fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
