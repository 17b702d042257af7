//! Databases, as the journal tells of them.

use super::recovery::unseen_writers;
use super::{Story, gone_back, managed};
use crate::{
    Action, DatabaseReport, DatabaseStep, DatabaseTask, Direction, KeptRowsReport, ManagedTask, RecoveryPoint, Step,
    TableReport,
};
use pilotlight_findings::{Evidence, Finding, Severity, Subject, codes};
use pilotlight_journal::{RunOutcome, StepState, StepStatus};
use serde_json::Value;

/// Each database of the run, in the plan's order.
pub(super) fn databases(story: &Story<'_>) -> Vec<DatabaseReport> {
    let promoted = |step: &Step| match &step.action {
        Action::Database(step) if step.task == DatabaseTask::Promote => Some(step.name.clone()),
        Action::Managed(step) if step.task == ManagedTask::Promote => Some(step.name.clone()),
        _ => None,
    };
    let names: Vec<String> = story.run.steps().filter_map(promoted).collect();
    names.iter().map(|name| told(story, name)).collect()
}

/// One database: by what SQL tells where it is reached by SQL, else by what AWS tells.
fn told(story: &Story<'_>, name: &str) -> DatabaseReport {
    let mut told = report(story, name);
    if let Some(seen) = managed::of(story, name) {
        seen.complete(&mut told);
    }
    told
}

pub(super) fn database(step: &Step) -> Option<&DatabaseStep> {
    match &step.action {
        Action::Database(database) => Some(database),
        _ => None,
    }
}

/// How a task of a database went; none where the run has no such step, or did not come to it.
pub(super) fn state<'s>(story: &'s Story<'_>, name: &str, wanted: &DatabaseTask) -> Option<&'s StepState> {
    let step = story
        .run
        .steps()
        .find(|step| database(step).is_some_and(|database| database.name == name && database.task == *wanted))?;
    story.state.steps.get(&step.id)
}

pub(super) fn reached(state: &StepState) -> bool {
    matches!(state.status, StepStatus::Done | StepStatus::AlreadyDone)
}

pub(super) fn text(value: &Value, field: &str) -> Option<String> {
    value.get(field)?.as_str().map(str::to_owned)
}

fn texts(value: &Value, field: &str) -> Vec<String> {
    let list = value.get(field).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// Also where a person left its writes behind, and where the run went back from a promotion that it did not see, and found
/// it when it took the fence back.
pub(super) fn is_promoted(story: &Story<'_>, name: &str) -> bool {
    let found = |fence: &StepState| fence.observed.get(managed::PROMOTED_MEANWHILE) == Some(&true.into());
    state(story, name, &DatabaseTask::Promote).is_some_and(reached)
        || gone_back::was_promoted(story, name)
        || state(story, name, &DatabaseTask::Fence).is_some_and(found)
        || managed::is_promoted(story, name)
}

fn report(story: &Story<'_>, name: &str) -> DatabaseReport {
    let of = |task: DatabaseTask| state(story, name, &task);
    let fence = of(DatabaseTask::Fence);
    let promoted = is_promoted(story, name);
    let caught_up = of(DatabaseTask::CatchUp).filter(|state| reached(state)).map(|state| &state.observed);
    let measured = of(DatabaseTask::Measure).filter(|state| reached(state)).map(|state| &state.observed);
    let missing = [caught_up, measured].into_iter().flatten().find_map(|observed| observed.get("missing")?.as_u64());
    let back = gone_back::of(story, name);
    // The server that serves again has all that it had taken before.
    let missing = missing.filter(|_| promoted && back.is_none());
    let last_commit_at = measured.and_then(|observed| text(observed, "last_commit_at"));
    let age = measured.and_then(|observed| observed.get("last_commit_age_ms")?.as_u64());
    let lost = match (&back, missing) {
        (Some(back), _) => back.lost(),
        (None, Some(0)) => "none",
        (None, Some(_)) => "some",
        (None, None) if promoted => "unknown",
        (None, None) => gone_back::without_a_promotion(story, name),
    };
    let verified = of(DatabaseTask::Verify).filter(|state| state.finished_at.is_some());
    let kept = of(DatabaseTask::Keep).and_then(|state| {
        let tables = state.observed.get("tables").and_then(Value::as_array);
        Some(KeptRowsReport {
            rows: state.observed.get("rows")?.as_u64()?,
            file: text(&state.observed, "file")?,
            tables: tables.into_iter().flatten().map(table).collect(),
            not_fenced: text(&state.observed, "not_fenced"),
        })
    });
    let compared = of(DatabaseTask::Compare).and_then(|state| state.observed.get("tables")?.as_array());
    DatabaseReport {
        name: name.to_owned(),
        fence: fence_word(story, name, fence),
        fence_reasons: fence.map(|state| texts(&state.observed, "reasons")).unwrap_or_default(),
        fenced_late: verified.is_some_and(|state| state.observed.get("fenced_late") == Some(&true.into())),
        other_databases: fence.map(|state| texts(&state.observed, "other_databases")).unwrap_or_default(),
        promoted,
        lost_writes: lost.to_owned(),
        left_behind_rows: back.as_ref().and_then(|back| back.rows),
        missing_bytes: missing,
        missing_ms: match missing {
            Some(0) => Some(0),
            Some(_) => age,
            None => None,
        },
        last_commit_at: last_commit_at.filter(|_| promoted && back.is_none()),
        last_commit_age_ms: age.filter(|_| promoted && back.is_none()),
        found_later: None,
        second_writer: verified
            .map(|state| text(&state.observed, "second_writer").unwrap_or("unknown".into()))
            .unwrap_or_else(|| gone_back::second_writer(story, name).to_owned()),
        kept,
        tables: compared.into_iter().flatten().map(table).collect(),
    }
}

fn fence_word(story: &Story<'_>, name: &str, fence: Option<&StepState>) -> String {
    match fence {
        Some(state) if state.status == StepStatus::Undone => "released".into(),
        // A kill leaves an intent, and nobody knows what came of it.
        Some(state) => text(&state.observed, "fence").unwrap_or("unknown".into()),
        None => {
            let planned = story.run.steps().filter_map(database);
            let planned = planned.filter(|step| step.name == name).any(|step| step.task == DatabaseTask::Fence);
            if planned { "pending".into() } else { "unknown".into() }
        }
    }
}

fn table(value: &Value) -> TableReport {
    let number = |field: &str| value.get(field).and_then(Value::as_u64);
    TableReport {
        table: text(value, "table").unwrap_or_default(),
        verdict: text(value, "verdict").unwrap_or_default(),
        old_rows: number("old_rows"),
        new_rows: number("new_rows"),
        only_old: number("only_old"),
        only_new: number("only_new"),
        differing: number("differing"),
        keys: texts(value, "keys"),
    }
}

/// The worst of all databases.
pub(super) fn recovery_point(story: &Story<'_>) -> Option<RecoveryPoint> {
    let databases = databases(story);
    if databases.is_empty() {
        return None;
    }
    let worst = ["unknown", "some", "pending"];
    let lost = worst.iter().find(|word| databases.iter().any(|database| database.lost_writes == **word));
    let known: Option<Vec<u64>> = databases.iter().map(|database| database.missing_ms).collect();
    Some(RecoveryPoint {
        objective_ms: story.run.rpo_ms,
        measured_ms: known.and_then(|known| known.into_iter().max()),
        lost_writes: lost.map_or("none", |word| word).to_owned(),
    })
}

/// What there is to say: a fence that is not proven, lost writes, tables that differ, a missed objective.
pub(super) fn findings(story: &Story<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for database in databases(story) {
        let subject = || Subject::Plan { name: story.run.plan.clone() };
        let name = &database.name;
        // Released is what the run itself took back: that side serves again.
        if database.promoted && !["proven", "released"].contains(&database.fence.as_str()) {
            let (side, fence) = (story.run.from.side, &database.fence);
            let message = match database.fenced_late {
                false => format!("the fence of database {name} of the {side} is {fence}"),
                true => format!(
                    "database {name} of the {side} was fenced after the promotion, and not before: {fence} then"
                ),
            };
            let mut finding = Finding::new(codes::F_NOT_FENCED, Severity::Warning, subject(), message);
            for reason in &database.fence_reasons {
                finding = finding.with(Evidence::fact("reason", reason.clone()));
            }
            findings.push(finding.remedy(match database.fenced_late {
                false => managed::unfenced_remedy(managed::kind(story, name), story.run.job),
                true if story.run.job == Direction::Failback => managed::lost_remedy(None, Direction::Failback),
                true => "a failback keeps what it took in between, before that is discarded",
            }));
        }
        if matches!(database.lost_writes.as_str(), "some" | "unknown") {
            findings.push(match gone_back::of(story, name) {
                Some(back) => gone_back::lost(story, &back, &database),
                None => lost(story, &database, followed_nobody(story, name)),
            });
        }
        if !database.other_databases.is_empty() && database.promoted {
            let others = database.other_databases.join(", ");
            let message =
                format!("the server of database {name} has others, which were promoted and not fenced: {others}");
            findings.push(
                Finding::new(codes::F_NOT_FENCED, Severity::Warning, subject(), message)
                    .remedy("give each of them a database block"),
            );
        }
        for table in database.tables.iter().filter(|table| table.verdict != "equal") {
            findings.push(differs(name, table, subject()));
        }
    }
    findings.extend(missed(story));
    if story.state.finished.as_ref().is_some_and(|finished| finished.outcome == RunOutcome::Succeeded) {
        findings.extend(without_a_writer(story));
    }
    findings
}

/// The databases that a run which ended well may have left without a server that takes writes.
fn without_a_writer(story: &Story<'_>) -> Option<Finding> {
    let (name, step) = unseen_writers(story).next()?;
    let message = format!(
        "{} was left out, and nobody was seen to write to database {name} of the {}",
        step.id, story.run.to.side
    );
    Some(
        Finding::new(codes::F_NO_WRITER, Severity::Critical, Subject::Plan { name: story.run.plan.clone() }, message)
            .remedy("look whether that server takes writes, and whether it is a standby or fenced still"),
    )
}

/// What the measurement says of a server that was promoted before the run.
pub(crate) const FOLLOWED_NOBODY: &str = "followed_nobody";

fn followed_nobody(story: &Story<'_>, name: &str) -> bool {
    let measured = state(story, name, &DatabaseTask::Measure);
    measured.is_some_and(|state| state.observed.get(FOLLOWED_NOBODY) == Some(&true.into()))
}

fn lost(story: &Story<'_>, database: &DatabaseReport, followed_nobody: bool) -> Finding {
    let name = &database.name;
    let subject = Subject::Plan { name: story.run.plan.clone() };
    let message = match database.missing_bytes {
        None if followed_nobody && database.promoted => format!(
            "whether database {name} lost writes is not known: its server was a primary before this run and followed nobody, \
             so what the old one took since is not there"
        ),
        Some(bytes) => format!("database {name} was promoted without the last {bytes} bytes of the old server's log"),
        None if !database.promoted => {
            format!("whether database {name} was promoted is not known, and so whether writes were lost")
        }
        None => format!("whether database {name} lost writes is not known: the old server was not read"),
    };
    let mut finding = Finding::new(codes::F_WRITES_LOST, Severity::Warning, subject, message);
    if let Some(ms) = database.missing_ms.filter(|_| database.missing_bytes.is_none()) {
        finding = finding.with(Evidence::fact("at most the writes of", format!("{ms} ms")));
    }
    if let Some(at) = &database.last_commit_at {
        finding = finding.with(Evidence::fact("last commit", at.clone()));
    }
    finding.remedy(managed::lost_remedy(managed::kind(story, name), story.run.job))
}

fn differs(database: &str, table: &TableReport, subject: Subject) -> Finding {
    let lost = table.only_old.is_some_and(|rows| rows > 0) || table.verdict != "differs";
    let severity = if lost { Severity::Warning } else { Severity::Info };
    let message = format!("table {} of database {database}: {}", table.table, table.verdict.replace('_', " "));
    let mut finding = Finding::new(codes::F_TABLES_DIFFER, severity, subject, message);
    for (label, number) in [
        ("rows of the old", table.old_rows),
        ("rows of the new", table.new_rows),
        ("only on the old", table.only_old),
        ("only on the new", table.only_new),
        ("on both, differing", table.differing),
    ] {
        if let Some(number) = number {
            finding = finding.with(Evidence::fact(label, number.to_string()));
        }
    }
    if !table.keys.is_empty() {
        finding = finding.with(Evidence::fact("keys", table.keys.join(", ")));
    }
    finding
}

fn missed(story: &Story<'_>) -> Option<Finding> {
    let point = recovery_point(story)?;
    let (objective, measured) = (point.objective_ms?, point.measured_ms?);
    (measured > objective).then(|| {
        let subject = Subject::Plan { name: story.run.plan.clone() };
        let message = "the writes that the promoted databases did not have span more than the plan's objective";
        Finding::new(codes::F_RPO_MISSED, Severity::Warning, subject, message)
            .with(Evidence::fact("objective", format!("{objective} ms")))
            .with(Evidence::fact("measured", format!("{measured} ms")))
            .remedy("see why the standby was behind, or what the objective promises")
    })
}
