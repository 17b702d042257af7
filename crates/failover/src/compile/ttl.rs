//! What a record's TTL says, held against the plan. A run keeps every TTL as it was read, so these are
//! notes and never stop it.

use super::records::note;
use crate::RecordSet;
use pilotlight_findings::{Evidence, Finding, Severity, codes};
use pilotlight_plan::{DrPlan, TrafficRecord, format_duration, longest_ttl};
use std::time::Duration;

/// A TTL that is not what the plan expects, and one that the recovery time has no room for.
pub(super) fn ttl_notes(plan: &DrPlan, zone: &str, record: &TrafficRecord, found: &RecordSet) -> Vec<Finding> {
    let Some(seconds) = found.ttl else { return Vec::new() };
    let ttl = Duration::from_secs(seconds);
    let mut notes = Vec::new();
    if let Some(expected) = record.ttl.filter(|expected| *expected != ttl) {
        let message = format!(
            "has a TTL of {} in the zone, and the plan expects {}; the run keeps it",
            format_duration(ttl),
            format_duration(expected)
        );
        notes.push(
            note(codes::F_TTL_KEPT, Severity::Warning, zone, record, message)
                .with(Evidence::change("ttl", seconds.into(), expected.as_secs().into()))
                .with(Evidence::fact("plan", record.span.to_string()))
                .remedy(format!(
                    "set the TTL to {} in the Terraform that owns the record and apply it, or correct ttl in the plan",
                    format_duration(expected)
                )),
        );
    }
    if let Some(rto) = plan.objectives.rto
        && ttl > longest_ttl(rto)
    {
        let allowed = longest_ttl(rto);
        let message = format!(
            "its TTL of {} in the zone does not fit into the RTO of {}",
            format_duration(ttl),
            format_duration(rto)
        );
        notes.push(
            note(codes::P_TTL, Severity::Error, zone, record, message)
                .with(Evidence::fact("ttl", format_duration(ttl)))
                .with(Evidence::fact("rto", format_duration(rto)))
                .with(Evidence::fact("longest", format_duration(allowed)))
                .remedy(if allowed.is_zero() {
                    "raise the RTO: no TTL fits into it beside Route 53's propagation".to_owned()
                } else {
                    format!(
                        "set the TTL to {} or less in the Terraform that owns the record, and apply it now",
                        format_duration(allowed)
                    )
                }),
        );
    }
    notes
}
