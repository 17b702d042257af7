//! The wire between a program and the emulator: counts the calls, adds latency, and knows how long the program waited.

use crate::workspace::Done;
use pilotlight_lab::{Moment, Tap};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The tap, and what it measures.
pub(super) struct Wire {
    tap: Tap,
    clock: Arc<Mutex<Clock>>,
}

#[derive(Default)]
struct Clock {
    latency: Duration,
    open: usize,
    since: Option<Instant>,
    waited: Duration,
}

/// What went over the wire while a program ran.
pub(super) struct Traffic {
    /// Calls by operation, for who wants to know which; the number of all is [`Traffic::count`].
    pub(super) operations: BTreeMap<String, usize>,
    /// The time in which at least one call had no answer yet.
    pub(super) waited: Duration,
}

impl Traffic {
    pub(super) fn count(&self) -> usize {
        self.operations.values().sum()
    }
}

impl Wire {
    pub(super) fn new(endpoint: &str) -> Self {
        let clock: Arc<Mutex<Clock>> = Arc::default();
        let there = Arc::clone(&clock);
        let tap = Tap::looking(endpoint, move |_, moment| {
            match moment {
                Moment::Request => lock(&there).sent(),
                Moment::Answer => {
                    let latency = lock(&there).latency;
                    std::thread::sleep(latency);
                    lock(&there).answered();
                }
            }
            true
        });
        Self { tap, clock }
    }

    /// What `AWS_ENDPOINT_URL` has to be.
    pub(super) fn endpoint(&self) -> String {
        self.tap.endpoint()
    }

    /// Lets `run` make its calls, each answer so much later.
    pub(super) fn during<T>(&self, latency: Duration, run: impl FnOnce() -> Done<T>) -> Done<(T, Traffic)> {
        *lock(&self.clock) = Clock { latency, ..Clock::default() };
        self.tap.take_calls();
        let done = run()?;
        let mut operations = BTreeMap::new();
        for call in self.tap.take_calls() {
            // Without ids, which REST APIs have in the path.
            let operation = call.operation();
            let name = operation.split(['?', '&']).next().unwrap_or_default();
            *operations.entry(name.to_owned()).or_default() += 1;
        }
        Ok((done, Traffic { operations, waited: lock(&self.clock).waited }))
    }
}

fn lock(clock: &Mutex<Clock>) -> MutexGuard<'_, Clock> {
    clock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clock {
    fn sent(&mut self) {
        self.open += 1;
        if self.open == 1 {
            self.since = Some(Instant::now());
        }
    }

    fn answered(&mut self) {
        // A call of the program before, whose clock this is not.
        let Some(open) = self.open.checked_sub(1) else { return };
        self.open = open;
        if open == 0
            && let Some(since) = self.since.take()
        {
            self.waited += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_at_the_same_time_are_waited_for_once() {
        let pause = || std::thread::sleep(Duration::from_millis(20));
        let mut clock = Clock::default();
        clock.sent();
        clock.sent();
        pause();
        clock.answered();
        assert_eq!(clock.waited, Duration::ZERO, "one is still open");
        clock.answered();
        let once = clock.waited;
        assert!(once >= Duration::from_millis(20));
        pause();
        clock.answered();
        assert_eq!(clock.waited, once, "nobody waited, and an answer to nothing is none");
    }
}
