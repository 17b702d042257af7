//! Time: it passes where somebody waits or asks.

use super::World;
use crate::Clock;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// When every world begins: hours since 1970, in January 2027.
const BEGINS_HOURS: i64 = 500_000;
/// What reading the clock takes, so that no two events have one time.
const READING: Duration = Duration::from_millis(1);

#[async_trait]
impl Clock for World {
    fn now(&self) -> Timestamp {
        self.with(|state| {
            state.elapsed += READING;
            let passed = i64::try_from(state.elapsed.as_millis()).unwrap_or(i64::MAX);
            let wall = SignedDuration::from_millis(passed.saturating_add(state.clock_ahead_ms));
            let begins = Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_hours(BEGINS_HOURS));
            begins.and_then(|begins| begins.saturating_add(wall)).unwrap_or(Timestamp::MAX)
        })
    }

    fn elapsed(&self) -> Duration {
        self.with(|state| state.elapsed)
    }

    async fn sleep(&self, duration: Duration) {
        self.pass(duration).await;
    }
}
