//! Databases that AWS promotes, as the journal tells of them.

use super::Story;
use super::databases::reached;
use crate::{Action, DatabaseReport, Direction, ManagedKind, ManagedStep, ManagedTask, Mode};
use pilotlight_findings::{Finding, Severity, Subject, codes};
use pilotlight_journal::{StepState, StepStatus};

/// What the undo of a fence says where it found a promotion whose end the run had not seen.
pub(crate) const PROMOTED_MEANWHILE: &str = "promoted_meanwhile";

/// What the journal has of one of them.
pub(super) struct Seen<'s> {
    step: &'s ManagedStep,
    mode: Mode,
    promote: Option<&'s StepState>,
    measure: Option<&'s StepState>,
    verify: Option<&'s StepState>,
}

/// None where the run has no such database.
pub(super) fn of<'s>(story: &'s Story<'_>, name: &str) -> Option<Seen<'s>> {
    let steps = || {
        story.run.steps().filter_map(|step| match &step.action {
            Action::Managed(managed) if managed.name == name => Some((step, managed)),
            _ => None,
        })
    };
    let state = |task: ManagedTask| {
        let (step, _) = steps().find(|(_, managed)| managed.task == task)?;
        story.state.steps.get(&step.id)
    };
    let (_, step) = steps().find(|(_, managed)| managed.task == ManagedTask::Promote)?;
    Some(Seen {
        step,
        mode: story.run.mode,
        promote: state(ManagedTask::Promote),
        measure: state(ManagedTask::Measure),
        verify: state(ManagedTask::Verify),
    })
}

/// Also where a person left out a promotion in doubt that came all the same.
pub(super) fn is_promoted(story: &Story<'_>, name: &str) -> bool {
    of(story, name).is_some_and(|seen| [seen.promote, seen.verify].into_iter().flatten().any(reached))
}

/// The instances that a run promoted and went back from: nothing makes them replicas again.
pub(super) fn left_behind(story: &Story<'_>) -> Vec<Finding> {
    let promotions = story.run.steps().filter_map(|step| match &step.action {
        Action::Managed(step) if step.task == ManagedTask::Promote && step.service == ManagedKind::Rds => Some(step),
        _ => None,
    });
    let promoted = promotions.filter(|step| super::databases::is_promoted(story, &step.name));
    promoted
        .map(|step| {
            let message = format!(
                "{} in {} was promoted before the run went back: it is no replica any more, and nothing follows the {}'s",
                step.new.id, step.new.region, story.run.from.side
            );
            Finding::new(codes::F_UNPROTECTED, Severity::Warning, Subject::Plan { name: story.run.plan.clone() }, message)
                .remedy("make a new replica there and write its identifier into the plan: until then the next run is refused")
        })
        .collect()
}

/// What AWS has of it; none of a database that is no managed one.
pub(super) fn kind<'s>(story: &'s Story<'_>, name: &str) -> Option<&'s ManagedKind> {
    of(story, name).map(|seen| &seen.step.service)
}

/// What to do about an old side that nothing fenced: a failback treats each kind in its own way.
pub(super) fn unfenced_remedy(kind: Option<&ManagedKind>, job: Direction) -> &'static str {
    match (kind, job) {
        (None, Direction::Failover) => "keep applications from that server until a failback has made it a standby",
        (None, Direction::Failback) => {
            "keep applications from that server until it is made a standby of the primary's: by the program of \
             resync_standby, run by hand, or by pg_rewind or pg_basebackup"
        }
        (Some(ManagedKind::Rds), _) => {
            "keep applications from that instance for good: nothing makes it a replica again, and what is written there is \
             nowhere else"
        }
        (Some(ManagedKind::AuroraGlobal(_)), _) => {
            "keep applications from that cluster until Aurora has made it a secondary of the global database again"
        }
    }
}

/// Where writes that were lost still are.
pub(super) fn lost_remedy(kind: Option<&ManagedKind>, job: Direction) -> &'static str {
    match (kind, job) {
        (None, Direction::Failover) => {
            "leave the old server's disks as they are: a failback keeps what it alone has before it is discarded"
        }
        (None, Direction::Failback) => {
            "once the standby's server answers, take from it by hand what it alone has: to make it a standby again \
             discards that, and no run keeps it"
        }
        (Some(ManagedKind::Rds), _) => {
            "leave the old instance as it is, and take from it by hand what it alone has: a failback neither reads nor \
             changes it"
        }
        // Its user guide, "Recovering an Amazon Aurora global database from an unplanned outage".
        (Some(ManagedKind::AuroraGlobal(_)), _) => {
            "once the old region answers, copy the snapshot that Aurora makes of the old volume where it can \
             (rds:unplanned-global-failover-...): the cluster itself is made anew from the new writer"
        }
    }
}

impl Seen<'_> {
    /// Writes what AWS tells into a report, where SQL told nothing.
    pub(super) fn complete(&self, report: &mut DatabaseReport) {
        if self.step.sql {
            return;
        }
        let promoted = self.promote.is_some_and(reached);
        let by_switchover = self.step.service != ManagedKind::Rds && self.mode == Mode::Graceful;
        let undone = self.promote.is_some_and(|state| state.status == StepStatus::Undone);
        let word = |known: &str| match (undone, promoted) {
            (true, _) => "released".to_owned(),
            (_, true) => known.to_owned(),
            _ => "pending".to_owned(),
        };
        (report.fence, report.second_writer) = match (by_switchover, self.verify.is_some_and(reached)) {
            (true, verified) => (word("proven"), if verified { "none" } else { "pending" }.to_owned()),
            (false, verified) => {
                let fence = if self.step.service == ManagedKind::Rds { "unknown".to_owned() } else { word("unknown") };
                (fence, if verified { "unknown" } else { "pending" }.to_owned())
            }
        };
        if !by_switchover {
            report.fence_reasons = vec![match self.step.service {
                ManagedKind::Rds => "RDS has no call that keeps an instance from taking writes".into(),
                ManagedKind::AuroraGlobal(_) => "the region that was left was not asked".into(),
            }];
        }
        if promoted && by_switchover {
            (report.lost_writes, report.missing_ms) = ("none".into(), Some(0));
        } else if promoted {
            report.lost_writes = "unknown".into();
            report.missing_ms = self.measure.and_then(|state| state.observed.get("bound_ms")?.as_u64());
        }
    }
}
