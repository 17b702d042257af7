//! The steps that move traffic. Weighted sets go up together, a share after the other; then every set makes its last
//! move, in the plan's order. Up to there a failure takes everything back by itself.

use super::records::{Compiled, Move, SignalTarget};
use super::{LOOK_PAUSE, calls, milliseconds};
use crate::{Action, Call, CheckStep, HeldSet, HoldAction, Plane, Probe, RecordChanges, Retry, SignalAction, Step};
use pilotlight_findings::Region;
use pilotlight_plan::{Phase, format_duration};
use std::time::Duration;

/// How long Route 53 may take to say what a record is, before a step gives up: its client retries for
/// about as long, and a person waits.
const RECORDS_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a batch is submitted: enough for throttling (5 requests a second in the account) and for
/// `PriorRequestNotComplete`, both of which change nothing.
const MOVE_ATTEMPTS: u32 = 5;
/// Between two submissions. Route 53's bucket refills in a second.
const MOVE_PAUSE: Duration = Duration::from_secs(2);
/// How long every name server may take to answer with the new values. Changes "generally propagate to
/// all Route 53 name servers within 60 seconds"; five times that is an incident of its own.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>
const NAME_SERVERS_TIMEOUT: Duration = Duration::from_secs(300);

/// The longest that a health check takes to turn: one that asks every 30 s, and believes the tenth answer.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html>
const SLOWEST_HEALTH_CHECK: Duration = Duration::from_secs(300);

/// What the steps of every traffic set are made of.
pub(super) struct Traffic {
    sets: Vec<Compiled>,
    /// What a hold watches.
    watched: Vec<CheckStep>,
    standby: Region,
}

impl Traffic {
    pub(super) fn new(sets: Vec<Compiled>, checks: &[CheckStep], standby: &Region) -> Self {
        let mut watched: Vec<CheckStep> = Vec::new();
        // Either side's answer is right during a shift, so what expects one of them is no judge of it.
        for check in checks.iter().filter(|check| check.gate && !matches!(check.probe, Probe::Dns { .. })) {
            if !watched.iter().any(|other| other.name == check.name && other.probe == check.probe) {
                watched.push(check.clone());
            }
        }
        Self { sets, watched, standby: standby.clone() }
    }

    /// The longest that a resolver may go on answering with what is about to change.
    pub(super) fn slowest_cache(&self) -> Duration {
        let records = self.sets.iter().flat_map(|set| &set.whole.records);
        let moved = records.filter(|record| record.before != record.after);
        Duration::from_secs(moved.filter_map(|record| record.before.ttl).max().unwrap_or(0))
    }

    /// preflight: everything is looked at before the first moves.
    pub(super) fn guards(&self) -> Vec<Step> {
        let guard = |set: &Compiled| match &set.signal {
            Some(target) => guard_signal_step(set, target),
            None => guard_step(&set.whole),
        };
        self.sets.iter().map(guard).collect()
    }

    /// switch: every share but the last, each held; then every set's last move.
    pub(super) fn switch(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let rounds = self.sets.iter().map(|set| set.moves.len() - 1).max().unwrap_or(0);
        for round in 0..rounds {
            let moved: Vec<(&Compiled, &Move)> =
                self.sets.iter().filter_map(|set| Some((set, before_the_last(set).get(round)?))).collect();
            steps.extend(moved.iter().map(|(_, one)| self.move_step(one)));
            steps.extend(moved.iter().map(|(_, one)| name_servers_step(one, Phase::Switch)));
            steps.push(self.hold_step(&moved, Phase::Switch, round + 1));
        }
        steps.extend(self.sets.iter().filter_map(|set| match &set.signal {
            Some(target) => Some(self.signal_step(set, target)),
            None => set.moves.last().map(|one| self.move_step(one)),
        }));
        steps
    }

    /// verify: every name server answers as after the last move.
    pub(super) fn verify(&self) -> Vec<Step> {
        let last = self.sets.iter().filter_map(|set| Some((set, set.moves.last()?)));
        last.map(|(set, one)| match &set.signal {
            Some(_) => turned_step(one),
            None => name_servers_step(one, Phase::Verify),
        })
        .collect()
    }

    /// observe: the last share is held too, when traffic has arrived. Recovery time is measured by then.
    pub(super) fn observe(&self) -> Vec<Step> {
        let held: Vec<(&Compiled, &Move)> = self
            .sets
            .iter()
            .filter(|set| set.hold.is_some())
            .filter_map(|set| Some((set, set.moves.last()?)))
            .collect();
        if held.is_empty() { Vec::new() } else { vec![self.hold_step(&held, Phase::Observe, 0)] }
    }

    fn signal_step(&self, set: &Compiled, target: &SignalTarget) -> Step {
        let operation = if target.raised { "PutObject" } else { "DeleteObject" };
        Step {
            id: format!("switch/{}/signal", set.whole.traffic),
            title: match target.raised {
                true => format!("write the signal of {}, which its health check reads", set.whole.traffic),
                false => format!("remove the signal of {}, which its health check reads", set.whole.traffic),
            },
            phase: Phase::Switch,
            timeout_ms: milliseconds(RECORDS_TIMEOUT),
            retry: Retry { attempts: MOVE_ATTEMPTS, pause_ms: milliseconds(MOVE_PAUSE) },
            calls: vec![self.object("GetObject", target), self.object(operation, target)],
            point_of_no_return: true,
            action: Action::Signal(signal_action(set, target)),
        }
    }

    /// A call to the bucket: data plane, in the standby region, as `validate` proves.
    fn object(&self, operation: &str, target: &SignalTarget) -> Call {
        let region = Some(self.standby.clone());
        Call { service: "s3".into(), operation: format!("{operation} {}", target.url), region, plane: Plane::Data }
    }

    /// `switch/storefront/shop.test`. A set of another zone of its block has that zone in its name already
    /// (`storefront/shop.internal`), and does not name it twice unless it would have the step of another set else.
    fn move_id(&self, changes: &RecordChanges) -> String {
        let long = |changes: &RecordChanges| format!("switch/{}/{}", changes.traffic, changes.zone.name);
        let short = format!("switch/{}", changes.traffic);
        let names_it = changes.traffic.split('/').skip(1).any(|part| part == changes.zone.name);
        let is_taken = self.sets.iter().any(|set| set.whole.traffic != changes.traffic && long(&set.whole) == short);
        if names_it && !is_taken { short } else { long(changes) }
    }

    fn move_step(&self, one: &Move) -> Step {
        let changes = &one.changes;
        let names: Vec<String> = changes.groups().into_iter().map(|group| group.name).collect();
        Step {
            id: format!("{}{}", self.move_id(changes), share(one, |percent| format!("/{percent}"))),
            title: match one.percent {
                100 => format!("move {}", names.join(", ")),
                percent => format!("shift {percent} % of {}", names.join(", ")),
            },
            phase: Phase::Switch,
            timeout_ms: milliseconds(RECORDS_TIMEOUT),
            retry: Retry { attempts: MOVE_ATTEMPTS, pause_ms: milliseconds(MOVE_PAUSE) },
            calls: vec![calls::route53("ListResourceRecordSets"), calls::route53("ChangeResourceRecordSets")],
            point_of_no_return: one.percent == 100,
            action: Action::MoveRecords(changes.clone()),
        }
    }

    fn hold_step(&self, moved: &[(&Compiled, &Move)], phase: Phase, round: usize) -> Step {
        let hold = moved.iter().filter_map(|(set, _)| set.hold).max().unwrap_or_default();
        let probes: Duration = self.watched.iter().map(|check| Duration::from_millis(check.probe_timeout_ms)).sum();
        let shares: Vec<String> =
            moved.iter().map(|(set, one)| format!("{} at {} %", set.whole.traffic, one.percent)).collect();
        Step {
            id: match phase {
                Phase::Switch => format!("{phase}/hold/{round}"),
                _ => format!("{phase}/hold"),
            },
            title: format!("the checks stay green for {} with {}", format_duration(hold), shares.join(", ")),
            phase,
            timeout_ms: milliseconds(hold + probes),
            retry: Retry { attempts: 1, pause_ms: milliseconds(LOOK_PAUSE) },
            calls: self.watched.iter().map(|check| super::checks::call(&check.probe)).collect(),
            point_of_no_return: false,
            action: Action::Hold(HoldAction {
                sets: moved
                    .iter()
                    .map(|(set, one)| HeldSet { traffic: set.whole.traffic.clone(), percent: one.percent })
                    .collect(),
                hold_ms: milliseconds(hold),
                checks: self.watched.clone(),
            }),
        }
    }
}

fn signal_action(set: &Compiled, target: &SignalTarget) -> SignalAction {
    SignalAction { changes: set.whole.clone(), url: target.url.clone(), raised: target.raised }
}

fn guard_signal_step(set: &Compiled, target: &SignalTarget) -> Step {
    let zone = &set.whole.zone;
    Step {
        id: format!("preflight/signal/{}", set.whole.traffic),
        title: format!("name servers of {} answer for {} as one of both sides", zone.name, set.whole.traffic),
        phase: Phase::Preflight,
        timeout_ms: milliseconds(RECORDS_TIMEOUT),
        retry: Retry { attempts: 1, pause_ms: milliseconds(LOOK_PAUSE) },
        calls: zone.name_servers.iter().map(|server| calls::data("dns", server)).collect(),
        point_of_no_return: false,
        action: Action::GuardSignal(signal_action(set, target)),
    }
}

/// The wait for a health check to turn, and for nothing else: no record was changed.
fn turned_step(one: &Move) -> Step {
    let step = name_servers_step(one, Phase::Verify);
    Step {
        timeout_ms: milliseconds(SLOWEST_HEALTH_CHECK + NAME_SERVERS_TIMEOUT),
        calls: step.calls.into_iter().filter(|call| call.plane == Plane::Data).collect(),
        ..step
    }
}

fn before_the_last(set: &Compiled) -> &[Move] {
    set.moves.split_last().map_or(&[], |(_, before)| before)
}

fn guard_step(changes: &RecordChanges) -> Step {
    Step {
        id: format!("preflight/records/{}", changes.traffic),
        title: format!("records of {} are as they were read", changes.traffic),
        phase: Phase::Preflight,
        timeout_ms: milliseconds(RECORDS_TIMEOUT),
        retry: Retry { attempts: 1, pause_ms: milliseconds(LOOK_PAUSE) },
        calls: vec![calls::route53("ListResourceRecordSets")],
        point_of_no_return: false,
        action: Action::GuardRecords(changes.clone()),
    }
}

/// Where a share is not all of it, it is part of the step's name.
fn share(one: &Move, text: impl Fn(u8) -> String) -> String {
    if one.percent < 100 { text(one.percent) } else { String::new() }
}

fn name_servers_step(one: &Move, phase: Phase) -> Step {
    let changes = &one.changes;
    let mut calls = vec![calls::route53("GetChange")];
    match changes.zone.private {
        false => calls.extend(changes.zone.name_servers.iter().map(|server| calls::data("dns", server))),
        true => calls.push(calls::route53("ListResourceRecordSets")),
    }
    let at = share(one, |percent| format!(" at {percent} %"));
    Step {
        id: format!("{phase}/name-servers/{}{}", changes.traffic, share(one, |percent| format!("/{percent}"))),
        title: match changes.zone.private {
            false => format!("every name server of {} answers for {}{at}", changes.zone.name, changes.traffic),
            true => format!("Route 53 has {}{at} in private zone {}", changes.traffic, changes.zone.name),
        },
        phase,
        timeout_ms: milliseconds(NAME_SERVERS_TIMEOUT),
        retry: Retry { attempts: 1, pause_ms: milliseconds(LOOK_PAUSE) },
        calls,
        point_of_no_return: false,
        action: Action::AwaitNameServers(changes.clone()),
    }
}
