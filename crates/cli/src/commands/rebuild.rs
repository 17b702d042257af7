//! `pilotlight rebuild`: retarget, show, plan, apply, prove; one stack after the other, as the next one
//! plans with the outputs of the one before.

use super::Context;
use crate::args::Rebuild as Args;
use crate::confirm::confirm;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Wait;
use crate::project::{Project, States};
use crate::reporting::{Began, give};
use pilotlight_cloud::Aws;
use pilotlight_findings::{Count, Evidence, Finding, Job, Severity, Side, Subject, Verdict};
use pilotlight_plan::Stack;
use pilotlight_rebuild::{Prepared, Rebuild, RebuildError, RegionMap};
use pilotlight_terraform::{Cancel, Program, Progress, Root, cancellation};
use pilotlight_tfstate::State;
use std::collections::BTreeMap;

pub(super) async fn run(args: &Args, context: Context<'_>) -> Result<Exit, Failure> {
    let began = Began::now();
    let mut project = Project::load(&args.plan, &args.plan_args, args.into.into.as_deref())?;
    project.terraform.clone_from(&args.terraform);
    project.warn(context.screen);
    let aws = Aws::new(None);
    let rebuild = Rebuild::new(&project.plan, project.into.clone());
    let stacks = project.stacks(&args.stack)?;

    // What needs no look at AWS is found out first.
    let program = match args.diff {
        true => None,
        false => Some(Program::find(args.terraform.as_deref(), &std::env::var_os("PATH").unwrap_or_default()).await?),
    };
    let wait = Wait::new(context.screen, "reading sources, states and what the regions offer");
    aws.check_credentials(&project.plan.standby).await?;
    let (map, mut findings) = rebuild.region_map(&aws.catalog()).await?;
    let mut states = States::default();
    project.read_side(&mut states, Side::Primary, &aws).await?;
    let prepared = prepare(&rebuild, &project, &stacks, &map, &states)?;
    drop(wait);

    findings.extend(prepared.iter().flat_map(|one| one.retargeted.notes.clone()));
    let open: Vec<Finding> =
        prepared.iter().flat_map(|one| &one.retargeted.open).map(pilotlight_rebuild::OpenQuestion::finding).collect();
    let stopped = !open.is_empty() || findings.iter().any(|finding| finding.severity >= Severity::Error);
    if args.diff || stopped {
        for one in &prepared {
            context.screen.data(&one.diff)?;
        }
        note_edits(&prepared, context);
        findings.extend(open);
        notes(&findings, context);
        return Ok(if stopped { Exit::Findings } else { Exit::Done });
    }

    let Some(program) = program else { return Ok(Exit::Done) };
    let mut job = StackJob {
        rebuild: &rebuild,
        states: &states,
        program,
        cancel: on_signals(),
        context,
        yes: args.yes,
        applying: false,
    };
    let mut totals = Totals::default();
    for one in &prepared {
        let Some(primary) = states.get(&one.stack, Side::Primary) else { continue };
        match job.one(one, primary, &mut totals).await {
            Ok(found) => findings.extend(found),
            // Something was changed by then, so this is no error of the input: the report says how far it came.
            Err(failure) if job.applying => {
                let subject = Subject::Stack { stack: one.stack.clone(), side: Some(Side::Standby) };
                failure.report(context.screen);
                findings.push(failure.finding(subject));
            }
            Err(failure) => return Err(failure),
        }
        if findings.iter().any(|finding| finding.severity >= Severity::Error) {
            // The stacks after this one would build on what is not right.
            break;
        }
    }
    let verdict = Verdict::over(&findings, false);
    let report =
        began.report(Job::Rebuild, Some(project.plan.name.clone()), verdict, totals.summary(), findings, aws.calls());
    give(&report, &args.report, context)?;
    Ok(verdict.into())
}

/// Retargets every stack that is asked for.
pub(super) fn prepare(
    rebuild: &Rebuild<'_>,
    project: &Project,
    stacks: &[&Stack],
    map: &RegionMap,
    states: &States,
) -> Result<Vec<Prepared>, Failure> {
    let mut all = Vec::new();
    for stack in stacks {
        // Global resources are referred to by what the primary's state has for them.
        let recorded = project.require(states, stack, Side::Primary)?;
        all.push(rebuild.prepare(&stack.name, map, Some(recorded))?);
    }
    Ok(all)
}

/// What the stacks of one rebuild share.
struct StackJob<'a> {
    rebuild: &'a Rebuild<'a>,
    states: &'a States,
    program: Program,
    cancel: Cancel,
    context: Context<'a>,
    yes: bool,
    /// Whether an apply has begun: from then on not everything is as it was.
    applying: bool,
}

/// Counts over all stacks.
#[derive(Default)]
struct Totals {
    resources: u64,
    applied: u64,
    parity: u64,
    differing: u64,
    explained: BTreeMap<&'static str, u64>,
}

impl Totals {
    fn summary(&self) -> Vec<Count> {
        let count = |name: &str, count| Count { name: name.to_owned(), count };
        let mut summary = vec![
            count("resources", self.resources),
            count("applied", self.applied),
            count("in parity", self.parity),
            count("differ", self.differing),
        ];
        summary.extend(self.explained.iter().map(|(rule, number)| count(&format!("by {rule}"), *number)));
        summary
    }
}

impl StackJob<'_> {
    /// One stack, from its diff to its proof.
    async fn one(&mut self, one: &Prepared, primary: &State, totals: &mut Totals) -> Result<Vec<Finding>, Failure> {
        let (screen, stack) = (self.context.screen, &one.stack);
        let region = &self.rebuild.plan.standby;
        screen.note(format!("\n{stack}: {}", edits_line(one)));
        screen.data(&one.diff)?;
        self.rebuild.write(one)?;
        let root = self.rebuild.root(stack, &self.program);
        let all: Vec<&State> = self.states.side(Side::Primary).collect();

        let wait = Wait::new(screen, format!("{stack}: terraform init and plan"));
        let planned = self
            .rebuild
            .plan(one, &root, &all, &self.cancel, &mut |progress| show(&wait, stack, &progress))
            .await
            .map_err(|error| self.failed(error))?;
        drop(wait);
        let mut findings = planned.findings.clone();
        if !planned.is_clean() {
            self.rebuild.discard_plan(one);
            screen.data(&planned.text)?;
            return Ok(findings);
        }
        if planned.outcome.changes {
            screen.data(&planned.text)?;
            if !self.yes {
                let question = format!("Do you want to apply this plan of stack {stack} in {region}?");
                if let Err(declined) = confirm(screen, &question, "--apply --yes").await {
                    self.rebuild.discard_plan(one);
                    return Err(declined);
                }
            }
            self.applying = true;
            let counts = planned.outcome.counts;
            let wait = Wait::bar(screen, format!("{stack}: apply"), counts.add + counts.change + counts.remove);
            let applied = self
                .rebuild
                .apply(one, &root, &self.cancel, &mut |progress| show(&wait, stack, &progress))
                .await
                .map_err(|error| self.failed(error))?;
            drop(wait);
            totals.applied += applied.counts.add + applied.counts.change + applied.counts.remove;
            findings.extend(applied.findings);
        } else {
            screen.note(format!("{stack}: nothing to apply in {region}"));
            self.rebuild.discard_plan(one);
        }
        findings.extend(self.verify(one, &root, primary, totals).await?);
        Ok(findings)
    }

    async fn verify(
        &self,
        one: &Prepared,
        root: &Root,
        primary: &State,
        totals: &mut Totals,
    ) -> Result<Vec<Finding>, Failure> {
        let wait = Wait::new(self.context.screen, format!("{}: proving parity", one.stack));
        let verified = self
            .rebuild
            .verify(one, root, primary, &self.cancel, &mut |progress| show(&wait, &one.stack, &progress))
            .await
            .map_err(|error| self.failed(error))?;
        totals.resources += primary.managed().count() as u64;
        totals.parity += verified.parity.in_parity;
        totals.differing += verified.parity.differing;
        for (rule, number) in &verified.parity.explained {
            *totals.explained.entry(rule).or_default() += number;
        }
        Ok(verified.findings)
    }

    /// Shows what Terraform had to say before its error ends the program.
    fn failed(&self, error: RebuildError) -> Failure {
        if let RebuildError::Terraform { source, .. } = &error {
            notes(source.findings(), self.context);
        }
        error.into()
    }
}

fn show(wait: &Wait, stack: &str, progress: &Progress) {
    match progress {
        Progress::Refreshing { address } => wait.say(format!("{stack}: reading {address}")),
        Progress::Planned { address, .. } => wait.say(format!("{stack}: planned {address}")),
        Progress::Started { address, action } => wait.say(format!("{stack}: {action} {address}")),
        Progress::StillRunning { address, action, elapsed } => {
            wait.say(format!("{stack}: {action} {address} ({} s)", elapsed.as_secs()));
        }
        Progress::Finished { address, .. } => wait.step(format!("{stack}: {address} done")),
        Progress::Failed { address, .. } => wait.say(format!("{stack}: {address} failed")),
        Progress::Line(_) => {}
        Progress::Interrupting => wait.say(format!("{stack}: asked terraform to stop, and waiting for it")),
    }
}

fn edits_line(one: &Prepared) -> String {
    let mut rules: BTreeMap<String, usize> = BTreeMap::new();
    for edit in &one.retargeted.edits {
        *rules.entry(edit.rule.as_str().to_owned()).or_default() += 1;
    }
    let rules: Vec<String> = rules.into_iter().map(|(rule, count)| format!("{count} {rule}")).collect();
    format!("{} edits ({}), written to {}", one.retargeted.edits.len(), rules.join(", "), one.root.display())
}

fn note_edits(prepared: &[Prepared], context: Context<'_>) {
    for one in prepared {
        for edit in &one.retargeted.edits {
            if context.verbose {
                context.screen.note(format!(
                    "{}: {}:{}: {}: {}",
                    one.stack,
                    edit.file,
                    edit.line,
                    edit.rule.as_str(),
                    edit.reason
                ));
            }
        }
    }
}

/// Findings that come before there is a report.
fn notes(findings: &[Finding], context: Context<'_>) {
    for finding in findings {
        context.screen.note(format!("{}: {} [{}]", finding.subject, finding.message, finding.code));
        for evidence in &finding.evidence {
            if let Evidence::Fact { name, value } = evidence {
                context.screen.note(format!("    {name}: {value}"));
            }
        }
        if let Some(remedy) = &finding.remedy {
            context.screen.note(format!("    {remedy}"));
        }
    }
}

/// Ctrl-C goes to Terraform, which ends what it is doing; the second one ends it by force, and the third
/// one this program, should even that hang.
fn on_signals() -> Cancel {
    let (canceller, cancel) = cancellation();
    tokio::spawn(async move {
        for _ in 0..2 {
            crate::cancel::wait_for_signal().await;
            canceller.request();
        }
        crate::cancel::wait_for_signal().await;
        std::process::exit(crate::cancel::INTERRUPTED);
    });
    cancel
}
