//! observe: what Terraform is to resize.

use super::ObserveError;
use crate::{Direction, NotSized, ObservedSize, StandbyRoots};
use pilotlight_plan::DrPlan;

/// Finds the resources of the plan's scale blocks that Terraform resizes, one each in the plan's order. All are the
/// standby's. A failback does without one that cannot be found, and says so: the standby may be gone.
///
/// # Errors
/// A failover has one that is not there, or that could not be resized.
pub fn observe_sizes(
    plan: &DrPlan,
    direction: Direction,
    roots: &dyn StandbyRoots,
) -> Result<Vec<Result<ObservedSize, String>>, Box<ObserveError>> {
    let mut all = Vec::with_capacity(plan.resize.len());
    for resize in &plan.resize {
        let what = || (resize.address.clone(), resize.stack.clone(), resize.span.clone());
        all.push(match (roots.sized(resize), direction) {
            (Ok(seen), _) => Ok(seen),
            (Err(NotSized::NotHere(reason) | NotSized::NotSettable { reason, .. }), Direction::Failback) => Err(reason),
            (Err(NotSized::NotHere(reason)), Direction::Failover) => {
                let (address, stack, span) = what();
                return Err(Box::new(ObserveError::NotSized { address, stack, reason, span }));
            }
            (Err(NotSized::NotSettable { reason, remedy }), Direction::Failover) => {
                let (address, stack, span) = what();
                return Err(Box::new(ObserveError::NotSettable { address, stack, reason, remedy, span }));
            }
        });
    }
    Ok(all)
}
