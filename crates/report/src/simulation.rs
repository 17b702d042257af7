//! A drill in memory: what each fault comes to.

use crate::clean::line as clean;
use crate::text::{TextOptions, finding};
use crate::words::duration;
use pilotlight_failover::drill::{Came, SimulatedCourse, Simulation, Trial};
use std::fmt::Write as _;

/// The JSON Schema (draft 2020-12) of [`simulation_json`], published as `docs/schema/simulation.json`.
pub const SIMULATION_SCHEMA: &str = include_str!("../../../docs/schema/simulation.json");

/// How many places of one row are named.
const PLACES: usize = 2;
/// Columns of a fault's words.
const FAULT_WIDTH: usize = 44;

/// A drill for a program.
pub fn simulation_json(simulation: &Simulation) -> String {
    format!("{:#}\n", serde_json::json!(simulation))
}

/// A drill for a person: faults of one kind that came to the same in one row; with `verbose` each by itself.
pub fn simulation_text(simulation: &Simulation, options: TextOptions) -> String {
    let mut text = String::new();
    // Writing to a string does not fail; the one place says so for all of them.
    let _ = write_simulation(&mut text, simulation, options);
    text
}

fn write_simulation(text: &mut String, simulation: &Simulation, options: TextOptions) -> std::fmt::Result {
    writeln!(text, "drill of {} in memory, {}", clean(&simulation.plan), simulation.mode)?;
    writeln!(text, "Nothing was changed. Times are simulated, but for those that past runs were measured to take.")?;
    writeln!(text, "\nobjectives")?;
    for course in &simulation.courses {
        write_objectives(text, course)?;
    }
    for course in &simulation.courses {
        write_course(text, course, options)?;
    }
    write_lessons(text, simulation, options)?;
    let lost: usize = simulation.courses.iter().flat_map(|course| &course.trials).filter(|one| !one.survives()).count();
    let tried: usize = simulation.courses.iter().map(|course| course.trials.len()).sum();
    match lost {
        0 if simulation.survives => writeln!(
            text,
            "\nThe plan survives all {tried}: no record set was empty or of the wrong side, one server wrote, no event was \
             lost, and each report said what the world had."
        ),
        0 => writeln!(text, "\nUndisturbed it does not get through in memory, so the rest says little."),
        lost => writeln!(text, "\nThe plan does not survive {lost} of {tried}."),
    }
}

/// Both objectives of one direction: wanted, simulated, and what real runs measured.
fn write_objectives(text: &mut String, course: &SimulatedCourse) -> std::fmt::Result {
    let job = course.job;
    let wanted = |limit: Option<u64>| limit.map_or("none in the plan".into(), duration);
    let mut real = Vec::new();
    real.extend(course.expected_ms.map(|ms| format!("past runs {}", duration(ms))));
    let last = course.last_measured.as_ref();
    let day = |at: &str| clean(at.get(..10).unwrap_or(at));
    real.push(last.map_or("never measured".into(), |last| {
        format!("measured {} on {}", duration(last.recovery_ms), day(&last.at))
    }));
    let simulated = course.recovery_ms.map_or("traffic did not arrive".into(), duration);
    writeln!(text, "  {job}  RTO {}: simulated {simulated}; {}", wanted(course.rto_ms), real.join(", "))?;
    let Some(lost) = &course.lost_writes else { return Ok(()) };
    let told = |lost: &str, ms: Option<u64>| match (lost, ms) {
        ("none", _) => "nothing lost".to_owned(),
        (_, Some(ms)) => format!("at most {} lost", duration(ms)),
        (_, None) => "loss not known".to_owned(),
    };
    let real = last
        .and_then(|last| Some(format!("{} on {}", told(last.lost_writes.as_deref()?, last.lost_ms), day(&last.at))));
    let real = real.unwrap_or_else(|| "never measured".into());
    writeln!(text, "  {job}  RPO {}: simulated {}; {real}", wanted(course.rpo_ms), told(lost, course.lost_ms))
}

/// What differs most from the undisturbed run, and what to fix.
fn write_lessons(text: &mut String, simulation: &Simulation, options: TextOptions) -> std::fmt::Result {
    writeln!(text, "\ndeviations")?;
    for course in &simulation.courses {
        let waits = course.trials.iter().filter(|trial| trial.came == Came::WaitsForAPerson).count();
        let slowest = course.slowest.as_ref().map_or("no fault delays it".to_owned(), |slowest| {
            format!(
                "at the slowest {}, simulated ({}, {})",
                duration(slowest.recovery_ms),
                clean(&slowest.fault),
                clean(&slowest.place)
            )
        });
        writeln!(text, "  {}  {slowest}; a person is needed in {waits} of {} trials", course.job, course.trials.len())?;
    }
    writeln!(text, "\nwhat to fix")?;
    if simulation.fix.is_empty() {
        writeln!(text, "  nothing")?;
    }
    simulation.fix.iter().for_each(|one| text.push_str(&finding(one, options)));
    Ok(())
}

fn write_course(text: &mut String, course: &SimulatedCourse, options: TextOptions) -> std::fmt::Result {
    let recovery = course
        .recovery_ms
        .map_or("traffic did not arrive".into(), |ms| format!("traffic arrives after {}, simulated", duration(ms)));
    let expected =
        course.expected_ms.map_or(String::new(), |ms| format!("; past runs were measured to take {}", duration(ms)));
    writeln!(text, "\n{}: {} steps; {recovery}{expected}", course.job, course.steps)?;
    if let Some(first) = course.trials.first().filter(|_| !course.gets_through()) {
        writeln!(text, "! undisturbed it does not get through: {}", clean(&first.detail))?;
    }
    writeln!(text, "  {:FAULT_WIDTH$}  {:>5}  what came of it", "fault", "times")?;
    for row in rows(course, options.verbose) {
        let (first, places) = (row[0], &row);
        let mark = if first.survives() { ' ' } else { '!' };
        let came = first.came.words();
        writeln!(text, "{mark} {:FAULT_WIDTH$}  {:>5}  {came}{}", clean(&first.fault), row.len(), named(places))?;
        if first.came == Came::WaitsForAPerson
            && let Some(command) = &first.command
        {
            writeln!(text, "  {:FAULT_WIDTH$}         {}", "", clean(command))?;
        }
        if options.verbose {
            writeln!(text, "  {:FAULT_WIDTH$}         {}", "", clean(&first.detail))?;
        }
    }
    for trial in course.trials.iter().filter(|trial| !trial.survives()) {
        writeln!(text, "  ! {}, {}: {}", clean(&trial.fault), clean(&trial.place), clean(&trial.detail))?;
        for broken in &trial.broken {
            writeln!(text, "      {}", clean(broken))?;
        }
    }
    Ok(())
}

/// Trials that are told in one row, in the order in which the first of each came.
fn rows(course: &SimulatedCourse, each: bool) -> Vec<Vec<&Trial>> {
    let mut rows: Vec<Vec<&Trial>> = Vec::new();
    let key = |trial: &Trial| (trial.fault.clone(), trial.came, trial.command.clone(), trial.survives());
    for trial in &course.trials {
        match rows.iter_mut().find(|row| !each && key(row[0]) == key(trial)) {
            Some(row) => row.push(trial),
            None => rows.push(vec![trial]),
        }
    }
    rows
}

/// Where: the first places, and how many more.
fn named(row: &[&Trial]) -> String {
    let mut places: Vec<&str> = Vec::new();
    for trial in row.iter().filter(|trial| !trial.place.is_empty()) {
        if !places.contains(&trial.place.as_str()) {
            places.push(&trial.place);
        }
    }
    match places.len() {
        0 => String::new(),
        many if many > PLACES => format!("  ({} and {} more)", clean(places[0]), many - 1),
        _ => format!("  ({})", clean(&places.join("; "))),
    }
}
