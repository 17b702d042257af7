//! The steps of databases that AWS replicates and promotes.

use super::sensitive::refuse_sensitive;
use super::{CompileError, Input, Refusal, milliseconds};
use crate::managed::{name_of, region_of};
use crate::{
    Action, Call, Direction, ManagedKind, ManagedPlace, ManagedStep, ManagedTask, Mode, Observed, ObservedManaged,
    ObservedPair, Plane, Retry, Step,
};
use pilotlight_findings::{Finding, Region, Severity, Side, Subject, codes};
use pilotlight_plan::{ManagedDatabase, ManagedService, Phase, RdsPair, Value};
use std::time::Duration;

/// Between two looks: what is waited for takes minutes, and the API has a limit.
const LOOK_PAUSE: Duration = Duration::from_secs(5);
/// How long a look is tried: RDS backs an instance up for minutes at a time, and it cannot be promoted meanwhile.
const LOOK_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a lag is asked for that stops nothing: people wait for the promotion after it.
const MEASURE_TIMEOUT: Duration = Duration::from_secs(15);
/// How often something is asked for.
const ATTEMPTS: u32 = 5;

/// A database with what it is in this run.
pub(super) struct Target<'p> {
    pub(super) database: &'p ManagedDatabase,
    kind: ManagedKind,
    old: Option<ManagedPlace>,
    new: ManagedPlace,
    /// The instance that a replica is made like, where one is to be made.
    pub(super) like: Option<String>,
}

/// Every such database of the plan, or why the run is refused.
pub(super) fn targets<'p>(
    input: &Input<'p>,
    observed: &Observed,
    notes: &mut Vec<Finding>,
) -> Result<Vec<Target<'p>>, CompileError> {
    let mut targets = Vec::new();
    for database in &input.plan.managed {
        if input.mode == Mode::Graceful && !database.can_be_fenced() {
            let refusal = Refusal::NoFence { database: database.name.clone(), span: database.span.clone() };
            return Err(refusal.into());
        }
        let seen = observed.managed.get(&database.name);
        let target = match (&database.service, seen) {
            (ManagedService::Rds(pair), Some(ObservedManaged::Rds(seen))) => rds(input, database, pair, seen)?,
            (ManagedService::AuroraGlobal { .. }, Some(ObservedManaged::Global(seen))) => {
                let member = |side| {
                    seen.member_in(input.plan.region(side)).map(|member| ManagedPlace {
                        region: input.plan.region(side).clone(),
                        id: name_of(&member.arn).to_owned(),
                        arn: Some(member.arn.clone()),
                    })
                };
                let new = member(input.to).ok_or_else(|| {
                    let region = input.plan.region(input.to);
                    no_replica(database, format!("global database {} has no cluster in {region}", seen.identifier))
                })?;
                let kind = ManagedKind::AuroraGlobal(seen.identifier.clone());
                Target { database, kind, old: member(input.from), new, like: None }
            }
            _ => return Err(CompileError::NotObserved(format!("database {}", database.name))),
        };
        notes.extend(warnings(input, &target));
        targets.push(target);
    }
    Ok(targets)
}

fn rds<'p>(
    input: &Input<'_>,
    database: &'p ManagedDatabase,
    pair: &RdsPair,
    seen: &ObservedPair,
) -> Result<Target<'p>, CompileError> {
    let what = format!("database {}", database.name);
    let id = |value: &Value, side| {
        refuse_sensitive(&what, [value], side, input.outputs)?;
        value
            .resolve_text(side, input.outputs)
            .map_err(|source| CompileError::Unresolved { what: what.clone(), source: Box::new(source) })
    };
    let place = |side| {
        Ok::<_, CompileError>(ManagedPlace {
            region: input.plan.region(side).clone(),
            id: id(pair.instance(side), side)?,
            arn: seen.of(side).map(|instance| instance.arn.clone()),
        })
    };
    // A lost side never stops a run that does without it.
    let old = match place(input.from) {
        Err(error) if input.mode == Mode::Graceful => return Err(error),
        old => old.ok(),
    };
    let new = place(input.to)?;
    let kind = ManagedKind::Rds;
    let follows = || seen.of(input.to).zip(seen.of(input.from)).is_some_and(|(new, old)| new.follows(old));
    if input.direction == Direction::Failover || follows() {
        return Ok(Target { database, kind, old, new, like: None });
    }
    match (&pair.failback_replica, seen.of(input.from)) {
        (Some(replica), Some(source)) => {
            let region = input.plan.region(input.to);
            if is_apart(region) {
                let reason = format!(
                    "in {region} RDS makes a replica of another region's instance by a presigned request alone, which \
                     pilotlight does not make"
                );
                return Err(no_replica(database, reason));
            }
            let like = new.id.clone();
            let arn = sibling(&source.arn, region, replica);
            let new = ManagedPlace { region: region.clone(), id: replica.clone(), arn };
            Ok(Target { database, kind, old, new, like: Some(like) })
        }
        // It goes back to what is there, and says that nobody knows what that lacks.
        _ if input.mode == Mode::Ungraceful => Ok(Target { database, kind, old, new, like: None }),
        (Some(_), None) => {
            let old = old.map_or_else(|| "the standby's instance".to_owned(), |old| old.id);
            Err(no_replica(database, format!("{old}, which a replica is to be made of, was not found")))
        }
        (None, Some(source)) => {
            let reason = format!(
                "{} in {} is no read replica of {}, and the plan names no failback_replica to make",
                new.id, new.region, source.identifier
            );
            Err(no_replica(database, reason))
        }
        (None, None) => {
            Err(no_replica(database, format!("whether {} in {} follows the other is not known", new.id, new.region)))
        }
    }
}

fn no_replica(database: &ManagedDatabase, reason: String) -> CompileError {
    Refusal::NoReplica { database: database.name.clone(), reason, span: database.span.clone() }.into()
}

/// Regions of China and of the government.
fn is_apart(region: &Region) -> bool {
    region.as_str().starts_with("cn-") || region.as_str().starts_with("us-gov-")
}

/// The ARN of an instance of the same account in another region.
fn sibling(arn: &str, region: &Region, id: &str) -> Option<String> {
    let mut parts: Vec<&str> = arn.split(':').collect();
    region_of(arn)?;
    let last = parts.len().checked_sub(1)?;
    parts[3] = region.as_str();
    parts[last] = id;
    Some(parts.join(":"))
}

fn warnings(input: &Input<'_>, target: &Target<'_>) -> Vec<Finding> {
    let name = &target.database.name;
    let finding = |code, severity, message: String| {
        Finding::new(code, severity, Subject::Plan { name: input.plan.name.clone() }, message)
    };
    if target.kind != ManagedKind::Rds {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    if target.database.sql().is_none() {
        let message = format!("database {name} of the {} is not fenced: RDS has no call for it", input.from);
        warnings.push(
            finding(codes::F_NOT_FENCED, Severity::Warning, message)
                .remedy("keep applications from that instance by its security group, or by a step in freeze"),
        );
    }
    let next = match input.to {
        Side::Standby => {
            "a failback makes one where the block has failback_replica, and needs the primary region for it"
        }
        Side::Primary => {
            "make one: pilotlight rebuild, after the block and the stack name the instances that there are now"
        }
    };
    let message =
        format!("once {} in {} is promoted, nothing follows it: it has no replica", target.new.id, target.new.region);
    warnings.push(finding(codes::F_UNPROTECTED, Severity::Info, message).remedy(next));
    warnings
}

impl Target<'_> {
    /// Whether AWS is asked how far behind the copy is: SQL tells it better, and a switchover loses nothing.
    pub(super) fn is_measured(&self, input: &Input<'_>) -> bool {
        match self.kind {
            ManagedKind::Rds => self.database.sql().is_none(),
            ManagedKind::AuroraGlobal(_) => input.mode == Mode::Ungraceful,
        }
    }

    /// The step of a task.
    pub(super) fn step(&self, input: &Input<'_>, phase: Phase, task: ManagedTask) -> Step {
        let told = self.told(input, &task);
        let graceful_global = matches!(self.kind, ManagedKind::AuroraGlobal(_)) && input.mode == Mode::Graceful;
        Step {
            id: format!("{phase}/{}/{}", told.word, self.database.name),
            title: told.title,
            phase,
            timeout_ms: milliseconds(told.timeout),
            retry: Retry { attempts: ATTEMPTS, pause_ms: milliseconds(LOOK_PAUSE) },
            calls: told.calls,
            // A switchover can be taken back, and loses nothing on the way; a promotion cannot.
            point_of_no_return: task == ManagedTask::Promote && !graceful_global,
            action: Action::Managed(ManagedStep {
                name: self.database.name.clone(),
                service: self.kind.clone(),
                task,
                old: self.old.clone(),
                new: self.new.clone(),
                sql: self.database.sql().is_some(),
            }),
        }
    }

    fn told(&self, input: &Input<'_>, task: &ManagedTask) -> Told {
        let graceful = input.mode == Mode::Graceful;
        let (new, region) = (&self.new.id, &self.new.region);
        let old =
            self.old.as_ref().map_or_else(|| "the other".to_owned(), |old| format!("{} in {}", old.id, old.region));
        let left = input.plan.region(input.from);
        let rds = |operation: &str, region: &Region| call("rds", operation, region);
        let lag = call("cloudwatch", "GetMetricStatistics", region);
        let (word, describe) = match self.kind {
            ManagedKind::Rds => ("rds", "DescribeDBInstances"),
            ManagedKind::AuroraGlobal(_) => ("aurora", "DescribeGlobalClusters"),
        };
        // A call that may fail is no need of the region that it goes to.
        let asks_old = graceful && self.kind == ManagedKind::Rds;
        let looks = || {
            let old = asks_old.then(|| rds(describe, left));
            std::iter::once(rds(describe, region)).chain(old).collect::<Vec<_>>()
        };
        let of = |word, title: String, timeout, calls| Told { word, title, timeout, calls };
        match (task, &self.kind) {
            (ManagedTask::Look, ManagedKind::Rds) if graceful => {
                of(word, format!("{new} in {region} is a read replica of {old}"), LOOK_TIMEOUT, with(looks(), lag))
            }
            (ManagedTask::Look, ManagedKind::Rds) => {
                of(word, format!("{new} in {region} is there"), LOOK_TIMEOUT, with(looks(), lag))
            }
            (ManagedTask::Look, ManagedKind::AuroraGlobal(global)) => {
                let title = format!("{new} in {region} can take over in global database {global}");
                of(word, title, LOOK_TIMEOUT, with(looks(), lag))
            }
            (ManagedTask::Replicate(like), _) => {
                let title = format!("{new} in {region}, made like {like}, is a read replica of {old}");
                let mut calls = with(looks(), rds("CreateDBInstanceReadReplica", region));
                calls.push(rds(describe, left));
                calls.dedup();
                of("replica", title, replica_timeout(self.database), calls)
            }
            (ManagedTask::Measure, _) => {
                of("lag", format!("read how far behind {new} in {region} is"), MEASURE_TIMEOUT, with(looks(), lag))
            }
            (ManagedTask::Promote, ManagedKind::Rds) => {
                let calls = vec![rds(describe, region), rds("PromoteReadReplica", region)];
                of(word, format!("promote {new} in {region}"), self.database.promote_timeout, calls)
            }
            (ManagedTask::Promote, ManagedKind::AuroraGlobal(global)) => {
                let (verb, act) = match graceful {
                    true => ("switch over", rds("SwitchoverGlobalCluster", left)),
                    false => ("fail over", rds("FailoverGlobalCluster", region)),
                };
                let title = format!("{verb} global database {global} to {new} in {region}");
                of(word, title, self.database.promote_timeout, vec![rds(describe, region), act])
            }
            (ManagedTask::Verify, _) => of(
                word,
                format!("{new} in {region} takes writes, as RDS tells"),
                LOOK_TIMEOUT,
                vec![rds(describe, region)],
            ),
        }
    }
}

fn replica_timeout(database: &ManagedDatabase) -> Duration {
    match &database.service {
        ManagedService::Rds(pair) => pair.replica_timeout,
        ManagedService::AuroraGlobal { .. } => LOOK_TIMEOUT,
    }
}

struct Told {
    word: &'static str,
    title: String,
    timeout: Duration,
    calls: Vec<Call>,
}

fn with(mut calls: Vec<Call>, call: Call) -> Vec<Call> {
    calls.push(call);
    calls
}

fn call(service: &str, operation: &str, region: &Region) -> Call {
    Call { service: service.into(), operation: operation.into(), region: Some(region.clone()), plane: Plane::Control }
}
