use pilotlight_findings::{Code, Explain, codes, with_causes};
use std::path::PathBuf;
use std::time::Duration;

/// Why a database did not do or say what was asked of it. None of these texts holds a password.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The text is no URL of a database.
    #[error("read the database's URL: {reason}")]
    Url {
        /// What is wrong with it, without any of it.
        reason: String,
    },
    /// `sslmode` asks for a check against root certificates, and none are named.
    #[error("connect to {at}: its sslmode verifies the server, and no root certificates are named")]
    NoRoots {
        /// `host:port/database`
        at: String,
    },
    /// The file of root certificates cannot be used.
    #[error("read root certificates from {}: {reason}", path.display())]
    Roots {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is no connection: nobody listens, TLS failed, or the server refused the user.
    #[error("connect to {at}: {reason}")]
    Connect {
        /// `host:port/database`
        at: String,
        /// Why.
        reason: String,
        /// What the server answered, where it did.
        state: Option<String>,
    },
    /// No answer within the time limit. Whether what was asked has happened is not known.
    #[error("{what} at {at}: no answer within {limit:?}")]
    NoAnswer {
        /// `host:port/database`
        at: String,
        /// `end other sessions`
        what: String,
        /// The limit.
        limit: Duration,
    },
    /// The server refused the statement: it has no effect.
    #[error("{what} at {at}: {message} (SQLSTATE {state})")]
    Refused {
        /// `host:port/database`
        at: String,
        /// `end other sessions`
        what: String,
        /// The server's words.
        message: String,
        /// Its code, `42501`.
        state: String,
    },
    /// The connection broke, or the answer made no sense. Whether what was asked has happened is not known.
    #[error("{what} at {at}: {reason}")]
    Lost {
        /// `host:port/database`
        at: String,
        /// `end other sessions`
        what: String,
        /// Why.
        reason: String,
    },
    /// A rule of safety forbids it: nothing was changed.
    #[error("{what} at {at}: {reason}")]
    Forbidden {
        /// `host:port/database`
        at: String,
        /// `promote`
        what: String,
        /// Why.
        reason: String,
    },
    /// What was found could not be kept.
    #[error("keep the rows that differ")]
    Keep(#[source] std::io::Error),
}

impl PostgresError {
    /// Whether the server answered: then nothing is in doubt, and the answer stays what it is.
    pub fn is_answer(&self) -> bool {
        match self {
            Self::NoAnswer { .. } | Self::Lost { .. } => false,
            Self::Connect { state, .. } => state.as_deref().is_some_and(|state| !passes(state)),
            _ => true,
        }
    }

    /// The server's SQLSTATE, where it gave one.
    pub fn state(&self) -> Option<&str> {
        match self {
            Self::Refused { state, .. } => Some(state),
            Self::Connect { state, .. } => state.as_deref(),
            _ => None,
        }
    }

    pub(super) fn of_connect(at: &str, error: &tokio_postgres::Error) -> Self {
        let reason = error.as_db_error().map_or_else(|| with_causes(error), |answer| answer.message().to_owned());
        Self::Connect { at: at.into(), reason, state: error.code().map(|code| code.code().to_owned()) }
    }

    pub(super) fn of_statement(at: &str, what: &str, error: &tokio_postgres::Error) -> Self {
        let (at, what) = (at.to_owned(), what.to_owned());
        match error.as_db_error() {
            // Ended from outside, or by a crash of the server: how far it came is not known.
            Some(answer) if answer.code().code().starts_with("57P") => {
                Self::Lost { at, what, reason: answer.message().into() }
            }
            // The detail may hold values of rows, so the message alone is kept.
            Some(answer) => {
                Self::Refused { at, what, message: answer.message().into(), state: answer.code().code().into() }
            }
            None => Self::Lost { at, what, reason: with_causes(error) },
        }
    }
}

/// Whether a server that lets nobody in for this reason does so in a while: it starts up, recovers from a crash or shuts
/// down (class 57P), or has no room for one session more (53300).
fn passes(state: &str) -> bool {
    state.starts_with("57P") || state == "53300"
}

impl Explain for PostgresError {
    fn code(&self) -> Code {
        match self {
            Self::Url { .. } => codes::I_DATABASE_URL,
            Self::NoRoots { .. } | Self::Roots { .. } => codes::I_DATABASE_ROOTS,
            Self::Connect { .. } | Self::NoAnswer { .. } | Self::Lost { .. } => codes::I_DATABASE,
            Self::Refused { .. } => codes::I_DATABASE_REFUSED,
            Self::Forbidden { .. } => codes::I_DATABASE_FORBIDDEN,
            Self::Keep(_) => codes::I_DATABASE_KEEP,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Url { .. } => "set the variable to postgres://USER:PASSWORD@HOST:PORT/DATABASE".into(),
            Self::NoRoots { .. } => {
                "name a file of root certificates with sslrootcert in the URL or with PGSSLROOTCERT".into()
            }
            Self::Roots { .. } => "name a readable PEM file of root certificates".into(),
            Self::Connect { .. } | Self::NoAnswer { .. } | Self::Lost { .. } => {
                "check that the database can be reached from here with these credentials".into()
            }
            Self::Refused { what, state, .. } if state == "42501" => {
                format!("give the role of the URL what it takes to {what}: docs/databases.md lists it")
            }
            Self::Refused { .. } | Self::Forbidden { .. } => "see docs/databases.md".into(),
            Self::Keep(_) => "check the folder that the rows are kept in".into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_starts_up_or_is_full_has_not_said_its_last_word() {
        let turned_away = |state: Option<&str>| PostgresError::Connect {
            at: "db:5432/orders".into(),
            reason: "turned away".into(),
            state: state.map(str::to_owned),
        };
        for state in ["57P03", "57P01", "53300"] {
            assert!(!turned_away(Some(state)).is_answer(), "{state}");
        }
        assert!(turned_away(Some("28P01")).is_answer(), "a wrong password is wrong the next time too");
        assert!(!turned_away(None).is_answer());
    }
}
