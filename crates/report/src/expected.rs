//! What a compiled run is expected to take, after what it will do.

use crate::clean::line as clean;
use crate::compiled::compiled_json;
use crate::words::duration;
use pilotlight_failover::{Expected, ExpectedStep, Run};
use std::fmt::Write as _;

/// What a run is expected to take, as the end of a dry run. `Err` says why the past is not known.
pub fn expected_text(run: &Run, expected: Result<&Expected, &str>) -> String {
    let mut text = String::new();
    // Writing to a string does not fail; the one place says so for all of them.
    let _ = write_expected(&mut text, run, expected);
    text
}

/// A compiled run for a program, with what it is expected to take.
pub fn compiled_json_expected(run: &Run, expected: Result<&Expected, &str>) -> String {
    let text = compiled_json(run);
    let Ok(mut document) = serde_json::from_str::<serde_json::Value>(&text) else { return text };
    document["expected"] = match expected {
        Ok(expected) => serde_json::json!(expected),
        Err(cause) => serde_json::json!({ "unknown": cause }),
    };
    if let (Some(findings), Some(finding)) =
        (document["findings"].as_array_mut(), expected.ok().and_then(|expected| expected.finding(run)))
    {
        findings.push(serde_json::json!(finding));
    }
    format!("{document:#}\n")
}

fn write_expected(text: &mut String, run: &Run, expected: Result<&Expected, &str>) -> std::fmt::Result {
    let expected = match expected {
        Ok(expected) => expected,
        Err(cause) => return writeln!(text, "\nExpected duration\n  not known: {}", clean(cause)),
    };
    match expected.past_runs {
        0 => writeln!(text, "\nExpected duration\n  no past {} of this plan to tell from", run.job)?,
        1 => writeln!(text, "\nExpected duration, by 1 past {} of this plan", run.job)?,
        runs => writeln!(text, "\nExpected duration, by {runs} past {}s of this plan", run.job)?,
    }
    if expected.past_runs > 0 {
        let width = expected.steps.iter().map(|step| step.step.chars().count()).max().unwrap_or(0);
        for step in &expected.steps {
            writeln!(text, "  {:width$}  {}", clean(&step.step), of_step(step))?;
        }
        let unknown = match expected.unmeasured().count() {
            0 => String::new(),
            1 => ", and 1 step that no past run tells of".to_owned(),
            many => format!(", and {many} steps that no past run tells of"),
        };
        writeln!(text, "  {:width$}  {}{unknown}", "in all", duration(expected.in_all_ms))?;
    }
    let rto = expected.rto_ms.map_or(String::new(), |rto| format!(", of an RTO of {}", duration(rto)));
    let ttl = duration(expected.ttl_ms);
    match expected.past_runs {
        0 => writeln!(text, "  resolvers may keep the old answer for {ttl} (TTL){rto}")?,
        _ => writeln!(text, "  until users arrive: {} and TTL {ttl}{rto}", duration(expected.until_verified_ms))?,
    }
    if let Some(finding) = expected.finding(run) {
        writeln!(text, "  ! {} [{}]", clean(&finding.message), finding.code)?;
    }
    Ok(())
}

fn of_step(step: &ExpectedStep) -> String {
    match step.measured {
        _ if step.waits_for_a_person => "waits for a person".to_owned(),
        None => "no past run".to_owned(),
        Some(measured) => {
            let times =
                if measured.times == 1 { "measured once".to_owned() } else { format!("median of {}", measured.times) };
            let of = if measured.of_this_step { "" } else { ", of other steps of its kind" };
            format!("{}  ({times}{of})", duration(measured.median_ms))
        }
    }
}
