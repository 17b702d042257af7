//! What a drill in memory teaches: objectives against what was simulated, the slowest way through, and what to fix.

use crate::samples::{PLANS, States, failover, observed, plan_of};
use pilotlight_failover::Mode;
use pilotlight_failover::drill::{Options, Simulation, simulate};
use pilotlight_findings::{Severity, codes};
use std::time::Duration;

fn drilled(name: &str, rto: Option<Duration>, one_of: usize) -> Simulation {
    let (_, text) = PLANS.iter().find(|(known, _)| *known == name).expect("a plan");
    let mut plan = plan_of(text);
    plan.objectives.rto = rto;
    let options = Options { seeds: Vec::new(), one_of, threads: 2 };
    let run = failover(&plan, Mode::Graceful);
    simulate(&plan, run, &observed(&plan), &States, &States, &options, &|_, _, _| ()).expect("drilled")
}

#[test]
fn traffic_that_arrives_after_the_objective_is_to_be_fixed_and_names_the_slowest_fault() {
    let told = drilled("record", Some(Duration::from_secs(1)), 11);
    for course in &told.courses {
        assert_eq!(course.rto_ms, Some(1_000));
        let undisturbed = course.recovery_ms.expect("it arrives");
        let slowest = course.slowest.as_ref().expect("a slowest one");
        assert!(undisturbed > 1_000 && slowest.recovery_ms > 1_000, "{undisturbed} and {slowest:?}");
        assert!(!slowest.fault.starts_with("clock jumps"), "a clock that jumped measures nothing: {slowest:?}");
        let most = course.trials.iter().skip(1).filter_map(|trial| trial.recovery_ms).max();
        assert_eq!(most, Some(slowest.recovery_ms));
        assert_eq!((course.lost_writes.as_deref(), course.rpo_ms), (None, None), "it has no database");
    }
    let late: Vec<_> = told.fix.iter().filter(|one| one.code == codes::F_DRILL_FAULT).collect();
    assert_eq!(late.len(), 2, "one a direction: {:#?}", told.fix);
    assert!(late.iter().all(|one| one.severity == Severity::Warning));
    assert!(
        late[0].message.starts_with("in memory the failover arrives after the RTO of 1s in "),
        "{}",
        late[0].message
    );
    assert!(told.survives, "late is not lost");
}

#[test]
fn what_databases_lose_is_told_and_an_objective_that_holds_leaves_nothing_late() {
    let told = drilled("databases", Some(Duration::from_secs(3_600)), 40);
    let [there, back] = &told.courses[..] else { panic!("both ways") };
    assert_eq!((there.lost_writes.as_deref(), there.lost_ms), (Some("none"), Some(0)));
    assert_eq!(back.lost_writes.as_deref(), Some("none"));
    assert!(!told.fix.iter().any(|one| one.code == codes::F_DRILL_FAULT), "{:#?}", told.fix);
}
