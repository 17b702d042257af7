//! `pilotlight validate`: is the standby ready? It changes nothing.

mod capacity;

use super::Context;
use super::drift::{Comparing, Loaded, compare, configurations, ignores, moved};
use super::failover::compile_run;
use super::rebuild::{find_copies, prepare};
use crate::args::{Reader, Validate};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Wait;
use crate::project::{Project, States};
use crate::reporting::{Began, give};
use pilotlight_cloud::Aws;
use pilotlight_failover::{Direction, Run, dry_run_findings, readiness};
use pilotlight_findings::{Count, Finding, Job, Severity, Side, Silenced, Verdict, codes};
use pilotlight_integrity::NetworkProber;
use pilotlight_rebuild::Rebuild;

pub(super) async fn run(args: &Validate, context: Context<'_>) -> Result<Exit, Failure> {
    let began = Began::now();
    let project = Project::load(&args.plan, &args.plan_args, args.into.into.as_deref())?;
    let aws = Aws::new(None);
    let wait = Wait::new(context.screen, "reading states");
    let mut states = States::default();
    let mut sum = Sum::default();
    sum.findings.extend(pilotlight_plan::lint(&project.plan));
    project.read_side(&mut states, Side::Primary, &aws).await?;
    project.read_side(&mut states, Side::Standby, &aws).await?;
    let mut unbuilt = 0;
    for stack in &project.plan.stacks {
        project.require(&states, stack, Side::Primary)?;
        if states.get(&stack.name, Side::Standby).is_none() {
            sum.findings.push(project.no_state(stack, Side::Standby)?.finding());
            unbuilt += 1;
        }
    }
    if unbuilt == project.plan.stacks.len() {
        // Nothing to hold against anything: AWS is not asked.
        sum.count("not built", unbuilt as u64);
        return conclude(&project, sum, &began, &aws, args, context);
    }

    wait.say("drift on both sides");
    drift(&project, &mut states, &aws, &mut sum).await?;

    wait.say("parity");
    parity(&project, &states, &aws, &mut sum).await?;

    if unbuilt > 0 {
        sum.count("not built", unbuilt as u64);
    }
    wait.say("compiling a failover");
    // What the plan takes from a stack that was not built would only be told a second time.
    let run = if unbuilt == 0 { compiled(&project, &aws, context, &mut sum).await? } else { None };
    if let Some(run) = run {
        wait.say("checks of the standby");
        let prober = NetworkProber::new(args.resolver.resolver).in_directory(&project.folder);
        let environment = crate::vars::environment();
        let checked = readiness(&run, &prober, &environment).await;
        sum.count("checks", checked.probed);
        sum.findings.extend(checked.findings);
    }
    drop(wait);
    conclude(&project, sum, &began, &aws, args, context)
}

fn conclude(
    project: &Project,
    sum: Sum,
    began: &Began,
    aws: &Aws,
    args: &Validate,
    context: Context<'_>,
) -> Result<Exit, Failure> {
    let unread = sum.unread > 0;
    let verdict = Verdict::over(&sum.findings, unread);
    let mut calls = aws.calls();
    calls.sort();
    let mut report =
        began.report(Job::Validate, Some(project.plan.name.clone()), verdict, sum.summary, sum.findings, calls);
    report.silenced = sum.silenced;
    give(report, &args.report, context)?;
    Ok(verdict.into())
}

/// What the parts found, added up.
#[derive(Default)]
struct Sum {
    findings: Vec<Finding>,
    summary: Vec<Count>,
    silenced: Vec<Silenced>,
    unread: u64,
}

impl Sum {
    fn count(&mut self, name: &str, count: u64) {
        self.summary.push(Count { name: name.to_owned(), count });
    }
}

async fn drift(project: &Project, states: &mut States, aws: &Aws, sum: &mut Sum) -> Result<(), Failure> {
    let loaded: Vec<Loaded> = states
        .all()
        .map(|(stack, side, state)| Loaded {
            stack: stack.to_owned(),
            side: Some(side),
            region: project.plan.region(side).clone(),
            source: project.plan.stack(stack).and_then(|stack| project.source(stack, side)),
            role: project.plan.stack(stack).and_then(|stack| stack.role.clone()),
            state: state.clone(),
            judged: true,
        })
        .collect();
    let ignores = ignores(None, &project.folder, Some(&project.plan), &[])?;
    let (configurations, warnings) = configurations(&loaded);
    sum.findings.extend(warnings);
    let moved = moved(&project.plan, states);
    let how = Comparing {
        reader: Reader::Auto,
        unmanaged: false,
        moved: &moved,
        ignores: &ignores,
        terraform: None,
        configurations: &configurations,
    };
    let outcome = compare(&loaded, &how, aws).await?;
    sum.silenced.extend(outcome.silenced);
    let counts = outcome.counts;
    let resources = counts.in_sync + counts.changed + counts.moved + counts.missing + counts.unread;
    sum.summary.insert(0, Count { name: "resources".into(), count: resources });
    sum.count("in sync", counts.in_sync);
    sum.unread += counts.unread;
    sum.findings.extend(outcome.findings);
    Ok(())
}

async fn parity(project: &Project, states: &States, aws: &Aws, sum: &mut Sum) -> Result<(), Failure> {
    let rebuild = Rebuild::new(&project.plan, project.into.clone());
    let (mut map, notes) = rebuild.region_map(&aws.catalog()).await?;
    sum.findings.extend(notes);
    sum.findings.extend(capacity::machines_and_images(&rebuild, states, aws, &mut map).await?);
    let stacks = project.stacks(&[])?;
    sum.findings.extend(find_copies(project, &stacks, states, aws, &mut map).await?);
    let mut in_parity = 0;
    let prepared = prepare(&rebuild, project, &stacks, &map, states)?;
    sum.findings.extend(capacity::capacity(&rebuild, &prepared, states, aws).await);
    for one in prepared {
        sum.findings.extend(one.retargeted.open.iter().map(pilotlight_rebuild::OpenQuestion::finding));
        let (Some(primary), Some(standby)) =
            (states.get(&one.stack, Side::Primary), states.get(&one.stack, Side::Standby))
        else {
            continue;
        };
        sum.findings.extend(rebuild.as_generated(&one)?);
        let parity = rebuild.parity(&one, primary, standby)?;
        in_parity += parity.in_parity;
        sum.findings.extend(parity.findings);
    }
    sum.count("in parity", in_parity);
    Ok(())
}

/// A failover that does not compile is a finding here: the standby is not ready.
async fn compiled(project: &Project, aws: &Aws, context: Context<'_>, sum: &mut Sum) -> Result<Option<Run>, Failure> {
    match compile_run(project, Direction::Failover, aws, context).await {
        Ok(run) => {
            // What depends on another control plane is worth knowing, and no reason not to be ready. What is one
            // comes from the readiness.
            let worth_knowing =
                |finding: &Finding| finding.severity < Severity::Error && finding.code != codes::F_NO_TARGET_CHECK;
            sum.findings.extend(dry_run_findings(&run).into_iter().filter(worth_knowing));
            Ok(Some(run))
        }
        Err(failure) => match failure.into_finding(&project.plan.name) {
            Ok(finding) => {
                sum.findings.push(finding);
                Ok(None)
            }
            Err(failure) => Err(failure),
        },
    }
}
