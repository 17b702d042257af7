//! State and live in, findings out: a pure function.

use crate::away::Away;
use crate::echo::Echoes;
use crate::ignore::{Ignores, StackConfiguration};
use crate::index::Index;
use crate::judge::{Fate, Judge};
use crate::live::{LiveSnapshot, NotCompared, Place, ReadBy};
use crate::moved::MovedRecord;
use crate::observe::{Locator, Routing, StackState};
use crate::outcome::DriftOutcome;
use crate::owners::AllOwners;
use crate::providers::not_in_cloud;
use crate::secrets::Secrets;
use crate::tell::Told;
use crate::two_addresses::TwoAddresses;
use crate::unmanaged;
use pilotlight_findings::{ApiCalls, Finding, Region, Severity, Subject, codes};
use std::collections::BTreeMap;
use std::sync::LazyLock;

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
    /// What `.driftignore`, the plan and the command line say to look away from.
    pub ignores: &'a Ignores,
    /// What the HCL of the stacks says, where it is at hand.
    pub configurations: &'a [StackConfiguration],
}

/// No patterns.
static NO_IGNORES: LazyLock<Ignores> = LazyLock::new(Ignores::default);

impl<'a> DriftInput<'a> {
    /// The states and what the cloud has, with nothing else known.
    pub fn of(stacks: &'a [StackState<'a>], routing: &'a Routing, live: &'a [PlaceLive]) -> Self {
        Self { stacks, routing, live, moved: &[], ignores: &NO_IGNORES, configurations: &[] }
    }
}

/// An object that is not simply as the state has it.
struct Judged<'a> {
    told: Told<'a>,
    region: Region,
    fate: Fate,
}

/// Compares every managed object of every judged state with what the cloud has.
pub fn decide(input: &DriftInput<'_>) -> DriftOutcome {
    let index = Index::new(input.live);
    let owners = AllOwners::find(input.stacks, &index, input.routing);
    let mut outcome = DriftOutcome { calls: add_up(input.live), ..DriftOutcome::default() };
    let mut judged = Vec::new();
    let mut addresses = TwoAddresses::default();
    let mut away = Away::of(input.ignores, input.configurations);
    for stack in input.stacks {
        let locator = Locator::new(stack, input.routing);
        for managed in stack.state.managed() {
            if not_in_cloud(&managed.provider().source).is_some() {
                outcome.counts.not_in_cloud += u64::from(stack.judged);
                continue;
            }
            let located = locator.locate(&managed);
            outcome.findings.extend(located.as_ref().and_then(|at| addresses.note(stack, &managed, at)));
            if !stack.judged {
                continue;
            }
            let judge = Judge { stack, managed, index: &index, owners: &owners, moved: input.moved };
            if away.hides(&Told { stack, managed }) {
                outcome.counts.ignored += 1;
                continue;
            }
            match judge.fate(located.as_ref()) {
                Fate::There(there) if there.differences.is_empty() && there.silent.is_empty() => {
                    outcome.counts.in_sync += 1;
                }
                fate => {
                    let region = located.map_or_else(|| stack.region.clone(), |at| at.place.region);
                    judged.push(Judged { told: Told { stack, managed }, region, fate });
                }
            }
        }
    }
    silence_echoes(&mut judged, input.stacks);
    for one in &mut judged {
        away.silence(&one.told, &mut one.fate);
    }
    for one in judged {
        outcome.add(&one);
    }
    let (unmanaged, silenced) = unmanaged::find(input.stacks, input.live, &index, &mut away);
    outcome.counts.unmanaged = unmanaged.len() as u64;
    outcome.findings.extend(unmanaged);
    outcome.silenced.extend(silenced);
    outcome.findings.extend(not_compared(input.live));
    outcome.findings.extend(away.findings(input.stacks, input.live));
    Secrets::of(input.stacks.iter().map(|stack| stack.state)).hide(&mut outcome);
    // What owns a part is kept by hash: without an order two reports of the same would differ.
    outcome.silenced.sort_by(|a, b| (&a.subject, &a.attribute, &a.rule).cmp(&(&b.subject, &b.attribute, &b.rule)));
    outcome.findings.sort_by(|a: &Finding, b| b.severity.cmp(&a.severity).then_with(|| a.subject.cmp(&b.subject)));
    outcome
}

/// Takes out what other resources of the states own in an object, where no table knows it.
fn silence_echoes<'a>(judged: &mut [Judged<'a>], stacks: &'a [StackState<'a>]) {
    let differs = |one: &&Judged<'a>| matches!(&one.fate, Fate::There(there) if !there.differences.is_empty());
    let hosts: Vec<_> = judged.iter().filter(differs).map(|one| one.told.managed).collect();
    let echoes = Echoes::of(&hosts, stacks);
    for one in judged {
        let Fate::There(there) = &mut one.fate else { continue };
        for difference in std::mem::take(&mut there.differences) {
            match echoes.explain(&one.told.managed, &difference) {
                // A rule that lets the Internet in is told, whoever owns it.
                Some(silent) if there.opened.is_empty() => there.silent.push(silent),
                _ => there.differences.push(difference),
            }
        }
    }
}

impl DriftOutcome {
    fn add(&mut self, one: &Judged<'_>) {
        let told = &one.told;
        if let Fate::There(there) | Fate::Moved(there, _) = &one.fate {
            self.silenced.extend(there.silent.iter().map(|silent| told.silenced(silent)));
        }
        let (count, finding) = match &one.fate {
            Fate::There(there) if there.differences.is_empty() => (&mut self.counts.in_sync, None),
            Fate::There(there) => (&mut self.counts.changed, Some(told.changed(there, &one.region))),
            Fate::Moved(there, moved) => {
                let finding = told.moved(&there.differences, moved);
                let is_note = finding.code == codes::D_FAILED_OVER;
                (if is_note { &mut self.counts.moved } else { &mut self.counts.changed }, Some(finding))
            }
            Fate::Missing => (&mut self.counts.missing, Some(told.missing())),
            Fate::Unread(reason) => (&mut self.counts.unread, Some(told.unread(reason))),
            Fate::Deposed(key) => (&mut self.counts.deposed, Some(told.deposed(key))),
        };
        *count += 1;
        self.findings.extend(finding);
    }
}

/// What the readers left out, a finding a type.
fn not_compared(live: &[PlaceLive]) -> impl Iterator<Item = Finding> {
    live.iter().flat_map(|live| live.snapshot.not_compared.iter().map(|left| left_out(&live.place, left)))
}

fn left_out(place: &Place, left: &NotCompared) -> Finding {
    let subject = Subject::CloudObject {
        resource_type: left.resource_type.clone(),
        id: format!("{} objects", left.objects),
        region: Some(place.region.clone()),
    };
    let message = format!("{} of {} objects: {}", left.attributes.join(", "), left.objects, left.reason);
    Finding::new(codes::D_NOT_COMPARED, Severity::Info, subject, message)
        .remedy("run with --reader provider to have them read, or look at fewer stacks at a time with --stack")
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
