//! What was asked for and got no answer may still be carried out, also after who asked has died: nothing calls a request
//! back. A run that goes the other way meanwhile would find everything as it wants it, and be wrong a moment later.

use super::{Ending, STOP_REQUESTED};
use crate::engine::{Engine, EngineError, Way};
use crate::{Action, Run, Step};
use pilotlight_journal::{Body, Event, StepStatus};
use serde_json::Value;
use std::time::Duration;

/// How long a request may be under way whose sender got no answer, and how long what was asked for may go unseen: AWS
/// promises neither. RDS and Auto Scaling answer a moment before their describe calls show it.
pub(super) const SETTLE: Duration = Duration::from_secs(60);

/// How long an executor may be in the midst of one call, all of its attempts included: what the program's client gives
/// each of AWS's, and nothing leaves later. Sessions of databases ask for changes in less.
pub const LONGEST_CALL: Duration = Duration::from_secs(75);

/// What this step asked for the other way, and what may still come of it.
pub(super) struct OtherWay {
    /// Until then, by the ports' clock.
    until: Duration,
    way: Way,
    /// Whether it was one request.
    single: bool,
    told: bool,
}

/// What to make of everything being as it is wanted.
pub(super) enum Held {
    /// It stays so.
    Believed,
    /// It is to be looked at once more.
    Again,
    /// A person asked to stop, for this reason.
    Stop(String),
}

impl OtherWay {
    pub(super) fn of(engine: &Engine, step: &Step, way: Way) -> Self {
        let askers = askers(engine.journal.events(), step, way.other());
        let open = askers.iter().filter(|asker| asker.open);
        let until = open.map(|asker| may_come_until(engine, asker)).max().unwrap_or_default();
        // An answered request of another one may be what is seen.
        let single = askers.len() == 1 && engine.attempts(step, way.other()) == 1;
        Self { until, way, single, told: false }
    }

    /// Of several steps, until nothing of any may come.
    pub(super) fn of_all<'s>(engine: &Engine, steps: impl Iterator<Item = &'s Step>, way: Way) -> Self {
        let all = steps.map(|step| Self::of(engine, step, way));
        all.max_by_key(|other_way| other_way.until).unwrap_or_else(|| Self::none(way))
    }

    /// Nothing may come: what is wanted now is not what a request of the other way would change.
    pub(super) fn none(way: Way) -> Self {
        Self { until: Duration::ZERO, way, single: true, told: false }
    }

    /// How much longer a step may take for it.
    pub(super) fn left(&self, engine: &Engine) -> Duration {
        self.until.saturating_sub(engine.ports.clock.elapsed())
    }

    /// It has come. Where it was asked for once, nothing else is under way.
    pub(super) fn came(&mut self) {
        if self.single {
            self.until = Duration::ZERO;
        }
    }

    /// Asked where everything is as it is wanted: waits a moment where that may not last.
    pub(super) async fn hold(&mut self, engine: &mut Engine, step: &Step) -> Result<Held, EngineError> {
        let left = self.left(engine);
        if left.is_zero() {
            return Ok(Held::Believed);
        }
        let cause = may_come(self.way, left);
        if !self.told {
            self.told = true;
            engine.tell_of_wait(step, &cause).await?;
        }
        engine.ports.watcher.waiting(step, &cause);
        if let Some(reason) = engine.asked_to_stop(STOP_REQUESTED).await {
            return Ok(Held::Stop(reason));
        }
        engine.ports.clock.sleep(left.min(Duration::from_millis(step.retry.pause_ms))).await;
        Ok(Held::Again)
    }
}

/// An executor that asked for what a step does in one way, or may have.
struct Asker<'e> {
    executor: &'e str,
    /// Whether something that it asked for got no answer, as far as is known.
    open: bool,
    /// Whether it was replaced by one that did not know it dead.
    may_live: bool,
}

/// By this executor's own clock alone: the one on the wall may have jumped since the journal was written.
fn may_come_until(engine: &Engine, asker: &Asker<'_>) -> Duration {
    match asker {
        asker if asker.executor == engine.journal.executor() => engine.ports.clock.elapsed() + SETTLE,
        Asker { may_live: false, .. } => engine.taken + SETTLE,
        Asker { may_live: true, .. } => engine.taken + LONGEST_CALL + SETTLE,
    }
}

/// Until when an executor that lives, as far as is known, may have a database do what this step does. Of one that is dead
/// nothing is left: the next fence and release end its sessions.
fn a_session_may_ask_until(engine: &Engine, step: &Step, way: Way) -> Duration {
    let askers = askers(engine.journal.events(), step, way);
    let living = askers.iter().filter(|asker| asker.open && asker.may_live);
    living.map(|asker| may_come_until(engine, asker)).max().unwrap_or_default()
}

fn askers<'e>(events: &'e [Event], step: &Step, way: Way) -> Vec<Asker<'e>> {
    fn asks<'a, 'e>(found: &'a mut Vec<Asker<'e>>, executor: &'e str) -> &'a mut Asker<'e> {
        let known = found.iter().position(|asker| asker.executor == executor).unwrap_or_else(|| {
            found.push(Asker { executor, open: true, may_live: false });
            found.len() - 1
        });
        &mut found[known]
    }
    // A fence, a release and a promotion say of their own requests alone whether one got no answer.
    let tells_of_all = !matches!(step.action, Action::Database(_));
    let mut found = Vec::new();
    let mut is_open = false;
    // Who took the run on while an attempt was open goes on with it, unless it turns the run around.
    let mut goes_on: Option<&str> = None;
    let mut at_work: Option<&str> = None;
    for event in events {
        let executor = event.executor.as_str();
        match (&event.what, way) {
            (Body::StepIntended { step: id, .. }, Way::Do) | (Body::UndoIntended { step: id, .. }, Way::Undo)
                if *id == step.id =>
            {
                asks(&mut found, executor).open = true;
                (is_open, goes_on) = (true, None);
            }
            (Body::StepFinished { step: id, observed, .. }, Way::Do)
            | (Body::UndoFinished { step: id, observed, .. }, Way::Undo)
                if *id == step.id =>
            {
                let unanswered = is_unanswered(observed);
                asks(&mut found, executor).open = unanswered;
                if tells_of_all && !unanswered {
                    found.iter_mut().for_each(|asker| asker.open = false);
                }
                (is_open, goes_on) = (false, None);
            }
            // From here on nobody asks for it any more.
            (Body::RollbackStarted { by, .. }, Way::Do) => {
                // One that turned around by itself was at work on it until then.
                if let (None, Some(executor)) = (by, goes_on) {
                    asks(&mut found, executor);
                }
                (is_open, goes_on) = (false, None);
            }
            (Body::AbortWithdrawn { .. }, Way::Undo) => (is_open, goes_on) = (false, None),
            (Body::Resumed { .. } | Body::Takeover { .. }, _) => {
                if is_open && let Some(before) = goes_on.replace(executor) {
                    asks(&mut found, before);
                }
                if matches!(event.what, Body::Takeover { .. })
                    && let Some(replaced) = found.iter_mut().find(|asker| Some(asker.executor) == at_work)
                {
                    replaced.may_live = true;
                }
            }
            _ => {}
        }
        at_work = Some(executor);
    }
    found
}

/// How much longer an executor that lives, as far as is known, may ask for what this step does.
pub(super) fn may_be_asked_for(engine: &Engine, step: &Step) -> Duration {
    match askers(engine.journal.events(), step, Way::Do).iter().any(|asker| asker.open && asker.may_live) {
        true => (engine.taken + LONGEST_CALL).saturating_sub(engine.ports.clock.elapsed()),
        false => Duration::ZERO,
    }
}

/// A group's size that is taken back holds up nothing else, a fence above all: where a request for it may still be carried
/// out, it is looked at once more when everything else is undone.
pub(super) fn undone_for_now(engine: &Engine, step: &Step, ending: Ending) -> Ending {
    let settled = OtherWay::of(engine, step, Way::Undo).left(engine).is_zero();
    if settled { ending } else { ending.marked(AGAIN) }
}

/// Whether it was undone for now.
pub(crate) fn is_looked_at_again(engine: &Engine, step: &Step) -> bool {
    let state = engine.journal.state().steps.get(&step.id);
    state.is_some_and(|state| state.status == StepStatus::Undone && state.observed.get(AGAIN) == Some(&true.into()))
}

const AGAIN: &str = "again";

/// Until when a request of the run may be carried out that got no answer, and would change what the next run finds, by the
/// ports' clock; and the step that asked.
pub(crate) fn outstanding<'r>(engine: &Engine, run: &'r Run) -> Option<(&'r Step, Duration)> {
    let of = |step: &'r Step| {
        let until = |asked: &Way| match step.action {
            Action::MoveRecords(_) | Action::Signal(_) | Action::Scale(_) | Action::Resize(_) | Action::Managed(_) => {
                Some(OtherWay::of(engine, step, asked.other()).until)
            }
            Action::Database(ref database) if !database.only_looks() => {
                Some(a_session_may_ask_until(engine, step, *asked))
            }
            _ => None,
        };
        // A step that is undone has waited for what it had asked for before, one that failed for what was lost of it.
        let asked: &[Way] = match engine.journal.state().status(&step.id) {
            StepStatus::Undone if is_looked_at_again(engine, step) => &[Way::Do, Way::Undo],
            StepStatus::Undone => &[Way::Undo],
            StepStatus::Done | StepStatus::AlreadyDone | StepStatus::Skipped => &[Way::Do, Way::Undo],
            _ => &[],
        };
        Some((step, asked.iter().filter_map(until).max()?))
    };
    let last = run.steps().filter_map(of).max_by_key(|(_, until)| *until);
    last.filter(|(_, until)| *until > engine.ports.clock.elapsed())
}

/// Says with a step's outcome whether one of its requests got no answer, and is not what was seen.
pub(super) fn unanswered(ending: Ending, lost: bool) -> Ending {
    if lost { ending.marked(UNANSWERED) } else { ending }
}

const UNANSWERED: &str = "unanswered";

fn is_unanswered(observed: &Value) -> bool {
    observed.get(UNANSWERED) == Some(&Value::Bool(true))
}

/// Waits a moment for what got no answer and is not there; gives a reason where a person asks to stop.
pub(super) async fn wait_for_effect(
    engine: &mut Engine,
    step: &Step,
    cause: &str,
) -> Result<Option<String>, EngineError> {
    engine.waits(step, &format!("{cause}; it may still be carried out")).await?;
    let stop = engine.asked_to_stop(STOP_REQUESTED).await;
    if stop.is_none() {
        engine.ports.clock.sleep(Duration::from_millis(step.retry.pause_ms)).await;
    }
    Ok(stop)
}

/// Why a step waits that finds everything as it wants it.
fn may_come(way: Way, left: Duration) -> String {
    let (is, other) = match way {
        Way::Do => ("as wanted", "undo"),
        Way::Undo => ("as before", "do"),
    };
    format!(
        "it is {is}, and a request to {other} it that got no answer may still be carried out: it is looked at for {} more",
        pilotlight_plan::format_duration(Duration::from_secs(left.as_secs().max(1)))
    )
}
