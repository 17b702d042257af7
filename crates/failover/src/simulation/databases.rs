//! What a run asks of database servers. Two of one cluster that take writes break a promise.

use super::{Asked, Server, Service, State, Trouble, World};
use crate::{Clock, Mode};
use async_trait::async_trait;
use pilotlight_integrity::postgres::{
    Databases, FenceReport, FenceState, FirstWrite, FormerPrimary, Handover, KeptRows, Lsn, Position, PostgresError,
    Promotion, Released, ServerRole, TableComparison, TableVerdict, Watched, WriteCount,
};
use std::time::Duration;

const TAKES: Duration = Duration::from_millis(30);
/// What a fence writes to the log.
const FENCE_BYTES: u64 = 10;
/// What asking for the end of the log writes to it.
const END_BYTES: u64 = 1;
/// Between two looks at whether a promotion is through.
const LOOK_PAUSE: Duration = Duration::from_millis(250);
/// Rows that every table has on both sides.
const ROWS: u64 = 50;

fn place(url: &str) -> String {
    url.rsplit('@').next().unwrap_or_default().to_owned()
}

fn no_answer(url: &str, what: &str) -> PostgresError {
    PostgresError::NoAnswer { at: place(url), what: what.into(), limit: Duration::from_secs(5) }
}

fn lost(url: &str, what: &str, trouble: Trouble) -> PostgresError {
    PostgresError::Lost { at: place(url), what: what.into(), reason: trouble.cause().into() }
}

fn forbidden(url: &str, reason: &str) -> PostgresError {
    PostgresError::Forbidden { at: place(url), what: "act".into(), reason: reason.into() }
}

/// A request for a promotion that arrived.
struct Heard {
    /// It was a primary before.
    already: bool,
}

impl State {
    /// After every change of a server.
    fn settle(&mut self) {
        self.servers.replicate();
        // An ungraceful run goes on past a server that cannot be fenced, and says so.
        if self.mode == Mode::Graceful
            && let Some(system) = self.servers.second_writer()
        {
            let what = format!("two servers of cluster {system} take writes: {}", self.servers);
            self.breaks(what);
        }
    }
}

impl World {
    async fn at_server<T>(
        &self,
        url: &str,
        asked: Asked<'_>,
        act: impl FnOnce(&mut Server) -> Result<T, PostgresError>,
    ) -> Result<T, PostgresError> {
        let what = asked.operation;
        let trouble = self.meet(asked, TAKES).await;
        self.with(|state| {
            if let Some(trouble) = trouble
                && !trouble.takes_effect()
            {
                return Err(lost(url, what, trouble));
            }
            state.servers.go_on(state.elapsed);
            let server = state.servers.at(url);
            if !server.alive {
                return Err(no_answer(url, what));
            }
            let done = act(server);
            state.settle();
            match trouble {
                Some(trouble @ Trouble::LoseAnswer) => Err(lost(url, what, trouble)),
                _ => done,
            }
        })
    }

    async fn read_server<T>(
        &self,
        url: &str,
        what: &'static str,
        read: impl FnOnce(&mut Server) -> Result<T, PostgresError>,
    ) -> Result<T, PostgresError> {
        self.at_server(url, Asked::read(Service::Postgres, what, url), read).await
    }

    async fn change_server<T>(
        &self,
        url: &str,
        what: &'static str,
        change: impl FnOnce(&mut Server) -> Result<T, PostgresError>,
    ) -> Result<T, PostgresError> {
        self.at_server(url, Asked::write(Service::Postgres, what, url), change).await
    }

    /// Asks a standby to become a primary. One that hangs has heard it.
    async fn ask_for_promotion(&self, url: &str, former: &FormerPrimary) -> Result<Heard, PostgresError> {
        self.change_server(url, "promote", |server| {
            if former.system.as_deref().is_some_and(|system| system != server.system) {
                return Err(forbidden(url, "it is another cluster"));
            }
            let already = server.role == ServerRole::Primary;
            if !already && std::mem::take(&mut server.crashes_over_promotion) {
                server.crash();
                return Err(no_answer(url, "promote"));
            }
            match server.hangs_until {
                Some(_) => server.promotion_asked |= !already,
                None => server.promote(),
            }
            match std::mem::take(&mut server.lose_answer) {
                true => Err(no_answer(url, "promote")),
                false => Ok(Heard { already }),
            }
        })
        .await
    }

    /// Whether some primary of a server's cluster answers.
    fn has_primary(&self, url: &str) -> bool {
        self.with(|state| {
            let system = state.servers.at(url).system.clone();
            let mut of_it = state.servers.0.values().filter(|server| server.system == system);
            of_it.any(|server| server.alive && server.role == ServerRole::Primary)
        })
    }
}

#[async_trait]
impl Databases for World {
    async fn position(&self, url: &str) -> Result<Position, PostgresError> {
        let receiving = self.has_primary(url);
        self.read_server(url, "read", |server| Ok(server.position(receiving))).await
    }

    async fn fence(&self, url: &str) -> FenceReport {
        let report = |state, reason: Option<String>, touched| FenceReport {
            state,
            reasons: reason.into_iter().collect(),
            touched,
            sessions_ended: 3,
            written: None,
            writes: None,
            fenced_at: None,
            other_databases: Vec::new(),
        };
        let fenced = self
            .change_server(url, "fence", |server| {
                if server.role == ServerRole::Standby {
                    return Err(forbidden(url, "it is a standby"));
                }
                if let Some(hole) = server.hole.clone() {
                    return Ok(report(FenceState::Failed, Some(hole), true));
                }
                server.fenced = true;
                server.log += FENCE_BYTES;
                let proven = report(FenceState::Proven, None, true);
                Ok(FenceReport { written: Some(Lsn(server.log)), writes: Some(server.count()), ..proven })
            })
            .await;
        match fenced {
            Ok(report) => report,
            Err(error @ PostgresError::Forbidden { .. }) => report(FenceState::Failed, Some(error.to_string()), false),
            // What never arrived has changed nothing; a connection that broke may have left the fence behind.
            Err(PostgresError::Lost { reason, .. }) if reason == Trouble::LoseRequest.cause() => {
                report(FenceState::Unknown, Some(reason), false)
            }
            Err(error @ PostgresError::Lost { .. }) => report(FenceState::Unknown, Some(error.to_string()), true),
            Err(error) => report(FenceState::Unknown, Some(error.to_string()), false),
        }
    }

    async fn fence_stands(&self, url: &str) -> Result<bool, PostgresError> {
        self.read_server(url, "look", |server| Ok(server.fenced)).await
    }

    async fn release(&self, url: &str) -> Result<Released, PostgresError> {
        self.change_server(url, "release", |server| {
            if server.role == ServerRole::Standby {
                return Err(forbidden(url, "it is a standby"));
            }
            server.fenced = false;
            Ok(Released { sessions_ended: 1, sessions_left: Vec::new(), writes: server.count(), still_refused: None })
        })
        .await
    }

    async fn writes_since(&self, url: &str, writes: &WriteCount) -> Result<Option<u64>, PostgresError> {
        self.read_server(url, "count", |server| Ok(server.count().since(writes))).await
    }

    async fn end_of_writes(&self, url: &str) -> Result<Lsn, PostgresError> {
        self.read_server(url, "read the end", |server| match server.role {
            ServerRole::Primary => {
                server.log += END_BYTES;
                Ok(Lsn(server.log))
            }
            ServerRole::Standby => Err(forbidden(url, "it is a standby")),
        })
        .await
    }

    async fn end_former_sessions(&self, url: &str) -> Result<u64, PostgresError> {
        self.read_server(url, "end former sessions", |_| Ok(0)).await
    }

    async fn promote(&self, url: &str, former: &FormerPrimary, within: Duration) -> Result<Promotion, PostgresError> {
        let deadline = self.elapsed() + within;
        let asked = self.ask_for_promotion(url, former).await?;
        while self.with(|state| state.servers.at(url).promotion_asked) {
            self.pass(LOOK_PAUSE).await;
            if self.elapsed() >= deadline {
                return Err(no_answer(url, "promote"));
            }
            // What is asked for comes while somebody looks.
            let _ = self.read_server(url, "read", |_| Ok(())).await;
        }
        let (timeline, log) = self.with(|state| (state.servers.at(url).timeline, state.servers.at(url).log));
        Ok(Promotion { already: asked.already, before: None, timeline, written: Some(Lsn(log)) })
    }

    async fn takes_writes(&self, url: &str) -> Result<Option<u64>, PostgresError> {
        // It writes, and leaves nothing behind.
        self.read_server(url, "write", |server| match server.takes_writes() {
            true => Ok(None),
            false => Err(forbidden(url, "its transactions are read only")),
        })
        .await
    }

    async fn handover(&self, url: &str) -> Result<Handover, PostgresError> {
        let read = |server: &mut Server| Ok(Handover { next_transaction: server.writes, last_replayed_at: None });
        self.read_server(url, "read the handover", read).await
    }

    /// Customers write as soon as they are let; what they write is counted where a world says so.
    async fn first_write(
        &self,
        url: &str,
        _since: u64,
        _own: &[u64],
        _writes: Option<&WriteCount>,
    ) -> Result<Watched, PostgresError> {
        let read = |server: &mut Server| Ok((server.takes_writes(), server.writes));
        let (taken, next_transaction) = self.read_server(url, "look for writes", read).await?;
        let idle = self.with(|state| state.idle);
        Ok(match taken && !idle {
            true => Watched::Written(FirstWrite { committed_at: Some(self.now().to_string()) }),
            false => Watched::Nothing { next_transaction },
        })
    }

    async fn compare(
        &self,
        a: &str,
        b: &str,
        tables: &[String],
        _within: Duration,
    ) -> Result<Vec<TableComparison>, PostgresError> {
        let only_on_a = self.read_server(a, "compare", |server| Ok(server.own_rows)).await?;
        let only_on_b = self.read_server(b, "compare", |server| Ok(server.own_rows)).await?;
        let differs = TableVerdict::Differs { only_on_a, only_on_b, differing: 0, keys: Vec::new() };
        let verdict = if only_on_a + only_on_b == 0 { TableVerdict::Equal } else { differs };
        let one = |table: &String| TableComparison {
            table: table.clone(),
            verdict: verdict.clone(),
            rows_a: Some(ROWS + only_on_a),
            rows_b: Some(ROWS + only_on_b),
        };
        Ok(tables.iter().map(one).collect())
    }

    async fn keep_rows(
        &self,
        lost: &str,
        kept: &str,
        tables: &[String],
        name: &str,
        within: Duration,
    ) -> Result<KeptRows, PostgresError> {
        let tables = self.compare(lost, kept, tables, within).await?;
        let rows = self.read_server(lost, "keep", |server| Ok(server.own_rows)).await?;
        self.with(|state| state.flags.insert(format!("{rows} rows kept")));
        Ok(KeptRows { file: format!("lost/{name}.jsonl").into(), rows, tables })
    }
}
