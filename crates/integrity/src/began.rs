//! When something began, by both of a machine's clocks.

use std::time::{Duration, Instant, SystemTime};

/// A moment that how long something takes is counted from, also on a machine that sleeps: its steady clock stops meanwhile,
/// on Linux and macOS. The one on the wall goes on, and may be set.
#[derive(Debug, Clone, Copy)]
pub struct Began {
    steady: Instant,
    wall: SystemTime,
}

impl Began {
    /// Now.
    pub fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// The longer of the two times since. A wall clock that was set back says nothing; one that was set ahead has who asks
    /// try again.
    pub fn elapsed(&self) -> Duration {
        self.steady.elapsed().max(self.wall.elapsed().unwrap_or_default())
    }

    /// As if it had begun earlier: by the steady clock, or by the wall's alone.
    #[must_use]
    pub fn before(self, steady: Duration, wall: Duration) -> Self {
        Self {
            steady: self.steady.checked_sub(steady).unwrap_or(self.steady),
            wall: self.wall.checked_sub(wall).unwrap_or(self.wall),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_of_both_times_counts_and_a_clock_set_back_nothing() {
        let (hour, minute) = (Duration::from_secs(3600), Duration::from_secs(60));
        for (steady, wall) in [(minute, hour), (hour, minute), (hour, Duration::ZERO)] {
            let elapsed = Began::now().before(steady, wall).elapsed();
            assert!((hour..hour + minute).contains(&elapsed), "{elapsed:?}");
        }
        let ahead = Began { wall: SystemTime::now() + hour, ..Began::now() };
        assert!(ahead.elapsed() < minute);
    }
}
