//! How far behind the copy is, as CloudWatch has it, right before it is promoted.

use super::look::lag_of;
use crate::engine::{Engine, EngineError, Way};
use crate::steps::database::{Patience, pause};
use crate::steps::{Ending, Performed};
use crate::{ManagedKind, ManagedStep, Step};
use pilotlight_journal::Outcome;
use serde_json::{Value, json};
use std::sync::Arc;

/// Reads it, and stops nothing: what is not known of the loss is said.
pub(super) async fn perform(
    engine: &mut Engine,
    step: &Step,
    database: &ManagedStep,
) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let port = Arc::clone(&engine.ports.managed);
    let (region, id) = (&database.new.region, &database.new.id);
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    loop {
        let is_copy = match &database.service {
            ManagedKind::Rds => port.instance(region, id).await.map(|seen| seen.is_none_or(|new| new.source.is_some())),
            ManagedKind::AuroraGlobal(global) => port
                .global_database(region, global)
                .await
                .map(|seen| seen.and_then(|seen| seen.member_in(region).map(|member| !member.writer)).unwrap_or(true)),
        };
        let error = match is_copy {
            Ok(false) => {
                let detail = "it takes writes already: how far behind it was when it was promoted is not known";
                return Ok(Ending::new(Outcome::Done, Value::Null, detail).into());
            }
            Ok(true) => match port.lag(region, lag_of(&database.service), id).await {
                Ok(Some(measured)) => {
                    let bound = measured.bound().map(crate::compile::milliseconds);
                    let observed = json!({ "bound_ms": bound });
                    let detail = match bound {
                        Some(bound) => {
                            format!("at most the writes of the last {} s can be missing", bound.div_ceil(1000))
                        }
                        None => "it did not replicate when it was measured, so what is missing is not known".to_owned(),
                    };
                    return Ok(Ending::new(Outcome::Done, observed, detail).into());
                }
                Ok(None) => {
                    let detail = "its lag was not measured lately, so what is missing is not known";
                    return Ok(Ending::new(Outcome::Done, Value::Null, detail).into());
                }
                Err(error) => error,
            },
            Err(error) => error,
        };
        match pause(engine, step, deadline, &error.to_string()).await? {
            Patience::Left if !super::is_final(&error) => {}
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            _ => {
                let detail = format!("what is missing is not known, which stops nothing: {error}");
                return Ok(Ending::new(Outcome::Done, Value::Null, detail).into());
            }
        }
    }
}
