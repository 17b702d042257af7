//! Watches the checks once all of the traffic has moved: how many probes fail, and what differs from before.

use super::check::spec;
use super::{Ending, Performed, STOP_REQUESTED};
use crate::engine::{Engine, EngineError, Way};
use crate::observe_action::count_of;
use crate::text::Secrets;
use crate::{Action, CheckStep, ObserveAction, Step};
use pilotlight_integrity::CheckResult;
use pilotlight_journal::Outcome;
use pilotlight_plan::When;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Shares are in hundredths of a percent: so many are the whole.
const WHOLE: u64 = 10_000;
/// A difference in latency below this is none: one probe of the network varies by as much.
const LATENCY_NOISE_MS: u64 = 50;

/// Probes every check round after round until the time is over. More errors than the quota allows end it at once.
pub(crate) async fn perform(
    engine: &mut Engine,
    step: &Step,
    action: &ObserveAction,
) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let environment = Arc::clone(&engine.ports.environment);
    let mut secrets = Secrets::new(&*environment);
    let mut watched = Vec::with_capacity(action.checks.len());
    for check in &action.checks {
        // A check that a person left out after the switch is theirs.
        if left_out(engine, check) {
            continue;
        }
        match spec(check, &mut secrets) {
            Ok(spec) => watched.push((spec, Tally::of(engine, check))),
            Err(missing) => return Ok(Ending::failed(missing.to_string()).into()),
        }
    }
    let ports = &engine.ports;
    let ends = ports.clock.elapsed() + Duration::from_millis(action.for_ms);
    let pause = Duration::from_millis(step.retry.pause_ms);
    // However fast the probes are: a round at the beginning, one after each pause, and one at the end.
    let most_rounds = action.for_ms / step.retry.pause_ms.max(1) + 2;
    let most_probes = most_rounds.saturating_mul(watched.len() as u64);
    loop {
        // The look of the end counts as every other.
        let over = ports.clock.elapsed() >= ends;
        for (spec, tally) in &mut watched {
            let result = ports.prober.probe(spec).await;
            let detail = secrets.redact(&result.detail);
            tally.add(&result, &detail);
        }
        let sum = Sum::of(watched.iter().map(|(_, tally)| tally));
        // More than all the probes that there can be allow will not get less by waiting.
        if over || sum.exceeds(action.errors, most_probes) {
            let tallies: Vec<Tally> = watched.into_iter().map(|(_, tally)| tally).collect();
            // In a drill nobody is asked: its rule goes back.
            let advice =
                if engine.run.drill.as_ref().is_some_and(|drill| drill.rule().is_some()) { "" } else { ADVICE };
            return Ok(ending(action, &tallies, sum, advice).into());
        }
        if let Some(reason) = engine.asked_to_stop(STOP_REQUESTED).await {
            return Ok(Performed::Waits(reason));
        }
        ports.watcher.waiting(step, &format!("{} of {} probes were not green so far", sum.errors, sum.probes));
        let left = ends.saturating_sub(ports.clock.elapsed());
        ports.clock.sleep(pause.min(left)).await;
    }
}

fn state_of<'e>(engine: &'e Engine, check: &CheckStep, when: When) -> Option<(&'e Step, &'e Value)> {
    let step = engine
        .run
        .steps()
        .find(|step| matches!(&step.action, Action::Check(other) if other.name == check.name && other.when == when))?;
    let observed = engine.journal.state().steps.get(&step.id).map_or(&Value::Null, |state| &state.observed);
    Some((step, observed))
}

fn left_out(engine: &Engine, check: &CheckStep) -> bool {
    state_of(engine, check, When::After).is_some_and(|(step, _)| engine.journal.state().skips.contains_key(&step.id))
}

/// What one check was asked and answered, and what it had answered before the switch.
struct Tally {
    name: String,
    check: CheckStep,
    baseline: Value,
    probes: u64,
    errors: u64,
    latencies: Vec<u64>,
    count: Option<u64>,
    last_error: Option<String>,
}

impl Tally {
    fn of(engine: &Engine, check: &CheckStep) -> Self {
        let baseline = state_of(engine, check, When::Before).map_or(Value::Null, |(_, observed)| observed.clone());
        Self {
            name: check.name.clone(),
            check: check.clone(),
            baseline,
            probes: 0,
            errors: 0,
            latencies: Vec::new(),
            count: None,
            last_error: None,
        }
    }

    fn add(&mut self, result: &CheckResult, detail: &str) {
        self.probes += 1;
        if result.is_green() {
            self.latencies.extend(result.latency.map(crate::compile::milliseconds));
            self.count = count_of(&self.check, detail).or(self.count);
        } else {
            self.errors += 1;
            self.last_error = Some(format!("{}: {detail}", result.status.as_str()));
        }
    }

    /// The middle one: a single slow answer is no slow service.
    fn latency(&self) -> Option<u64> {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }

    fn observed(&self, action: &ObserveAction) -> Value {
        let number = |field: &str| self.baseline.get(field).and_then(Value::as_u64);
        let was_green = self.baseline.get("status").and_then(Value::as_str) == Some("green");
        let (latency, count) = (self.latency(), self.count);
        // What a red check measured is no measure of the service.
        let before = number("latency_ms").filter(|_| was_green);
        let slower = before.zip(latency).is_some_and(|(before, now)| {
            now.saturating_sub(before) > LATENCY_NOISE_MS
                && now.saturating_mul(WHOLE) > before.saturating_mul(WHOLE + u64::from(action.latency))
        });
        let counted = number("count").filter(|_| was_green);
        let other_count = counted.zip(count).is_some_and(|(before, now)| {
            now.abs_diff(before).saturating_mul(WHOLE) > before.saturating_mul(u64::from(action.count))
        });
        json!({
            "name": self.name,
            "probes": self.probes,
            "errors": self.errors,
            "last_error": self.last_error,
            "status_before": self.baseline.get("status"),
            "latency_before_ms": before,
            "latency_ms": latency,
            "slower": slower,
            "count_before": counted,
            "count": count,
            "other_count": other_count,
        })
    }
}

/// All checks together.
#[derive(Clone, Copy)]
struct Sum {
    probes: u64,
    errors: u64,
}

impl Sum {
    fn of<'t>(tallies: impl Iterator<Item = &'t Tally>) -> Self {
        tallies.fold(Self { probes: 0, errors: 0 }, |sum, tally| Self {
            probes: sum.probes + tally.probes,
            errors: sum.errors + tally.errors,
        })
    }

    /// Whether the errors are more than a share of so many probes.
    fn exceeds(self, share: u32, probes: u64) -> bool {
        self.errors.saturating_mul(WHOLE) > probes.saturating_mul(u64::from(share))
    }
}

/// What a person can do about too many errors.
const ADVICE: &str = "; skip this step to leave it at that, or abort the run to go back";

fn ending(action: &ObserveAction, tallies: &[Tally], sum: Sum, advice: &str) -> Ending {
    let observed = json!({
        "probes": sum.probes,
        "errors": sum.errors,
        "checks": tallies.iter().map(|tally| tally.observed(action)).collect::<Vec<_>>(),
    });
    if !sum.exceeds(action.errors, sum.probes) {
        let detail = match sum.probes {
            0 => "no check was left to ask".to_owned(),
            _ => format!("the probes that failed are within {}", percent(u64::from(action.errors))),
        };
        return Ending::new(Outcome::Done, observed, detail);
    }
    let worst: Vec<String> = tallies
        .iter()
        .filter(|tally| tally.errors > 0)
        .map(|tally| {
            let last = tally.last_error.as_deref().unwrap_or_default();
            format!("check {} {} of {}, last {last}", tally.name, tally.errors, tally.probes)
        })
        .collect();
    let share = sum.errors.saturating_mul(WHOLE) / sum.probes.max(1);
    let detail = format!(
        "{} of {} probes were not green ({}), and {} may be: {}{advice}",
        sum.errors,
        sum.probes,
        percent(share),
        percent(u64::from(action.errors)),
        worst.join("; ")
    );
    Ending::new(Outcome::Failed, observed, detail)
}

/// `1.25%`, of hundredths of a percent.
fn percent(hundredths: u64) -> String {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}
