//! One stack of a rebuild: its plan, its apply and its proof. What is shown and asked in between is not its business.

use super::lines::Line;
use crate::project::States;
use pilotlight_findings::{Count, Finding, Side};
use pilotlight_rebuild::{Planned, Prepared, Rebuild, RebuildError};
use pilotlight_terraform::{Cancel, Counts, Program, Root};
use pilotlight_tfstate::State;
use std::collections::BTreeMap;

/// What the stacks of one rebuild share.
pub(super) struct StackJob<'a> {
    pub(super) rebuild: &'a Rebuild<'a>,
    pub(super) states: &'a States,
    pub(super) program: Program,
    pub(super) cancel: Cancel,
    /// Terraform does not let two of its processes install into one cache of plugins at once.
    pub(super) installing: tokio::sync::Mutex<()>,
}

/// What an apply and its proof came to.
#[derive(Default)]
pub(super) struct Proven {
    pub(super) totals: Totals,
    pub(super) findings: Vec<Finding>,
}

/// Counts over all stacks.
#[derive(Default)]
pub(super) struct Totals {
    resources: u64,
    pub(super) applied: u64,
    parity: u64,
    differing: u64,
    explained: BTreeMap<&'static str, u64>,
}

impl Totals {
    pub(super) fn add(&mut self, other: Self) {
        self.resources += other.resources;
        self.applied += other.applied;
        self.parity += other.parity;
        self.differing += other.differing;
        for (rule, number) in other.explained {
            *self.explained.entry(rule).or_default() += number;
        }
    }

    pub(super) fn summary(&self) -> Vec<Count> {
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

/// How many changes Terraform reports one by one: a replacement is a removal and an addition.
pub(super) fn changes(counts: &Counts) -> u64 {
    counts.add + counts.change + counts.remove
}

impl StackJob<'_> {
    pub(super) fn root(&self, one: &Prepared) -> Root {
        self.rebuild.root(&one.stack, &self.program)
    }

    /// Writes the standby root and makes Terraform's plan of it, with its text where that is `read` before the apply.
    pub(super) async fn plan(&self, one: &Prepared, read: bool, mut line: Line<'_>) -> Result<Planned, RebuildError> {
        self.rebuild.write(one)?;
        let root = self.root(one);
        let installing = self.installing.lock().await;
        self.rebuild.init(one, &root, &self.cancel).await?;
        drop(installing);
        let all: Vec<&State> = self.states.side(Side::Primary).collect();
        let progress = &mut |progress| line.show(&progress);
        let planned = self.rebuild.plan(one, &root, &all, read, &self.cancel, progress).await;
        // Where it cannot be read it may be there all the same, whole or in part.
        let mut planned = planned.inspect_err(|_| self.rebuild.discard_plan(one))?;
        self.discard_unless_applied(one, &mut planned).await?;
        Ok(planned)
    }

    /// A plan that is not applied is shown all the same, where there is anything to it, and removed.
    pub(super) async fn discard_unless_applied(
        &self,
        one: &Prepared,
        planned: &mut Planned,
    ) -> Result<(), RebuildError> {
        if planned.is_clean() && planned.outcome.changes {
            return Ok(());
        }
        let shown = match planned.is_clean() || planned.text.is_some() {
            true => Ok(()),
            false => self.text(one).await.map(|text| planned.text = Some(text)),
        };
        self.rebuild.discard_plan(one);
        shown
    }

    /// The plan that was made, for a person.
    pub(super) async fn text(&self, one: &Prepared) -> Result<String, RebuildError> {
        self.rebuild.plan_text(one, &self.root(one), &self.cancel).await
    }

    /// Applies what was planned, while `reader` still reads the plan. The result has the line for the log.
    pub(super) async fn apply(
        &self,
        one: &Prepared,
        reader: impl Future<Output = ()>,
        mut line: Line<'_>,
        proven: &mut Proven,
    ) -> Result<String, RebuildError> {
        let root = self.root(one);
        let applied =
            self.rebuild.apply(one, &root, reader, &self.cancel, &mut |progress| line.show(&progress)).await?;
        proven.totals.applied += changes(&applied.counts);
        proven.findings.extend(applied.findings);
        Ok(line.summary())
    }

    /// Proves the standby against the primary.
    pub(super) async fn verify(
        &self,
        one: &Prepared,
        primary: &State,
        mut line: Line<'_>,
        proven: &mut Proven,
    ) -> Result<(), RebuildError> {
        let root = self.root(one);
        let verified =
            self.rebuild.verify(one, &root, primary, &self.cancel, &mut |progress| line.show(&progress)).await?;
        let totals = &mut proven.totals;
        totals.resources += primary.managed().count() as u64;
        totals.parity += verified.parity.in_parity;
        totals.differing += verified.parity.differing;
        for (rule, number) in &verified.parity.explained {
            *totals.explained.entry(rule).or_default() += number;
        }
        proven.findings.extend(verified.findings);
        Ok(())
    }
}
