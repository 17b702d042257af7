//! The stacks, against the order in which they are built: what stands on others goes first. A failure stops those that
//! the failed one still needs, and no other.

use super::guard::Guard;
use crate::commands::Context;
use crate::commands::rebuild::lines::Lines;
use crate::commands::rebuild::shown;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project::States;
use futures::future::BoxFuture;
use futures::{StreamExt as _, stream};
use pilotlight_findings::{Finding, Severity, Side, Subject, codes};
use pilotlight_plan::Stack;
use pilotlight_rebuild::{Rebuild, RebuildError, TakeDown};
use pilotlight_terraform::{Cancel, Program, Root, RunError};
use pilotlight_tfstate::State;

/// The stacks of one take-down, and what it came to.
pub(super) struct Stacks<'a> {
    rebuild: &'a Rebuild<'a>,
    states: &'a States,
    program: Program,
    cancel: Cancel,
    context: Context<'a>,
    at_once: usize,
    /// Terraform does not let two of its processes install into one cache of plugins at once.
    installing: tokio::sync::Mutex<()>,
    /// Resources that are gone.
    pub(super) destroyed: u64,
    pub(super) findings: Vec<Finding>,
}

/// A stack with Terraform's plan to destroy it.
pub(super) struct PlannedStack<'a> {
    stack: &'a Stack,
    take_down: TakeDown,
}

/// Why a stack still stands.
enum Stands {
    /// The standby is in use, or that is not known.
    Refused(Failure),
    Failed(Box<RebuildError>),
}

/// `1 resource`, `3 resources`
pub(super) fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

impl<'a> Stacks<'a> {
    pub(super) fn new(
        rebuild: &'a Rebuild<'a>,
        states: &'a States,
        program: Program,
        cancel: Cancel,
        context: Context<'a>,
        at_once: usize,
    ) -> Self {
        let (installing, findings) = (tokio::sync::Mutex::default(), Vec::new());
        Self { rebuild, states, program, cancel, context, at_once: at_once.max(1), installing, destroyed: 0, findings }
    }

    fn root(&self, stack: &Stack) -> Root {
        self.rebuild.root(&stack.name, &self.program)
    }

    pub(super) fn to_destroy(&self, planned: &[PlannedStack<'_>]) -> u64 {
        planned.iter().map(|one| one.take_down.outcome.counts.remove).sum()
    }

    /// Plans every stack, shows each plan, and refuses where one has what is not the standby's alone.
    ///
    /// # Errors
    /// The first failure or refusal: nothing was destroyed.
    pub(super) async fn plan(&self, built: &[&'a Stack], guard: &Guard<'_>) -> Result<Vec<PlannedStack<'a>>, Failure> {
        let lines = Lines::new(self.context.screen);
        let plans: Vec<BoxFuture<'_, _>> = built
            .iter()
            .map(|stack| -> BoxFuture<'_, Result<TakeDown, RebuildError>> { Box::pin(self.plan_one(stack, &lines)) })
            .collect();
        let results: Vec<_> = stream::iter(plans).buffered(self.at_once).collect().await;
        drop(lines);
        let mut planned = Vec::new();
        let mut failures = Vec::new();
        for (stack, result) in built.iter().zip(results) {
            match result {
                Ok(take_down) => planned.push(PlannedStack { stack, take_down }),
                Err(error) => failures.push(self.told(error)),
            }
        }
        let screen = self.context.screen;
        for one in planned.iter().rev() {
            screen.note(format!("\n{}: to be destroyed in {}", one.stack.name, self.rebuild.plan.standby));
            screen.data(&one.take_down.text)?;
        }
        let refusals: Vec<Finding> = planned.iter().flat_map(|one| one.take_down.refusals.clone()).collect();
        if let Some(first) = refusals.first() {
            shown::notes(&refusals, self.context);
            let sentence = format!("take the standby down: {} {}", first.subject, first.message);
            let remedy = first.remedy.clone().unwrap_or_default();
            failures.insert(0, Failure::coded(first.code, sentence, remedy).exit(Exit::Refused));
        }
        if let Some(first) = (!failures.is_empty()).then(|| failures.remove(0)) {
            for failure in failures {
                failure.report(screen);
            }
            self.forget(built);
            return Err(first);
        }
        // What was asked before the plans were made may be minutes old, and a person decides on it.
        if let Err(refused) = guard.check().await {
            self.forget(built);
            return Err(refused);
        }
        Ok(planned)
    }

    async fn plan_one(&self, stack: &Stack, lines: &Lines<'_>) -> Result<TakeDown, RebuildError> {
        let mut line = lines.of(&stack.name, "terraform init and plan -destroy");
        let root = self.root(stack);
        let installing = self.installing.lock().await;
        self.rebuild.init_root(&stack.name, &root, &self.cancel).await?;
        drop(installing);
        let Some(standby) = self.states.get(&stack.name, Side::Standby) else {
            return Err(RebuildError::NoStack(stack.name.clone()));
        };
        let primary: Vec<&State> = self.states.side(Side::Primary).collect();
        self.rebuild
            .plan_destroy(&stack.name, &root, standby, &primary, &self.cancel, &mut |progress| line.show(&progress))
            .await
    }

    /// Removes plans that are not to be applied.
    pub(super) fn forget(&self, stacks: &[&Stack]) {
        stacks.iter().for_each(|stack| self.rebuild.forget_plan(&stack.name));
    }

    /// Destroys what was planned, wave after wave from the last one. The result says whether it was refused on the way.
    ///
    /// # Errors
    /// The first failure or refusal, where nothing was destroyed.
    pub(super) async fn destroy(&mut self, planned: &[PlannedStack<'a>], guard: &Guard<'_>) -> Result<bool, Failure> {
        let mut standing: Vec<&'a Stack> = Vec::new();
        let mut failures: Vec<(&'a str, Failure)> = Vec::new();
        let (mut refused, mut began) = (false, false);
        for wave in self.rebuild.plan.waves().into_iter().rev() {
            let of_wave = planned.iter().filter(|one| wave.iter().any(|stack| stack.name == one.stack.name));
            let (ready, kept): (Vec<&PlannedStack<'a>>, Vec<&PlannedStack<'a>>) = of_wave.partition(|one| {
                !refused && !self.cancel.is_requested() && self.needed_by(one.stack, &standing).is_none()
            });
            for one in kept {
                self.not_attempted(one.stack, &standing, refused);
                standing.push(one.stack);
            }
            for (one, result) in ready.iter().zip(self.wave(&ready, guard).await) {
                match result {
                    Ok(gone) => {
                        began = true;
                        self.destroyed += gone;
                        continue;
                    }
                    Err(Stands::Refused(failure)) => {
                        refused = true;
                        failures.push((&one.stack.name, failure));
                    }
                    Err(Stands::Failed(error)) => {
                        began = true;
                        failures.push((&one.stack.name, self.told(*error)));
                    }
                }
                standing.push(one.stack);
            }
        }
        for one in planned {
            self.rebuild.forget_plan(&one.stack.name);
        }
        if !began && !failures.is_empty() {
            let (_, first) = failures.remove(0);
            return Err(first);
        }
        for (stack, failure) in failures {
            failure.report(self.context.screen);
            self.findings.push(failure.finding(subject(stack)));
        }
        Ok(refused)
    }

    /// Destroys the stacks of one wave. The numbers are of resources that are gone.
    async fn wave(&mut self, ready: &[&PlannedStack<'a>], guard: &Guard<'_>) -> Vec<Result<u64, Stands>> {
        let lines = Lines::new(self.context.screen);
        let this = &*self;
        let work: Vec<BoxFuture<'_, _>> = ready
            .iter()
            .map(|one| -> BoxFuture<'_, Result<(u64, Vec<Finding>), Stands>> {
                Box::pin(this.destroy_one(one, guard, &lines))
            })
            .collect();
        let results: Vec<_> = stream::iter(work).buffered(this.at_once).collect().await;
        let mut gone = Vec::new();
        for result in results {
            gone.push(result.map(|(gone, findings)| {
                self.findings.extend(findings);
                gone
            }));
        }
        gone
    }

    async fn destroy_one(
        &self,
        one: &PlannedStack<'_>,
        guard: &Guard<'_>,
        lines: &Lines<'_>,
    ) -> Result<(u64, Vec<Finding>), Stands> {
        let (name, root) = (&one.stack.name, self.root(one.stack));
        let mut line = lines.of(name, "destroy").total(one.take_down.outcome.counts.remove);
        guard.check().await.map_err(Stands::Refused)?;
        let failed = |error| Stands::Failed(Box::new(error));
        let applied = self.rebuild.destroy(name, &root, &self.cancel, &mut |progress| line.show(&progress)).await;
        let applied = applied.map_err(failed)?;
        let mut findings = applied.findings;
        lines.aside(|| self.context.screen.note(line.summary()));
        let left = self.rebuild.left(name, &root, &self.cancel).await.map_err(failed)?;
        if !left.is_empty() {
            let message = format!("its state still has {}", left.join(", "));
            let finding = Finding::new(codes::R_LEFT_STANDING, Severity::Error, subject(name), message);
            findings.push(finding.remedy("run pilotlight rebuild PLAN --destroy again"));
        }
        Ok((applied.counts.remove, findings))
    }

    /// Shows what Terraform had to say of an error, and what to do about it.
    fn told(&self, error: RebuildError) -> Failure {
        let RebuildError::Terraform { stack, source } = &error else { return self.context.naming(error.into()) };
        shown::beside(source, stack, self.context);
        let remedy = match &**source {
            RunError::Failed { findings, .. } => {
                let of_findings = findings.iter().find_map(|finding| way_out(&finding.message));
                Some(of_findings.or_else(|| way_out(&source.to_string())).unwrap_or(
                    "correct the cause and run pilotlight rebuild PLAN --destroy again: what is gone is gone, and what \
                     is left is in the standby's state",
                ))
            }
            // Nothing is wrong with the stack: its lock, or the interrupt, says by itself what to do.
            _ => None,
        };
        let failure = Failure::from(error);
        self.context.naming(match remedy {
            Some(remedy) => failure.with_remedy(remedy),
            None => failure,
        })
    }

    /// A stack that still stands and depends on this one.
    fn needed_by(&self, stack: &Stack, standing: &[&'a Stack]) -> Option<&'a str> {
        let on = [stack.name.as_str()];
        standing
            .iter()
            .find(|other| self.rebuild.plan.dependency_among(other, &on).is_some())
            .map(|other| other.name.as_str())
    }

    fn not_attempted(&mut self, stack: &Stack, standing: &[&'a Stack], refused: bool) {
        let message = match self.needed_by(stack, standing) {
            Some(other) => format!("it was not destroyed: {other} depends on it and still stands"),
            None if refused => "it was not destroyed: the standby is in use, or that is not known".to_owned(),
            None => "it was not destroyed: the work was interrupted before it".to_owned(),
        };
        let finding = Finding::new(codes::R_NOT_ATTEMPTED, Severity::Error, subject(&stack.name), message);
        self.findings.push(finding.remedy("run pilotlight rebuild PLAN --destroy again: what is left is in its state"));
    }
}

/// What takes a protection away that stops Terraform, by what it or AWS says.
fn way_out(said: &str) -> Option<&'static str> {
    let table = [
        (
            "prevent_destroy",
            "take prevent_destroy out of that file of the generated root and run it again; the next rebuild writes it back",
        ),
        (
            "BucketNotEmpty",
            "empty the bucket; or set force_destroy = true for it in the stack's standby block, rebuild, and run it again",
        ),
        (
            "DeletionProtection",
            "set deletion_protection = false for it in the stack's standby block, rebuild, and run it again",
        ),
        (
            "deletion protection",
            "set deletion_protection = false for it in the stack's standby block, rebuild, and run it again",
        ),
        (
            "final_snapshot_identifier",
            "set skip_final_snapshot = true for it in the stack's standby block, rebuild, and run it again",
        ),
        (
            "FinalSnapshotIdentifier",
            "set skip_final_snapshot = true for it in the stack's standby block, rebuild, and run it again",
        ),
    ];
    table.into_iter().find_map(|(word, way)| said.contains(word).then_some(way))
}

fn subject(stack: &str) -> Subject {
    Subject::Stack { stack: stack.to_owned(), side: Some(Side::Standby) }
}
