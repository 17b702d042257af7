//! The worst hour: the primary region is dark, API, applications and database, and pilotlight is killed at random and
//! resumed. Then back, once the region is there again.

use crate::customers;
use crate::drilled::nothing_lost;
use crate::estate::{PLAN, Till, World, succeeded};
use pilotlight_lab::PRIMARY_REGION;
use pilotlight_tests::Random;
use serde_json::Value;
use std::time::Duration;

/// Kills of each run, at most.
const KILLS: usize = 1;

/// From its start to a kill, at most: a run waits for AWS and Terraform for most of a minute.
const LIVES_MS: u64 = 15_000;

pub(crate) fn there_and_back(till: &mut Till<'_>, random: &mut Random) {
    let lab = till.lab;
    let ordering = customers::begin(till);
    lab.wait(lab.lab().blackout(PRIMARY_REGION, false)).expect("the region is dark");
    let report = killed_and_resumed(till, random, &["failover", PLAN, "--mode", "ungraceful"]);
    for database in report["databases"].as_array().expect("databases") {
        assert_eq!(database["fence"], "unknown", "nobody answered for the old side: {database:#}");
        assert_ne!(database["lost_writes"], "none", "{database:#}");
    }
    till.expect(World::AWAY);
    lab.wait(lab.lab().restore(PRIMARY_REGION, true)).expect("the region is back");

    let report = killed_and_resumed(till, random, &["failback", PLAN]);
    till.expect(World::AT_HOME);
    nothing_lost(&report);
    till.expect_no_changes();
    customers::came_home(till, ordering);
    till.make_ready_again();
}

/// Begins a run, kills it at random and resumes it, to its end; its report.
fn killed_and_resumed(till: &Till<'_>, random: &mut Random, arguments: &[&str]) -> Value {
    let (runs, _) = till.newest();
    let begin = [arguments, &["--yes"]].concat();
    let mut next = begin.clone();
    for kill in 1..=KILLS {
        let mut running = till.lab.spawn(&next);
        let after = Duration::from_millis(random.below(LIVES_MS));
        std::thread::sleep(after);
        if running.has_ended() {
            succeeded(&running.end());
            return ended(till, runs);
        }
        running.kill();
        till.say_killed(arguments[0], kill, after, runs);
        // Killed before it had claimed the plan, there is nothing to resume.
        next = if till.newest().0 > runs { vec!["run", "resume", PLAN] } else { begin.clone() };
    }
    succeeded(&till.lab.pilotlight(&next));
    ended(till, runs)
}

fn ended(till: &Till<'_>, before: usize) -> Value {
    let (now, newest) = till.newest();
    assert_eq!(now, before + 1, "one run, and no other");
    let report = till.report(&newest.expect("a run"));
    assert_eq!(report["outcome"], "succeeded", "{report:#}");
    report
}
