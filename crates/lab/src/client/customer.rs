//! Orders without pause, and retries what failed after the order that came next.

use crate::client::attempt::{self, Attempt};
use crate::client::judge::{Verdict, judge};
use crate::client::names::Names;
use crate::client::summary::Summary;
use crate::control::token;
use crate::lab::Lab;
use crate::postgres::pair::DatabaseUrl;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;

/// After the last order, what failed is retried for so long.
const SETTLE: Duration = Duration::from_secs(10);

/// All of them in a round, so many at once: a long outage leaves hundreds. Then a pause, and those that failed again.
const SETTLE_AT_ONCE: usize = 8;
const SETTLE_PAUSE: Duration = Duration::from_millis(500);

/// The estate's name and port.
const NAME: &str = "app.shop.test";
const PORT: u16 = 8080;

/// More orders a second than this say more of this machine than of the shop.
const MAX_RATE: u32 = 200;

/// Who orders, where and how much.
#[derive(Debug, Clone)]
pub struct Client {
    /// Where names are resolved.
    pub resolver: SocketAddr,
    /// The shop's name.
    pub name: String,
    /// The shop's port.
    pub port: u16,
    /// New orders a second, 1 to 200; retries come besides.
    pub rate: u32,
    /// How long; nothing: until it is told to stop.
    pub duration: Option<Duration>,
    /// Where every answer is written, one JSON line each.
    pub log: Option<PathBuf>,
    /// The databases to ask at the end.
    pub databases: Vec<DatabaseUrl>,
}

/// The watch could not be begun, or its log not be written.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No such rate.
    #[error("order {0} times a second: 1 to {MAX_RATE} is possible")]
    Rate(u32),
    /// The log.
    #[error("write {path:?}")]
    Log {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The HTTP client.
    #[error("make the client that orders")]
    Http(#[from] reqwest::Error),
    /// It ended by itself.
    #[error("keep ordering: the client ended by itself")]
    Ended,
}

/// What the customer saw, and what the databases say to it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Customer {
    /// Counted from the answers alone.
    #[serde(rename = "seen")]
    pub summary: Summary,
    /// Asked of the databases.
    pub verdict: Verdict,
}

/// A client that orders in the background.
#[derive(Debug)]
pub struct Running {
    stop: Arc<Notify>,
    task: JoinHandle<Result<Customer, ClientError>>,
}

impl Client {
    /// A client of the sample shop in a lab: ten orders a second until it is told to stop.
    pub fn of(lab: &Lab) -> Self {
        let handle = lab.handle();
        Self {
            resolver: handle.resolver,
            name: NAME.into(),
            port: PORT,
            rate: 10,
            duration: None,
            log: None,
            databases: handle.databases.clone(),
        }
    }

    /// Begins to order, in the background of the tokio runtime that calls it.
    ///
    /// # Errors
    /// The rate is none, or the log can't be made.
    pub fn start(self) -> Result<Running, ClientError> {
        if self.rate == 0 || self.rate > MAX_RATE {
            return Err(ClientError::Rate(self.rate));
        }
        let log = self.log.clone().map(Log::create).transpose()?;
        let http = attempt::http()?;
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(self.keep_ordering(http, log, Arc::clone(&stop)));
        Ok(Running { stop, task })
    }

    async fn keep_ordering(
        self,
        http: reqwest::Client,
        mut log: Option<Log>,
        stop: Arc<Notify>,
    ) -> Result<Customer, ClientError> {
        let names = Arc::new(Names::new(self.resolver, &self.name));
        let send = |orders: &mut JoinSet<Attempt>, id: String, attempt: u32| {
            let (http, names, name, port) = (http.clone(), Arc::clone(&names), self.name.clone(), self.port);
            orders.spawn(async move { attempt::order(&http, &names, &name, port, &id, attempt).await });
        };
        let mut orders = JoinSet::new();
        let mut seen = Seen::default();
        // Ids of two clients never meet.
        let run = token()[..8].to_owned();
        let mut next = 0_u64;
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / self.rate);
        // A machine that was busy for a while must not make up for it with a burst.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let end = async {
            match self.duration {
                Some(duration) => tokio::time::sleep(duration).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => break,
                () = stop.notified() => break,
                _ = ticks.tick() => {
                    send(&mut orders, format!("{run}-{next:06}"), 1);
                    next += 1;
                    // The one that failed first, after the order that came next.
                    if let Some((id, attempt)) = seen.failed.pop_front() {
                        send(&mut orders, id, attempt + 1);
                    }
                }
                Some(Ok(attempt)) = orders.join_next() => seen.note(attempt, log.as_mut())?,
            }
        }
        let ended = Instant::now();
        let settled = ended + SETTLE;
        loop {
            let mut round = std::mem::take(&mut seen.failed);
            loop {
                while orders.len() < SETTLE_AT_ONCE && Instant::now() < settled {
                    let Some((id, attempt)) = round.pop_front() else { break };
                    send(&mut orders, id, attempt + 1);
                }
                // Whatever is on the way has an end of its own.
                match orders.join_next().await {
                    Some(Ok(attempt)) => seen.note(attempt, log.as_mut())?,
                    Some(Err(_)) => {}
                    None => break,
                }
            }
            if seen.failed.is_empty() || Instant::now() > settled {
                break;
            }
            tokio::time::sleep(SETTLE_PAUSE).await;
        }
        let (acknowledged, unanswered) = seen.orders();
        let verdict = judge(&self.databases, &acknowledged, &unanswered).await;
        Ok(Customer { summary: Summary::of(&seen.attempts, ended), verdict })
    }
}

impl Running {
    /// Whether it has ended, as one with a duration does by itself.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Tells it to stop; [`Running::end`] waits.
    pub fn stop(&self) {
        self.stop.notify_one();
    }

    /// Waits until it has stopped, retried what had failed, and asked the databases.
    ///
    /// # Errors
    /// Its log could not be written.
    pub async fn end(self) -> Result<Customer, ClientError> {
        self.task.await.map_err(|_| ClientError::Ended)?
    }
}

#[derive(Debug, Default)]
struct Seen {
    attempts: Vec<Attempt>,
    /// To be sent again, with how often they were.
    failed: VecDeque<(String, u32)>,
}

impl Seen {
    fn note(&mut self, attempt: Attempt, log: Option<&mut Log>) -> Result<(), ClientError> {
        if let Some(log) = log {
            log.write(&attempt)?;
        }
        if !attempt.record.acknowledged() {
            self.failed.push_back((attempt.record.order.clone(), attempt.record.attempt));
        }
        self.attempts.push(attempt);
        Ok(())
    }

    /// The acknowledged orders, and the others.
    fn orders(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let mut orders: BTreeMap<&str, bool> = BTreeMap::new();
        for attempt in &self.attempts {
            *orders.entry(&attempt.record.order).or_default() |= attempt.record.acknowledged();
        }
        let those = |wanted: bool| {
            orders.iter().filter(|(_, found)| **found == wanted).map(|(id, _)| (*id).to_owned()).collect()
        };
        (those(true), those(false))
    }
}

#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: std::fs::File,
}

impl Log {
    fn create(path: PathBuf) -> Result<Self, ClientError> {
        match std::fs::File::create(&path) {
            Ok(file) => Ok(Self { path, file }),
            Err(source) => Err(ClientError::Log { path, source }),
        }
    }

    /// A line at a time and at once: who watches the file sees the last answer.
    fn write(&mut self, attempt: &Attempt) -> Result<(), ClientError> {
        let mut line = serde_json::to_vec(&attempt.record).unwrap_or_default();
        line.push(b'\n');
        self.file.write_all(&line).map_err(|source| ClientError::Log { path: self.path.clone(), source })
    }
}
