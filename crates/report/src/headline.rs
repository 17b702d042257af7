//! The first sentence of every output: the verdict in words, with its counts. It is read at 3 a.m. and may be
//! all that is read, so it says only what the report knows.

use crate::clean::line;
use crate::theme::{is_refused, switch_in_doubt};
use crate::words::{clock, count, duration, list, number};
use pilotlight_failover::{AT_THEIR_TARGET, DatabaseReport, Endpoint, Moment, RecoveryTime, RunReport, StepReport};
use pilotlight_findings::{AreaVerdict, Count, Job, Report, Severity, Verdict, codes};

/// The job as the commands call it.
pub(crate) fn job_word(job: Job) -> &'static str {
    match job {
        Job::Drift => "drift",
        Job::Rebuild => "rebuild",
        Job::Validate => "validate",
        Job::Destroy => "destroy",
    }
}

/// The text with its first letter in upper case, as a heading.
pub(crate) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What the verdict is for the reader, in a sentence.
pub(crate) fn meaning(report: &Report) -> &'static str {
    if nothing_was_judged(report) {
        return "Nothing was looked at: the scorecard says why.";
    }
    match (report.job, report.verdict) {
        (Job::Drift, Verdict::Clean) => "Everything that was read in AWS is as Terraform recorded it.",
        (Job::Drift, Verdict::Findings) => "AWS is not as Terraform recorded it.",
        (Job::Validate, Verdict::Clean) => "The standby is ready to take the traffic.",
        (Job::Validate, Verdict::Findings) => "The standby is not ready to take the traffic.",
        (Job::Rebuild, Verdict::Clean) => "Nothing stands between the primary's Terraform and its standby.",
        (Job::Rebuild, Verdict::Findings) => "The standby is not what the primary's Terraform makes of it.",
        (Job::Destroy, Verdict::Clean) => "The standby stacks that were named are gone.",
        (Job::Destroy, Verdict::Findings) => "Something of the standby still stands.",
        (_, Verdict::Incomplete) => "Something could not be read, so there is no clean verdict.",
    }
}

/// Whether there is a scorecard, and nothing on it was judged: then a clean verdict does not say ready.
fn nothing_was_judged(report: &Report) -> bool {
    !report.areas.is_empty() && report.areas.iter().all(|area| area.verdict == AreaVerdict::NotApplicable)
}

/// Findings of a report by how much they matter.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Errors and worse: they make the verdict.
    pub(crate) problems: u64,
    /// Warnings.
    pub(crate) warnings: u64,
    /// Notes.
    pub(crate) notes: u64,
    /// What could not be read.
    pub(crate) unread: u64,
}

/// Counts a report's findings.
pub(crate) fn tally(report: &Report) -> Tally {
    let mut tally = Tally::default();
    for finding in &report.findings {
        let counter = match finding.severity {
            _ if finding.code.is_unread() => &mut tally.unread,
            Severity::Error | Severity::Critical => &mut tally.problems,
            Severity::Warning => &mut tally.warnings,
            Severity::Info => &mut tally.notes,
        };
        *counter += 1;
    }
    tally
}

/// `3 findings in 27 resources (1 missing, 2 changed)`: without the job, which stands before it.
pub(crate) fn verdict(report: &Report) -> String {
    let tally = tally(report);
    let mut parts = Vec::new();
    match (report.job, report.verdict) {
        (Job::Validate, Verdict::Clean) if nothing_was_judged(report) => parts.push("nothing to judge".to_owned()),
        (Job::Validate, Verdict::Clean) => parts.push("ready".to_owned()),
        (Job::Validate, Verdict::Findings) => parts.push("not ready".to_owned()),
        (Job::Drift, Verdict::Clean) => parts.push("none".to_owned()),
        (Job::Rebuild | Job::Destroy, Verdict::Clean) => parts.push("clean".to_owned()),
        (_, Verdict::Incomplete) => parts.push("incomplete".to_owned()),
        (Job::Drift | Job::Rebuild | Job::Destroy, Verdict::Findings) => {}
    }
    if tally.problems > 0 {
        parts.push(count(tally.problems, "finding"));
    }
    if tally.warnings > 0 {
        parts.push(count(tally.warnings, "warning"));
    }
    if tally.notes > 0 {
        parts.push(count(tally.notes, "note"));
    }
    if tally.unread > 0 {
        parts.push(format!("{} unread", number(tally.unread)));
    }
    if parts.is_empty() {
        // A verdict without a finding to show for it: the reader is told so.
        parts.push("findings, but none in the report".to_owned());
    }
    format!("{}{}", parts.join(", "), scope(report))
}

/// The summary's counts, without those that repeat the findings' own.
pub(crate) fn counts(report: &Report) -> impl Iterator<Item = &Count> {
    report.summary.iter().filter(|count| !matches!(count.name.as_str(), "findings" | "warnings" | "notes" | "unread"))
}

/// ` in 27 resources (1 missing, 2 changed)`
fn scope(report: &Report) -> String {
    let whole = resources(report);
    let rest: Vec<String> = counts(report)
        // What is true of all of them has been said by the whole, and "0 changed" says nothing.
        .filter(|one| one.name != RESOURCES && one.count > 0 && Some(one.count) != whole)
        .map(|one| format!("{} {}", number(one.count), line(&one.name)))
        .collect();
    let whole = whole.map_or_else(String::new, |whole| format!(" in {}", count(whole, "resource")));
    if rest.is_empty() { whole } else { format!("{whole} ({})", rest.join(", ")) }
}

/// A summary may count what it is over by this name.
const RESOURCES: &str = "resources";
/// The counts of a drift report: each resource is in exactly one of them.
const DRIFT_COUNTS: &[&str] =
    &["in sync", "changed", "missing", "unread", "moved by a failover", "not in any cloud", "deposed"];

/// How many resources the report is over, where it tells.
fn resources(report: &Report) -> Option<u64> {
    let named = report.summary.iter().find(|count| count.name == RESOURCES).map(|count| count.count);
    let in_drift = || {
        let parts = report.summary.iter().filter(|count| DRIFT_COUNTS.contains(&count.name.as_str()));
        parts.map(|count| count.count).reduce(|a, b| a + b)
    };
    named.or_else(|| (report.job == Job::Drift).then(in_drift).flatten())
}

/// `14 API calls, 2.1 s`
pub(crate) fn effort(report: &Report) -> String {
    let calls: u64 = report.calls.iter().map(|call| call.count).sum();
    format!("{}, {}", count(calls, "API call"), duration(report.duration_ms))
}

/// What became of the run, in words: `failover succeeded`.
pub(crate) fn run_verdict(run: &RunReport) -> String {
    let job = line(&run.job);
    match run.outcome.as_str() {
        "succeeded" => format!("{job} succeeded"),
        "rolled_back" if is_refused(run) => format!("{job} was refused"),
        "rolled_back" => format!("{job} failed and was rolled back"),
        "aborted" => format!("{job} was aborted"),
        "failed" => format!("{job} failed"),
        "stopped" => format!("{job} stopped and waits for a person"),
        "unfinished" => format!("{job} has not ended"),
        other => format!("{job}: {}", line(other).replace('_', " ")),
    }
}

/// Where the traffic is, as far as the run observed it: `app.shop.test answers with eu-central-1`.
pub(crate) fn traffic(run: &RunReport) -> String {
    let names = |moved: bool| -> Vec<String> {
        let mut names: Vec<String> =
            run.records.iter().filter(|record| record.moved == moved).map(|record| line(&record.name)).collect();
        names.dedup();
        names
    };
    let (moved, stayed) = (names(true), names(false));
    let say = |names: &[String], one: &str, many: &str| match names {
        [name] => format!("{name} {one}"),
        names if names.len() <= NAMES_IN_A_SENTENCE => format!("{} {many}", list(names)),
        names => format!("{} {many}", count(names.len() as u64, "record")),
    };
    let whether = |names: &[String]| match names.len() {
        len if len <= NAMES_IN_A_SENTENCE => format!("whether {} moved is not known", list(names)),
        len => format!("whether {} moved is not known", count(len as u64, "record")),
    };
    let (from, to) = (&run.from.region, &run.to.region);
    let arrived = || say(&moved, &format!("answers with {to}"), &format!("answer with {to}"));
    let not_seen = || match switch_in_doubt(run) {
        true => whether(&stayed),
        false => say(&stayed, "was not seen to move", "were not seen to move"),
    };
    match (moved.is_empty(), stayed.is_empty()) {
        (true, true) => "no record was to move".to_owned(),
        (false, true) => arrived(),
        // Somebody else changed a record: it may answer with anything, but not because of this run.
        (true, false) if is_refused(run) => "it moved no record".to_owned(),
        (true, false) if switch_was_untouched(run) => match found_at_their_target(run) {
            Some(true) => {
                say(&stayed, &format!("answers with {to}, as before"), &format!("answer with {to}, as before"))
            }
            Some(false) => say(&stayed, &format!("still answers with {from}"), &format!("still answer with {from}")),
            None => "no record was moved".to_owned(),
        },
        (true, false) => not_seen(),
        (false, false) => format!("{}, but {}", arrived(), not_seen()),
    }
}

/// More names than this are counted instead: a first line fits a terminal's.
const NAMES_IN_A_SENTENCE: usize = 3;

/// Whether the records were where the run was to move them before it began; none where some were and others not.
fn found_at_their_target(run: &RunReport) -> Option<bool> {
    let looks = run.phases.iter().filter(|phase| phase.phase == "preflight").flat_map(|phase| &phase.steps);
    let mut found = looks.filter(|step| step.step.starts_with("preflight/records/"));
    let there = |step: &StepReport| step.detail == AT_THEIR_TARGET;
    let first = found.next().is_some_and(there);
    found.all(|step| there(step) == first).then_some(first)
}

/// Whether no step of the switch has acted, or each that did was undone, and nobody else was seen to change a
/// record: then the records are as they were.
fn switch_was_untouched(run: &RunReport) -> bool {
    if run.findings.iter().any(|finding| finding.code == codes::F_RECORD_CHANGED) {
        return false;
    }
    let untouched = |step: &&StepReport| step.status == "undone" || (step.status == "pending" && step.attempts == 0);
    let steps: Vec<&StepReport> =
        run.phases.iter().filter(|phase| phase.phase == "switch").flat_map(|phase| &phase.steps).collect();
    // Name servers that were asked between two weights, and a time that was held, stay done.
    let moves: Vec<&StepReport> = steps.iter().copied().filter(|step| moves_traffic(step)).collect();
    if moves.is_empty() { steps.iter().all(untouched) } else { moves.iter().all(untouched) }
}

/// Whether the step changes what name servers answer, by the calls that it makes.
fn moves_traffic(step: &StepReport) -> bool {
    let changes = ["ChangeResourceRecordSets", "PutObject", "DeleteObject"];
    step.calls.iter().any(|call| changes.contains(&call.operation.as_str()))
}

/// The databases that stand fenced with nothing promoted instead: `orders is fenced in eu-west-1, and nothing was promoted
/// in eu-central-1`.
fn without_writes(run: &RunReport) -> Option<String> {
    let stands = |database: &&DatabaseReport| database.fence == "proven" && !database.promoted;
    let names: Vec<String> = run.databases.iter().filter(stands).map(|database| line(&database.name)).collect();
    let are = match names.as_slice() {
        [] => return None,
        [name] => format!("database {name} is"),
        names if names.len() <= NAMES_IN_A_SENTENCE => format!("databases {} are", list(names)),
        names => format!("{} are", count(names.len() as u64, "database")),
    };
    Some(format!("{are} fenced in {}, and nothing is promoted in {}", run.from.region, run.to.region))
}

/// `recovery time 42.1 s of 15 m`; none where it was not measured.
pub(crate) fn recovery(run: &RunReport) -> Option<String> {
    let measured = run.recovery_time.measured_ms?;
    let took = recovered_in(&run.recovery_time)?;
    Some(match run.recovery_time.objective_ms {
        Some(objective) if measured > objective && run.recovery_time.at_most => {
            format!("recovery time {took}, which may be over its objective of {}", duration(objective))
        }
        Some(objective) if measured > objective => {
            format!("recovery time {took}, over its objective of {}", duration(objective))
        }
        Some(objective) => format!("recovery time {took} of {}", duration(objective)),
        None => format!("recovery time {took}"),
    })
}

/// `42.1 s`, or `at most 42.1 s`; none where it was not measured.
pub(crate) fn recovered_in(time: &RecoveryTime) -> Option<String> {
    let took = duration(time.measured_ms?);
    Some(if time.at_most { format!("at most {took}") } else { took })
}

/// From when to when the recovery time was measured, where databases tell more than the run itself knows.
pub(crate) fn measured_from(run: &RunReport) -> Option<String> {
    if run.databases.is_empty() {
        return None;
    }
    let (since, until) = (run.recovery_time.since.as_ref()?, run.recovery_time.until.as_ref()?);
    let moment = |moment: &Moment| format!("{} ({})", line(&moment.what), clock(&moment.at));
    Some(format!("recovery time from {} to {}", moment(since), moment(until)))
}

/// Whether recovery took longer than its objective.
pub(crate) fn is_over_objective(run: &RunReport) -> bool {
    run.recovery_time.measured_ms.zip(run.recovery_time.objective_ms).is_some_and(|(took, limit)| took > limit)
}

/// The whole first line of a run's report.
pub(crate) fn run(run: &RunReport) -> String {
    let mut sentence = format!("{}: {}", run_verdict(run), traffic(run));
    if let Some(writes) = without_writes(run) {
        sentence.push_str("; ");
        sentence.push_str(&writes);
    }
    if let Some(recovery) = recovery(run) {
        sentence.push_str("; ");
        sentence.push_str(&recovery);
    }
    sentence
}

/// `eu-central-1 (standby)`
pub(crate) fn endpoint(endpoint: &Endpoint) -> String {
    format!("{} ({})", endpoint.region, endpoint.side)
}
