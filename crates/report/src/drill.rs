//! A live drill in words: what the terminal, the page and the ticket all say.

use crate::clean::line;
use crate::next::{self, NextStep, on_plan};
use crate::observation::{percent, summary};
use crate::theme::{Mark, Tone};
use crate::words::{clock, duration};
use crate::{databases, headline};
use pilotlight_failover::live_drill::{Deviation, DrillReport, DrilledRun, Traffic};

/// The mark of how a drill ended.
pub(crate) fn mark(drill: &DrillReport) -> Mark {
    let (symbol, word, tone) = match drill.outcome.as_str() {
        "done" if drill.fix.is_empty() => ("✓", "done", Tone::Good),
        "done" => ("!", "done, with something to fix", Tone::Warn),
        "stopped_early" => ("✗", "stopped early", Tone::Bad),
        "rolled_back" => ("↺", "rolled back", Tone::Bad),
        "refused" => ("✗", "refused", Tone::Bad),
        "aborted" => ("✗", "aborted", Tone::Bad),
        "failed" => ("✗", "failed", Tone::Bad),
        "waits" => ("!", "waits for a person", Tone::Warn),
        _ => ("?", "has not ended", Tone::Unsure),
    };
    Mark { symbol, word, tone }
}

/// `drill done: traffic was on eu-central-1 and is back on eu-west-1`
pub(crate) fn sentence(drill: &DrillReport) -> String {
    format!("drill {}: {}", verdict(drill), where_traffic_is(drill))
}

/// `done`, `stopped early and went home`
pub(crate) fn verdict(drill: &DrillReport) -> &'static str {
    match drill.outcome.as_str() {
        "done" => "done",
        "stopped_early" => "stopped early, and went home",
        "rolled_back" => "rolled back",
        "refused" => "refused",
        "aborted" => "aborted",
        "failed" => "failed",
        "waits" => "waits for a person",
        _ => "has not ended",
    }
}

fn where_traffic_is(drill: &DrillReport) -> String {
    let Some(DrilledRun { report, .. }) = drill.runs.first() else { return "it has no run".into() };
    let (primary, standby) = (&report.from.region, &report.to.region);
    match (drill.traffic, drill.outcome.as_str()) {
        (Traffic::Home, "done" | "stopped_early") => format!("traffic was on {standby} and is back on {primary}"),
        (Traffic::Home, _) => format!("traffic is on {primary}"),
        (Traffic::Away, _) => format!("TRAFFIC IS STILL ON {standby}"),
        (Traffic::InDoubt, _) => format!("where traffic is, its last run says, between {primary} and {standby}"),
    }
}

/// A line of the objectives: what is measured, and against what.
pub(crate) struct Objective {
    pub(crate) mark: Mark,
    /// `failover`
    pub(crate) job: String,
    /// `recovery time`
    pub(crate) what: &'static str,
    pub(crate) objective: String,
    pub(crate) measured: String,
    /// What past runs let expect.
    pub(crate) expected: String,
}

/// Both ways against RTO and RPO.
pub(crate) fn objectives(drill: &DrillReport) -> Vec<Objective> {
    drill.runs.iter().flat_map(|run| [Some(recovery_time(run)), recovery_point(run)]).flatten().collect()
}

const NONE: &str = "none in the plan";

fn met(objective: Option<u64>, measured: Option<u64>) -> Mark {
    let (symbol, word, tone) = match (objective, measured) {
        (_, None) => ("?", "not measured", Tone::Unsure),
        (None, Some(_)) => ("·", "no objective", Tone::Quiet),
        (Some(objective), Some(measured)) if measured > objective => ("✗", "missed", Tone::Bad),
        (Some(_), Some(_)) => ("✓", "met", Tone::Good),
    };
    Mark { symbol, word, tone }
}

fn recovery_time(run: &DrilledRun) -> Objective {
    let time = &run.report.recovery_time;
    Objective {
        mark: met(time.objective_ms, time.measured_ms),
        job: line(&run.report.job),
        what: "recovery time",
        objective: time.objective_ms.map_or_else(|| NONE.into(), duration),
        measured: headline::recovered_in(time).unwrap_or_else(|| "not measured".into()),
        expected: match (run.past_runs, run.expected_ms.map(|ms| (duration(ms), duration(run.ttl_ms)))) {
            (1, Some((ms, ttl))) => format!("{ms} and TTL {ttl} by 1 past run"),
            (runs, Some((ms, ttl))) => format!("{ms} and TTL {ttl} by {runs} past runs"),
            _ => "no past run".into(),
        },
    }
}

fn recovery_point(run: &DrilledRun) -> Option<Objective> {
    let point = run.report.recovery_point.as_ref()?;
    let lost: Vec<String> = run
        .report
        .databases
        .iter()
        .map(|database| format!("{}: {}", line(&database.name), databases::lost(database)))
        .collect();
    Some(Objective {
        mark: met(point.objective_ms, point.measured_ms),
        job: line(&run.report.job),
        what: "data",
        objective: point.objective_ms.map_or_else(|| NONE.into(), duration),
        measured: match (point.lost_writes.as_str(), point.measured_ms) {
            ("none", _) => "nothing was lost".into(),
            (_, Some(ms)) => format!("at most {}", duration(ms)),
            ("pending", None) => "no database was promoted".into(),
            (_, None) => "not known".into(),
        },
        expected: lost.join("; "),
    })
}

/// How long it stayed, and what the checks saw.
pub(crate) fn stay(drill: &DrillReport) -> String {
    let planned = duration(drill.stay.planned_ms);
    let lasted = match drill.stay.lasted_ms {
        Some(ms) => format!("{} of {planned} on the standby", duration(ms)),
        None => format!("none of {planned} on the standby"),
    };
    match &drill.stay.observation {
        Some(seen) => format!("{lasted}; {}", summary(seen)),
        None => lasted,
    }
}

/// Whether the stop rule was kept, or why it struck.
pub(crate) fn stop_rule(drill: &DrillReport) -> (Mark, String) {
    let rule = &drill.stop_rule;
    let says = format!(
        "the failover may take {}, and {} of the probes may fail",
        duration(rule.stop_after_ms),
        percent(rule.quota)
    );
    match &rule.struck {
        None => (Mark { symbol: "✓", word: "kept", tone: Tone::Good }, says),
        Some(struck) => (
            Mark { symbol: "✗", word: "struck", tone: Tone::Bad },
            // Why is said above, and below in what to fix.
            format!("{} at {}; {says}", clock(&struck.at), line(&struck.step)),
        ),
    }
}

/// The mark of a deviation.
pub(crate) fn of_deviation(deviation: &Deviation) -> Mark {
    let (symbol, word, tone) = match deviation.what.as_str() {
        "slow_step" => ("!", "slower", Tone::Warn),
        "check" => ("!", "check", Tone::Warn),
        "person" => ("i", "person", Tone::Info),
        _ => ("•", "other", Tone::Info),
    };
    Mark { symbol, word, tone }
}

/// `took 2 m 10 s, usually 40 s`, or its own words.
pub(crate) fn deviation(one: &Deviation) -> String {
    let subject = line(&one.subject);
    match (one.took_ms, one.usual_ms) {
        (Some(took), Some(usual)) => format!("{subject} took {}, usually {}", duration(took), duration(usual)),
        _ if one.what == "check" => format!("check {subject}: {}", line(&one.detail)),
        _ => format!("{subject} {}", line(&one.detail)),
    }
}

/// What to do next, ready to copy.
pub(crate) fn what_next(drill: &DrillReport, plan_file: Option<&str>) -> Vec<NextStep> {
    let plan = on_plan(plan_file);
    let resume =
        |what: &str| NextStep { what: what.to_owned(), command: format!("pilotlight drill live {plan} --resume") };
    let Some(last) = drill.runs.last().map(|run| &run.report) else { return Vec::new() };
    match (drill.outcome.as_str(), drill.traffic) {
        ("waits", Traffic::Away) => vec![resume("bring traffic home")],
        ("waits" | "unfinished", _) => next::steps(last, plan_file),
        _ => drill
            .runs
            .iter()
            .map(|run| NextStep {
                what: format!("see every step of the {}", line(&run.report.job)),
                command: format!("pilotlight run report {plan} {}", line(&run.report.run)),
            })
            .collect(),
    }
}

/// `eu-west-1 (primary) to eu-central-1 (standby) and back`
pub(crate) fn route(drill: &DrillReport) -> String {
    drill.runs.first().map_or_else(String::new, |run| {
        let (from, to) = (headline::endpoint(&run.report.from), headline::endpoint(&run.report.to));
        format!("{from} to {to} and back")
    })
}

/// From its first event to its last; none while it is not over.
pub(crate) fn took(drill: &DrillReport) -> Option<String> {
    let [began, ended] = [&drill.started_at, drill.finished_at.as_ref()?].map(|at| crate::words::millis(at));
    let ms = u64::try_from(ended?.checked_sub(began?)?).ok()?;
    Some(duration(ms))
}
