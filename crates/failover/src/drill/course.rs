//! One direction of a plan, and every single thing that can go wrong in it.

use super::disturbance::{CallKey, Disturbance, repair};
use super::operator::{People, Story, carry_out, log_of};
use super::promises::broken;
use super::results::{Came, Trial};
use super::scene::Scene;
use crate::simulation::{Asked, State, World};
use crate::{Action, Conclusion, DatabaseTask, End, Engine, Run, RunReport, report};
use pilotlight_findings::Side;
use pilotlight_journal::{Body, JournalStores, MemoryStore, Ownership, latest_run};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How far behind a name server is that only lags.
const LAG: Duration = Duration::from_secs(40);

/// A compiled run, and what its worlds begin with.
#[derive(Clone)]
pub struct Course {
    pub(super) scene: Arc<Scene>,
    pub(super) run: Arc<Run>,
}

/// What an undisturbed run did.
pub(super) struct Recorded {
    pub(super) trial: Trial,
    pub(super) report: Option<RunReport>,
    pub(super) world: World,
    entries: usize,
    calls: BTreeSet<CallKey>,
}

impl Course {
    /// Of a run that was compiled for the scene.
    pub fn new(scene: Scene, run: Run) -> Self {
        Self { scene: Arc::new(scene), run: Arc::new(run) }
    }

    /// The run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// A new world for it.
    pub fn world(&self) -> World {
        let world = self.scene.world();
        world.with(|state| state.mode = self.run.mode);
        world
    }

    /// The undisturbed run, with what it did.
    pub(super) async fn record(&self) -> Recorded {
        let (world, store) = (self.world(), MemoryStore::new("journal"));
        let calls: Arc<Mutex<BTreeSet<CallKey>>> = Arc::default();
        let seen = Arc::clone(&calls);
        let rule = move |asked: &Asked<'_>, state: &State| {
            seen.lock().unwrap_or_else(PoisonError::into_inner).insert(CallKey::of(asked, state));
            None
        };
        world.with(|state| state.trouble = Some(Box::new(rule)));
        let story = self.carry_out(&world, &store, People { patience: 0, abort: false, withdraw: false }).await;
        let told = story.log.as_ref().ok().and_then(|log| report(&log.events).ok());
        let trial = self.tell(&Disturbance::Nothing, &world, &story);
        let calls = calls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Recorded { trial, report: told, world, entries: store.objects().len(), calls }
    }

    /// Every single thing that can go wrong.
    pub(super) fn disturbances(&self, recorded: &Recorded) -> Vec<Disturbance> {
        let mut all = Vec::new();
        for append in 0..recorded.entries {
            all.extend([false, true].map(|written| Disturbance::Kill { append, written }));
        }
        all.extend((0..recorded.entries).map(|append| Disturbance::Refused { append }));
        for call in &recorded.calls {
            let troubles = call.troubles().into_iter();
            all.extend(troubles.map(|trouble| Disturbance::Call { call: call.clone(), trouble }));
        }
        for step in self.run.steps() {
            match &step.action {
                Action::Check(_) | Action::Hold(_) => all.push(Disturbance::Red { step: step.id.clone() }),
                Action::Scale(scale) => all.push(Disturbance::Unhealthy { group: scale.group.clone() }),
                _ => {}
            }
        }
        let servers: BTreeSet<&String> = self.run.record_changes().flat_map(|set| &set.zone.name_servers).collect();
        for server in servers {
            let server = || server.clone();
            all.push(Disturbance::Late { server: server(), by: Some(LAG) });
            all.push(Disturbance::Late { server: server(), by: None });
        }
        for phase in self.run.phases.iter().map(|phase| phase.phase.to_string()) {
            for (side, urls) in &self.scene.urls {
                let dead =
                    urls.iter().map(|url| Disturbance::Dead { url: url.clone(), side: *side, phase: phase.clone() });
                all.extend(dead);
            }
            all.push(Disturbance::Gone { side: Side::Primary, phase: phase.clone() });
            all.extend([-1, 1].map(|hours| Disturbance::Jump { phase: phase.clone(), hours }));
            all.extend([false, true].map(|takeover| Disturbance::Second { phase: phase.clone(), takeover }));
        }
        all
    }

    /// What comes of one of them.
    pub(super) async fn trial(&self, disturbance: &Disturbance) -> Trial {
        let (world, store) = (self.world(), MemoryStore::new("journal"));
        disturbance.arm(&self.scene, &world, &store);
        if let Disturbance::Second { phase, takeover } = disturbance {
            return self.second_operator(disturbance, &world, &store, phase, *takeover).await;
        }
        let story = self.carry_out(&world, &store, People { patience: 0, abort: false, withdraw: false }).await;
        self.tell(disturbance, &world, &story)
    }

    pub(super) async fn carry_out(&self, world: &World, store: &MemoryStore, people: People) -> Story {
        let repair = || repair(&self.scene, world, store);
        let story = carry_out(world, store, &self.run, people, &repair).await;
        if matches!(story.conclusion.end, End::Refused | End::RolledBack | End::Aborted) {
            // Nobody can take back that something died. What was taken back is judged once it is there again.
            repair();
        }
        story
    }

    /// While one operator carries the run out, another one presses the button.
    async fn second_operator(
        &self,
        disturbance: &Disturbance,
        world: &World,
        store: &MemoryStore,
        phase: &str,
        takeover: bool,
    ) -> Trial {
        let reached = Arc::new(Notify::new());
        let (tell, phase) = (Arc::clone(&reached), phase.to_owned());
        world.with(|state| {
            state.on_event = Some(Box::new(move |_, event| {
                if matches!(&event.what, Body::PhaseStarted { phase: begun } if *begun == phase) {
                    tell.notify_one();
                }
            }));
        });
        let stores = JournalStores::one(store.clone());
        let first = async {
            let mut engine =
                Engine::start((*self.run).clone(), "ada@ops", None, &stores, world.ports()).await.map_err(told)?;
            engine.drive().await.map_err(told)
        };
        let second = async {
            reached.notified().await;
            if !takeover {
                let other = Engine::start((*self.run).clone(), "grace@ops", None, &stores, world.ports()).await;
                return other.map(|_| "a second run was begun".to_owned()).map_err(told);
            }
            let id = latest_run(store, &self.run.plan).await.map_err(|error| error.to_string())?.unwrap_or_default();
            let ownership = Ownership::takeover("grace@ops");
            let mut engine = Engine::resume(&id, ownership, &stores, world.ports()).await.map_err(told)?;
            engine.drive().await.map(|conclusion| conclusion.detail).map_err(told)
        };
        let (first, second) = futures::future::join(first, second).await;
        let mut wrong = Vec::new();
        match (takeover, &first, &second) {
            (false, Ok(_), Err(_)) | (true, Err(_), Ok(_)) => {}
            // It came to its end before the other could take it.
            (true, Ok(_), Err(_)) => {}
            (_, first, second) => wrong.push(format!("the first: {first:?}; the second: {second:?}")),
        }
        let log = log_of(store, &self.run.plan).await;
        let conclusion = match &log {
            Ok(log) => Conclusion::of(&log.state),
            Err(cause) => Conclusion { end: End::Unfinished, detail: cause.clone() },
        };
        let story = Story { resumes: 0, stops: Vec::new(), commands: Vec::new(), conclusion, log };
        let mut trial = self.tell(disturbance, world, &story);
        trial.broken.extend(wrong);
        if let Err(cause) = if takeover { first.map(|_| String::new()) } else { second } {
            trial.detail = format!("{}; the other: {cause}", trial.detail);
        }
        trial
    }

    fn tell(&self, disturbance: &Disturbance, world: &World, story: &Story) -> Trial {
        self.tell_of(disturbance.fault(), disturbance.place(), world, story)
    }

    pub(super) fn tell_of(&self, fault: String, place: String, world: &World, story: &Story) -> Trial {
        let waited = !story.stops.is_empty();
        let came = match &story.conclusion.end {
            End::Stopped { .. } | End::Unfinished => Came::Stuck,
            _ if waited => Came::WaitsForAPerson,
            End::Succeeded if story.resumes > 0 => Came::FinishedAfterResume,
            End::Succeeded => Came::Finished,
            End::Refused | End::RolledBack => Came::RolledBack,
            End::Aborted | End::Failed => Came::WaitsForAPerson,
        };
        let detail = match (story.stops.first(), &story.conclusion.end) {
            (Some(stop), end) => format!("{stop}; then {}", ended(end)),
            (None, End::Succeeded) => story.conclusion.detail.clone(),
            (None, end) => format!("{}: {}", ended(end), story.conclusion.detail),
        };
        let took = story.log.as_ref().ok().and_then(|log| {
            let (first, last) = (log.events.first()?.at, log.events.last()?.at);
            u64::try_from(last.duration_since(first).as_millis()).ok()
        });
        let by_itself = came == Came::Finished;
        let told = story.log.as_ref().ok().filter(|_| by_itself).and_then(|log| report(&log.events).ok());
        let jumped = world.with(|state| state.clock_ahead_ms != 0);
        let recovery_ms = told.and_then(|told| told.recovery_time.measured_ms).filter(|_| !jumped);
        Trial {
            fault,
            place,
            came,
            command: waited.then(|| story.commands.join(", then ")),
            detail,
            took_ms: took.unwrap_or(0),
            recovery_ms,
            broken: broken(&self.scene, &self.run, world, story),
        }
    }

    /// Whether the run does anything with databases.
    pub fn has_databases(&self) -> bool {
        self.run.steps().any(|step| matches!(&step.action, Action::Database(one) if one.task == DatabaseTask::Promote))
    }
}

fn told(error: crate::EngineError) -> String {
    pilotlight_findings::with_causes(&error)
}

fn ended(end: &End) -> &'static str {
    match end {
        End::Succeeded => "it finished",
        End::Refused => "refused, and nothing is left of it",
        End::RolledBack => "it was taken back",
        End::Aborted => "it was aborted",
        End::Failed => "a person took it from there",
        End::Stopped { .. } => "it still waits",
        End::Unfinished => "it came to no end",
    }
}
