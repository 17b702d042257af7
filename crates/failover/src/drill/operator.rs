//! Carries a run out as people would: resumes what was killed or stopped, repairs what broke, and else takes it back.

use crate::simulation::World;
use crate::{Conclusion, End, Engine, EngineError, Run};
use futures::future::{Either, select};
use pilotlight_journal::{JournalError, JournalStores, MemoryStore, Ownership, RunLog, latest_run, read_run};
use std::pin::pin;

/// How often people go on with a run before nobody believes in it any more.
const ROUNDS: usize = 60;
/// How many ways there are after the cause has ended: resume, abort, and leaving out what still stops it.
const LEAVE_OUT: usize = 6;

/// What people do where a run waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct People {
    /// How often they resume it as it is, before they repair what broke.
    pub(super) patience: usize,
    /// Whether they take it back in place of that.
    pub(super) abort: bool,
    /// Whether they think better of that, as soon as anything keeps it from its end.
    pub(super) withdraw: bool,
}

/// What people went through.
pub(super) struct Story {
    /// How often an executor died or gave up.
    pub(super) resumes: usize,
    /// Where it waited: the reasons, in order.
    pub(super) stops: Vec<String>,
    /// What was done about that, as commands.
    pub(super) commands: Vec<String>,
    pub(super) conclusion: Conclusion,
    /// The journal as it is at the end; none where it cannot be trusted, and why.
    pub(super) log: Result<RunLog, String>,
}

/// What a person does about a stop.
enum Deed {
    Resume,
    Abort,
    Withdraw,
    Skip(String),
    GiveUp,
}

/// Begins the run, and goes on until it is over. `repair` ends whatever disturbs it.
pub(super) async fn carry_out(
    world: &World,
    store: &MemoryStore,
    run: &Run,
    people: People,
    repair: &(dyn Fn() + Sync),
) -> Story {
    let mut story = Story {
        resumes: 0,
        stops: Vec::new(),
        commands: Vec::new(),
        conclusion: Conclusion { end: End::Unfinished, detail: "it was never begun".into() },
        log: Err("there is no run".into()),
    };
    let mut deed = Deed::Resume;
    let mut people = people;
    // Whoever aborted it and thinks better of that repairs what broke, and is as patient as they were at first.
    let after_all = |people: &mut People, deed: &Deed, story: &mut Story| {
        let thinks_better = people.withdraw && matches!(deed, Deed::Abort);
        if thinks_better {
            repair();
            *people = People { patience: story.stops.len(), abort: false, withdraw: false };
            story.commands.push("pilotlight run abort PLAN --withdraw --reason TEXT".into());
        }
        thinks_better
    };
    for round in 0..ROUNDS {
        let ended = match select(pin!(go_on(world, store, run, &deed)), pin!(world.died())).await {
            Either::Left((ended, _)) => Some(ended),
            Either::Right(_) => None,
        };
        let Some(ended) = ended else {
            world.revive();
            story.resumes += 1;
            if after_all(&mut people, &deed, &mut story) {
                deed = Deed::Withdraw;
            }
            continue;
        };
        match ended {
            Ok(conclusion) => {
                story.conclusion = conclusion;
                let End::Stopped { step } = &story.conclusion.end else { break };
                story.stops.push(story.conclusion.detail.clone());
                let step = step.clone();
                deed = match after_all(&mut people, &deed, &mut story) {
                    true => Deed::Withdraw,
                    false => decide(people, story.stops.len(), step.as_deref(), &mut story.commands, repair),
                };
                if matches!(deed, Deed::GiveUp) {
                    break;
                }
            }
            // The kill, or the refusal, came with the last event.
            Err(EngineError::Journal(JournalError::Finished { .. })) => break,
            Err(error) => {
                story.conclusion.detail = pilotlight_findings::with_causes(&error);
                story.resumes += 1;
                if after_all(&mut people, &deed, &mut story) {
                    deed = Deed::Withdraw;
                }
                if round > ROUNDS / 2 {
                    repair();
                }
            }
        }
    }
    story.log = log_of(store, &run.plan).await;
    if let Ok(log) = &story.log
        && log.state.finished.is_some()
    {
        story.conclusion = Conclusion::of(&log.state);
    }
    story
}

fn decide(
    people: People,
    stops: usize,
    step: Option<&str>,
    commands: &mut Vec<String>,
    repair: &(dyn Fn() + Sync),
) -> Deed {
    if people.abort && stops == 1 {
        commands.push("pilotlight run abort PLAN --reason TEXT".into());
        return Deed::Abort;
    }
    let beyond = stops.saturating_sub(people.patience);
    if beyond <= 1 {
        if beyond == 1 {
            repair();
        }
        commands.push("pilotlight run resume PLAN".into());
        return Deed::Resume;
    }
    match step {
        _ if beyond == 2 && !people.abort => {
            commands.push("pilotlight run abort PLAN --reason TEXT".into());
            Deed::Abort
        }
        Some(step) if beyond < LEAVE_OUT => {
            commands.push(format!("pilotlight run skip PLAN --step {step} --reason TEXT"));
            Deed::Skip(step.to_owned())
        }
        _ => Deed::GiveUp,
    }
}

/// One executor's life.
async fn go_on(world: &World, store: &MemoryStore, run: &Run, deed: &Deed) -> Result<Conclusion, EngineError> {
    let stores = JournalStores::one(store.clone());
    let mut engine = match latest_run(store, &run.plan).await? {
        None => Engine::start(run.clone(), "ada@ops", None, &stores, world.ports()).await?,
        Some(id) => {
            let ownership = Ownership::resume("ada@ops");
            let mut engine = Engine::resume(&id, ownership, &stores, world.ports()).await?;
            let told = match deed {
                Deed::Abort => engine.abort("ada@ops", "the drill goes back").await,
                Deed::Withdraw => engine.withdraw_abort("ada@ops", "the drill thinks better of it").await,
                Deed::Skip(step) => engine.skip(step, "ada@ops", "the drill leaves it out").await,
                Deed::Resume | Deed::GiveUp => Ok(()),
            };
            match told {
                // It was told before it was killed, or there is nothing to tell any more.
                Ok(())
                | Err(EngineError::AlreadyUndoing | EngineError::NotNow { .. } | EngineError::NotWithdrawn { .. }) => {
                    engine
                }
                Err(error) => return Err(error),
            }
        }
    };
    engine.drive().await
}

pub(super) async fn log_of(store: &MemoryStore, plan: &str) -> Result<RunLog, String> {
    let told = |error: JournalError| pilotlight_findings::with_causes(&error);
    let run = latest_run(store, plan).await.map_err(told)?.ok_or("there is no run")?;
    read_run(&JournalStores::one(store.clone()), &run).await.map_err(told)
}
