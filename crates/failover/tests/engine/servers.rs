//! Database servers in memory: a primary and what streams from it, and nobody who takes writes twice.

use crate::world::World;
use async_trait::async_trait;
use pilotlight_failover::Mode;
use pilotlight_integrity::postgres::*;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub(crate) const OLD_URL: &str = "postgres://shop:s3cret@old/orders";
pub(crate) const NEW_URL: &str = "postgres://shop:s3cret@new/orders";

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) alive: bool,
    pub(crate) role: ServerRole,
    pub(crate) system: &'static str,
    pub(crate) timeline: u32,
    /// How far its log goes, or is replayed.
    pub(crate) log: u64,
    pub(crate) fenced: bool,
    pub(crate) paused: bool,
    /// Rows written, as it counts them.
    pub(crate) writes: u64,
    /// Why a fence fails.
    pub(crate) hole: Option<&'static str>,
    /// The answer of the next promotion is lost.
    pub(crate) lose_answer: bool,
    /// Rows that only it has.
    pub(crate) own_rows: u64,
    /// Whether the role has the rights.
    pub(crate) may_act: bool,
}

/// All of them, by URL.
#[derive(Debug, Clone, Default)]
pub(crate) struct Servers(pub(crate) BTreeMap<&'static str, Server>);

impl Servers {
    /// A primary at the old place, and a standby of it at the new one, a little behind.
    pub(crate) fn pair() -> Self {
        let old = Server {
            alive: true,
            role: ServerRole::Primary,
            system: "7000",
            timeline: 1,
            log: 1000,
            fenced: false,
            paused: false,
            writes: 40,
            hole: None,
            lose_answer: false,
            own_rows: 0,
            may_act: true,
        };
        let new = Server { role: ServerRole::Standby, log: 700, writes: 0, ..old.clone() };
        Self([(OLD_URL, old), (NEW_URL, new)].into())
    }

    pub(crate) fn at(&mut self, url: &str) -> &mut Server {
        self.0.get_mut(url).expect("a server")
    }

    /// What would be two truths: seen after each change.
    fn check(&self) {
        let writers = self.0.values().filter(|server| server.takes_writes()).count();
        assert!(writers <= 1, "two servers take writes: {self}");
    }

    /// What a standby has replayed comes from its primary, the fence with it.
    fn replicate(&mut self) {
        let Some(primary) = self.0.values().find(|server| server.role == ServerRole::Primary && server.alive).cloned()
        else {
            return;
        };
        for server in self.0.values_mut().filter(|server| server.role == ServerRole::Standby && !server.paused) {
            server.log = primary.log.min(server.log + 200);
            if server.log == primary.log {
                server.fenced = primary.fenced;
            }
        }
    }
}

impl Server {
    pub(crate) fn takes_writes(&self) -> bool {
        self.alive && self.role == ServerRole::Primary && !self.fenced
    }

    fn position(&self) -> Position {
        let standby = self.role == ServerRole::Standby;
        Position {
            role: self.role,
            system: self.system.into(),
            timeline: self.timeline,
            written: (!standby).then_some(Lsn(self.log)),
            received: standby.then_some(Lsn(self.log)),
            replayed: standby.then_some(Lsn(self.log)),
            last_commit_age: standby.then_some(Duration::from_secs(5)),
            last_commit_at: standby.then(|| "2027-01-15T08:00:00.000Z".into()),
            receiving: standby,
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
            let place = url.rsplit(['@', '/']).nth(1).unwrap_or_default();
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

fn no_answer(url: &str, what: &str) -> PostgresError {
    let at = url.rsplit('@').next().unwrap_or_default().to_owned();
    PostgresError::NoAnswer { at, what: what.into(), limit: Duration::from_secs(5) }
}

fn forbidden(url: &str, reason: &str) -> PostgresError {
    let at = url.rsplit('@').next().unwrap_or_default().to_owned();
    PostgresError::Forbidden { at, what: "act".into(), reason: reason.into() }
}

impl World {
    async fn at_server<T>(
        &self,
        url: &str,
        what: &str,
        act: impl FnOnce(&mut Server) -> Result<T, PostgresError>,
    ) -> Result<T, PostgresError> {
        World::ask(self, Duration::from_millis(30)).await;
        self.with(|state| {
            let server = state.servers.at(url);
            if !server.alive {
                return Err(no_answer(url, what));
            }
            let done = act(server);
            state.servers.replicate();
            // An ungraceful run goes on past a server that cannot be fenced, and says so.
            if state.mode == Mode::Graceful {
                state.servers.check();
            }
            done
        })
    }
}

#[async_trait]
impl Databases for World {
    async fn position(&self, url: &str) -> Result<Position, PostgresError> {
        self.at_server(url, "read", |server| Ok(server.position())).await
    }

    async fn fence(&self, url: &str) -> FenceReport {
        let report = |state, reason: Option<String>, touched| FenceReport {
            state,
            reasons: reason.into_iter().collect(),
            touched,
            sessions_ended: 3,
            written: None,
            writes: None,
            other_databases: Vec::new(),
        };
        let fenced = self
            .at_server(url, "fence", |server| {
                if server.role == ServerRole::Standby {
                    return Err(forbidden(url, "it is a standby"));
                }
                if let Some(hole) = server.hole {
                    return Ok(report(FenceState::Failed, Some(hole.into()), true));
                }
                server.fenced = true;
                server.log += 10;
                let proven = report(FenceState::Proven, None, true);
                Ok(FenceReport { written: Some(Lsn(server.log)), writes: Some(server.writes), ..proven })
            })
            .await;
        match fenced {
            Ok(report) => report,
            Err(error @ PostgresError::Forbidden { .. }) => report(FenceState::Failed, Some(error.to_string()), false),
            Err(error) => report(FenceState::Unknown, Some(error.to_string()), false),
        }
    }

    async fn fence_stands(&self, url: &str) -> Result<bool, PostgresError> {
        self.at_server(url, "look", |server| Ok(server.fenced)).await
    }

    async fn release(&self, url: &str) -> Result<Released, PostgresError> {
        self.at_server(url, "release", |server| {
            if server.role == ServerRole::Standby {
                return Err(forbidden(url, "it is a standby"));
            }
            server.fenced = false;
            Ok(Released { sessions_ended: 1, sessions_left: Vec::new(), writes: server.writes, still_refused: None })
        })
        .await
    }

    async fn writes_since(&self, url: &str, writes: u64) -> Result<Option<u64>, PostgresError> {
        self.at_server(url, "count", |server| Ok(server.writes.checked_sub(writes))).await
    }

    async fn end_of_writes(&self, url: &str) -> Result<Lsn, PostgresError> {
        self.at_server(url, "read the end", |server| match server.role {
            ServerRole::Primary => Ok(Lsn(server.log)),
            ServerRole::Standby => Err(forbidden(url, "it is a standby")),
        })
        .await
    }

    async fn promote(&self, url: &str, former: &FormerPrimary, _within: Duration) -> Result<Promotion, PostgresError> {
        self.at_server(url, "promote", |server| {
            if former.system.as_deref().is_some_and(|system| system != server.system) {
                return Err(forbidden(url, "it is another cluster"));
            }
            let already = server.role == ServerRole::Primary;
            if !already {
                server.role = ServerRole::Primary;
                server.timeline += 1;
            }
            if std::mem::take(&mut server.lose_answer) {
                return Err(no_answer(url, "promote"));
            }
            Ok(Promotion { already, before: None, timeline: server.timeline, written: Some(Lsn(server.log)) })
        })
        .await
    }

    async fn takes_writes(&self, url: &str) -> Result<(), PostgresError> {
        self.at_server(url, "write", |server| match server.takes_writes() {
            true => Ok(()),
            false => Err(forbidden(url, "its transactions are read only")),
        })
        .await
    }

    async fn compare(
        &self,
        a: &str,
        b: &str,
        tables: &[String],
        _within: Duration,
    ) -> Result<Vec<TableComparison>, PostgresError> {
        let only_on_a = self.at_server(a, "compare", |server| Ok(server.own_rows)).await?;
        let only_on_b = self.at_server(b, "compare", |server| Ok(server.own_rows)).await?;
        let differs = TableVerdict::Differs { only_on_a, only_on_b, differing: 0, keys: Vec::new() };
        let verdict = if only_on_a + only_on_b == 0 { TableVerdict::Equal } else { differs };
        let one = |table: &String| TableComparison {
            table: table.clone(),
            verdict: verdict.clone(),
            rows_a: Some(50 + only_on_a),
            rows_b: Some(50 + only_on_b),
        };
        Ok(tables.iter().map(one).collect())
    }

    async fn keep_rows(
        &self,
        lost: &str,
        kept: &str,
        tables: &[String],
        _name: &str,
        within: Duration,
    ) -> Result<KeptRows, PostgresError> {
        let tables = self.compare(lost, kept, tables, within).await?;
        let rows = self.at_server(lost, "keep", |server| Ok(server.own_rows)).await?;
        self.with(|state| state.flags.insert(format!("{rows} rows kept")));
        Ok(KeptRows { file: "lost/orders.jsonl".into(), rows, tables })
    }
}
