//! Moments at random, from a seed that is printed, and taken from `PILOTLIGHT_SEED` where that is set: they are the same
//! then, as far as a machine's own pace allows.

use crate::rehearsal::Rehearsal;
use std::time::{SystemTime, UNIX_EPOCH};

/// Numbers from a seed: xorshift64, of which nobody asks more than to be the same again.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// From `PILOTLIGHT_SEED`, or else from the clock; told either way.
    ///
    /// # Panics
    /// The variable holds no number.
    pub fn seeded(lab: &Rehearsal) -> Self {
        let given = std::env::var("PILOTLIGHT_SEED").ok();
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.subsec_nanos().into());
        let seed: u64 = given.map_or_else(now, |text| text.parse().expect("PILOTLIGHT_SEED is a number"));
        lab.say(&format!("PILOTLIGHT_SEED={seed}"));
        // Zero stays zero for ever.
        Self(seed.max(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// One that is less than the limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
