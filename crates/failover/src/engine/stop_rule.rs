//! The stop rule of a live drill. Whoever began the drill agreed to it with the run, whose digest holds it: what in every
//! other run a person decides is decided here, by the journal and the clock, and journaled as the rule's own doing.
//!
//! - Before the switch, a failover that takes too long is undone.
//! - After it, one that took too long does not stay, and a stay whose checks fail is ended: the step that watches is left
//!   out, the run ends, and the drill goes home.
//! - Any other failure after the switch is undone as an abort would, where no database was promoted. Where one was, the
//!   way home is a failback with its data, and a person decides how to get there.
//! - Once a person has taken an abort back, nothing of it is undone by this rule any more.

use super::Engine;
use super::next::{Next, traffic_may_have_moved};
use crate::live_drill::StopRule;
use crate::steps::is_promotion;
use crate::{Action, Run, Step};
use pilotlight_journal::{RunState, StepStatus};
use pilotlight_plan::{Phase, format_duration};
use std::time::Duration;

/// Who leaves a step out, and how the reason of a rollback begins.
pub(crate) const STOP_RULE: &str = "the drill's stop rule";

fn rule(run: &Run) -> Option<&StopRule> {
    run.drill.as_ref()?.rule()
}

/// What a failure behind the point of no return leads to in a drill, where that is not a stop.
pub(super) fn after_failure<'a>(run: &'a Run, state: &RunState, step: &Step, reason: &str) -> Option<Next<'a>> {
    rule(run)?;
    if watches(step) {
        let detail = state.steps.get(&step.id).map_or("", |step| step.detail.as_str());
        return Some(Next::Skip { step: step.id.clone(), reason: detail.to_owned() });
    }
    let promoted = run.steps().filter(|step| is_promotion(step)).any(|step| {
        // Failed means: observed, and it is a standby still.
        !matches!(state.status(&step.id), StepStatus::Pending | StepStatus::Failed)
    });
    (!promoted && state.withdrawn.is_none())
        .then(|| Next::RollBack { step: step.id.clone(), reason: format!("{STOP_RULE}: {reason}") })
}

/// Leaves the stay out where the failover took longer than it may.
pub(super) fn without_stay<'a>(run: &'a Run, state: &RunState, step: &Step) -> Option<Next<'a>> {
    let limit = Duration::from_millis(rule(run)?.stop_after_ms);
    if !watches(step) {
        return None;
    }
    let began = state.phases.get(Phase::Observe.as_str())?.started_at;
    let took = Duration::try_from(began.duration_since(state.started_at)).unwrap_or_default();
    (took > limit).then(|| Next::Skip {
        step: step.id.clone(),
        reason: format!(
            "the failover took {}, and may take {}",
            format_duration(Duration::from_secs(took.as_secs())),
            format_duration(limit)
        ),
    })
}

fn watches(step: &Step) -> bool {
    matches!(step.action, Action::Observe(_))
}

impl Engine {
    /// Why a drill that has not moved traffic is to be undone now: it takes longer than it may.
    pub(super) fn overdue(&self) -> Option<String> {
        let limit = Duration::from_millis(rule(&self.run)?.stop_after_ms);
        let state = self.journal.state();
        if state.rollback.is_some() || state.withdrawn.is_some() || traffic_may_have_moved(&self.run, state) {
            return None;
        }
        // A clock that was set back makes it later, never earlier.
        let passed = Duration::try_from(self.ports.clock.now().duration_since(state.started_at)).unwrap_or_default();
        (passed > limit)
            .then(|| format!("{STOP_RULE}: traffic has not moved within {} of its first event", format_duration(limit)))
    }
}
