//! `pilotlight rebuild --destroy`: takes the standby down. Every plan is made and judged before anything is asked, and
//! whether the standby is in use is asked at first and again right before each stack is destroyed.

mod guard;
mod selection;
mod stacks;

use super::{on_signals, prepare};
use crate::args::Rebuild as Args;
use crate::commands::Context;
use crate::confirm::confirm_by;
use crate::executor_lock::ExecutorLock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Wait;
use crate::project::{Project, States};
use crate::reporting::{Began, give};
use guard::Guard;
use pilotlight_cloud::Aws;
use pilotlight_findings::{Count, Job, Side, Verdict};
use pilotlight_plan::Stack;
use pilotlight_rebuild::{OpenQuestion, Rebuild};
use stacks::Stacks;

pub(super) async fn run(args: &Args, context: Context<'_>) -> Result<Exit, Failure> {
    let began = Began::now();
    let screen = context.screen;
    let mut project = Project::load(&args.plan, &args.plan_args, args.into.into.as_deref())?;
    project.terraform.clone_from(&args.terraform);
    project.warn(screen);
    let aws = Aws::new(None);
    let rebuild = Rebuild::new(&project.plan, project.into.clone());
    let selected = project.stacks(&args.stack)?;
    let program = super::program(args, selected.len()).await?;

    let wait = Wait::new(screen, "reading states, DNS and the journal");
    let mut states = States::default();
    project.read_side(&mut states, Side::Primary, &aws).await?;
    project.read_side(&mut states, Side::Standby, &aws).await?;
    selection::refuse_dependents(&project.plan, &selected, &states)?;
    let (built, absent): (Vec<&Stack>, Vec<&Stack>) =
        selected.iter().partition(|stack| states.has_resources(&stack.name, Side::Standby));
    for stack in &absent {
        wait.aside(|| screen.note(format!("{}: nothing to destroy in {}", stack.name, project.plan.standby)));
    }
    let mut findings = Vec::new();
    let mut destroyed = 0;
    let mut refused = false;
    if !built.is_empty() {
        let stores = project.journal(&[], &aws).await.map_err(|failure| failure.exit(Exit::Refused))?;
        let _alone = ExecutorLock::take(&project, &stores, false).await?;
        let guard = Guard::new(&project, &states, &aws, args.resolver.resolver).await?;
        guard.check().await?;
        wait.say("looking for the standby's roots");
        generate(&rebuild, &project, &built, &states, &aws, context).await?;
        drop(wait);

        let mut stacks = Stacks::new(&rebuild, &states, program, on_signals(), context, args.parallelism.into());
        let planned = stacks.plan(&built, &guard).await?;
        if !args.yes {
            let question = format!(
                "Do you want to destroy {} of plan {} in {}? There is no undo.",
                stacks::count(stacks.to_destroy(&planned), "resource"),
                project.plan.name,
                project.plan.standby
            );
            if let Err(declined) = confirm_by(screen, &question, &project.plan.name, "--destroy --yes").await {
                stacks.forget(&built);
                return Err(declined);
            }
        }
        refused = stacks.destroy(&planned, &guard).await?;
        (destroyed, findings) = (stacks.destroyed, stacks.findings);
    }
    let verdict = Verdict::over(&findings, false);
    let count = |name: &str, count| Count { name: name.to_owned(), count };
    let summary = vec![count("stacks", built.len() as u64), count("destroyed", destroyed)];
    let report = began.report(Job::Destroy, Some(project.plan.name.clone()), verdict, summary, findings, aws.calls());
    give(report, &args.report, context)?;
    // A refusal means that nothing was changed; once something was, the report says how far it came.
    Ok(if refused && destroyed == 0 { Exit::Refused } else { verdict.into() })
}

/// Writes the roots that are not there: Terraform needs the configuration of the providers to destroy.
async fn generate(
    rebuild: &Rebuild<'_>,
    project: &Project,
    built: &[&Stack],
    states: &States,
    aws: &Aws,
    context: Context<'_>,
) -> Result<(), Failure> {
    let mut missing = Vec::new();
    for stack in built {
        if !rebuild.has_root(&stack.name)? {
            missing.push(*stack);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let (mut map, mut notes) = rebuild.region_map(&aws.catalog()).await?;
    notes.extend(super::copies::find(project, &missing, states, aws, &mut map).await?);
    super::shown::notes(&notes, context);
    for one in prepare(rebuild, project, &missing, &map, states)? {
        let open: Vec<_> = one.retargeted.open.iter().map(OpenQuestion::finding).collect();
        super::shown::notes(&open, context);
        rebuild.write(&one)?;
        context.screen.note(format!(
            "{}: the standby's root was not there, and is written anew to {}",
            one.stack,
            one.root.display()
        ));
    }
    Ok(())
}
