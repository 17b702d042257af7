//! Programs of the plan: they are written down, and what they do to the world is a function of their arguments.

use super::{Asked, Service, State, Trouble, World};
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
        if trouble == Some(Trouble::Late) && self.is_dead() {
            self.with(|state| state.goes_on_alone(argv));
            // Who started it hears nothing of it any more.
            self.pass(Duration::ZERO).await;
        }
        let outcome = self.with(|state| {
            state.commands.push(line.clone());
            state.work(argv, trouble)
        });
        CommandRun { outcome, output: line, duration: TAKES }
    }

    async fn at_work(&self) -> Option<String> {
        self.with(|state| state.program.clone())
    }
}

impl State {
    /// A program is at work whose starter is dead.
    fn goes_on_alone(&mut self, argv: &[String]) {
        let (line, argv) = (argv.join(" "), argv.to_vec());
        self.commands.push(line.clone());
        self.program = Some(line);
        self.carry_out_late(move |state| {
            state.program = None;
            let _ = state.work(&argv, None);
        });
    }

    /// A program does its work.
    fn work(&mut self, argv: &[String], trouble: Option<Trouble>) -> CommandOutcome {
        if let Some(mut hook) = argv.first().and_then(|program| self.hooks.remove(program)) {
            hook(self);
        }
        let outcome = match trouble {
            None => self.outcomes.get_mut(&argv.join(" ")).and_then(VecDeque::pop_front),
            // It did its work, and was ended before it could say so.
            Some(Trouble::LoseAnswer) => Some(CommandOutcome::TimedOut),
            Some(Trouble::Stale) => None,
            Some(Trouble::LoseRequest) => Some(CommandOutcome::NotStarted("resource temporarily unavailable".into())),
            Some(_) => Some(CommandOutcome::Exited(TROUBLED)),
        };
        let outcome = outcome.unwrap_or(CommandOutcome::Exited(0));
        if matches!(outcome, CommandOutcome::Exited(0) | CommandOutcome::TimedOut)
            && let Some(programs) = self.programs.clone()
        {
            programs(self, argv);
        }
        outcome
    }
}

impl World {
    /// What programs do, from now on, that did not fail.
    pub fn set_programs(&self, programs: impl Fn(&mut State, &[String]) + Send + Sync + 'static) {
        self.with(|state| state.programs = Some(Arc::new(programs)));
    }
}
