//! Drills in memory: the objectives, what differs most, and what to fix.

use crate::schema::{errors, parse, schema};
use pilotlight_failover::drill::{
    Came, Delay, LastMeasured, SIMULATION_SCHEMA_VERSION, SimulatedCourse, Simulation, Trial,
};
use pilotlight_failover::{Direction, Mode};
use pilotlight_findings::{Finding, Severity, Subject, codes};
use pilotlight_report::{SIMULATION_SCHEMA, TextOptions, simulation_json, simulation_text};

fn trial(fault: &str, came: Came, recovery_ms: Option<u64>) -> Trial {
    Trial {
        fault: fault.into(),
        place: "ns-1.test".into(),
        came,
        command: (came == Came::WaitsForAPerson).then(|| "pilotlight run resume PLAN".into()),
        detail: "traffic is on the standby".into(),
        took_ms: 50_000,
        recovery_ms,
        broken: Vec::new(),
    }
}

fn simulation() -> Simulation {
    let course = |job: Direction, last_measured: Option<LastMeasured>| SimulatedCourse {
        job,
        steps: 12,
        recovery_ms: Some(42_100),
        rto_ms: Some(900_000),
        rpo_ms: Some(60_000),
        lost_writes: Some("none".into()),
        lost_ms: Some(0),
        expected_ms: last_measured.as_ref().map(|_| 38_000),
        last_measured,
        slowest: Some(Delay {
            fault: "name server 40 s behind".into(),
            place: "ns-1.test".into(),
            recovery_ms: 82_000,
        }),
        trials: vec![
            trial("nothing", Came::Finished, Some(42_100)),
            trial("name server 40 s behind", Came::Finished, Some(82_000)),
            trial("check red", Came::WaitsForAPerson, None),
        ],
    };
    let last = LastMeasured {
        at: "2026-11-21T03:00:00Z".into(),
        recovery_ms: 41_000,
        lost_writes: Some("some".into()),
        lost_ms: Some(1_200),
    };
    let subject = Subject::Plan { name: "shop".into() };
    Simulation {
        schema_version: SIMULATION_SCHEMA_VERSION,
        plan: "shop".into(),
        mode: Mode::Graceful,
        simulated: true,
        courses: vec![course(Direction::Failover, Some(last)), course(Direction::Failback, None)],
        survives: true,
        fix: vec![
            Finding::new(codes::F_DRILL_FAULT, Severity::Warning, subject, "arrives late").remedy("lower the TTL"),
        ],
    }
}

#[test]
fn objectives_deviations_and_what_to_fix_stand_around_the_table() {
    let told = simulation_text(&simulation(), TextOptions { width: 100, ..TextOptions::default() });
    let objectives = "
objectives
  failover  RTO 15 m: simulated 42.1 s; past runs 38.0 s, measured 41.0 s on 2026-11-21
  failover  RPO 1 m: simulated nothing lost; at most 1.2 s lost on 2026-11-21
  failback  RTO 15 m: simulated 42.1 s; never measured
  failback  RPO 1 m: simulated nothing lost; never measured
";
    assert!(told.contains(objectives), "{told}");
    let deviations = "
deviations
  failover  at the slowest 1 m 22 s, simulated (name server 40 s behind, ns-1.test); a person is needed in 1 of 3 trials
";
    assert!(told.contains(deviations), "{told}");
    assert!(told.contains("\nwhat to fix\n  ! warning  plan shop  PL-F254\n    arrives late\n"), "{told}");
}

#[test]
fn the_drill_fits_its_schema_and_takes_no_other_field() {
    let schema = schema(SIMULATION_SCHEMA);
    let document = parse(&simulation_json(&simulation()));
    assert_eq!(errors(&schema, &document), Vec::<String>::new());
    for place in ["", "/courses/0", "/courses/0/last_measured", "/courses/0/slowest", "/courses/0/trials/0", "/fix/0"] {
        let mut changed = document.clone();
        let object = changed.pointer_mut(place).and_then(serde_json::Value::as_object_mut).expect("an object");
        object.insert("field_of_tomorrow".into(), 1.into());
        assert!(!errors(&schema, &changed).is_empty(), "{place} took an unknown field");
    }
}
