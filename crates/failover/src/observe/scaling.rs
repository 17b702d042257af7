//! observe: the groups that a run turns up or down.

use super::ObserveError;
use crate::{ApiError, Capacity, Direction, GroupNames, GroupPlace, ObservedGroup};
use pilotlight_findings::Side;
use pilotlight_plan::{DrPlan, Scale};

/// Reads the groups of the plan's scale blocks, one list each in the plan's order: that of the side which takes over,
/// and for a failback that of the standby, which is turned down at its end, where it can be read. The side that a
/// failover leaves is not asked: it may be gone.
///
/// # Errors
/// The side that takes over has no such group, or Auto Scaling gives no answer.
pub async fn observe_groups(
    plan: &DrPlan,
    direction: Direction,
    names: &dyn GroupNames,
    capacity: &dyn Capacity,
) -> Result<Vec<Vec<ObservedGroup>>, ObserveError> {
    let mut all = Vec::with_capacity(plan.scale.len());
    for scale in &plan.scale {
        all.push(match direction {
            Direction::Failover => vec![observe_group(plan, scale, Side::Standby, names, capacity).await?],
            Direction::Failback => {
                let target = observe_group(plan, scale, Side::Primary, names, capacity).await?;
                let left = observe_group(plan, scale, Side::Standby, names, capacity).await;
                std::iter::once(target).chain(left.ok()).collect()
            }
        });
    }
    Ok(all)
}

async fn observe_group(
    plan: &DrPlan,
    scale: &Scale,
    side: Side,
    names: &dyn GroupNames,
    capacity: &dyn Capacity,
) -> Result<ObservedGroup, ObserveError> {
    let missing = |found: String| ObserveError::NoGroup {
        address: scale.address.clone(),
        stack: scale.stack.clone(),
        side,
        found,
        span: scale.span.clone(),
    };
    let Some(name) = names.group_name(scale, side) else {
        return Err(missing("no state of it that could be read has such a group".into()));
    };
    let region = plan.region(side);
    let at = GroupPlace { region, role: plan.stack(&scale.stack).and_then(|stack| stack.role.as_deref()) };
    match capacity.group(at, &name).await {
        Ok(Some(group)) => Ok(ObservedGroup { side, group }),
        Ok(None) => Err(missing(format!("{region} has no group {name}"))),
        Err(source) => Err(ObserveError::Capacity { name, region: region.clone(), source }),
    }
}

/// What to do about a group that could not be read.
pub(super) fn remedy(source: &ApiError) -> String {
    match source {
        ApiError::Denied(_) => "allow autoscaling:DescribeAutoScalingGroups".into(),
        _ => "try again; it is the API of the region that takes over".into(),
    }
}
