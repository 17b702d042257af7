//! A connection with a time limit on everything: to connect, and on each statement, here and at the server.

use super::tls::connector;
use super::{DatabaseUrl, PostgresError, SslMode};
use crate::Began;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::config::SslMode as WireMode;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Row, RowStream};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How sessions call themselves in `pg_stat_activity`, so that a person sees who ended theirs.
pub(super) const APPLICATION_NAME: &str = "pilotlight";
/// Time that the server has beyond its own limit to say that it gave up, before it counts as silent.
const SERVER_GRACE: Duration = Duration::from_secs(2);

/// Limits of one session.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// To connect and sign in.
    pub connect_timeout: Duration,
    /// For each statement.
    pub statement_timeout: Duration,
    /// To ask for a fence, its release or a promotion; what would be asked later is not. A
    /// process that stood still may have been replaced by another one, which goes by this.
    pub asks_within: Duration,
    /// Root certificates where the URL names none: the environment's `PGSSLROOTCERT`.
    pub root_certificates: Option<PathBuf>,
}

impl Default for SessionOptions {
    /// Five seconds to connect, as a database in another region that is well answers in under one; and thirty a
    /// statement.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            asks_within: Duration::from_secs(60),
            root_certificates: None,
        }
    }
}

/// One session at one database.
pub(super) struct Session {
    client: Client,
    at: String,
    limit: Duration,
    /// When it began to connect.
    pub(super) began: Began,
    asks_within: Duration,
}

impl Session {
    /// Connects, as `url`'s sslmode says.
    pub(super) async fn connect(url: &DatabaseUrl, options: &SessionOptions) -> Result<Self, PostgresError> {
        let began = Began::now();
        let tls = connector(url, options.root_certificates.as_ref())?;
        // As libpq: what is tried first, and what after that was refused.
        let (first, second) = match url.ssl_mode() {
            SslMode::Disable => (WireMode::Disable, None),
            SslMode::Allow => (WireMode::Disable, Some(WireMode::Require)),
            SslMode::Prefer => (WireMode::Prefer, Some(WireMode::Disable)),
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => (WireMode::Require, None),
        };
        let at = url.place().to_owned();
        let attempt = async {
            match attempt(url.config(), first, &tls).await {
                Ok(client) => Ok(client),
                // A wrong password is as wrong the second time; what the server says of hosts and encryption is not.
                Err(error) => match second.filter(|_| worth_another(&error)) {
                    Some(second) => attempt(url.config(), second, &tls).await,
                    None => Err(error),
                },
            }
        };
        let client = match timeout(options.connect_timeout, attempt).await {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(PostgresError::of_connect(&at, &error)),
            Err(_) => {
                let (what, limit) = ("connect".to_owned(), options.connect_timeout);
                return Err(PostgresError::NoAnswer { at, what, limit });
            }
        };
        let SessionOptions { statement_timeout: limit, asks_within, .. } = *options;
        let session = Self { client, at, limit, began, asks_within };
        // A role's own settings (`ALTER ROLE … SET`) must not change what is read or how long it is waited for.
        let settings = format!(
            "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = 0; \
             SET search_path = pg_catalog; SET client_encoding = 'UTF8'",
            session.limit.as_millis(),
            session.limit.as_millis(),
        );
        session.batch("prepare the session", &settings).await?;
        Ok(session)
    }

    /// `host:port/database`
    pub(super) fn at(&self) -> &str {
        &self.at
    }

    /// Asked right before something is changed that was to be changed from then on.
    pub(super) fn still_in_time(&self, what: &str, since: Began) -> Result<(), PostgresError> {
        match since.elapsed() <= self.asks_within {
            true => Ok(()),
            false => {
                let (at, what) = (self.at.clone(), what.to_owned());
                Err(PostgresError::NoAnswer { at, what, limit: self.asks_within })
            }
        }
    }

    /// Statements without parameters or answers, in one go.
    pub(super) async fn batch(&self, what: &str, sql: &str) -> Result<(), PostgresError> {
        self.limited(what, self.client.batch_execute(sql)).await
    }

    pub(super) async fn query(
        &self,
        what: &str,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, PostgresError> {
        self.limited(what, self.client.query(sql, parameters)).await
    }

    /// Exactly one row.
    pub(super) async fn row(
        &self,
        what: &str,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Row, PostgresError> {
        self.limited(what, self.client.query_one(sql, parameters)).await
    }

    /// Rows one by one, never all in memory. The limit is for the first; the server's is for all.
    pub(super) async fn stream(
        &self,
        what: &str,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<RowStream, PostgresError> {
        let parameters: Vec<&(dyn ToSql + Sync)> = parameters.to_vec();
        self.limited(what, self.client.query_raw(sql, parameters)).await
    }

    /// A value of a row, by its place.
    pub(super) fn value<'row, T: tokio_postgres::types::FromSql<'row>>(
        &self,
        what: &str,
        row: &'row Row,
        index: usize,
    ) -> Result<T, PostgresError> {
        row.try_get(index).map_err(|error| PostgresError::of_statement(&self.at, what, &error))
    }

    /// What the server, or the wire, had to say against it.
    pub(super) fn fault(&self, what: &str, error: &tokio_postgres::Error) -> PostgresError {
        PostgresError::of_statement(&self.at, what, error)
    }

    async fn limited<T>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, PostgresError> {
        match timeout(self.limit + SERVER_GRACE, work).await {
            Ok(result) => result.map_err(|error| self.fault(what, &error)),
            Err(_) => Err(PostgresError::NoAnswer { at: self.at.clone(), what: what.to_owned(), limit: self.limit }),
        }
    }
}

async fn attempt(config: &Config, mode: WireMode, tls: &MakeRustlsConnect) -> Result<Client, tokio_postgres::Error> {
    let mut config = config.clone();
    config.ssl_mode(mode).application_name(APPLICATION_NAME);
    let (client, connection) = config.connect(tls.clone()).await?;
    // It ends by itself when the client is dropped, and tells the client what went wrong before.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(client)
}

/// Whether the other kind of connection may be let in where this one was not: no line of pg_hba.conf for it
/// (class 28), or TLS itself failed. Nobody listening is nobody listening.
fn worth_another(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(code) => code.code() == "28000",
        None => !std::error::Error::source(error).is_some_and(|cause| {
            cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
        }),
    }
}
