//! Tells a drill from the events of its runs.

use super::deviations::deviations;
use super::journal::part;
use super::report::*;
use super::{DrillLog, DrillPart, Stage};
use crate::engine::STOP_RULE;
use crate::saved_run::parse_run;
use crate::{Action, Conclusion, End, PastRun, ReportError, Run, RunReport, expected, report};
use jiff::Timestamp;
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_journal::RunLog;
use pilotlight_plan::format_duration;
use std::cmp::Reverse;
use std::time::Duration;

/// Tells a drill, whether it is over or not. `past` are runs of the plan before it; those of the drill itself, where they
/// are among them, are the caller's to leave out.
///
/// # Errors
/// A run is not one that this program knows.
pub fn drill_report(log: &DrillLog, past: &[PastRun]) -> Result<DrillReport, ReportError> {
    let away = Told::of(&log.away, past)?;
    let home = log.home.as_ref().map(|home| Told::of(home, past)).transpose()?;
    let rule = match part(&log.away) {
        Some(DrillPart::Away(rule)) => rule,
        // What `find_drill` found has one.
        _ => super::StopRule { stay_ms: 0, stop_after_ms: 0 },
    };
    let watch = away.run.steps().find_map(|step| match &step.action {
        Action::Observe(watch) => Some((step, watch)),
        _ => None,
    });
    let struck = struck(&away);
    let stay = Stay {
        planned_ms: rule.stay_ms,
        lasted_ms: watch.and_then(|(step, _)| lasted(&log.away, &step.id)),
        observation: away.report.observation.clone(),
    };
    let stop_rule =
        StopRuleReport { stop_after_ms: rule.stop_after_ms, quota: watch.map_or(0, |(_, watch)| watch.errors), struck };
    let (outcome, detail) = outcome(log, &away, home.as_ref(), stop_rule.struck.as_ref());
    let over = log.stage() == Stage::Over;
    let last = home.as_ref().unwrap_or(&away);
    let told: Vec<&Told<'_>> = std::iter::once(&away).chain(&home).collect();
    let mut deviations_found: Vec<Deviation> = Vec::new();
    for one in &told {
        deviations_found.extend(deviations(one, past));
    }
    Ok(DrillReport {
        schema_version: DRILL_REPORT_SCHEMA_VERSION,
        plan: away.report.plan.clone(),
        operator: away.report.operator.clone(),
        started_at: away.report.started_at.clone(),
        finished_at: last.report.finished_at.clone().filter(|_| over),
        fix: fix(&told, &stop_rule),
        outcome: outcome.to_owned(),
        detail,
        traffic: traffic(log, &away),
        stay,
        stop_rule,
        deviations: deviations_found,
        runs: told.into_iter().map(Told::drilled).collect(),
    })
}

/// One run, with what the others say of it.
pub(super) struct Told<'a> {
    pub(super) log: &'a RunLog,
    pub(super) run: Run,
    pub(super) report: RunReport,
    past_runs: usize,
    expected_ms: Option<u64>,
    ttl_ms: u64,
}

impl<'a> Told<'a> {
    fn of(log: &'a RunLog, past: &[PastRun]) -> Result<Self, ReportError> {
        let run = parse_run(&log.state.compiled, &log.state.digest)?;
        let mut report = report(&log.events)?;
        report.findings.extend(log.findings.iter().cloned());
        let by_past = expected(&run, past);
        let expected_ms = (by_past.past_runs > 0).then_some(by_past.until_verified_ms);
        Ok(Self { log, run, report, past_runs: by_past.past_runs, expected_ms, ttl_ms: by_past.ttl_ms })
    }

    fn drilled(&self) -> DrilledRun {
        let (past_runs, expected_ms) = (self.past_runs, self.expected_ms);
        DrilledRun { past_runs, expected_ms, ttl_ms: self.ttl_ms, report: self.report.clone() }
    }
}

/// How long the checks were watched: from the last time that it was begun, as a kill begins it anew.
fn lasted(log: &RunLog, step: &str) -> Option<u64> {
    use pilotlight_journal::{Body, Event};
    let began = |event: &Event| match &event.what {
        Body::StepIntended { step: id, .. } => id == step,
        Body::Resumed { .. } | Body::Takeover { .. } => true,
        _ => false,
    };
    let ended =
        log.events.iter().position(|event| matches!(&event.what, Body::StepFinished { step: id, .. } if id == step))?;
    log.events.iter().find(|event| matches!(&event.what, Body::StepIntended { step: id, .. } if id == step))?;
    let begin = log.events[..ended].iter().rfind(|event| began(event))?;
    Some(between(begin.at, log.events.get(ended)?.at))
}

fn between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}

/// Where and why the rule struck.
fn struck(away: &Told<'_>) -> Option<Struck> {
    let state = &away.log.state;
    let left_out = state.skips.iter().find(|(_, skip)| skip.by == STOP_RULE);
    let left_out = left_out.map(|(step, skip)| (skip.at, step.clone(), skip.reason.clone()));
    let undone = state.rollback.as_ref().and_then(|rollback| {
        let reason = rollback.reason.strip_prefix(STOP_RULE)?.trim_start_matches(": ");
        Some((rollback.at, rollback.step.clone()?, reason.to_owned()))
    });
    let (at, step, reason) = left_out.or(undone)?;
    Some(Struck { at: at.to_string(), step, reason })
}

fn outcome(
    log: &DrillLog,
    away: &Told<'_>,
    home: Option<&Told<'_>>,
    struck: Option<&Struck>,
) -> (&'static str, String) {
    let conclusion = |told: &Told<'_>| Conclusion::of(&told.log.state);
    let first = conclusion(away);
    let waits = |conclusion: &Conclusion, job: &str| match conclusion.end {
        End::Unfinished => ("unfinished", format!("its {job} has not ended")),
        _ => ("waits", format!("its {job} waits: {}", conclusion.detail)),
    };
    match (&first.end, log.stage()) {
        (End::Unfinished | End::Stopped { .. }, _) => waits(&first, "failover"),
        (End::Refused, _) => ("refused", first.detail),
        (End::RolledBack, _) => ("rolled_back", first.detail),
        (End::Aborted, _) => ("aborted", first.detail),
        (End::Failed, _) => ("failed", first.detail),
        (End::Succeeded, Stage::BetweenRuns) => match home.map(conclusion) {
            None => ("waits", format!("traffic is on the {}, and the way home was not begun", away.run.to.side)),
            Some(undone) => {
                ("waits", format!("traffic is on the {}: the way home was undone: {}", away.run.to.side, undone.detail))
            }
        },
        (End::Succeeded, _) => match home.map(conclusion) {
            Some(second) if second.end == End::Succeeded => match struck {
                Some(struck) => ("stopped_early", format!("the stop rule ended the stay: {}", struck.reason)),
                None => ("done", second.detail),
            },
            Some(second) if second.end == End::Failed => ("failed", second.detail),
            Some(second) => waits(&second, "failback"),
            None => ("waits", first.detail),
        },
    }
}

fn traffic(log: &DrillLog, away: &Told<'_>) -> Traffic {
    let end = Conclusion::of(&log.away.state).end;
    match (end, log.stage()) {
        (End::Refused | End::RolledBack | End::Aborted, _) => Traffic::Home,
        (End::Succeeded, Stage::BetweenRuns) => Traffic::Away,
        (End::Succeeded, Stage::Over) => match log.home.as_ref().map(|home| Conclusion::of(&home.state).end) {
            Some(End::Succeeded) => Traffic::Home,
            _ => Traffic::InDoubt,
        },
        (End::Stopped { .. } | End::Unfinished, _) if nothing_moved(away) => Traffic::Home,
        _ => Traffic::InDoubt,
    }
}

fn nothing_moved(away: &Told<'_>) -> bool {
    use pilotlight_journal::StepStatus;
    away.run.steps().filter(|step| step.moves_traffic()).all(|step| {
        matches!(away.log.state.status(&step.id), StepStatus::Pending | StepStatus::Failed | StepStatus::Undone)
    })
}

/// What to fix: whatever the runs warn of, and the rule where it struck. The same of both ways once.
fn fix(told: &[&Told<'_>], rule: &StopRuleReport) -> Vec<Finding> {
    let mut fix: Vec<Finding> = Vec::new();
    if let (Some(struck), Some(away)) = (&rule.struck, told.first()) {
        let subject = Subject::Step { run: away.report.run.clone(), step: struck.step.clone() };
        fix.push(
            Finding::new(codes::F_STOP_RULE, Severity::Error, subject, struck.reason.clone())
                .with(Evidence::fact(
                    "the failover may take",
                    format_duration(Duration::from_millis(rule.stop_after_ms)),
                ))
                .remedy("repair what the checks saw or what took so long, then drill again"),
        );
    }
    for one in told {
        for finding in one.report.findings.iter().filter(|finding| finding.severity >= Severity::Warning) {
            let is_same = |other: &Finding| {
                (other.code, &other.subject, &other.message) == (finding.code, &finding.subject, &finding.message)
            };
            // How both runs ended is the drill's own outcome.
            if finding.code != codes::F_STOPPED && !fix.iter().any(is_same) {
                fix.push(finding.clone());
            }
        }
    }
    fix.sort_by_key(|finding| Reverse(finding.severity));
    fix
}
