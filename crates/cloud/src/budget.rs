//! `--max-calls`: a number of requests that no run goes beyond.

use std::sync::atomic::{AtomicU64, Ordering};

/// No limit.
const NONE: u64 = u64::MAX;

/// How many more requests may leave, retries included.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: AtomicU64,
    left: AtomicU64,
    refused: AtomicU64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { limit: AtomicU64::new(NONE), left: AtomicU64::new(NONE), refused: AtomicU64::new(0) }
    }
}

/// A request did not leave, since the limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the limit of {limit} calls (--max-calls) is reached")]
pub(crate) struct BudgetUsedUp {
    pub(crate) limit: u64,
}

impl Budget {
    /// Sets the limit, before the first request.
    pub(crate) fn set(&self, limit: Option<u64>) {
        self.limit.store(limit.unwrap_or(NONE), Ordering::SeqCst);
        self.left.store(limit.unwrap_or(NONE), Ordering::SeqCst);
    }

    /// Takes one request out; each that leaves has taken one.
    pub(crate) fn spend(&self) -> Result<(), BudgetUsedUp> {
        let take = |left: u64| match left {
            NONE => Some(NONE),
            left => left.checked_sub(1),
        };
        let taken = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
        taken.map(drop).map_err(|_| self.refuse())
    }

    /// Whether one more may leave, before it waits for its place.
    pub(crate) fn check(&self) -> Result<(), BudgetUsedUp> {
        if self.left.load(Ordering::SeqCst) == 0 { Err(self.refuse()) } else { Ok(()) }
    }

    fn refuse(&self) -> BudgetUsedUp {
        self.refused.fetch_add(1, Ordering::SeqCst);
        BudgetUsedUp { limit: self.limit.load(Ordering::SeqCst) }
    }

    /// How many more; none without a limit.
    pub(crate) fn left(&self) -> Option<u64> {
        Some(self.left.load(Ordering::SeqCst)).filter(|left| *left != NONE)
    }

    /// Whether a request was kept from leaving.
    pub(crate) fn has_refused(&self) -> bool {
        self.refused.load(Ordering::SeqCst) > 0
    }
}
