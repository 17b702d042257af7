//! Keeps out of runs what Terraform marked as sensitive: runs are saved, journaled and shown.

use super::{CompileError, Refusal};
use pilotlight_findings::Side;
use pilotlight_plan::{Outputs, Value};

/// Refuses values that name a sensitive output of the side's state. `what` is `check storefront`.
pub(super) fn refuse_sensitive<'a>(
    what: &str,
    values: impl IntoIterator<Item = &'a Value>,
    side: Side,
    outputs: &dyn Outputs,
) -> Result<(), CompileError> {
    let mut references = values.into_iter().flat_map(Value::outputs);
    match references.find(|reference| outputs.is_sensitive(&reference.stack, side, &reference.name)) {
        None => Ok(()),
        Some(reference) => Err(Refusal::SensitiveOutput {
            what: what.to_owned(),
            output: format!("stack.{}.output.{}", reference.stack, reference.name),
            side,
            span: reference.span.clone(),
        }
        .into()),
    }
}
