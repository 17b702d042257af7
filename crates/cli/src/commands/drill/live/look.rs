//! Whether a drill may begin: what `validate` would find against a failover, and whether its failback would be refused.
//! All of it is asked while traffic is at home.

use super::Drill;
use crate::commands::failover::target;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::databases;
use crate::progress::Wait;
use crate::project::States;
use pilotlight_failover::{Mode, Run, SystemClock, database_readiness, managed_readiness, readiness};
use pilotlight_findings::{Code, Explain, Finding, Severity, codes};
use pilotlight_integrity::NetworkProber;
use pilotlight_integrity::postgres::Databases;
use std::sync::Arc;

/// Looks, and gives what the way there notes of it. What is against the drill is told all at once.
pub(super) async fn before(
    drill: &Drill<'_>,
    away: &Run,
    home: Option<&Run>,
    states: &States,
) -> Result<Option<Finding>, Failure> {
    let (project, aws) = (drill.project, drill.aws);
    let wait = Wait::new(drill.context.screen, "look whether the drill may begin");
    let prober = NetworkProber::new(drill.args.resolver.resolver).in_directory(&project.folder);
    let environment = crate::vars::environment();
    let mut found = readiness(away, &prober, &environment).await.findings;
    if away.mode == Mode::Graceful {
        let servers: Arc<dyn Databases> = Arc::new(databases(project, &environment));
        let rpo = project.plan.objectives.rpo;
        found.extend(database_readiness(away, rpo, &servers, &environment, &SystemClock::new()).await.findings);
    }
    found.extend(managed_readiness(away, &aws.managed_databases()).await.findings);
    found.extend(home.into_iter().flat_map(|home| home.notes.clone()));
    // That nothing looks at the side which takes over is a reason for a drill, and none against it.
    found.retain(|finding| finding.severity >= Severity::Error && finding.code != codes::F_NO_TARGET_CHECK);
    wait.say("compare the primary with its Terraform, as its failback will");
    let note = target::look(project, states, aws, drill.args.accept_drift).await?;
    if found.is_empty() {
        return Ok(note);
    }
    let against: Vec<Against> =
        found.into_iter().map(|finding| Against { plan: project.plan.name.clone(), finding }).collect();
    let all = against.iter().map(|one| one as &dyn Explain);
    Err(Failure::several(all, &against[0]).exit(Exit::Refused))
}

/// Something against it.
#[derive(Debug, thiserror::Error)]
#[error("begin a drill of plan {plan}: {}: {}", finding.subject, finding.message)]
struct Against {
    plan: String,
    finding: Finding,
}

impl Explain for Against {
    fn code(&self) -> Code {
        self.finding.code
    }

    fn remedy(&self) -> Option<String> {
        self.finding.remedy.clone().or_else(|| Some("see pilotlight validate PLAN".into()))
    }
}
