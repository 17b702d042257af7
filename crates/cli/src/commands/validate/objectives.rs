//! The plan's objectives against what is known.

use super::Looked;
use super::journal::Past;
use super::scorecard::Scorecard;
use crate::project::{Project, States};
use pilotlight_cloud::Aws;
use pilotlight_failover::{Run, recovery_time};
use pilotlight_findings::{AreaName, Finding, Side, codes};
use pilotlight_rebuild::{DataObject, data_objects, recovery_point, unfilled_buckets};
use pilotlight_tfstate::State;

pub(super) async fn judge(
    project: &Project,
    states: &States,
    looked: &Looked,
    run: Option<&Run>,
    past: &Past,
    aws: &Aws,
    card: &mut Scorecard,
) {
    let plan = &project.plan;
    let sheet = card.sheet(AreaName::Objectives);
    match plan.objectives.rto {
        None => sheet.fact("no RTO in the plan"),
        Some(rto) => {
            let told = recovery_time(&plan.name, rto, run, past.measured.as_ref());
            sheet.facts.extend(told.facts);
            // Of a journal that cannot be read, nobody knows what was rehearsed; its own area says so.
            let rehearsals_known = |finding: &Finding| past.known || finding.code != codes::V_NEVER_REHEARSED;
            sheet.findings.extend(told.findings.into_iter().filter(rehearsals_known));
            if !past.known {
                sheet.unknown("past runs are not known: the journal cannot be read");
            }
            if run.is_none() {
                sheet.unknown("the TTLs in the zone were not read");
            }
        }
    }
    let unfilled = unfilled(project, states, looked);
    sheet.findings.extend(unfilled.iter().cloned());
    let Some(rpo) = plan.objectives.rpo else {
        sheet.fact("no RPO in the plan: replication is not judged");
        if plan.objectives.rto.is_none() {
            sheet.skip("nothing to hold facts against");
        }
        return;
    };
    let (primaries, standbys): (Vec<_>, Vec<_>) =
        (states.side(Side::Primary).collect(), states.side(Side::Standby).collect());
    let of_side = states.all().filter(|(stack, side, _)| *side == Side::Primary && looked.at(stack));
    let objects: Vec<DataObject> = of_side
        .flat_map(|(stack, _, state)| {
            let standby = plan.stack(stack).map(|stack| &stack.standby);
            let chosen = |address: &str| standby?.data_choice(address).map(|choice| choice.from);
            data_objects(stack, state, &plan.primary, &primaries, &standbys, &chosen)
        })
        .collect();
    let told = recovery_point(rpo, &objects, &plan.primary, &plan.standby, &aws.replication()).await;
    sheet.facts.extend(told.facts);
    // Of a bucket that nothing fills there is nothing more to say.
    let is_told = |finding: &Finding| {
        finding.code == codes::V_NO_COPY && unfilled.iter().any(|other| other.subject == finding.subject)
    };
    sheet.findings.extend(told.findings.into_iter().filter(|finding| !is_told(finding)));
}

/// Buckets that are to be replicas, and are not: with an objective or without, such a standby is not ready.
fn unfilled(project: &Project, states: &States, looked: &Looked) -> Vec<Finding> {
    let primaries: Vec<&State> = states.side(Side::Primary).collect();
    let mut findings = Vec::new();
    for stack in project.plan.stacks.iter().filter(|stack| looked.at(&stack.name)) {
        if let (Some(primary), Some(standby)) =
            (states.get(&stack.name, Side::Primary), states.get(&stack.name, Side::Standby))
        {
            findings.extend(unfilled_buckets(stack, primary, standby, &primaries));
        }
    }
    findings
}
