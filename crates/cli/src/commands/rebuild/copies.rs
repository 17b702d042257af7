//! Copied snapshots of what the plan restores; asked for by no stack, nothing is asked of AWS.

use crate::failure::Failure;
use crate::project::{Project, States};
use pilotlight_cloud::Aws;
use pilotlight_findings::{Finding, Side, codes};
use pilotlight_plan::Stack;
use pilotlight_rebuild::{RegionMap, observe_copies, wants_copies};

/// Puts the snapshot of each database and volume into the map: the one that the standby was made from, or the newest.
pub(crate) async fn find(
    project: &Project,
    stacks: &[&Stack],
    states: &States,
    aws: &Aws,
    map: &mut RegionMap,
) -> Result<Vec<Finding>, Failure> {
    let regions = (&project.plan.primary, &project.plan.standby);
    let catalog = aws.snapshots();
    let mut findings = Vec::new();
    for stack in stacks.iter().filter(|stack| wants_copies(stack)) {
        let Some(primary) = states.get(&stack.name, Side::Primary) else { continue };
        let read = match states.get(&stack.name, Side::Standby) {
            Some(_) => None,
            None => project.read_state(stack, Side::Standby, aws).await.map_err(in_the_primary)?,
        };
        let standby = states.get(&stack.name, Side::Standby).or(read.as_ref());
        findings.extend(observe_copies(&catalog, regions, stack, primary, standby, &mut map.copies).await);
    }
    Ok(findings)
}

/// With `--primary-down`, a standby whose state is in the primary region has to move it first.
fn in_the_primary(failure: Failure) -> Failure {
    if failure.code() != codes::R_PRIMARY_NEEDED {
        return failure;
    }
    failure.with_remedy(
        "keep the standby's state in a bucket of the standby region: backend = { bucket = \"…\", region = \"…\" } in the \
         stack's standby block",
    )
}
