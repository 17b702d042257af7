//! A random mix of faults from a seed.

use super::chance::Chance;
use super::course::Course;
use super::operator::People;
use super::results::Trial;
use crate::simulation::{Asked, State, Trouble};
use pilotlight_journal::{Fault, MemoryStore, Operation};

/// How many calls of a thousand meet trouble, from a quiet day to the worst.
const LIKELY: [u64; 5] = [10, 30, 80, 150, 300];
/// Troubles that a seed brings, at most.
const MOST: u64 = 60;
/// How far the clock jumps, at most, in milliseconds each way.
const JUMP_MS: u64 = 7_200_000;
const TROUBLES: [Trouble; 6] =
    [Trouble::Throttle, Trouble::Broken, Trouble::LoseRequest, Trouble::LoseAnswer, Trouble::Late, Trouble::Stale];

impl Course {
    /// What comes of a seed: throttling, failures, timeouts before and after the effect, stale reads, answers in
    /// another order, a clock that jumps, a journal that refuses, and kills.
    pub async fn seeded(&self, seed: u64) -> Trial {
        let (world, store) = (self.world(), MemoryStore::new("journal"));
        let mut chance = Chance::of(seed);
        let likely = chance.one_of(&LIKELY).copied().unwrap_or_default();
        let mut left = 1 + chance.below(MOST);
        let mut of_calls = Chance::of(chance.number());
        let rule = move |_: &Asked<'_>, _: &State| {
            let now = left > 0 && of_calls.hits(likely);
            left -= u64::from(now);
            if now { of_calls.one_of(&TROUBLES).copied() } else { None }
        };
        let mut of_turns = Chance::of(chance.number());
        let mut of_events = Chance::of(chance.number());
        world.with(|state| {
            state.trouble = Some(Box::new(rule));
            state.turns = Some(Box::new(move || u8::try_from(1 + of_turns.below(4)).unwrap_or(1)));
            state.on_event = Some(Box::new(move |state, _| {
                if of_events.hits(40) {
                    let jump = i64::try_from(of_events.below(2 * JUMP_MS)).unwrap_or_default();
                    state.clock_ahead_ms = jump - i64::try_from(JUMP_MS).unwrap_or_default();
                }
            }));
        });
        let (mut of_store, killed) = (Chance::of(chance.number()), world.clone());
        let (mut kills, mut refusals) = (chance.below(4), chance.below(4));
        store.set_fault(move |operation, _| {
            if operation != Operation::Create {
                return None;
            }
            if killed.is_dead() {
                return Some(Fault::Deny);
            }
            if kills > 0 && of_store.hits(30) {
                kills -= 1;
                killed.kill();
                return of_store.hits(500).then_some(Fault::Deny);
            }
            if refusals > 0 && of_store.hits(30) {
                refusals -= 1;
                // A request that is lost would be waited for, in nobody's simulated time.
                return Some(if of_store.hits(500) { Fault::Deny } else { Fault::LoseAnswer });
            }
            None
        });
        let patience = usize::try_from(chance.below(4)).unwrap_or_default();
        let (abort, withdraw) = (chance.hits(200), chance.hits(500));
        let people = People { patience, abort, withdraw };
        let story = self.carry_out(&world, &store, people).await;
        self.tell_of("a mix of faults".into(), format!("seed {seed}"), &world, &story)
    }
}
