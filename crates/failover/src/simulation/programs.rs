//! Programs of the plan: they are written down, and what they do to the world is a function of their arguments.

use super::{Asked, Service, Trouble, World};
use crate::Commands;
use async_trait::async_trait;
use pilotlight_integrity::{CommandOutcome, CommandRun};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

const TAKES: Duration = Duration::from_millis(200);
/// The exit code of a program that meets trouble.
const TROUBLED: i32 = 75;

#[async_trait]
impl Commands for World {
    async fn run(&self, argv: &[String], _limit: Duration) -> CommandRun {
        let line = argv.join(" ");
        let trouble = self.meet(Asked::write(Service::Program, "run", &line), TAKES).await;
        self.with(|state| {
            state.commands.push(line.clone());
            if let Some(mut hook) = argv.first().and_then(|program| state.hooks.remove(program)) {
                hook(state);
            }
            let outcome = match trouble {
                None => state.outcomes.get_mut(&line).and_then(VecDeque::pop_front),
                // It did its work, and was ended before it could say so.
                Some(Trouble::LoseAnswer) => Some(CommandOutcome::TimedOut),
                Some(Trouble::Stale) => None,
                Some(Trouble::LoseRequest) => {
                    Some(CommandOutcome::NotStarted("resource temporarily unavailable".into()))
                }
                Some(_) => Some(CommandOutcome::Exited(TROUBLED)),
            };
            let outcome = outcome.unwrap_or(CommandOutcome::Exited(0));
            if matches!(outcome, CommandOutcome::Exited(0) | CommandOutcome::TimedOut)
                && let Some(programs) = state.programs.clone()
            {
                programs(state, argv);
            }
            CommandRun { outcome, output: line.clone(), duration: TAKES }
        })
    }
}

impl World {
    /// What programs do, from now on, that did not fail.
    pub fn set_programs(&self, programs: impl Fn(&mut super::State, &[String]) + Send + Sync + 'static) {
        self.with(|state| state.programs = Some(Arc::new(programs)));
    }
}
