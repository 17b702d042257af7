//! A live drill under load: there and back by itself, killed at random and resumed, and taken over by somebody else while
//! its executor is at work. Customers lose nothing, and the till is as it was.

use crate::customers;
use crate::estate::{PLAN, Till, World};
use pilotlight_tests::Random;
use serde_json::Value;
use std::time::Duration;

/// From the drill's beginning, or its resumption, to what ends its executor.
const LIVES_MS: u64 = 25_000;

/// How often it is killed, before somebody takes it over.
const KILLS: usize = 1;

pub(crate) fn there_and_back(till: &mut Till<'_>, random: &mut Random) {
    let ordering = customers::begin(till);
    let begin = ["drill", "live", PLAN, "--yes", "--stay", "3s", "--format", "json"];
    let resume = ["drill", "live", PLAN, "--resume", "--format", "json"];
    let takeover = [&resume[..], &["--takeover"]].concat();
    let (before, _) = till.newest();
    let mut next = &begin[..];
    for kill in 1..=KILLS {
        let mut running = till.lab.spawn(next);
        let after = Duration::from_millis(random.below(LIVES_MS));
        std::thread::sleep(after);
        assert!(!running.has_ended(), "the drill was over after {after:?}: {}", running.end().story());
        running.kill();
        till.say_killed("drill", kill, after, before);
        next = if till.newest().0 > before { &resume } else { &begin };
    }
    let mut first = till.lab.spawn(next);
    let after = Duration::from_millis(3_000 + random.below(LIVES_MS));
    std::thread::sleep(after);
    assert!(!first.has_ended(), "the drill was over after {after:?}: {}", first.end().story());
    till.lab.say(&format!("drill taken over after {after:?}"));
    let second = till.lab.spawn(&takeover);
    let first = first.end().expect(4);
    assert!(first.output().contains("has taken it over"), "{}", first.story());
    let told = second.end().expect(2).json();

    assert_eq!((&told["outcome"], &told["traffic"]), (&"done".into(), &"home".into()), "{told:#}");
    till.expect(World::AT_HOME);
    till.expect_no_changes();
    let ways = told["runs"].as_array().expect("two runs");
    assert_eq!(ways.len(), 2, "{told:#}");
    for way in ways {
        nothing_lost(&way["report"]);
    }
    customers::lost_nothing(till, ordering);
    till.make_ready_again();
}

/// The databases of a graceful run.
pub(crate) fn nothing_lost(report: &Value) {
    let databases = report["databases"].as_array().expect("databases");
    assert_eq!(databases.len(), 2, "{report:#}");
    for database in databases {
        assert_eq!((&database["fence"], &database["lost_writes"]), (&"proven".into(), &"none".into()), "{database:#}");
    }
}
