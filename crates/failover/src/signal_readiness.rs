//! Whether what a signal would turn is as it must be. Asked of Route 53's control plane long before the hour of need, by
//! `validate`: a run asks nothing of it.

use crate::compile::{Answer, label, side_answer};
use crate::signal::NOTE_BEGINS;
use crate::{Dns, HealthCheck, ObserveError, RecordSet};
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_plan::{DrPlan, Method, Outputs, Signal, TrafficRecord, TrafficSet, format_duration};

/// What Route 53 has for a traffic set that follows a signal.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalObserved {
    /// The traffic set's name.
    pub traffic: String,
    /// One for each record, in the plan's order: every set of its name and type.
    pub records: Vec<Vec<RecordSet>>,
    /// The health check that the plan names; none where there is none of its id, or its id is not known.
    pub health_check: Option<HealthCheck>,
}

/// Reads the records and the health check of each traffic set that follows a signal.
///
/// # Errors
/// As [`crate::observe`].
pub async fn observe_signals(
    plan: &DrPlan,
    outputs: &(dyn Outputs + Sync),
    dns: &dyn Dns,
) -> Result<Vec<SignalObserved>, ObserveError> {
    let mut observed = Vec::new();
    for set in &plan.traffic {
        let Method::Signal(signal) = &set.method else { continue };
        let seen = crate::observe::observe_traffic(set, dns).await?;
        let health_check = match check_id(signal, outputs) {
            Ok(id) => dns.health_check(&id).await.map_err(|source| ObserveError::Dns {
                what: format!("health check {id} of traffic set {}", set.name),
                source,
            })?,
            Err(_) => None,
        };
        observed.push(SignalObserved { traffic: set.name.clone(), records: seen.records, health_check });
    }
    Ok(observed)
}

fn check_id(signal: &Signal, outputs: &dyn Outputs) -> Result<String, String> {
    signal.health_check.resolve_text(Side::Primary, outputs).map_err(|error| error.to_string())
}

/// The time that each health check takes to turn, as parts of one line, and every reason why its signal would not move
/// traffic.
pub fn signal_readiness(
    plan: &DrPlan,
    outputs: &dyn Outputs,
    observed: &[SignalObserved],
) -> (Vec<String>, Vec<Finding>) {
    let (mut facts, mut findings) = (Vec::new(), Vec::new());
    for set in &plan.traffic {
        let Method::Signal(signal) = &set.method else { continue };
        let Some(seen) = observed.iter().find(|seen| seen.traffic == set.name) else { continue };
        let id = check_id(signal, outputs);
        match (&id, &seen.health_check) {
            (Err(cause), _) => findings.push(broken(set, format!("the id of its health check is not known: {cause}"))),
            (Ok(id), None) => findings.push(broken(set, format!("there is no health check {id}"))),
            (Ok(_), Some(check)) => {
                facts.push(format!("{} turns within {} of its signal", set.name, format_duration(check.delay())));
                findings.extend(check_reasons(plan, signal, check).into_iter().map(|reason| broken(set, reason)));
                findings.extend(too_slow(plan, set, check));
            }
        }
        let id = id.unwrap_or_default();
        for (record, sets) in set.records.iter().zip(&seen.records) {
            if let Some(reason) = record_reason(record, sets, &id, outputs) {
                let subject = Subject::Record {
                    zone: set.zone.clone(),
                    name: record.name.clone(),
                    record_type: record.record_type.clone(),
                };
                findings.push(finding(subject, reason, record.span.to_string()));
            }
        }
    }
    (facts, findings)
}

/// Why the health check would not turn with the object.
fn check_reasons(plan: &DrPlan, signal: &Signal, check: &HealthCheck) -> Vec<String> {
    let mut reasons = Vec::new();
    let id = &check.id;
    if !check.inverted {
        reasons.push(format!(
            "health check {id} is not inverted: the primary would be healthy while the object is there, and not before"
        ));
    }
    if check.disabled {
        reasons.push(format!("health check {id} is disabled, so it asks nothing"));
    }
    if !["HTTPS", "HTTPS_STR_MATCH", "HTTP", "HTTP_STR_MATCH"].contains(&check.kind.as_str()) {
        reasons.push(format!("health check {id} is of type {}, which asks for no object", check.kind));
        return reasons;
    }
    if let Some(text) = check.search.as_deref().filter(|text| !NOTE_BEGINS.contains(text)) {
        reasons.push(format!(
            "health check {id} looks for {text:?} in the object, and a run writes {NOTE_BEGINS:?} and its id"
        ));
    }
    let host = check.host.as_deref().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let path = check.path.as_deref().unwrap_or("/");
    let (bucket, key) = (&signal.bucket, &signal.key);
    let by_name = |end: &str| host == format!("{bucket}.{end}") && path == format!("/{key}");
    let by_path = |end: &str| host == end && path == format!("/{bucket}/{key}");
    if !endpoints(plan.standby.as_str()).iter().any(|end| by_name(end) || by_path(end)) {
        let host = if host.is_empty() { "an address" } else { &host };
        reasons.push(format!(
            "health check {id} asks for {host}{path}, and the signal is at {bucket}.s3.{}.amazonaws.com/{key}",
            plan.standby
        ));
    }
    reasons
}

/// The names of S3 in a region.
/// <https://docs.aws.amazon.com/general/latest/gr/s3.html>
fn endpoints(region: &str) -> Vec<String> {
    let end = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    [format!("s3.{region}"), format!("s3-{region}"), format!("s3.dualstack.{region}")]
        .map(|name| format!("{name}.{end}"))
        .into()
}

/// Why the sets of a record would not follow the health check.
fn record_reason(record: &TrafficRecord, sets: &[RecordSet], check: &str, outputs: &dyn Outputs) -> Option<String> {
    let find = |role: &str| sets.iter().find(|set| set.failover.as_deref() == Some(role));
    let (Some(primary), Some(secondary), 2) = (find("PRIMARY"), find("SECONDARY"), sets.len()) else {
        return Some(format!(
            "it has {} sets that are not one PRIMARY and one SECONDARY of failover routing",
            sets.len()
        ));
    };
    if primary.health_check_id.as_deref() != Some(check) {
        return Some(match &primary.health_check_id {
            Some(other) => format!("its PRIMARY follows health check {other}, and the plan names {check}"),
            None => "its PRIMARY follows no health check".to_owned(),
        });
    }
    for (set, side) in [(primary, Side::Primary), (secondary, Side::Standby)] {
        let role = set.failover.as_deref().unwrap_or_default();
        match side_answer(record, side, outputs) {
            Ok(answer) if !answer.is_of(set) => {
                let found = answer_of(set);
                return Some(format!("its {role} answers {found}, and the {side} has {}", told(&answer)));
            }
            Ok(_) => {}
            Err(error) => return Some(format!("what the {side} has for {} is not known: {error}", label(record))),
        }
    }
    None
}

fn answer_of(set: &RecordSet) -> String {
    set.alias.as_ref().map_or_else(|| set.values.join(", "), |alias| format!("an alias of {}", alias.dns_name))
}

fn told(answer: &Answer) -> String {
    answer.texts().join(", ")
}

/// A health check that alone takes longer than the objective.
fn too_slow(plan: &DrPlan, set: &TrafficSet, check: &HealthCheck) -> Option<Finding> {
    let rto = plan.objectives.rto.filter(|rto| check.delay() > *rto)?;
    let reason = format!(
        "health check {} takes {} to turn, and the RTO is {}",
        check.id,
        format_duration(check.delay()),
        format_duration(rto)
    );
    Some(
        broken(set, reason)
            .with(Evidence::fact("interval", format!("{} s", check.interval)))
            .with(Evidence::fact("threshold", check.threshold.to_string())),
    )
}

fn broken(set: &TrafficSet, reason: String) -> Finding {
    let message = format!("the signal of {} would not move its traffic: {reason}", set.name);
    finding(Subject::Host { host: set.zone.clone() }, message, set.span.to_string())
}

fn finding(subject: Subject, message: String, place: String) -> Finding {
    Finding::new(codes::F_SIGNAL, Severity::Error, subject, message)
        .with(Evidence::fact("plan", place))
        .remedy("correct the records or the health check in the Terraform that owns them, and apply it")
}
