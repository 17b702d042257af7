//! A session with one of the databases.

use crate::causes::causes;
use std::time::Duration;
use tokio_postgres::{Client, Config, NoTls};

/// On loopback a server answers at once, or has no time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The database could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No session.
    #[error("reach the database")]
    Connect(#[source] tokio_postgres::Error),
    /// No session in time.
    #[error("reach the database: no answer within {0:?}")]
    Silent(Duration),
}

/// Opens a session; it ends with the client.
pub(crate) async fn open(config: &Config) -> Result<Client, SessionError> {
    let connect = tokio::time::timeout(CONNECT_TIMEOUT, config.connect(NoTls));
    let (client, connection) =
        connect.await.map_err(|_| SessionError::Silent(CONNECT_TIMEOUT))?.map_err(SessionError::Connect)?;
    // It ends when the client is dropped or the server goes; the client's next call says so.
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

/// What a failed statement says, with the server's own words where it has any.
pub(crate) fn words(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => said.message().to_owned(),
        None => format!("{error}{}", causes(error)),
    }
}
