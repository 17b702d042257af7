//! A run for the hour in which the primary region is not asked for anything (`--primary-down`): what is left out of it,
//! and what it is refused for. Pure.

use crate::{Call, Direction, Plane, Run, StepCall};
use pilotlight_findings::{Code, Explain, Finding, Region, Severity, Side, Subject, codes};
use pilotlight_plan::{Check, DrPlan, When};
use std::collections::BTreeMap;

/// The plan without the probes of the primary, and a note for each. In a failover they are recorded and stop nothing, or
/// could not become green: a region that is down is known to be red.
pub fn without_primary_checks(plan: &DrPlan) -> (DrPlan, Vec<Finding>) {
    let mut notes = Vec::new();
    let asks = |check: &Check, when: When| check.side.at(when, Side::Primary) == Side::Primary;
    let mut kept = plan.clone();
    for check in &mut kept.checks {
        let left_out: Vec<When> = check.when.iter().copied().filter(|when| asks(check, *when)).collect();
        for when in &left_out {
            let moment = match when {
                When::Before => "before",
                When::After => "after",
            };
            let message = format!(
                "left out {moment} the switch: it looks at {}, which is not asked (--primary-down)",
                plan.primary
            );
            let subject = Subject::Check { name: check.name.clone() };
            notes.push(Finding::new(codes::F_CHECK_LEFT_OUT, Severity::Info, subject, message));
        }
        check.when.retain(|when| !left_out.contains(when));
    }
    kept.checks.retain(|check| !check.when.is_empty());
    (kept, notes)
}

/// Why a run is not for this hour.
#[derive(Debug, thiserror::Error)]
pub enum PrimaryDownError {
    /// It leads to the region that is down.
    #[error("fail back to {region} while it is not asked (--primary-down): everything that a failback does needs it")]
    LeadsThere {
        /// The primary.
        region: Region,
    },
    /// Calls of it are answered by the primary region, or by a control plane elsewhere that is not the standby's.
    #[error("go on without {region}: {}", calls.join("; "))]
    Needs {
        /// The primary.
        region: Region,
        /// Each call with where it is answered and the steps that make it.
        calls: Vec<String>,
    },
}

impl Explain for PrimaryDownError {
    fn code(&self) -> Code {
        codes::F_NEEDS_PRIMARY
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::LeadsThere { .. } => "wait until the region answers, rebuild it to parity, then fail back".into(),
            Self::Needs { .. } => {
                "change the plan so that the steps named do not need it (with databases, --mode ungraceful does without \
                 the old ones); without --primary-down the run is compiled with \
                 them, and each fails where its call gets no answer"
                    .into()
            }
        })
    }
}

/// Refuses a direction that leads to the region which is not asked.
///
/// # Errors
/// A failback.
pub fn refuse_direction(direction: Direction, plan: &DrPlan) -> Result<(), PrimaryDownError> {
    match direction {
        Direction::Failover => Ok(()),
        Direction::Failback => Err(PrimaryDownError::LeadsThere { region: plan.primary.clone() }),
    }
}

/// Refuses a run that needs the primary region, naming each call and the steps that make it.
///
/// A control plane that AWS runs in one region for all, as Route 53's in us-east-1, is no reason to refuse where that
/// is not the primary: it is a dependence that the dry run names.
///
/// # Errors
/// There is such a call.
pub fn refuse_primary_calls(run: &Run) -> Result<(), PrimaryDownError> {
    let mut needed: BTreeMap<&Call, Vec<&str>> = BTreeMap::new();
    for StepCall { step, call } in run.calls() {
        if needs_primary(run, call) {
            needed.entry(call).or_default().push(&step.id);
        }
    }
    if needed.is_empty() {
        return Ok(());
    }
    let told = |(call, steps): (&Call, Vec<&str>)| {
        let region = call.region.as_ref().map(Region::as_str).unwrap_or_default();
        let plane = if call.plane == Plane::Control { "the control plane in " } else { "" };
        format!("{}:{} is answered by {plane}{region} ({})", call.service, call.operation, steps.join(", "))
    };
    let region = run.from.region.clone();
    Err(PrimaryDownError::Needs { region, calls: needed.into_iter().map(told).collect() })
}

fn needs_primary(run: &Run, call: &Call) -> bool {
    let Some(region) = &call.region else { return false };
    let everywhere = GLOBAL_CONTROL_PLANES.contains(&call.service.as_str());
    *region == run.from.region || (call.plane == Plane::Control && *region != run.to.region && !everywhere)
}

/// Services whose control plane is in one region for all of AWS's partition, whatever the plan's regions are.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html>
const GLOBAL_CONTROL_PLANES: [&str; 3] = ["route53", "iam", "cloudfront"];
