//! `pilotlight drift`

mod compare;
mod gather;
mod ignores;
mod missing_buckets;
mod plugins;

use super::Context;
use crate::args::{Drift, Reader};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Wait;
use crate::project::Project;
use crate::reporting::{Began, give};
pub(super) use compare::compare_plan;
use compare::{Comparing, compare};
use gather::{Gathered, load_sides, load_urls, moved, outputs, sides};
use ignores::{configurations, ignores};
use pilotlight_cloud::Aws;
use pilotlight_findings::Job;
use std::path::Path;

pub(super) async fn run(args: &Drift, context: Context<'_>) -> Result<Exit, Failure> {
    let began = Began::now();
    if args.unmanaged && args.reader == Reader::Provider {
        return Err(Failure::usage(
            "look for what no state knows with --reader provider: a plugin reads objects one by one, and lists none",
            "leave out --reader provider, or --unmanaged",
        ));
    }
    let aws = Aws::new(None).with_max_calls(args.max_calls);
    let wait = Wait::new(context.screen, "reading state");
    let (plan, Gathered { loaded, notes, lines }, moved, ignores) = match &args.plan {
        Some(file) => {
            let mut project = Project::load(file, &args.plan_args, args.into.into.as_deref())?;
            project.terraform.clone_from(&args.terraform);
            let ignores = ignores(args.driftignore.as_deref(), &project.folder, Some(&project.plan), &args.ignore)?;
            let all = load_sides(&project, &args.stack, sides(args.side), &aws).await?;
            let moved = moved(&project.plan, &outputs(&project, &all.loaded, &aws).await);
            (Some(project.plan.name), all, moved, ignores)
        }
        None => {
            let ignores = ignores(args.driftignore.as_deref(), Path::new(""), None, &args.ignore)?;
            (None, load_urls(args, &aws).await?, Vec::new(), ignores)
        }
    };
    wait.say("reading AWS");
    let for_states = aws.calls();
    let (configurations, warnings) = configurations(&loaded);
    let how = Comparing {
        reader: args.reader,
        unmanaged: args.unmanaged,
        moved: &moved,
        ignores: &ignores,
        terraform: args.terraform.as_deref(),
        configurations: &configurations,
    };
    let mut outcome = compare(&loaded, &how, &aws).await?;
    outcome.findings.extend(notes);
    outcome.findings.extend(warnings);
    outcome.calls.extend(for_states);
    outcome.calls.sort();
    drop(wait);
    if context.verbose {
        lines.iter().for_each(|line| context.screen.note(line));
    }
    let verdict = outcome.verdict();
    let summary = outcome.counts.summary();
    let mut report = began.report(Job::Drift, plan, verdict, summary, outcome.findings, outcome.calls);
    report.silenced = outcome.silenced;
    give(report, &args.report, context)?;
    Ok(verdict.into())
}
