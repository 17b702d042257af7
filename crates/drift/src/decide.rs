//! State and live in, findings out: a pure function.

use crate::index::Index;
use crate::judge::Judge;
use crate::live::{LiveSnapshot, Place, ReadBy};
use crate::moved::MovedRecord;
use crate::observe::{Locator, Routing, StackState};
use crate::outcome::{DriftCounts, DriftOutcome};
use crate::owners::AllOwners;
use crate::providers::not_in_cloud;
use pilotlight_findings::{ApiCalls, Finding, Region, codes};
use std::collections::BTreeMap;

/// What a reader answered for one place.
#[derive(Debug, Clone)]
pub struct PlaceLive {
    /// Which account and region was asked.
    pub place: Place,
    /// Which reader answered.
    pub read_by: ReadBy,
    /// Whether it was asked for every object that there is.
    pub everything: bool,
    /// The answer.
    pub snapshot: LiveSnapshot,
}

impl PlaceLive {
    /// What list calls told of a region, with the caller's own credentials.
    pub fn native(region: Region, snapshot: LiveSnapshot) -> Self {
        Self { place: Place { role: None, region }, read_by: ReadBy::Native, everything: false, snapshot }
    }
}

/// All that is compared: states of one or more stacks and sides, and what the cloud has in their regions.
#[derive(Debug, Clone, Copy)]
pub struct DriftInput<'a> {
    /// The states. Parts of one object that several of them own are judged together.
    pub stacks: &'a [StackState<'a>],
    /// Who was asked for which type.
    pub routing: &'a Routing,
    /// What [`crate::observe`] gave.
    pub live: &'a [PlaceLive],
    /// What the records of the plan's traffic sets answer while either side is active, as far as it is known.
    pub moved: &'a [MovedRecord],
}

impl<'a> DriftInput<'a> {
    /// The states and what the cloud has, with nothing else known.
    pub fn of(stacks: &'a [StackState<'a>], routing: &'a Routing, live: &'a [PlaceLive]) -> Self {
        Self { stacks, routing, live, moved: &[] }
    }
}

/// Compares every managed object of every judged state with what the cloud has.
pub fn decide(input: &DriftInput<'_>) -> DriftOutcome {
    let index = Index::new(input.live);
    let owners = AllOwners::find(input.stacks, &index, input.routing);
    let mut counts = DriftCounts::default();
    let mut findings = Vec::new();
    for stack in input.stacks.iter().filter(|stack| stack.judged) {
        let locator = Locator::new(stack, input.routing);
        for managed in stack.state.managed() {
            if not_in_cloud(&managed.provider().source).is_some() {
                counts.not_in_cloud += 1;
                continue;
            }
            let judge = Judge { stack, managed, index: &index, owners: &owners, moved: input.moved };
            let finding = judge.finding(locator.locate(&managed));
            *match finding.as_ref().map(|finding| finding.code) {
                None => &mut counts.in_sync,
                Some(codes::D_MISSING) => &mut counts.missing,
                Some(codes::D_UNREAD) => &mut counts.unread,
                Some(codes::D_FAILED_OVER) => &mut counts.moved,
                Some(codes::D_DEPOSED) => &mut counts.deposed,
                Some(_) => &mut counts.changed,
            } += 1;
            findings.extend(finding);
        }
    }
    findings.sort_by(|a: &Finding, b| b.severity.cmp(&a.severity).then_with(|| a.subject.cmp(&b.subject)));
    DriftOutcome { findings, counts, calls: add_up(input.live) }
}

fn add_up(live: &[PlaceLive]) -> Vec<ApiCalls> {
    let mut calls: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for call in live.iter().flat_map(|live| &live.snapshot.calls) {
        *calls.entry((&call.service, &call.region, &call.operation)).or_default() += call.count;
    }
    let call = |((service, region, operation), count): ((&str, &str, &str), u64)| ApiCalls {
        service: service.to_owned(),
        region: region.to_owned(),
        operation: operation.to_owned(),
        count,
    };
    calls.into_iter().map(call).collect()
}
