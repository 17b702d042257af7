//! Whether a release would undo a failover that holds: by the owners that its run found, and the HCL as it is here,
//! which is what the pipeline is about to apply.

use crate::owners::configuration;
use crate::project::Project;
use pilotlight_failover::{NextApply, RecordOwner, RunReport, StandingError, standing_failover};
use pilotlight_findings::{Code, Explain, codes};
use pilotlight_journal::JournalStores;

/// What there is against a release.
pub(super) struct Judged {
    pub(super) drill: Option<DrillAway>,
    pub(super) undoes: Option<Undoes>,
    pub(super) unknown: Option<NotKnown>,
}

/// Looks at the last run that was not undone. With names of stacks, only at theirs, and at records of which nobody knows
/// whose they are.
pub(super) async fn judge(
    project: &Project,
    stores: &JournalStores,
    stacks: &[String],
) -> Result<Judged, StandingError> {
    let mut judged = Judged { drill: None, undoes: None, unknown: None };
    let Some(run) = standing_failover(stores, &project.plan.name).await? else { return Ok(judged) };
    if run.drill.as_deref() == Some("away") {
        judged.drill = Some(DrillAway { story: story(&run) });
    }
    let concerned = |owner: &&RecordOwner| match &owner.resource {
        Some(resource) => stacks.is_empty() || stacks.contains(&resource.stack),
        None => true,
    };
    let owners: Vec<RecordOwner> = run.owners.iter().filter(concerned).map(|owner| now(project, owner)).collect();
    let with = |wanted: NextApply| -> Vec<String> {
        owners.iter().filter(|owner| owner.next_apply == wanted).map(ToString::to_string).collect()
    };
    let (reverts, mut unknown) = (with(NextApply::Reverts), with(NextApply::Unknown));
    if run.owners.is_empty() && moves_records(&run) {
        unknown.push("its run was begun by a version of pilotlight that did not look for owners".to_owned());
    }
    if !reverts.is_empty() {
        let remedy = owners.iter().find_map(|owner| owner.remedy.clone());
        judged.undoes = Some(Undoes { story: story(&run), owners: reverts.join("; "), remedy });
    }
    if !unknown.is_empty() {
        judged.unknown = Some(NotKnown { story: story(&run), owners: unknown.join("; ") });
    }
    Ok(judged)
}

/// The owner by the HCL that is here now; as its run found it where there is none.
fn now(project: &Project, owner: &RecordOwner) -> RecordOwner {
    let Some(resource) = &owner.resource else { return owner.clone() };
    match configuration(project, &resource.stack, resource.side) {
        Ok(configuration) => owner.under(&configuration),
        Err(why) => {
            tracing::debug!(stack = resource.stack, why, "judged by what the run found");
            owner.clone()
        }
    }
}

/// Whether it changed records: a signal changes none.
fn moves_records(run: &RunReport) -> bool {
    run.phases.iter().flat_map(|phase| &phase.steps).any(|step| step.step.starts_with("preflight/records/"))
}

fn story(run: &RunReport) -> String {
    match run.outcome.as_str() {
        "succeeded" => {
            let since = run.finished_at.as_deref().map_or(String::new(), |at| format!(" at {at}"));
            format!("{} {} moved traffic to {}{since}", run.job, run.run, run.to.region)
        }
        outcome => format!("{} {} ended as {outcome}, and left traffic in doubt", run.job, run.run),
    }
}

/// A live drill is between its runs.
#[derive(Debug, thiserror::Error)]
#[error("give leave to release: a live drill is under way: {story}, and its way home was not gone")]
pub(super) struct DrillAway {
    story: String,
}

impl Explain for DrillAway {
    fn code(&self) -> Code {
        codes::F_DRILL_AWAY
    }

    fn remedy(&self) -> Option<String> {
        Some("release once traffic is home: pilotlight drill live PLAN --resume".to_owned())
    }
}

/// It would.
#[derive(Debug, thiserror::Error)]
#[error("give leave to release: {story}, and the next apply would undo that: {owners}")]
pub(super) struct Undoes {
    story: String,
    owners: String,
    remedy: Option<String>,
}

impl Explain for Undoes {
    fn code(&self) -> Code {
        codes::F_RELEASE_UNDOES
    }

    fn remedy(&self) -> Option<String> {
        let until = "release after the failback: pilotlight failback PLAN";
        Some(match &self.remedy {
            Some(lines) => format!("{until}; or {lines}"),
            None => until.to_owned(),
        })
    }
}

/// It may.
#[derive(Debug, thiserror::Error)]
#[error("find out whether a release would undo a failover: {story}, and {owners}")]
pub(super) struct NotKnown {
    story: String,
    owners: String,
}

impl Explain for NotKnown {
    fn code(&self) -> Code {
        codes::F_RELEASE_UNKNOWN
    }

    fn remedy(&self) -> Option<String> {
        Some(
            "unknown is not \"go on\": release after the failback (pilotlight failback PLAN), or once you have seen that the \
             HCL of what is released leaves the records alone"
                .into(),
        )
    }
}
