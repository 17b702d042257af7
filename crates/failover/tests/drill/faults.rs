//! Single faults of every plan, both ways: a share of them here, all of them in the benchmark.

use crate::samples::{PLANS, States, failover, observed, plan_of};
use pilotlight_failover::Mode;
use pilotlight_failover::drill::{Came, Options, Simulation, simulate};

/// A number that hits every kind of fault over the plans.
const ONE_OF: usize = 11;

fn simulated(name: &str, mode: Mode) -> Simulation {
    let (_, text) = PLANS.iter().find(|(known, _)| *known == name).expect("a plan");
    let plan = plan_of(text);
    let options = Options { seeds: Vec::new(), one_of: ONE_OF, threads: 2 };
    simulate(&plan, failover(&plan, mode), &observed(&plan), &States, &States, &options, &|_, _, _| ())
        .expect("drilled")
}

fn survives(name: &str, mode: Mode) {
    let told = simulated(name, mode);
    let lost: Vec<_> = told
        .courses
        .iter()
        .flat_map(|course| course.trials.iter().map(move |trial| (course.job, trial)))
        .filter(|(_, trial)| !trial.survives())
        .map(|(job, trial)| {
            format!(
                "{job}, {} at {}: {} ({}) {:?}",
                trial.fault,
                trial.place,
                trial.came.words(),
                trial.detail,
                trial.broken
            )
        })
        .collect();
    assert!(lost.is_empty(), "{} of {name}:\n{}", lost.len(), lost.join("\n"));
    for course in &told.courses {
        assert_eq!(course.trials[0].came, Came::Finished, "{}: {}", course.job, course.trials[0].detail);
        assert!(course.trials.len() > 12, "only {} trials", course.trials.len());
    }
}

#[test]
fn records() {
    survives("record", Mode::Graceful);
}

#[test]
fn weights() {
    survives("weighted", Mode::Graceful);
}

#[test]
fn a_signal() {
    survives("signal", Mode::Graceful);
}

#[test]
fn aliases() {
    survives("aliases", Mode::Graceful);
}

#[test]
fn databases() {
    survives("databases", Mode::Graceful);
}

#[test]
fn databases_whose_primary_may_be_dead() {
    survives("databases", Mode::Ungraceful);
}

#[test]
fn groups() {
    survives("scale", Mode::Graceful);
}

#[test]
fn databases_that_aws_promotes() {
    survives("managed", Mode::Graceful);
}
