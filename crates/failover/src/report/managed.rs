//! Databases that AWS promotes, as the journal tells of them.

use super::Story;
use super::databases::reached;
use crate::{Action, DatabaseReport, ManagedKind, ManagedStep, ManagedTask, Mode};
use pilotlight_journal::{StepState, StepStatus};

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

pub(super) fn is_promoted(story: &Story<'_>, name: &str) -> bool {
    of(story, name).is_some_and(|seen| seen.promote.is_some_and(reached))
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
