//! A drill as its plan's journal tells it.

use super::DrillPart;
use crate::Direction;
use crate::saved_run::parse_run;
use futures::TryStreamExt as _;
use pilotlight_journal::{JournalError, JournalStores, RunLog, RunOutcome, known_runs, read_runs};
use std::pin::pin;

/// The runs of a drill.
#[derive(Debug, Clone)]
pub struct DrillLog {
    /// The failover.
    pub away: RunLog,
    /// The failback: the one that moved traffic home, else the last one that was to.
    pub home: Option<RunLog>,
}

/// Where a drill stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// In its failover.
    Away,
    /// Traffic is on the standby, and no run is to move it home.
    BetweenRuns,
    /// In its failback.
    Home,
    /// Traffic is at home, or a person took it from there.
    Over,
}

impl DrillLog {
    /// Where it stands.
    pub fn stage(&self) -> Stage {
        let outcome = |log: &RunLog| log.state.finished.as_ref().map(|finished| finished.outcome);
        match (outcome(&self.away), self.home.as_ref().map(outcome)) {
            (None, _) => Stage::Away,
            (Some(RunOutcome::Succeeded), None) => Stage::BetweenRuns,
            (Some(RunOutcome::Succeeded), Some(None)) => Stage::Home,
            // It was undone, so that traffic is on the standby again.
            (Some(RunOutcome::Succeeded), Some(Some(RunOutcome::RolledBack | RunOutcome::Aborted))) => {
                Stage::BetweenRuns
            }
            _ => Stage::Over,
        }
    }
}

/// The newest drill of a plan, or the one that a run with this id, or this beginning of one, is a part of.
///
/// # Errors
/// The journal gave no answer, or cannot be trusted.
pub async fn find_drill(
    stores: &JournalStores,
    plan: &str,
    wanted: Option<&str>,
) -> Result<Option<DrillLog>, JournalError> {
    let mut later: Vec<RunLog> = Vec::new();
    let mut is_wanted = wanted.is_none();
    let known = known_runs(stores, plan).await?;
    let mut newest_first = pin!(read_runs(stores, known.iter().rev()));
    while let Some(log) = newest_first.try_next().await? {
        is_wanted |= wanted.is_some_and(|wanted| log.state.run.starts_with(wanted));
        if !matches!(part(&log), Some(DrillPart::Away(_))) {
            later.push(log);
            continue;
        }
        if is_wanted {
            return Ok(Some(DrillLog { away: log, home: way_home(later) }));
        }
        later.clear();
    }
    Ok(None)
}

/// Of the runs after a drill's failover, the newest first: the failback that succeeded, else the last one. Whoever began
/// it, it is how traffic went home.
fn way_home(later: Vec<RunLog>) -> Option<RunLog> {
    let mut home = None;
    for log in later.into_iter().rev().filter(|log| log.state.job == Direction::Failback.as_str()) {
        let ends = log.state.finished.as_ref().is_some_and(|finished| {
            // What comes after that is another story.
            matches!(finished.outcome, RunOutcome::Succeeded | RunOutcome::Failed)
        });
        home = Some(log);
        if ends {
            break;
        }
    }
    home
}

/// What a run is in a live drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillRun {
    /// The id of the drill's failover, which is this run's own on the way there.
    pub failover: String,
    /// Whether it is a way home.
    pub is_home: bool,
    /// Where the whole drill stands.
    pub stage: Stage,
}

/// What each of a plan's runs, the oldest first, is in a live drill; none where it is no part of one. A failback that
/// somebody began by hand is a drill's way home too, where it is how traffic went home.
pub fn drill_runs(logs: &[RunLog]) -> Vec<Option<DrillRun>> {
    let mut found: Vec<Option<DrillRun>> = vec![None; logs.len()];
    let is_away = |log: &RunLog| matches!(part(log), Some(DrillPart::Away(_)));
    for (at, away) in logs.iter().enumerate().filter(|(_, log)| is_away(log)) {
        let later = &logs[at + 1..];
        let later = &later[..later.iter().position(is_away).unwrap_or(later.len())];
        let drill = DrillLog { away: away.clone(), home: way_home(later.iter().rev().cloned().collect()) };
        let failover = away.state.run.clone();
        let of = |is_home| Some(DrillRun { failover: failover.clone(), is_home, stage: drill.stage() });
        found[at] = of(false);
        for (log, found) in later.iter().zip(&mut found[at + 1..]) {
            let went_home = drill.home.as_ref().is_some_and(|home| home.state.run == log.state.run);
            if went_home || part(log) == Some(DrillPart::Home { failover: failover.clone() }) {
                *found = of(true);
            }
        }
    }
    found
}

/// Which part of a drill a run is; a run that this program cannot read is none.
pub(super) fn part(log: &RunLog) -> Option<DrillPart> {
    parse_run(&log.state.compiled, &log.state.digest).ok()?.drill
}
