//! apply: carries a drill out, from wherever it stands.

use super::{DrillPart, as_way_home};
use crate::{Conclusion, End, Engine, EngineError, Ports, Run};
use pilotlight_journal::{JournalStores, Ownership};

/// What a drill is carried out with.
pub struct DrillHands<'a> {
    /// The plan's journal.
    pub stores: &'a JournalStores,
    /// Everything that both runs act through.
    pub ports: Ports,
    /// Who carries it out, `user@host`.
    pub operator: &'a str,
    /// The journal that was given in place of the plan's.
    pub journal_override: Option<String>,
}

/// How far a drill came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DrillEnd {
    /// The failover did not get through: traffic is at home, or it waits for a person.
    Away(Conclusion),
    /// A person asked to stop while traffic was on the standby, and no run was under way.
    Between,
    /// The failback came so far.
    Home(Conclusion),
}

/// Why a drill could not go on. What was done stands in the journal.
#[derive(Debug, thiserror::Error)]
pub enum DrillStop<E> {
    /// A run's executor.
    #[error(transparent)]
    Engine(EngineError),
    /// The way home could not be compiled.
    #[error("compile the way home")]
    WayHome(E),
    /// The way home could not be begun.
    #[error("begin the way home")]
    NotBegun(#[source] EngineError),
}

impl DrillHands<'_> {
    /// Begins a drill with its failover.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub async fn begin(&self, away: Run) -> Result<Engine, EngineError> {
        Engine::start(away, self.operator, self.journal_override.clone(), self.stores, self.ports.clone()).await
    }

    /// Takes one of its runs on.
    ///
    /// # Errors
    /// As [`Engine::resume`].
    pub async fn take_on(&self, run: &str, ownership: Ownership) -> Result<Engine, EngineError> {
        Engine::resume(run, ownership, self.stores, self.ports.clone()).await
    }

    /// Carries a run of the drill out, and after the failover the way home, whatever the stop rule said.
    ///
    /// # Errors
    /// The journal, or the way home does not compile: then traffic stays on the standby, and a person has to look.
    pub async fn drive<E>(
        &self,
        mut engine: Engine,
        compile_home: impl AsyncFnOnce() -> Result<Run, E>,
    ) -> Result<DrillEnd, DrillStop<E>> {
        let conclusion = engine.drive().await.map_err(DrillStop::Engine)?;
        if matches!(engine.run().drill, Some(DrillPart::Home { .. })) {
            return Ok(DrillEnd::Home(conclusion));
        }
        if conclusion.end != End::Succeeded {
            return Ok(DrillEnd::Away(conclusion));
        }
        self.go_home(engine.journal().run(), compile_home).await
    }

    /// The way home, where none is under way.
    ///
    /// # Errors
    /// As [`DrillHands::drive`].
    pub async fn go_home<E>(
        &self,
        failover: &str,
        compile_home: impl AsyncFnOnce() -> Result<Run, E>,
    ) -> Result<DrillEnd, DrillStop<E>> {
        if self.ports.stop_requested() {
            return Ok(DrillEnd::Between);
        }
        let run = as_way_home(compile_home().await.map_err(DrillStop::WayHome)?, failover);
        let mut engine = self.begin(run).await.map_err(DrillStop::NotBegun)?;
        Ok(DrillEnd::Home(engine.drive().await.map_err(DrillStop::Engine)?))
    }
}
