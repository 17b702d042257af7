//! Watches the checks while a share of the traffic is on the side that takes over.

use super::check::spec;
use super::{Ending, Performed, STOP_REQUESTED};
use crate::engine::{Engine, EngineError, Way};
use crate::text::Secrets;
use crate::{Action, CheckStep, HoldAction, Step};
use pilotlight_integrity::CheckResult;
use pilotlight_journal::Outcome;
use pilotlight_plan::When;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Probes every check again and again until the time is over. The first that is not green ends it.
pub(crate) async fn perform(engine: &mut Engine, step: &Step, hold: &HoldAction) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let environment = Arc::clone(&engine.ports.environment);
    let mut secrets = Secrets::new(&*environment);
    let (watched, left_out): (Vec<_>, Vec<_>) =
        hold.checks.iter().partition(|check| check.direct || !was_red(engine, check));
    let mut specs = Vec::with_capacity(watched.len());
    for check in &watched {
        match spec(check, &mut secrets) {
            Ok(spec) => specs.push(spec),
            Err(missing) => return Ok(Ending::failed(missing.to_string()).into()),
        }
    }
    let ports = &engine.ports;
    let ends = ports.clock.elapsed() + Duration::from_millis(hold.hold_ms);
    let pause = Duration::from_millis(step.retry.pause_ms);
    let mut rounds: u64 = 0;
    loop {
        // The look of the end counts as every other: what is red when it is over was not held.
        let over = ports.clock.elapsed() >= ends;
        for (check, spec) in watched.iter().zip(&specs) {
            let result = ports.prober.probe(spec).await;
            if !result.is_green() {
                let detail = secrets.redact(&result.detail);
                return Ok(not_held(check, &result, &detail, rounds).into());
            }
        }
        rounds += 1;
        if over {
            return Ok(held(hold, &watched, &left_out, rounds).into());
        }
        if let Some(reason) = engine.asked_to_stop(STOP_REQUESTED).await {
            return Ok(Performed::Waits(reason));
        }
        ports.watcher.waiting(step, &format!("{} green so far", names(&watched)));
        let left = ends.saturating_sub(ports.clock.elapsed());
        ports.clock.sleep(pause.min(left)).await;
    }
}

/// Whether a check that asks by the moved name was red before anything was moved: then its red is not this move's.
fn was_red(engine: &Engine, check: &CheckStep) -> bool {
    let before = engine.run.steps().find(
        |step| matches!(&step.action, Action::Check(other) if other.name == check.name && other.when == When::Before),
    );
    before
        .and_then(|step| engine.journal.state().steps.get(&step.id))
        .and_then(|state| state.observed.get("status")?.as_str().map(|status| status != "green"))
        .unwrap_or(false)
}

fn held(hold: &HoldAction, watched: &[&CheckStep], left_out: &[&CheckStep], rounds: u64) -> Ending {
    let mut detail = match watched {
        [] => "no check watched it".to_owned(),
        watched => format!("{} stayed green", names(watched)),
    };
    if !left_out.is_empty() {
        detail.push_str(&format!("; not asked, as it was red before the switch: {}", names(left_out)));
    }
    let checks: Vec<Value> = watched.iter().map(|check| json!({ "name": check.name, "green": rounds })).collect();
    Ending::new(Outcome::Done, json!({ "held_ms": hold.hold_ms, "checks": checks }), detail)
}

/// Red is no refusal: traffic was moved, and is moved back.
fn not_held(check: &CheckStep, result: &CheckResult, detail: &str, rounds: u64) -> Ending {
    let status = result.status.as_str();
    let observed = json!({ "check": check.name, "status": status, "detail": detail, "green_rounds": rounds });
    Ending::new(Outcome::Failed, observed, format!("check {} is {status}: {detail}", check.name))
}

fn names(checks: &[&CheckStep]) -> String {
    let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
    names.join(", ")
}
