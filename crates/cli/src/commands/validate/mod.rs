//! `pilotlight validate`: is the standby ready? It changes nothing. One file an area.

mod capacity;
mod changed_since;
mod drift;
mod failover;
mod journal;
mod objectives;
mod parity;
mod permissions;
mod primarys_state;
mod recovery_kit;
mod scorecard;

use super::Context;
use crate::args::Validate;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Wait;
use crate::project::{Project, States};
use crate::reporting::{Began, give};
use pilotlight_cloud::Aws;
use pilotlight_findings::{AreaName, Job, Side};
use scorecard::{Scorecard, Sheet};
use std::collections::BTreeSet;

/// The stacks that are looked at.
enum Looked {
    All,
    Changed { since: String, stacks: BTreeSet<String> },
}

impl Looked {
    fn at(&self, stack: &str) -> bool {
        match self {
            Self::All => true,
            Self::Changed { stacks, .. } => stacks.contains(stack),
        }
    }

    /// What the areas that go stack by stack say of what was left out.
    fn fact(&self) -> Option<String> {
        let Self::Changed { since, stacks } = self else { return None };
        let names: Vec<&str> = stacks.iter().map(String::as_str).collect();
        Some(format!("only of {}, changed since {since}", names.join(", ")))
    }
}

pub(super) async fn run(args: &Validate, context: Context<'_>) -> Result<Exit, Failure> {
    let began = Began::now();
    let project = Project::load(&args.plan, &args.plan_args, args.into.into.as_deref())?;
    let aws = Aws::new(None);
    let wait = Wait::new(context.screen, "reading states");
    let mut card = Scorecard::default();
    let looked = match &args.changed_since {
        None => Looked::All,
        Some(revision) => changed_since::changed_since(revision, &project, &args.plan_args.var_files)?,
    };
    if let Looked::Changed { since, stacks } = &looked
        && stacks.is_empty()
    {
        card.rest(|sheet| sheet.skip(format!("no stack has changed since {since}")));
        drop(wait);
        return conclude(&project, card, &began, &aws, args, context);
    }
    for finding in pilotlight_plan::lint(&project.plan) {
        card.sheet(failover::area_of(&finding)).findings.push(finding);
    }

    let mut states = States::default();
    project.read_side(&mut states, Side::Primary, &aws).await?;
    project.read_side(&mut states, Side::Standby, &aws).await?;
    card.sheet(AreaName::Drift).findings.extend(states.take_notes());
    let unbuilt = unbuilt(&project, &mut states, &mut card)?;
    if unbuilt == project.plan.stacks.len() {
        // Nothing to hold against anything: AWS is not asked.
        card.rest(|sheet| sheet.unknown("not looked at: the standby is not built"));
        drop(wait);
        return conclude(&project, card, &began, &aws, args, context);
    }

    wait.say("drift on both sides");
    drift::judge(&project, &states, &looked, &aws, &mut card).await?;
    wait.say("parity");
    parity::judge(&project, &states, &looked, &aws, &mut card).await?;
    if let Some(fact) = looked.fact() {
        for name in [AreaName::Drift, AreaName::Parity, AreaName::Source, AreaName::Capacity] {
            card.sheet(name).fact(fact.clone());
        }
    }
    wait.say("the journal");
    let past = journal::judge(&project, &states, &aws, &mut card).await?;
    wait.say("compiling a failover");
    let run = if unbuilt == 0 {
        failover::compiled(&project, &aws, args.resolver.resolver, context, &mut card).await?
    } else {
        // What the plan takes from a stack that was not built would only be told a second time.
        card.sheet(AreaName::Failover).unknown("not compiled: a stack is not built");
        None
    };
    failover::signals(&project, &states, &aws, &mut card).await;
    wait.say("objectives");
    objectives::judge(&project, &states, &looked, run.as_ref(), &past, &aws, &mut card).await;
    if let Some(run) = &run {
        wait.say("databases");
        failover::databases(run, &project, &mut card).await;
        wait.say("checks of the standby");
        failover::checks(run, &project, args, &mut card).await;
        wait.say("permissions");
        permissions::judge(&project, run, args.principal.as_deref(), &aws, &mut card).await?;
    } else {
        card.rest(|sheet: &mut Sheet| sheet.unknown("not looked at: no failover was compiled"));
    }
    drop(wait);
    conclude(&project, card, &began, &aws, args, context)
}

/// Tells the stacks of which there is nothing in the standby, and says how many they are.
fn unbuilt(project: &Project, states: &mut States, card: &mut Scorecard) -> Result<usize, Failure> {
    let emptied = project.take_emptied(states);
    let copied = primarys_state::take(project, states);
    let mut unbuilt = 0;
    for stack in &project.plan.stacks {
        project.require(states, stack, Side::Primary)?;
        if copied.contains(&stack.name) {
            card.sheet(AreaName::Parity).findings.push(primarys_state::finding(&stack.name));
            unbuilt += 1;
            continue;
        }
        if states.get(&stack.name, Side::Standby).is_none() {
            let none = project.no_state(stack, Side::Standby)?;
            let is_emptied = emptied.iter().any(|other| other.name == stack.name);
            let finding = if is_emptied { none.finding_of_empty() } else { none.finding() };
            card.sheet(AreaName::Parity).findings.push(finding);
            unbuilt += 1;
        }
    }
    if unbuilt > 0 {
        let fact = format!("{unbuilt} of {} stacks are not built", project.plan.stacks.len());
        card.sheet(AreaName::Parity).fact(fact);
        card.count("not built", unbuilt as u64);
    }
    Ok(unbuilt)
}

fn conclude(
    project: &Project,
    mut card: Scorecard,
    began: &Began,
    aws: &Aws,
    args: &Validate,
    context: Context<'_>,
) -> Result<Exit, Failure> {
    let (summary, silenced) = (std::mem::take(&mut card.summary), std::mem::take(&mut card.silenced));
    let (verdict, areas, findings) = card.conclude();
    let mut calls = aws.calls();
    calls.sort();
    let mut report = began.report(Job::Validate, Some(project.plan.name.clone()), verdict, summary, findings, calls);
    report.silenced = silenced;
    report.areas = areas;
    give(report, &args.report, context)?;
    Ok(verdict.into())
}
