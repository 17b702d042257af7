//! What people ask of this executor by a request beside the run, from wherever they are: looked for between two steps
//! and while a step waits; and whether somebody has taken the run meanwhile. A look costs one list call and one read, and is
//! made every few seconds at most.

use super::{Engine, EngineError};
use pilotlight_journal::{JournalError, Request, Wish};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Between two looks: a person who asked waits about that long.
const LOOK_INTERVAL: Duration = Duration::from_secs(3);
/// How long a look may take. A journal that does not answer keeps no run from going on: what has to be written
/// stops it soon enough.
const LOOK_LIMIT: Duration = Duration::from_secs(2);

/// The requests that were seen.
#[derive(Default)]
pub(crate) struct RequestsSeen(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    /// When the last look was, by the ports' clock.
    looked: Option<Duration>,
    /// Whether another executor was seen to have the run.
    lost: bool,
    /// Number of the first request that was not read yet.
    next: u64,
    found: Vec<Request>,
}

impl RequestsSeen {
    /// Nothing panics while it is held; if something did, what was seen is still true.
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What happened while a person was being asked.
pub(crate) enum Meanwhile {
    /// Somebody said yes elsewhere.
    Approved(Request),
    /// The run is to stop, for this reason.
    Pause(String),
}

impl Engine {
    /// Why the run is to stop here: a signal, in the words of `signal`, somebody's request, or the rule of its drill.
    pub(crate) async fn asked_to_stop(&self, signal: &str) -> Option<String> {
        if self.ports.stop_requested() {
            return Some(signal.to_owned());
        }
        self.look().await;
        if self.requests.lock().lost {
            // The event that says so cannot be appended, which ends this executor.
            return Some("another executor has the run".to_owned());
        }
        self.pause_asked().or_else(|| self.overdue())
    }

    /// Writes every yes that was given elsewhere into the journal.
    pub(crate) async fn take_approvals(&mut self) -> Result<(), EngineError> {
        self.look().await;
        let yes: Vec<Request> = self.standing(|request| matches!(request.what, Wish::Approve { .. }));
        for request in yes {
            let Wish::Approve { step } = &request.what else { continue };
            match self.approve(step, &request.by, &request.reason).await {
                // It is no approval, or too late for it: whoever asked sees that it stays without an answer.
                Err(EngineError::NoStep { .. } | EngineError::NotNow { .. }) | Ok(()) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits until somebody else has said yes to the approval `step`, or wants the run to stop.
    ///
    /// # Errors
    /// Another executor has taken the run: the person who is being asked need not answer any more.
    pub(crate) async fn meanwhile(&self, step: &str) -> Result<Meanwhile, EngineError> {
        loop {
            self.ports.clock.sleep(LOOK_INTERVAL).await;
            self.look().await;
            let is_yes = |request: &Request| matches!(&request.what, Wish::Approve { step: asked } if asked == step);
            if let Some(request) = self.standing(is_yes).into_iter().next() {
                return Ok(Meanwhile::Approved(request));
            }
            if let Some(reason) = self.pause_asked().or_else(|| self.overdue()) {
                return Ok(Meanwhile::Pause(reason));
            }
            let owned = tokio::time::timeout(LOOK_LIMIT, self.journal.check_ownership()).await;
            if let Ok(Err(error @ JournalError::LostOwnership { .. })) = owned {
                return Err(error.into());
            }
        }
    }

    fn pause_asked(&self) -> Option<String> {
        let request = self.standing(|request| request.what == Wish::Pause).into_iter().next()?;
        Some(format!("paused by {}: {}", request.by, request.reason))
    }

    /// The requests that this executor has still to answer.
    fn standing(&self, wanted: impl Fn(&Request) -> bool) -> Vec<Request> {
        let seen = self.requests.lock();
        let standing = |request: &&Request| wanted(request) && request.stands(self.journal.events());
        seen.found.iter().filter(standing).cloned().collect()
    }

    /// Looks for requests, unless that was done a moment ago.
    async fn look(&self) {
        let now = self.ports.clock.elapsed();
        let from = {
            let mut seen = self.requests.lock();
            if seen.looked.is_some_and(|looked| now < looked + LOOK_INTERVAL) {
                return;
            }
            seen.looked = Some(now);
            seen.next
        };
        let owned = tokio::time::timeout(LOOK_LIMIT, self.journal.check_ownership()).await;
        if matches!(owned, Ok(Err(JournalError::LostOwnership { .. }))) {
            self.requests.lock().lost = true;
        }
        // What could not be read is looked for again.
        let Ok(Ok(found)) = tokio::time::timeout(LOOK_LIMIT, self.journal.requests(from)).await else { return };
        let mut seen = self.requests.lock();
        for (number, request) in found {
            seen.next = seen.next.max(number + 1);
            seen.found.push(request);
        }
    }
}
