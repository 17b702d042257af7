//! The recovery time objective against what is known before the outage: the run's time limits, the caches of
//! resolvers, and what past runs were measured to take. Pure: runs and reports come in as values.

use crate::{Action, Direction, Run, RunReport, Step};
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_plan::{ROUTE53_PROPAGATION, When, format_duration};
use std::time::Duration;

/// What is known of the recovery time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecoveryFacts {
    /// What was measured and counted, as parts of one line.
    pub facts: Vec<String>,
    /// What does not fit into the objective, and what nobody measured.
    pub findings: Vec<Finding>,
}

/// Judges the recovery time objective of `plan`: `run` is a failover as it would be compiled now, where it compiles,
/// and `measured` the newest failover that succeeded, where there is one.
///
/// TTLs that do not fit are the compiler's notes already; they are not told here again.
pub fn recovery_time(plan: &str, rto: Duration, run: Option<&Run>, measured: Option<&RunReport>) -> RecoveryFacts {
    let mut told = RecoveryFacts::default();
    told.facts.push(format!("RTO {}", format_duration(rto)));
    if let Some(run) = run {
        of_run(plan, rto, run, &mut told);
    }
    of_past(plan, rto, measured, &mut told);
    told
}

fn of_run(plan: &str, rto: Duration, run: &Run, told: &mut RecoveryFacts) {
    let ttl = run.record_changes().flat_map(|set| &set.records).filter_map(|record| record.before.ttl).max();
    let caches = Duration::from_secs(ttl.unwrap_or(0)) + ROUTE53_PROPAGATION;
    if let Some(ttl) = ttl {
        told.facts.push(format!(
            "TTL {} and propagation {}",
            format_duration(Duration::from_secs(ttl)),
            format_duration(ROUTE53_PROPAGATION)
        ));
    }
    let approvals: Vec<&str> = run.steps().filter_map(approval).collect();
    if !approvals.is_empty() {
        told.facts.push(format!("without the time until {} is approved", approvals.join(", ")));
    }
    let limits: Duration = run.steps().filter(|step| counts(step)).map(Step::timeout).sum();
    // What the limits allow for caches is in those of the checks after the switch already.
    let longest = limits.max(caches);
    if longest > rto {
        let slowest = run.steps().filter(|step| counts(step)).max_by_key(|step| step.timeout_ms);
        let message = format!(
            "the time limits of its steps come to {}, and the RTO is {}",
            format_duration(longest),
            format_duration(rto)
        );
        let finding = Finding::new(codes::V_RTO_LIMITS, Severity::Info, subject(plan), message)
            .with(Evidence::fact("limits", format_duration(longest)))
            .with(Evidence::fact("rto", format_duration(rto)));
        let finding = match slowest {
            Some(step) => finding
                .with(Evidence::fact("longest limit", format!("{} of {}", format_duration(step.timeout()), step.id))),
            None => finding,
        };
        told.findings.push(finding.remedy("lower timeout of the plan's commands and checks, or raise the RTO"));
    }
}

/// Whether a step's time counts into the recovery time: all do up to the last thing that is measured, the name
/// servers and the checks after the switch. Approvals have no limit.
fn counts(step: &Step) -> bool {
    use pilotlight_plan::Phase;
    match &step.action {
        Action::Approval { .. } => false,
        Action::Check(check) => check.gate || check.when == When::After,
        _ => step.phase < Phase::Observe,
    }
}

fn approval(step: &Step) -> Option<&str> {
    match &step.action {
        Action::Approval { name } => Some(name),
        _ => None,
    }
}

fn of_past(plan: &str, rto: Duration, measured: Option<&RunReport>, told: &mut RecoveryFacts) {
    let took = measured.and_then(|run| Some((run, run.recovery_time.measured_ms?)));
    let Some((run, took)) = took else {
        told.facts.push("never measured".into());
        let finding = Finding::new(
            codes::V_NEVER_REHEARSED,
            Severity::Warning,
            subject(plan),
            "no failover of this plan was ever carried out to its end, so its recovery time is not known",
        );
        told.findings.push(finding.remedy("rehearse it in a quiet hour, there and back: pilotlight drill live PLAN"));
        return;
    };
    let day = run.started_at.get(..10).unwrap_or(&run.started_at);
    let took = Duration::from_millis(took);
    told.facts.push(format!("measured {} on {day}", seconds(took)));
    if took > rto {
        let message = format!("the last failover took {}, and the RTO is {}", seconds(took), format_duration(rto));
        told.findings.push(
            Finding::new(codes::V_RTO_MEASURED, Severity::Error, subject(plan), message)
                .with(Evidence::fact("run", run.run.clone()))
                .with(Evidence::fact("started", run.started_at.clone()))
                .with(Evidence::fact("measured", seconds(took)))
                .with(Evidence::fact("rto", format_duration(rto)))
                .remedy(format!(
                    "see which phase took the time with pilotlight run report PLAN {}, and rehearse again",
                    run.run
                )),
        );
    }
}

/// Whether a report is one that the objective is held against: a failover that succeeded and was measured.
pub fn is_measured_failover(run: &RunReport) -> bool {
    run.job == Direction::Failover.as_str()
        && run.outcome == "succeeded"
        && run.recovery_time.measured_ms.is_some()
        && run.records.iter().any(|record| record.before != record.after)
}

/// To a tenth, since a rehearsal may take less than a second.
pub(crate) fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(60) {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format_duration(Duration::from_secs(duration.as_secs()))
    }
}

fn subject(plan: &str) -> Subject {
    Subject::Plan { name: plan.to_owned() }
}
