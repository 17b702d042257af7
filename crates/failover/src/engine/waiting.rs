//! What a step waits for: whoever watches is told with each look, and the journal once, as somebody else may ask for it.

use super::{Engine, EngineError};
use crate::Step;
use pilotlight_journal::Body;
use std::time::Duration;

/// How long a wait has to last before the journal tells of it: most are over by then.
const TOLD_AFTER: Duration = Duration::from_secs(10);

/// The wait of the step that is at work.
#[derive(Default)]
pub(crate) struct Waiting {
    /// By the ports' clock.
    since: Option<Duration>,
    told: bool,
}

impl Engine {
    /// Said with each look that finds nothing yet.
    pub(crate) async fn waits(&mut self, step: &Step, cause: &str) -> Result<(), EngineError> {
        self.ports.watcher.waiting(step, cause);
        let now = self.ports.clock.elapsed();
        let since = *self.waiting.since.get_or_insert(now);
        if self.waiting.told || now.saturating_sub(since) < TOLD_AFTER {
            return Ok(());
        }
        self.tell_of_wait(step, cause).await
    }

    /// Said once, of a wait that somebody has to know of from its beginning.
    pub(crate) async fn tell_of_wait(&mut self, step: &Step, reason: &str) -> Result<(), EngineError> {
        self.waiting.told = true;
        self.append(Body::Waits { step: step.id.clone(), reason: reason.to_owned() }).await
    }
}
