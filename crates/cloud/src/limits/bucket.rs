//! When the next request may leave.

use super::Rate;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Gives out places in the order in which they are asked for, also ahead of time.
#[derive(Debug)]
pub(super) enum Bucket {
    /// Fills by time up to its size. Below zero it holds the places that were given out already.
    Tokens { burst: f64, refill: f64, level: f64, at: Instant },
    /// The last places that were given out, oldest first, at most as many as the window takes.
    Window { requests: usize, per: Duration, given: VecDeque<Instant> },
}

impl Bucket {
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        match rate {
            Rate::Bucket { burst, refill } => Self::Tokens { burst, refill, level: burst, at: now },
            Rate::Window { requests, per } => Self::Window { requests, per, given: VecDeque::with_capacity(requests) },
        }
    }

    /// Takes places for `requests` that leave together, and says how long they have to wait. More than the
    /// bucket or window holds cannot leave together: then the last of them waits for its place, and the
    /// others with it.
    pub(super) fn take(&mut self, requests: u32, now: Instant) -> Duration {
        match self {
            Self::Tokens { burst, refill, level, at } => {
                let filled = now.saturating_duration_since(*at).as_secs_f64() * *refill;
                *level = (*level + filled).min(*burst) - f64::from(requests);
                *at = now.max(*at);
                Duration::from_secs_f64((-*level / *refill).max(0.0))
            }
            Self::Window { requests: size, per, given } => {
                let mut left = requests as usize;
                let mut place = now;
                while left > 0 {
                    let together = left.min(*size);
                    // Never before the one who asked earlier.
                    place = given.back().map_or(now, |last| now.max(*last));
                    if let Some(freed) = (given.len() + together).checked_sub(*size + 1) {
                        place = place.max(given[freed] + *per);
                    }
                    given.extend(std::iter::repeat_n(place, together));
                    given.drain(..given.len().saturating_sub(*size));
                    left -= together;
                }
                place.saturating_duration_since(now)
            }
        }
    }
}
