//! A run ends when nothing that it asked for can be carried out any more: the next one would find it in its way, long after
//! it has looked.

use super::{Engine, EngineError, Way};
use crate::Run;
use crate::steps::{is_looked_at_again, outstanding};
use pilotlight_journal::Body;
use pilotlight_plan::format_duration;
use std::time::Duration;

/// Between two looks whether a person wants the wait to stop.
const LOOK_PAUSE: Duration = Duration::from_secs(2);

impl Engine {
    /// Waits for it, and looks once more at what was undone for now. Gives whether the run may end: where not, there is
    /// something else to do, or a person has stopped it.
    pub(super) async fn outlives_its_requests(&mut self, run: &Run) -> Result<bool, EngineError> {
        if let Some((step, until)) = outstanding(self, run) {
            let left = until.saturating_sub(self.ports.clock.elapsed());
            let reason = format!(
                "a request of this step got no answer, and may still be carried out: the run ends when it cannot, in {}",
                format_duration(Duration::from_secs(left.as_secs().max(1)))
            );
            self.tell_of_wait(step, &reason).await?;
            while self.ports.clock.elapsed() < until {
                self.ports.watcher.waiting(step, &reason);
                let stop = self.asked_to_stop("a person asked to stop while it waited").await;
                // Everything is done: a drill that takes too long by now is not undone for it.
                if let Some(stop) = stop.filter(|stop| self.overdue().as_ref() != Some(stop)) {
                    self.append(Body::Stopped { step: Some(step.id.clone()), reason: stop }).await?;
                    return Ok(false);
                }
                let left = until.saturating_sub(self.ports.clock.elapsed());
                self.ports.clock.sleep(left.min(LOOK_PAUSE)).await;
            }
        }
        let again: Vec<_> = run.steps().rev().filter(|step| is_looked_at_again(self, step)).collect();
        for step in &again {
            self.perform(step, Way::Undo).await?;
        }
        Ok(again.is_empty())
    }
}
