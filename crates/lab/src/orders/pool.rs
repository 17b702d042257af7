//! A few sessions with one database, kept for the next order. Those that the server ended are made anew, so that a
//! database that was killed, promoted or resynchronised is simply used again.

use crate::postgres::session::{self, SessionError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::{Client, Config};

/// At most this many sessions a region: more orders at once wait for each other.
const SESSIONS: usize = 8;

/// How long an order waits for a session that another one holds.
const WAIT: Duration = Duration::from_secs(2);

/// No session could be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PoolError {
    /// All are in use.
    #[error("get a session: all {SESSIONS} are busy for {WAIT:?}")]
    Busy,
    /// The database doesn't give one.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// Sessions with one database.
#[derive(Debug)]
pub(crate) struct Pool {
    config: Config,
    idle: Mutex<Vec<Client>>,
    seats: Semaphore,
}

/// A session in use. Dropped, it is closed; [`Held::give_back`] keeps it.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    pub(crate) client: Client,
    pool: &'a Pool,
    _seat: SemaphorePermit<'a>,
}

impl Pool {
    pub(crate) fn new(config: Config) -> Self {
        Self { config, idle: Mutex::default(), seats: Semaphore::new(SESSIONS) }
    }

    /// A session that lives, as far as is known here.
    pub(crate) async fn take(&self) -> Result<Held<'_>, PoolError> {
        let seat = tokio::time::timeout(WAIT, self.seats.acquire()).await;
        let Ok(Ok(seat)) = seat else { return Err(PoolError::Busy) };
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain(|client| !client.is_closed());
            idle.pop()
        };
        let client = match idle {
            Some(client) => client,
            None => session::open(&self.config).await?,
        };
        Ok(Held { client, pool: self, _seat: seat })
    }
}

impl Held<'_> {
    /// Keeps the session for the next order: after one that failed, it may be in the middle of something.
    pub(crate) fn give_back(self) {
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(self.client);
    }
}
