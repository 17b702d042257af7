//! The roles, the database and its tables.

use crate::postgres::settings::{APP, DATABASE, OPERATOR, Passwords, REPLICATION};

/// Orders, and a payment for each: two tables that have to stay whole together.
pub(crate) const TABLES: &str = "\
CREATE TABLE orders (
    id        text        PRIMARY KEY,
    item      text        NOT NULL,
    cents     bigint      NOT NULL CHECK (cents > 0),
    region    text        NOT NULL,
    instance  text        NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE payments (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id text        NOT NULL UNIQUE REFERENCES orders (id),
    cents    bigint      NOT NULL CHECK (cents > 0),
    paid_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);";

/// The roles. The passwords are hexadecimal, so that they need no escape.
pub(crate) fn roles(passwords: &Passwords) -> String {
    format!(
        "CREATE ROLE {REPLICATION} LOGIN REPLICATION PASSWORD '{}';
         CREATE ROLE {APP} LOGIN PASSWORD '{}';
         CREATE ROLE {OPERATOR} LOGIN PASSWORD '{}' IN ROLE {APP}, pg_monitor, pg_signal_backend;",
        passwords.replication, passwords.app, passwords.operator
    )
}

/// A statement of its own: no transaction may surround it. The template is `template0`, which nobody has a session with.
pub(crate) fn database() -> String {
    format!("CREATE DATABASE {DATABASE} OWNER {APP} TEMPLATE template0")
}

/// What the operator may do in the database besides what its owner may. Without a superuser's rights a standby is
/// promoted by who was granted the function.
pub(crate) fn grants() -> String {
    format!(
        "GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO {OPERATOR};
         GRANT EXECUTE ON FUNCTION pg_wal_replay_resume() TO {OPERATOR};"
    )
}

/// The tables, as the app's own.
pub(crate) fn tables() -> String {
    format!("SET ROLE {APP}; {TABLES} RESET ROLE;")
}
