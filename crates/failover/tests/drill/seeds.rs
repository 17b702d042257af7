//! Random mixes of faults and races of two operators: a small share here, all of them in the benchmark.

use crate::samples::{PLANS, courses, plan_of};
use pilotlight_failover::Mode;
use pilotlight_failover::drill::Alone;

/// Seeds a plan and direction.
const SEEDS: u64 = 3;

#[test]
fn seeds_leave_the_world_whole() {
    let alone = Alone::new().expect("a timer");
    for (name, text) in PLANS {
        for course in courses(&plan_of(text), Mode::Graceful) {
            for seed in 0..SEEDS {
                let trial = alone.run(course.seeded(seed));
                assert!(trial.survives(), "{name} {}: {trial:#?}", course.run().job);
            }
        }
    }
}

#[test]
fn a_seed_is_one_drill() {
    let alone = Alone::new().expect("a timer");
    let [there, _] = courses(&plan_of(PLANS[1].1), Mode::Graceful);
    let (one, other) = (alone.run(there.seeded(7)), alone.run(there.seeded(7)));
    assert_eq!(one, other);
    assert_ne!(one.took_ms, alone.run(there.seeded(8)).took_ms);
}

#[test]
fn of_two_operators_one_carries_the_run_out() {
    let alone = Alone::new().expect("a timer");
    for (name, text) in PLANS {
        for course in courses(&plan_of(text), Mode::Graceful) {
            for seed in 0..SEEDS {
                let trial = alone.run(course.race(seed));
                assert!(trial.survives(), "{name} {}: {trial:#?}", course.run().job);
            }
        }
    }
}
