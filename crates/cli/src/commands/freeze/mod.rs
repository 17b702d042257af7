//! `pilotlight freeze`: a word to every pipeline that nothing is to be released for now.

mod check;
mod undoes;
mod word;

use super::Context;
use crate::args::{FreezeCommand, JournalArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project::Project;
use pilotlight_cloud::Aws;
use pilotlight_journal::{Freeze, JournalStores};

pub(super) async fn run(command: &FreezeCommand, context: Context<'_>) -> Result<Exit, Failure> {
    match command {
        FreezeCommand::On(args) => word::on(args, context).await,
        FreezeCommand::Off(args) => word::off(args, context).await,
        FreezeCommand::Check(args) => check::run(args, context).await,
    }
}

async fn open(args: &JournalArgs) -> Result<(Project, JournalStores), Failure> {
    let project = Project::load(&args.plan, &args.plan_args, None)?;
    let stores = project.journal(&args.journal, &Aws::new(None)).await?;
    Ok((project, stores))
}

/// `by ann@ops since 2026-…, until 2026-…: why`
fn told(freeze: &Freeze) -> String {
    let until = freeze.until.map_or(String::new(), |until| format!(", until {until:.0}"));
    let reason = if freeze.reason.is_empty() { String::new() } else { format!(": {}", freeze.reason) };
    format!("by {} since {:.0}{until}{reason}", freeze.by, freeze.at)
}
