//! The stacks in waves: those of one wave are planned at once, shown and asked for one after the other, and applied
//! and proven at once. What fails stops those that depend on it, and no other.

use super::lines::Lines;
use super::shown;
use super::stack_job::{Proven, StackJob, Totals, changes};
use crate::commands::Context;
use crate::confirm::confirm;
use crate::failure::Failure;
use futures::future::BoxFuture;
use futures::{StreamExt as _, stream};
use pilotlight_findings::{Finding, Severity, Side, Subject, codes};
use pilotlight_rebuild::{Planned, Prepared, QuotaCheck, RebuildError};
use pilotlight_tfstate::State;

/// The waves of one rebuild, and what they came to.
pub(super) struct Waves<'a> {
    pub(super) job: StackJob<'a>,
    pub(super) context: Context<'a>,
    pub(super) yes: bool,
    /// Stacks that are worked on at once.
    pub(super) at_once: usize,
    pub(super) totals: Totals,
    pub(super) findings: Vec<Finding>,
    /// What is left of the region's quotas.
    pub(super) quotas: Option<QuotaCheck<'a>>,
    /// Stacks that are not as they should be: what depends on them is not attempted.
    failed: Vec<&'a str>,
    /// Whether an apply has begun: from then on not everything is as it was.
    applying: bool,
}

impl<'a> Waves<'a> {
    pub(super) fn new(job: StackJob<'a>, context: Context<'a>, yes: bool, at_once: usize) -> Self {
        let (totals, findings, failed) = (Totals::default(), Vec::new(), Vec::new());
        Self { job, context, yes, at_once: at_once.max(1), totals, findings, quotas: None, failed, applying: false }
    }

    /// Builds the stacks that were prepared, wave after wave.
    ///
    /// # Errors
    /// The first failure or refusal, where nothing was applied: then nothing is other than before.
    pub(super) async fn build(&mut self, prepared: &'a [Prepared]) -> Result<(), Failure> {
        let mut failures = Vec::new();
        for wave in self.job.rebuild.plan.waves() {
            let of_wave = prepared.iter().filter(|one| wave.iter().any(|stack| stack.name == one.stack));
            let (ready, blocked): (Vec<&Prepared>, Vec<&Prepared>) =
                of_wave.partition(|one| self.blocked_by(&one.stack).is_none());
            let interrupted = self.job.cancel.is_requested();
            for one in blocked {
                // What it depends on was interrupted: there is nothing to correct.
                if interrupted { self.not_attempted_now(one) } else { self.not_attempted(one) }
            }
            if interrupted {
                ready.into_iter().for_each(|one| self.not_attempted_now(one));
                continue;
            }
            match self.wave(&ready).await {
                Ok(of_wave) => failures.extend(of_wave),
                // A no is one for all that follows.
                Err(declined) if self.applying => {
                    declined.report(self.context.screen);
                    self.findings.push(declined.finding(Subject::Plan { name: self.job.rebuild.plan.name.clone() }));
                    break;
                }
                Err(declined) => return Err(declined),
            }
        }
        if !self.applying && self.failed.len() == prepared.len() && !failures.is_empty() {
            let (_, first) = failures.remove(0);
            for (_, failure) in failures {
                failure.report(self.context.screen);
            }
            return Err(first);
        }
        for (stack, failure) in failures {
            failure.report(self.context.screen);
            self.findings.push(failure.finding(subject(stack)));
        }
        Ok(())
    }

    /// One wave. The stacks that failed come back with why; a stack whose findings speak against it is among
    /// `failed` alone.
    async fn wave(&mut self, ready: &[&'a Prepared]) -> Result<Vec<(&'a str, Failure)>, Failure> {
        let mut failures: Vec<(&'a str, Failure)> = Vec::new();
        let mut agreed: Vec<(&'a Prepared, Planned)> = Vec::new();
        for (one, planned) in ready.iter().zip(self.plan_and_read_quotas(ready).await) {
            let planned = match planned {
                Ok(planned) => self.hold_against_quotas(one, planned).await,
                Err(error) => Err(error),
            };
            match planned {
                Ok(planned) => {
                    if let Some(planned) = self.show(one, planned)? {
                        if let Err(declined) = self.ask(one, &planned).await {
                            // The plans hold secrets in the clear.
                            ready.iter().for_each(|one| self.job.rebuild.discard_plan(one));
                            // What failed beside it is told all the same.
                            for (_, failure) in failures {
                                failure.report(self.context.screen);
                            }
                            return Err(declined);
                        }
                        agreed.push((*one, planned));
                    }
                }
                Err(error) => {
                    self.failed.push(&one.stack);
                    failures.push((one.stack.as_str(), self.told(error)));
                }
            }
        }
        self.applying |= agreed.iter().any(|(_, planned)| planned.outcome.changes);
        for ((one, _), (proven, result)) in agreed.iter().zip(self.apply(&agreed).await) {
            let wrong = proven.findings.iter().any(|finding| finding.severity >= Severity::Error);
            if wrong || result.is_err() {
                self.failed.push(&one.stack);
            }
            self.totals.add(proven.totals);
            self.findings.extend(proven.findings);
            failures.extend(result.err().map(|error| (one.stack.as_str(), self.told(error))));
        }
        Ok(failures)
    }

    /// The region tells its quotas while Terraform plans.
    async fn plan_and_read_quotas(&mut self, ready: &[&Prepared]) -> Vec<Result<Planned, RebuildError>> {
        let mut quotas = self.quotas.take();
        let reading = async {
            let Some(quotas) = &mut quotas else { return };
            for one in ready {
                if let Some(primary) = self.primary(one) {
                    quotas.anticipate(&self.job.rebuild.needs_at_most(one, primary)).await;
                }
            }
        };
        let (planned, ()) = futures::join!(self.plan(ready), reading);
        self.quotas = quotas;
        planned
    }

    async fn plan(&self, ready: &[&Prepared]) -> Vec<Result<Planned, RebuildError>> {
        let lines = Lines::new(self.context.screen);
        let mut plans: Vec<BoxFuture<'_, _>> = Vec::new();
        for one in ready {
            // The line appears with its turn: its time is the work's, not the wait's.
            let lines = &lines;
            plans.push(Box::pin(async move {
                self.job.plan(one, !self.yes, lines.of(&one.stack, "terraform init and plan")).await
            }));
        }
        stream::iter(plans).buffered(self.at_once).collect().await
    }

    /// What a plan adds is held against the quotas, after the plans before it.
    async fn hold_against_quotas(&mut self, one: &Prepared, mut planned: Planned) -> Result<Planned, RebuildError> {
        if let Some(quotas) = &mut self.quotas {
            let short = quotas.check(&subject(&one.stack), &planned.needs).await;
            let clean = planned.is_clean();
            planned.findings.extend(short);
            if clean {
                self.job.discard_unless_applied(one, &mut planned).await?;
            }
        }
        Ok(planned)
    }

    /// Shows what was planned; none where it may not be applied.
    fn show(&mut self, one: &'a Prepared, planned: Planned) -> Result<Option<Planned>, Failure> {
        let screen = self.context.screen;
        screen.note(format!("\n{}: {}", one.stack, shown::edits_line(one)));
        screen.data(&one.diff)?;
        self.findings.extend(planned.findings.iter().cloned());
        if let Some(text) = &planned.text {
            screen.data(text)?;
        }
        if planned.is_clean() && !planned.outcome.changes {
            screen.note(format!("{}: nothing to apply in {}", one.stack, self.job.rebuild.plan.standby));
        }
        if planned.is_clean() {
            return Ok(Some(planned));
        }
        self.failed.push(&one.stack);
        Ok(None)
    }

    async fn ask(&self, one: &Prepared, planned: &Planned) -> Result<(), Failure> {
        if self.yes || !planned.outcome.changes {
            return Ok(());
        }
        let region = &self.job.rebuild.plan.standby;
        let question = format!("Do you want to apply this plan of stack {} in {region}?", one.stack);
        confirm(self.context.screen, &question, "--apply --yes").await
    }

    async fn apply(&self, agreed: &[(&'a Prepared, Planned)]) -> Vec<(Proven, Result<(), RebuildError>)> {
        let lines = Lines::new(self.context.screen);
        let mut applies: Vec<BoxFuture<'_, _>> = Vec::new();
        for (one, planned) in agreed {
            let lines = &lines;
            applies.push(Box::pin(async move {
                let mut proven = Proven::default();
                let result = self.apply_one(one, planned, lines, &mut proven).await;
                (proven, result)
            }));
        }
        stream::iter(applies).buffered(self.at_once).collect().await
    }

    async fn apply_one(
        &self,
        one: &Prepared,
        planned: &Planned,
        lines: &Lines<'_>,
        proven: &mut Proven,
    ) -> Result<(), RebuildError> {
        let screen = self.context.screen;
        if planned.outcome.changes {
            let line = lines.of(&one.stack, "apply").total(changes(&planned.outcome.counts));
            let summary = self.job.apply(one, self.show_late(one, planned, lines), line, proven).await?;
            lines.aside(|| screen.note(summary));
        }
        let Some(primary) = self.primary(one) else { return Ok(()) };
        self.job.verify(one, primary, lines.of(&one.stack, "proving parity"), proven).await
    }

    /// Nobody reads the plan before an apply that does not ask, so that it is shown for the log while it is applied.
    async fn show_late(&self, one: &Prepared, planned: &Planned, lines: &Lines<'_>) {
        if planned.text.is_some() {
            return;
        }
        let screen = self.context.screen;
        match self.job.text(one).await {
            Ok(text) => lines.aside(|| {
                screen.note(format!("\n{}: the plan that is applied", one.stack));
                // Where nobody takes the output any more, the apply goes on, and the report will say so.
                let _ = screen.data(&text);
            }),
            Err(error) => {
                lines.aside(|| screen.note(format!("{}: the plan is not shown: failed to {error}", one.stack)))
            }
        }
    }

    /// Shows what Terraform had to say beside the error itself, which is told with the place in its file.
    fn told(&self, error: RebuildError) -> Failure {
        if let RebuildError::Terraform { stack, source } = &error {
            shown::beside(source, stack, self.context);
        }
        self.context.naming(error.into())
    }

    fn primary(&self, one: &Prepared) -> Option<&'a State> {
        self.job.states.get(&one.stack, Side::Primary)
    }

    fn blocked_by(&self, stack: &str) -> Option<&'a str> {
        let plan = self.job.rebuild.plan;
        plan.dependency_among(plan.stack(stack)?, &self.failed)
    }

    fn not_attempted(&mut self, one: &'a Prepared) {
        let on = self.blocked_by(&one.stack).unwrap_or_default();
        let message = format!("it was not built: it depends on {on}, which failed");
        let finding = Finding::new(codes::R_NOT_ATTEMPTED, Severity::Error, subject(&one.stack), message);
        self.findings.push(finding.remedy(format!("correct {on}, and run pilotlight rebuild PLAN --apply again")));
        self.failed.push(&one.stack);
    }

    fn not_attempted_now(&mut self, one: &'a Prepared) {
        let message = "it was not built: the rebuild was interrupted before it";
        let finding = Finding::new(codes::R_NOT_ATTEMPTED, Severity::Error, subject(&one.stack), message);
        self.findings.push(finding.remedy("run pilotlight rebuild PLAN --apply again: what was made is kept"));
        self.failed.push(&one.stack);
    }
}

fn subject(stack: &str) -> Subject {
    Subject::Stack { stack: stack.to_owned(), side: Some(Side::Standby) }
}
