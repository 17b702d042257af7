//! The way home: foreseen before the drill begins, and compiled from what is there once traffic is away.

use crate::commands::Context;
use crate::commands::failover::{compile_observed, target};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::groups::Groups;
use crate::project::{Project, States};
use pilotlight_cloud::Aws;
use pilotlight_failover::drill::{SceneError, foreseen_way_back};
use pilotlight_failover::{CompileError, Direction, Mode, Observed, Run};
use pilotlight_findings::{Finding, Severity, Subject, codes};
use std::net::SocketAddr;

/// The failback, compiled from the world that the failover leads to in memory. None where it does not get through there.
/// One that would not compile is refused now, while traffic is at home.
pub(super) async fn foreseen(
    project: &Project,
    away: &Run,
    observed: Observed,
    states: &States,
) -> Result<Option<Run>, Failure> {
    let plan = project.plan_for_runs()?;
    let away = Run { drill: None, ..away.clone() };
    // A trial runs on a thread of its own; the states are lent to it.
    let foreseen = tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let looks = || foreseen_way_back(&plan, away, &observed, states, &Groups::new(&plan, states));
            scope.spawn(looks).join()
        })
    });
    let Ok(foreseen) = foreseen else {
        return Err(Failure::coded(
            codes::F_DRILL,
            "foresee the way back in memory",
            "see what it comes to: pilotlight drill simulate PLAN",
        ));
    };
    foreseen.map_err(|error| {
        let refused = matches!(&error, SceneError::Compile(CompileError::Refused(_)));
        let failure = Failure::from(error).about("the way back");
        if refused { failure.exit(Exit::Refused) } else { failure }
    })
}

/// The failback from what is there. It goes home whatever drifted meanwhile, and says so: who is away has to come back.
pub(super) async fn compiled(
    project: &Project,
    aws: &Aws,
    resolver: Option<SocketAddr>,
    context: Context<'_>,
) -> Result<Run, Failure> {
    let compiled = compile_observed(project, Direction::Failback, Mode::Graceful, aws, resolver, context).await?;
    let mut run = compiled.run;
    match target::look(project, &compiled.states, aws, true).await {
        Ok(note) => run.notes.extend(note),
        Err(failure) => {
            let subject = Subject::Plan { name: project.plan.name.clone() };
            let message = format!("whether the primary is as its Terraform says is not known: {}", failure.to_line());
            run.notes.push(
                Finding::new(codes::F_TARGET_DRIFT, Severity::Warning, subject, message)
                    .remedy("look at pilotlight drift PLAN --side primary"),
            );
        }
    }
    Ok(run)
}
