//! SIGKILL at many moments of a run, and `run resume`: the same world and the same report as without.

use crate::moved::{Direction, Expected, expect_succeeded};
use crate::{PLAN, Shop};
use pilotlight_tests::{Moment, Rehearsal, Tap, normalised};
use serde_json::Value;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// When a run is killed.
#[derive(Debug, Clone, Copy)]
enum Kill {
    /// The run's claim on the plan is made; its own first event perhaps not.
    Claimed,
    /// This many events are in its journal. The steps take milliseconds, so it may be one or two more.
    Events(usize),
    /// It has sent the change of the records, and Route 53 does not have it.
    ChangeSent,
    /// Route 53 has changed the records, and the run does not know.
    ChangeMade,
}

/// From the first event to the last but one of thirty. The records are moved between the 14th and the 17th.
const MOMENTS: [Kill; 12] = [
    Kill::Claimed,
    Kill::Events(1),
    Kill::Events(3),
    Kill::Events(9),
    Kill::Events(11),
    Kill::Events(14),
    Kill::Events(15),
    Kill::ChangeSent,
    Kill::ChangeMade,
    Kill::Events(16),
    Kill::Events(20),
    Kill::Events(27),
];

/// A run reaches each of the moments within a second or two.
const PATIENCE: Duration = Duration::from_secs(60);

/// Of the two dozen kills, how many have to hit a run at work. A machine under load may be late for the steps
/// that take milliseconds, never for the moments that wait for the kill.
const ENOUGH: usize = 20;

pub(crate) fn ends_as_if_not_killed(lab: &Rehearsal, shop: &Shop, expected: &Expected) {
    let mut at_work = 0;
    for kill in MOMENTS {
        for direction in Direction::BOTH {
            let last = killed_and_resumed(lab, shop, expected, direction, kill);
            at_work += usize::from(last.is_some());
            let after = last.unwrap_or_else(|| "its end: too late".to_owned());
            lab.say(&format!("{} killed at {kill:?}, after {after}", direction.command()));
        }
    }
    lab.say(&format!("{at_work} of {} kills hit a run at work", 2 * MOMENTS.len()));
    assert!(at_work >= ENOUGH, "only {at_work} kills of {} hit a run at work", 2 * MOMENTS.len());
}

/// The last event before the kill; none where the run had ended by itself.
fn killed_and_resumed(
    lab: &Rehearsal,
    shop: &Shop,
    expected: &Expected,
    direction: Direction,
    kill: Kill,
) -> Option<String> {
    kill_at(lab, direction, kill);
    let run = lab.last_claim().expect("the run has claimed the plan");
    let last = lab.last_event(&run);
    let finished = last.as_ref().is_some_and(|event| event["what"]["kind"] == "run_finished");
    if !finished {
        // In the plan's journal there is a run that is not finished: nothing else may begin.
        let ended = lab.pilotlight(&["run", "resume", PLAN]);
        assert_eq!(ended.code, Some(0), "killed at {kill:?}, last event {last:?}\n{}", ended.story());
    }
    lab.expect_dns(direction.target(&shop.addresses));
    assert!(!lab.path("plans/.pilotlight/batch-paused").exists(), "killed at {kill:?}: the batch jobs still rest");

    let report = lab.report_of(PLAN, &run);
    expect_succeeded(&report);
    let resumed = report["interventions"].as_array().expect("interventions");
    let resumed = resumed.iter().filter(|intervention| intervention["what"] == "resumed").count();
    assert_eq!(resumed, usize::from(!finished), "{report:#}");
    assert_same(&normalised(&report), expected.of(direction), direction, kill);
    (!finished).then(|| last.as_ref().map_or("its claim, before its first event".to_owned(), describe))
}

fn kill_at(lab: &Rehearsal, direction: Direction, kill: Kill) {
    let arguments = [direction.command(), PLAN, "--yes"];
    let claims = lab.claims();
    let endpoint = &lab.lab().handle().aws_endpoint;
    match kill {
        Kill::Claimed => {
            let running = lab.spawn(&arguments);
            wait("a claim", || lab.claims() > claims);
            running.kill();
        }
        Kill::Events(count) => {
            let running = lab.spawn(&arguments);
            wait("a claim", || lab.claims() > claims);
            let run = lab.last_claim().expect("the claim");
            let event = lab.journal(&run).join(format!("{:010}.json", count - 1));
            wait("the event", || event.exists());
            running.kill();
        }
        Kill::ChangeSent | Kill::ChangeMade => {
            let moment = if matches!(kill, Kill::ChangeSent) { Moment::Request } else { Moment::Answer };
            let (tell, told) = mpsc::channel();
            let tap = Tap::looking(endpoint, move |call, at| {
                let here = call.changes_records() && at == moment;
                // The test may have failed and gone.
                let _ = here.then(|| tell.send(()));
                !here
            });
            let running = lab.spawn_through(&tap, &arguments);
            told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no change was sent within {PATIENCE:?}"));
            running.kill();
        }
    }
}

fn wait(what: &str, seen: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !seen() {
        assert!(Instant::now() < deadline, "{what} did not come within {PATIENCE:?}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn describe(event: &Value) -> String {
    let what = &event["what"];
    let detail = what["body"]["step"].as_str().or(what["body"]["phase"].as_str()).unwrap_or("");
    format!("event {}, {} {detail}", event["sequence"], what["kind"].as_str().unwrap_or("?")).trim_end().to_owned()
}

/// Says where two reports differ, and not only that they do.
fn assert_same(found: &Value, expected: &Value, direction: Direction, kill: Kill) {
    let (found, expected) = (format!("{found:#}"), format!("{expected:#}"));
    let differing: Vec<String> = found
        .lines()
        .zip(expected.lines())
        .filter(|(found, expected)| found != expected)
        .map(|(found, expected)| format!("  {}\n    instead of\n  {}", found.trim(), expected.trim()))
        .collect();
    assert!(
        found == expected,
        "{} killed at {kill:?} and resumed tells another story than one that was not:\n{}\n{found}",
        direction.command(),
        differing.join("\n")
    );
}
