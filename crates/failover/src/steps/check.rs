use super::{Ending, Performed, STOP_REQUESTED};
use crate::engine::{Engine, EngineError, Way};
use crate::observe_action::count_of;
use crate::text::{MissingVariable, Secrets};
use crate::{CheckStep, Probe, Step};
use pilotlight_integrity::{CheckKind, CheckResult, CheckSpec};
use pilotlight_journal::Outcome;
use pilotlight_plan::When;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Probes until green, or once where red stops nothing.
pub(crate) async fn perform(engine: &mut Engine, step: &Step, check: &CheckStep) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let environment = Arc::clone(&engine.ports.environment);
    let mut secrets = Secrets::new(&*environment);
    let spec = match spec(check, &mut secrets) {
        Ok(spec) => spec,
        Err(missing) => return Ok(Ending::failed(missing.to_string()).into()),
    };
    let deadline = engine.ports.clock.elapsed() + step.timeout();
    let mut asked = 0;
    loop {
        let result = engine.ports.prober.probe(&spec).await;
        asked += 1;
        let detail = secrets.redact(&result.detail);
        if result.is_green() {
            return Ok(Ending::new(Outcome::Done, observed(check, &result, &detail, asked), detail).into());
        }
        if !check.gate {
            let recorded = format!("{}, which stops nothing: {detail}", result.status.as_str());
            return Ok(Ending::new(Outcome::Done, observed(check, &result, &detail, asked), recorded).into());
        }
        engine.waits(step, &detail).await?;
        let pause = Duration::from_millis(step.retry.pause_ms);
        if engine.ports.clock.elapsed() + pause >= deadline {
            return Ok(not_green(check, &result, &detail, asked).into());
        }
        if let Some(reason) = engine.asked_to_stop(STOP_REQUESTED).await {
            return Ok(Performed::Waits(reason));
        }
        engine.ports.clock.sleep(pause).await;
    }
}

/// Before the switch it is a safety rule that stops the run: traffic is never moved to what cannot serve.
fn not_green(check: &CheckStep, result: &CheckResult, detail: &str, asked: u32) -> Ending {
    let observed = observed(check, result, detail, asked);
    let detail = format!("{}: {detail}", result.status.as_str());
    match check.when {
        When::Before => Ending::refused(observed, detail),
        When::After => Ending::new(Outcome::Failed, observed, detail),
    }
}

/// A check that was green when it was asked `asked` times had been something else before, where that is more than one.
fn observed(check: &CheckStep, result: &CheckResult, detail: &str, asked: u32) -> Value {
    let mut observed = json!({
        "status": result.status.as_str(),
        "asked": asked,
        "latency_ms": result.latency.map(|latency| u64::try_from(latency.as_millis()).unwrap_or(u64::MAX)),
        "detail": detail,
    });
    if let Some(count) = count_of(check, detail).filter(|_| result.is_green()) {
        observed["count"] = count.into();
    }
    observed
}

pub(crate) fn spec(check: &CheckStep, secrets: &mut Secrets<'_>) -> Result<CheckSpec, MissingVariable> {
    let kind = match &check.probe {
        Probe::Http { url, expect_status, expect_body, headers } => CheckKind::Http {
            url: secrets.reveal(url)?,
            expect_status: *expect_status,
            expect_body: expect_body.clone(),
            headers: headers
                .iter()
                .map(|header| Ok((header.name.clone(), secrets.reveal(&header.value)?)))
                .collect::<Result<_, MissingVariable>>()?,
        },
        Probe::Tcp { address } => CheckKind::Tcp { address: secrets.reveal(address)? },
        Probe::Dns { name, record_type, expect, server } => CheckKind::Dns {
            name: secrets.reveal(name)?,
            record_type: record_type.clone(),
            expect: secrets.reveal_all(expect)?,
            server: server.as_ref().map(|server| secrets.reveal(server)).transpose()?,
        },
        Probe::Command { run } => CheckKind::Command { run: secrets.reveal_all(run)? },
    };
    Ok(CheckSpec { check: kind, timeout_ms: check.probe_timeout_ms })
}
