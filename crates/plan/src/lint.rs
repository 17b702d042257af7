//! What a plan may say and had better not.

use crate::check::When;
use crate::dr_plan::DrPlan;
use crate::duration::format_duration;
use crate::traffic::{Method, TrafficRecord};
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use std::time::Duration;

/// How long Route 53 commonly needs to carry a change to all of its name servers: "Route 53 propagates
/// changes to the Route 53 authoritative DNS servers within 60 seconds" (API reference, GetChange).
pub const ROUTE53_PROPAGATION: Duration = Duration::from_secs(60);

/// The longest TTL that a recovery time has room for, beside the propagation of the change.
pub fn longest_ttl(rto: Duration) -> Duration {
    rto.saturating_sub(ROUTE53_PROPAGATION)
}

/// Findings about the plan alone: nothing is read and nothing is asked.
pub fn lint(plan: &DrPlan) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(standby_states(plan));
    findings.extend(ttls(plan));
    findings.extend(holds(plan));
    findings.extend(journal(plan));
    findings.extend(checks(plan));
    findings
}

/// A stack whose standby would write the primary's state.
fn standby_states(plan: &DrPlan) -> Vec<Finding> {
    let into = plan.default_into();
    plan.stacks
        .iter()
        .filter_map(|stack| {
            let error = plan.state_url(stack, Side::Standby, &into).err()?;
            let finding = Finding::new(
                codes::P_STANDBY_STATE,
                Severity::Error,
                Subject::Stack { stack: stack.name.clone(), side: Some(Side::Standby) },
                "primary and standby would share one state",
            )
            .with(Evidence::fact("state", stack.state.clone()))
            .with(Evidence::fact("plan", stack.span.to_string()));
            Some(match pilotlight_findings::Explain::remedy(&error) {
                Some(remedy) => finding.remedy(remedy),
                None => finding,
            })
        })
        .collect()
}

/// A TTL that does not fit into the recovery time beside the propagation of the change.
fn ttls(plan: &DrPlan) -> Vec<Finding> {
    let Some(rto) = plan.objectives.rto else {
        return Vec::new();
    };
    let allowed = longest_ttl(rto);
    plan.traffic
        .iter()
        .flat_map(|set| set.records.iter().filter_map(move |record| Some((set, record, record.ttl?))))
        .filter(|(_, _, ttl)| *ttl > allowed)
        .map(|(set, record, ttl)| {
            let finding = Finding::new(
                codes::P_TTL,
                Severity::Error,
                Subject::Record {
                    zone: set.zone.clone(),
                    name: record.name.clone(),
                    record_type: record.record_type.clone(),
                },
                format!("its TTL of {} does not fit into the RTO of {}", format_duration(ttl), format_duration(rto)),
            )
            .with(Evidence::fact("ttl", format_duration(ttl)))
            .with(Evidence::fact("rto", format_duration(rto)))
            .with(Evidence::fact("propagation", format_duration(ROUTE53_PROPAGATION)))
            .with(Evidence::fact("plan", record.span.to_string()));
            finding.remedy(if allowed.is_zero() {
                format!("raise the RTO above {}: no TTL fits into it", format_duration(ROUTE53_PROPAGATION))
            } else {
                format!(
                    "set ttl to {} or less in the Terraform that owns the record and in the plan, and apply it now",
                    format_duration(allowed)
                )
            })
        })
        .collect()
}

/// A hold that ends before resolvers have asked again.
fn holds(plan: &DrPlan) -> Vec<Finding> {
    plan.traffic
        .iter()
        .filter_map(|set| {
            let Method::Weighted(shift) = &set.method else { return None };
            let (record, ttl) =
                set.records.iter().filter_map(|record| Some((record, record.ttl?))).max_by_key(|(_, ttl)| *ttl)?;
            short_hold(&set.zone, record, shift.hold, ttl)
        })
        .collect()
}

/// The finding for a hold that is shorter than a record's TTL.
pub fn short_hold(zone: &str, record: &TrafficRecord, hold: Duration, ttl: Duration) -> Option<Finding> {
    (hold < ttl).then(|| {
        let subject = Subject::Record {
            zone: zone.to_owned(),
            name: record.name.clone(),
            record_type: record.record_type.clone(),
        };
        let message = format!(
            "resolvers may use an answer for {}, and each weight is held for {} only",
            format_duration(ttl),
            format_duration(hold)
        );
        Finding::new(codes::P_HOLD, Severity::Warning, subject, message)
            .with(Evidence::fact("ttl", format_duration(ttl)))
            .with(Evidence::fact("hold", format_duration(hold)))
            .with(Evidence::fact("plan", record.span.to_string()))
            .remedy(format!("hold each weight for {} or longer, or lower the TTL", format_duration(ttl)))
    })
}

/// A journal whose stores are, by their names, buckets of the primary region alone. A name proves nothing,
/// so it is a warning; a bucket's true region is for whoever can ask.
fn journal(plan: &DrPlan) -> Option<Finding> {
    let in_primary = |url: &String| {
        url.strip_prefix("s3://")
            .and_then(|rest| rest.split('/').next())
            .is_some_and(|bucket| bucket.contains(plan.primary.as_str()) && !bucket.contains(plan.standby.as_str()))
    };
    plan.journal.iter().all(in_primary).then(|| {
        Finding::new(
            codes::P_JOURNAL_REGION,
            Severity::Warning,
            Subject::Journal { url: plan.journal.join(", ") },
            format!("by its name, the journal is in the primary region {} alone", plan.primary),
        )
        .remedy(format!("put a store in {} first in the list of journal", plan.standby))
    })
}

/// Traffic that moves with nothing to prove that it arrived.
fn checks(plan: &DrPlan) -> Option<Finding> {
    let proves = plan.checks.iter().any(|check| check.when.contains(&When::After));
    (!plan.traffic.is_empty() && !proves).then(|| {
        Finding::new(
            codes::P_NO_CHECK_AFTER,
            Severity::Warning,
            Subject::Plan { name: plan.name.clone() },
            "it moves traffic and has no check that runs after the switch",
        )
        .remedy("add a check with when = [\"after\"]")
    })
}
