//! Runs that went back from a promotion: what was written at the new server meanwhile is there alone.

use super::Story;
use super::databases::{database, is_promoted, state};
use super::outcomes::last_outcome;
use crate::{Action, DatabaseReport, DatabaseTask, ManagedTask, Step};
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_journal::{Outcome, RunOutcome, StepStatus};

/// What the undo of a release says of rows that were written between the two.
pub(crate) const LEFT_BEHIND: &str = "left_behind";

/// Said by it where that server was made a standby meanwhile.
pub(crate) const FOLLOWS: &str = "follows";

/// What going back from the promotion of one database left at the new server.
pub(super) struct GoneBack {
    /// Rows that were written there. None where that is not known.
    pub(super) rows: Option<u64>,
}

impl GoneBack {
    pub(super) fn lost(&self) -> &'static str {
        match self.rows {
            Some(0) => "none",
            Some(_) => "some",
            None => "unknown",
        }
    }
}

/// None where the run did not promote the database, or did not go back from it.
pub(super) fn of(story: &Story<'_>, name: &str) -> Option<GoneBack> {
    let release = state(story, name, &DatabaseTask::Release).filter(|release| release.attempts > 0);
    let fenced_again = release.filter(|release| release.status == StepStatus::Undone);
    if !is_promoted(story, name) || (fenced_again.is_none() && !went_back(story)) {
        return None;
    }
    let rows = match release {
        Some(_) => fenced_again.and_then(|undone| undone.observed.get(LEFT_BEHIND)?.as_u64()),
        // Nothing let it write: the fence came over with the log.
        None => was_fenced(story, name).then_some(0),
    };
    Some(GoneBack { rows })
}

fn went_back(story: &Story<'_>) -> bool {
    let outcome = story.state.finished.as_ref().map(|finished| finished.outcome);
    matches!(outcome, Some(RunOutcome::Aborted | RunOutcome::RolledBack))
}

fn was_fenced(story: &Story<'_>, name: &str) -> bool {
    let fences = |step: &&Step| database(step).is_some_and(|it| it.name == name && it.task == DatabaseTask::Fence);
    let fence = story.run.steps().find(fences).and_then(|step| last_outcome(story, &step.id));
    fence.is_some_and(|fence| fence.observed.get("fence") == Some(&"proven".into()))
}

fn promotion<'s>(story: &'s Story<'_>, name: &str) -> Option<&'s Step> {
    story.run.steps().find(|step| match &step.action {
        Action::Database(database) => database.name == name && database.task == DatabaseTask::Promote,
        Action::Managed(database) => database.name == name && database.task == ManagedTask::Promote,
        _ => false,
    })
}

/// Whether it was promoted, and then left out of the way back: its state tells of that word alone.
pub(super) fn was_promoted(story: &Story<'_>, name: &str) -> bool {
    let skipped = promotion(story, name).filter(|step| story.state.status(&step.id) == StepStatus::Skipped);
    let last = skipped.and_then(|step| last_outcome(story, &step.id));
    last.is_some_and(|last| matches!(last.outcome, Outcome::Done | Outcome::AlreadyDone))
}

/// What a run lost that is not seen to have promoted the database.
pub(super) fn without_a_promotion(story: &Story<'_>, name: &str) -> &'static str {
    let Some(finished) = &story.state.finished else { return "pending" };
    let promote = promotion(story, name).and_then(|step| story.state.steps.get(&step.id));
    // The fence is taken back where it is settled that none comes.
    let settled = state(story, name, &DatabaseTask::Fence).is_some_and(|fence| fence.status == StepStatus::Undone);
    let never = promote.is_none_or(|promote| {
        promote.attempts == 0 || matches!(promote.status, StepStatus::Failed | StepStatus::Undone)
    });
    // Who goes forward without it has it promoted by somebody else, or nobody writes.
    match finished.outcome != RunOutcome::Succeeded && (never || settled) {
        true => "none",
        false => "unknown",
    }
}

/// Whether two servers took writes, of a run that did not look, or does not any more.
pub(super) fn second_writer(story: &Story<'_>, name: &str) -> &'static str {
    if story.state.finished.is_none() {
        return "pending";
    }
    let release = state(story, name, &DatabaseTask::Release).filter(|release| release.attempts > 0);
    // Proven, before the old one was released.
    let fenced = release.map_or_else(|| was_fenced(story, name), |release| release.status == StepStatus::Undone);
    let one = match of(story, name) {
        Some(_) => fenced,
        None => !is_promoted(story, name) && without_a_promotion(story, name) == "none",
    };
    if one { "none" } else { "unknown" }
}

/// The servers that a run promoted and went back from: each is a primary of its own, until somebody makes it a standby.
pub(super) fn left_behind(story: &Story<'_>) -> Vec<Finding> {
    let promotions = story.run.steps().filter_map(|step| Some((step, database(step)?)));
    let promotions = promotions.filter(|(_, database)| database.task == DatabaseTask::Promote);
    let promoted = promotions.filter(|(_, database)| {
        let looked = state(story, &database.name, &DatabaseTask::Look);
        // The other one is its standby already.
        let is_followed = looked.is_some_and(|look| look.observed.get("already") == Some(&true.into()));
        let released = state(story, &database.name, &DatabaseTask::Release);
        let follows = released.is_some_and(|release| release.observed.get(FOLLOWS) == Some(&true.into()));
        !is_followed && !follows && is_promoted(story, &database.name)
    });
    promoted
        .map(|(_, database)| {
            let (name, from, to) = (&database.name, story.run.from.side, story.run.to.side);
            let message = format!(
                "database {name} of the {to} was promoted before the run went back: it follows nobody, and nothing follows \
                 the {from}'s"
            );
            let program = resync_program(to);
            let remedy = format!(
                "make the {to}'s server a standby of the {from}'s again, by the program of {program} where the plan has one, \
                 else by pg_rewind or pg_basebackup: until then the next run is refused"
            );
            Finding::new(codes::F_UNPROTECTED, Severity::Warning, plan(story), message).remedy(remedy)
        })
        .collect()
}

/// The program of a plan that makes this side's server follow the other.
fn resync_program(side: Side) -> &'static str {
    match side {
        Side::Standby => "resync_standby",
        Side::Primary => "resync",
    }
}

fn plan(story: &Story<'_>) -> Subject {
    Subject::Plan { name: story.run.plan.clone() }
}

/// What is said of writes that were left behind.
pub(super) fn lost(story: &Story<'_>, back: &GoneBack, database: &DatabaseReport) -> Finding {
    let (name, to) = (&database.name, story.run.to.side);
    let message = match back.rows {
        Some(rows) => format!(
            "{rows} rows that were written at database {name} of the {to} after its promotion were left behind: they are on \
             no other server"
        ),
        None => format!(
            "how much was written at database {name} of the {to} after its promotion is not known, and it was left behind"
        ),
    };
    let remedy = match to {
        Side::Standby => {
            "take from that server by hand what is missed, before it is made a standby again: that discards it, and \
             resync_standby keeps nothing of it"
        }
        Side::Primary => {
            "leave that server's disks as they are: the next failback keeps what it alone has before it is discarded"
        }
    };
    let finding = Finding::new(codes::F_WRITES_LOST, Severity::Warning, plan(story), message).remedy(remedy);
    let word = promotion(story, name).and_then(|step| story.state.skips.get(&step.id));
    match word {
        Some(word) => finding.with(Evidence::fact("left behind by", format!("{}: {}", word.by, word.reason))),
        None => finding,
    }
}
