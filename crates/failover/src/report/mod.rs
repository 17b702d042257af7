//! The report of a run, from its journal alone.

mod databases;
mod findings;
mod gone_back;
mod interventions;
mod later;
mod managed;
mod measure;
mod observation;
mod outcomes;
mod recovery;
mod steps;

pub use interventions::left_without_a_word;
pub use later::{asks_later, with_later};

pub(crate) use databases::FOLLOWED_NOBODY;
pub(crate) use gone_back::{FOLLOWS, LEFT_BEHIND};
pub(crate) use managed::PROMOTED_MEANWHILE;
pub(crate) use recovery::SILENT;

use crate::saved_run::parse_run;
use crate::{Conclusion, End, RUN_REPORT_SCHEMA_VERSION, RecordMove, Run, RunReport, SavedRunError};
use pilotlight_findings::{Code, Explain};
use pilotlight_journal::{ChainError, Event, RunState, replay};

/// Why a journal makes no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It does not begin with the start of a run.
    #[error("tell the run's story from its journal")]
    Journal(#[from] ChainError),
    /// The run in it is not one that this program knows.
    #[error("read the run in the journal")]
    Run(#[from] SavedRunError),
}

impl Explain for ReportError {
    fn code(&self) -> Code {
        match self {
            Self::Journal(_) => pilotlight_findings::codes::J_CHAIN,
            Self::Run(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Journal(_) => None,
            Self::Run(error) => error.remedy(),
        }
    }
}

/// What the journal's reader knows of one run.
pub(crate) struct Story<'a> {
    pub(crate) run: Run,
    pub(crate) state: RunState,
    pub(crate) events: &'a [Event],
}

/// Tells a run from its events, verified and in order, whether it has ended or not.
///
/// # Errors
/// The events are not those of a run that this program knows.
pub fn report(events: &[Event]) -> Result<RunReport, ReportError> {
    let state = replay(events)?;
    let run = parse_run(&state.compiled, &state.digest)?;
    let story = Story { run, state, events };
    let conclusion = Conclusion::of(&story.state);
    Ok(RunReport {
        schema_version: RUN_REPORT_SCHEMA_VERSION,
        run: story.state.run.clone(),
        plan: story.state.plan.clone(),
        job: story.state.job.clone(),
        drill: story.run.drill.as_ref().map(|drill| drill.as_str().to_owned()),
        digest: story.state.digest.clone(),
        operator: story.state.operator.clone(),
        outcome: outcome(&conclusion.end).to_owned(),
        from: story.run.from.clone(),
        to: story.run.to.clone(),
        started_at: story.state.started_at.to_string(),
        finished_at: story.state.finished.as_ref().map(|finished| finished.at.to_string()),
        recovery_time: recovery::recovery_time(&story),
        recovery_point: databases::recovery_point(&story),
        databases: databases::databases(&story),
        phases: steps::phases(&story),
        records: records(&story),
        owners: story.run.owners.clone(),
        checks: steps::checks(&story),
        observation: observation::observation(&story),
        interventions: interventions::interventions(&story),
        findings: findings::findings(&story, &conclusion),
        detail: conclusion.detail,
    })
}

fn outcome(end: &End) -> &'static str {
    match end {
        End::Succeeded => "succeeded",
        End::Refused | End::RolledBack => "rolled_back",
        End::Aborted => "aborted",
        End::Failed => "failed",
        End::Stopped { .. } => "stopped",
        End::Unfinished => "unfinished",
    }
}

fn records(story: &Story<'_>) -> Vec<RecordMove> {
    let mut moves = Vec::new();
    for changes in story.run.record_changes() {
        let moved = measure::arrived_at(story, changes).is_some();
        moves.extend(changes.groups().iter().map(|group| RecordMove {
            zone: changes.zone.name.clone(),
            name: group.name.clone(),
            record_type: group.record_type.to_owned(),
            ttl: group.ttl(),
            before: group.answers_before(),
            after: group.answers_after(),
            moved,
        }));
    }
    moves
}
