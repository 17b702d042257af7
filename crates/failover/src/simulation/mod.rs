//! Two regions in memory: zones and their name servers, signals, groups, databases, programs, checks, people and a
//! clock. A [`World`] is every port of a run at once. Time passes only where somebody waits or asks, so that a run in
//! it is the same run each time and takes no time of anybody's.
//!
//! Drills run a plan in it, and the engine's own tests do: what they found holds for the one that is released.

mod checks;
mod clock;
mod databases;
mod groups;
mod managed;
mod name_servers;
mod people;
mod programs;
mod servers;
mod signals;
mod sizes;
mod state;
mod trouble;
mod zones;

pub(crate) use checks::host_of;
pub use groups::{BOOT, Group};
pub use managed::{Busy, Global, Instance, ManagedEstate, PROMOTES, REPLICATES, SWAPS, cluster_arn, instance_arn};
pub use servers::{Server, Servers};
pub use sizes::{SizedResource, SizedStack};
pub use state::{EventHook, Hook, Place, Programs, State, Turns};
pub use trouble::{Asked, Service, Trouble, TroubleRule};

use crate::{Environment, HostedZone, Ports, RecordSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// The world. Clones share it, as two executors do.
#[derive(Clone)]
pub struct World {
    state: Arc<Mutex<State>>,
    environment: Arc<dyn Environment>,
    dead: Arc<AtomicBool>,
    died: Arc<Notify>,
}

impl World {
    /// A world with these zones and what they have, in which nothing else is yet. Its people say yes.
    pub fn new(zones: Vec<HostedZone>, records: Vec<RecordSet>, environment: Arc<dyn Environment>) -> Self {
        let state = Arc::new(Mutex::new(State::new(zones, records)));
        Self { state, environment, dead: Arc::default(), died: Arc::default() }
    }

    /// Looks at the world, or changes it past every run.
    pub fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // Whoever panicked in here told why; what the world was by then is still true.
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every port, with nobody who asks to stop.
    pub fn ports(&self) -> Ports {
        self.ports_with_stop(watch::channel(false).1)
    }

    /// Every port.
    pub fn ports_with_stop(&self, stop: watch::Receiver<bool>) -> Ports {
        let world = Arc::new(self.clone());
        Ports {
            dns: world.clone(),
            name_servers: world.clone(),
            signals: world.clone(),
            sizes: world.clone(),
            capacity: world.clone(),
            managed: world.clone(),
            prober: world.clone(),
            databases: world.clone(),
            commands: world.clone(),
            approver: world.clone(),
            environment: Arc::clone(&self.environment),
            clock: world.clone(),
            watcher: world,
            stop,
        }
    }

    /// From now on nobody gets an answer: the executor is dead.
    pub fn kill(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    /// Another executor may ask.
    pub fn revive(&self) {
        self.dead.store(false, Ordering::SeqCst);
    }

    /// Whether the executor is dead.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Waits until somebody asks who is dead.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// Time passes, and the dead wait forever.
    async fn pass(&self, takes: Duration) {
        if self.dead.load(Ordering::SeqCst) {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        let turns = self.with(|state| state.turns.as_mut().map_or(1, |turns| turns()));
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        self.with(|state| {
            state.elapsed += takes;
            state.carry_out();
        });
    }

    /// Every call begins here: time passes, and it may meet trouble.
    async fn meet(&self, asked: Asked<'_>, takes: Duration) -> Option<Trouble> {
        self.pass(takes).await;
        self.with(|state| {
            if !asked.reads {
                state.effects += 1;
            }
            let mut rule = state.trouble.take()?;
            let met = rule(&asked, state);
            state.trouble = Some(rule);
            met
        })
    }
}
