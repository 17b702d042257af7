//! Two operators who press the button at once.

use super::chance::Chance;
use super::course::Course;
use super::operator::{Story, log_of};
use super::results::Trial;
use crate::{Conclusion, End, Engine, EngineError};
use pilotlight_journal::{JournalStores, MemoryStore, Ownership, latest_run, plan_runs};

impl Course {
    /// What comes of two operators: both begin the run, or the second one takes it over in the middle. A seed decides
    /// who is faster, and when.
    pub async fn race(&self, seed: u64) -> Trial {
        let (world, store) = (self.world(), MemoryStore::new("journal"));
        let mut chance = Chance::of(seed);
        let mut of_turns = Chance::of(chance.number());
        world.with(|state| {
            state.turns = Some(Box::new(move || u8::try_from(1 + of_turns.below(6)).unwrap_or(1)));
        });
        let stores = JournalStores::one(store.clone());
        let takes_over = chance.hits(500);
        let waits = [chance.below(8), if takes_over { chance.below(600) } else { chance.below(8) }];
        let begin = |by: &'static str, turns: u64| {
            let (stores, world, store) = (&stores, &world, &store);
            async move {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
                let running = match takes_over && by == "grace@ops" {
                    true => latest_run(store, &self.run.plan).await?,
                    false => None,
                };
                let mut engine = match running {
                    Some(run) => {
                        let ownership = Ownership::takeover(by);
                        Engine::resume(&run, ownership, stores, world.ports()).await?
                    }
                    None => Engine::start((*self.run).clone(), by, None, stores, world.ports()).await?,
                };
                engine.drive().await
            }
        };
        let ended: (Result<Conclusion, EngineError>, Result<Conclusion, EngineError>) =
            futures::future::join(begin("ada@ops", waits[0]), begin("grace@ops", waits[1])).await;
        let runs = plan_runs(&store, &self.run.plan).await.map_or(0, |runs| runs.len());
        let winners = usize::from(ended.0.is_ok()) + usize::from(ended.1.is_ok());
        let log = log_of(&store, &self.run.plan).await;
        let conclusion = match &log {
            Ok(log) => Conclusion::of(&log.state),
            Err(cause) => Conclusion { end: End::Unfinished, detail: cause.clone() },
        };
        let story = Story { resumes: 0, stops: Vec::new(), commands: Vec::new(), conclusion, log };
        let fault = if takes_over { "a takeover in the middle" } else { "two operators at once" };
        let mut trial = self.tell_of(fault.into(), format!("seed {seed}"), &world, &story);
        if runs != 1 {
            trial.broken.push(format!("{runs} runs were begun"));
        }
        if winners != 1 {
            trial.broken.push(format!("{winners} operators carried the run out to its end"));
        }
        trial
    }
}
