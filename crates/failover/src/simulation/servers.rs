//! Database servers: primaries, and what streams from them.

use pilotlight_integrity::postgres::{Lsn, Position, ServerRole, WriteCount};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// Bytes of log that a standby replays between two questions.
const REPLAYED: u64 = 200;

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Whether it answers.
    pub alive: bool,
    /// What it is.
    pub role: ServerRole,
    /// Its cluster's identifier.
    pub system: String,
    /// Its timeline.
    pub timeline: u32,
    /// How far its log goes, or is replayed.
    pub log: u64,
    /// Whether it refuses writes.
    pub fenced: bool,
    /// Whether its replay is paused.
    pub paused: bool,
    /// Rows written, as it counts them.
    pub writes: u64,
    /// How often it crashed and began to count anew.
    pub crashes: u32,
    /// It forgets the next promotion that it is asked for, as it crashes over it, and its answer is lost.
    pub crashes_over_promotion: bool,
    /// Until when its startup process hangs, by the time since the world began: nothing is replayed until then, and a
    /// promotion that is asked for comes then.
    pub hangs_until: Option<Duration>,
    /// Whether a promotion was asked for that has not come. A crash forgets it.
    pub promotion_asked: bool,
    /// Why a fence fails.
    pub hole: Option<String>,
    /// The answer of the next promotion is lost.
    pub lose_answer: bool,
    /// Rows that only it has.
    pub own_rows: u64,
    /// Whether the role has the rights.
    pub may_act: bool,
}

/// All of them, by URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Servers(pub BTreeMap<String, Server>);

impl Servers {
    /// Adds a primary at one URL, and at the other a standby of it that is a little behind, as a cluster of their own.
    pub fn add_pair(&mut self, primary: &str, standby: &str, system: &str) {
        let first = Server {
            alive: true,
            role: ServerRole::Primary,
            system: system.to_owned(),
            timeline: 1,
            log: 1000,
            fenced: false,
            paused: false,
            writes: 40,
            crashes: 0,
            crashes_over_promotion: false,
            hangs_until: None,
            promotion_asked: false,
            hole: None,
            lose_answer: false,
            own_rows: 0,
            may_act: true,
        };
        let second = Server { role: ServerRole::Standby, log: 700, writes: 0, ..first.clone() };
        self.0.insert(primary.to_owned(), first);
        self.0.insert(standby.to_owned(), second);
    }

    /// The server at a URL. Where nobody put one, there is one that does not answer.
    pub fn at(&mut self, url: &str) -> &mut Server {
        self.0.entry(url.to_owned()).or_insert_with(|| Server {
            alive: false,
            role: ServerRole::Standby,
            system: String::new(),
            timeline: 0,
            log: 0,
            fenced: false,
            paused: false,
            writes: 0,
            crashes: 0,
            crashes_over_promotion: false,
            hangs_until: None,
            promotion_asked: false,
            hole: None,
            lose_answer: false,
            own_rows: 0,
            may_act: false,
        })
    }

    /// Makes one a standby of the other again, as a base backup does: it has what that one has, and nothing else.
    pub fn resync(&mut self, lost: &str, kept: &str) {
        let source = self.at(kept).clone();
        if source.alive {
            *self.at(lost) = Server { role: ServerRole::Standby, own_rows: 0, writes: 0, ..source };
        }
    }

    /// A cluster of which two take writes.
    pub fn second_writer(&self) -> Option<&str> {
        let mut writers = BTreeSet::new();
        let writing = self.0.values().filter(|server| server.takes_writes());
        writing.map(|server| server.system.as_str()).find(|system| !writers.insert(*system))
    }

    /// A startup process that hung goes on once its time is over: it replays all that was streamed meanwhile, and comes to
    /// the promotion that it was asked for.
    pub(super) fn go_on(&mut self, now: Duration) {
        let over = |server: &Server| server.hangs_until.is_some_and(|until| until <= now);
        let hung: Vec<String> = self.0.iter().filter(|(_, server)| over(server)).map(|(url, _)| url.clone()).collect();
        for url in hung {
            self.at(&url).hangs_until = None;
            let (mut before, mut now) = (None, Some(self.at(&url).log));
            while before != now {
                before = now;
                self.replicate();
                now = Some(self.at(&url).log);
            }
            let server = self.at(&url);
            if std::mem::take(&mut server.promotion_asked) {
                server.promote();
            }
        }
    }

    /// What a standby has replayed comes from its primary, the fence with it.
    pub(super) fn replicate(&mut self) {
        let primaries: Vec<Server> =
            self.0.values().filter(|server| server.role == ServerRole::Primary && server.alive).cloned().collect();
        let replays =
            |server: &&mut Server| server.role == ServerRole::Standby && !server.paused && server.hangs_until.is_none();
        for server in self.0.values_mut().filter(replays) {
            let of_it = primaries.iter().filter(|primary| primary.system == server.system);
            let Some(primary) = of_it.max_by_key(|primary| primary.timeline) else { continue };
            server.log = primary.log.min(server.log + REPLAYED);
            if server.log == primary.log {
                server.fenced = primary.fenced;
            }
        }
    }
}

impl Server {
    /// Whether a write would be taken.
    pub fn takes_writes(&self) -> bool {
        self.alive && self.role == ServerRole::Primary && !self.fenced
    }

    /// It crashes, and is back at once: what it counted is gone.
    pub fn crash(&mut self) {
        self.crashes += 1;
        self.writes = 0;
        self.promotion_asked = false;
    }

    /// It becomes a primary, where it is none.
    pub(super) fn promote(&mut self) {
        if self.role == ServerRole::Standby {
            self.role = ServerRole::Primary;
            self.timeline += 1;
        }
    }

    /// Rows written, and since when it counts.
    pub(super) fn count(&self) -> WriteCount {
        WriteCount { rows: self.writes, counted_since: Some(format!("crash {}", self.crashes)) }
    }

    /// As the server tells it.
    pub(super) fn position(&self, receiving: bool) -> Position {
        let standby = self.role == ServerRole::Standby;
        Position {
            role: self.role,
            system: self.system.clone(),
            timeline: self.timeline,
            written: (!standby).then_some(Lsn(self.log)),
            received: standby.then_some(Lsn(self.log)),
            replayed: standby.then_some(Lsn(self.log)),
            last_commit_age: standby.then_some(Duration::from_secs(5)),
            last_commit_at: (standby || self.timeline > 1).then(|| "2027-01-15T08:00:00.000Z".into()),
            receiving: standby && receiving,
            replay_paused: self.paused,
            version: 150_000,
            may_fence: self.may_act,
            may_promote: self.may_act,
        }
    }
}

impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.iter().map(|(url, server)| {
            let place = url.rsplit(['@', '/']).nth(1).unwrap_or(url);
            let state = match (server.alive, server.role, server.fenced) {
                (false, ..) => "dead",
                (_, ServerRole::Standby, _) => "standby",
                (_, ServerRole::Primary, true) => "fenced",
                (_, ServerRole::Primary, false) => "primary",
            };
            format!("{place} {state}")
        });
        f.write_str(&words.collect::<Vec<_>>().join(", "))
    }
}
