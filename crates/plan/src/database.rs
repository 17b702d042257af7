//! The `database` block: what a run fences, promotes and compares.

use crate::Value;
use crate::head::LONGEST_SECONDS;
use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};
use pilotlight_findings::{Side, Span};
use std::time::Duration;

/// A database that has its data on both sides, by streaming replication.
#[derive(Debug, Clone, PartialEq)]
pub struct Database {
    /// Its name, unique among the databases of the plan.
    pub name: String,
    /// URL of the primary's server.
    pub primary: Value,
    /// URL of the standby's server.
    pub standby: Value,
    /// Tables that are compared, `orders` or `shop.orders`.
    pub tables: Vec<String>,
    /// The program that makes the side which traffic goes back to a standby of the other; never empty.
    pub resync: Option<Vec<Value>>,
    /// The program that makes the standby's server a standby of the primary's again; never empty.
    pub resync_standby: Option<Vec<Value>>,
    /// How long the standby may take to replay what the fenced primary wrote.
    pub catch_up_timeout: Duration,
    /// How long a promotion may take.
    pub promote_timeout: Duration,
    /// How long the program of `resync` may take.
    pub resync_timeout: Duration,
    /// How long each pass over a table may take while it is compared.
    pub compare_timeout: Duration,
    /// The block's head.
    pub span: Span,
}

impl Database {
    /// The URL of a side's server.
    pub fn url(&self, side: Side) -> &Value {
        match side {
            Side::Primary => &self.primary,
            Side::Standby => &self.standby,
        }
    }
}

pub(crate) const fn timeout(name: &'static str, default: &'static str, doc: &'static str) -> AttributeRow {
    AttributeRow {
        name,
        of: Type::Duration { least: 1, most: LONGEST_SECONDS },
        need: Need::Default(default),
        doc,
        example: default,
    }
}

pub(crate) static POSTGRES: BlockRow = BlockRow {
    name: "database",
    kind: Some("postgres"),
    labels: &["name"],
    occurs: Occurs::Any,
    doc: "A PostgreSQL database with a primary and a streaming standby, one a side. A run fences the side that it leaves \
          (new writes refused, other sessions ended, proven by trying to write), waits until the other has replayed \
          everything, promotes it, and looks again after the switch. With `--mode ungraceful` the side that is left may \
          be dead: it is called for nothing that has to succeed, and what is not known of lost writes is said. What the \
          role needs, and what the fence can and cannot stop, stands in databases.md.",
    example: r#"database "postgres" "orders" {
  primary = env("ORDERS_PRIMARY_URL")
  standby = env("ORDERS_STANDBY_URL")
  tables  = ["orders", "payments"]
}"#,
    attributes: &[
        AttributeRow {
            name: "primary",
            of: Type::Value,
            need: Need::Required,
            doc: "The database at the primary's server, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with libpq's \
                  `sslmode` and `sslrootcert` where wanted. It is a secret, so it comes from the environment, in whole or \
                  in part. It has to name the server itself, and no pooler.",
            example: r#"env("ORDERS_PRIMARY_URL")"#,
        },
        AttributeRow {
            name: "standby",
            of: Type::Value,
            need: Need::Required,
            doc: "The same at the standby's server.",
            example: r#"env("ORDERS_STANDBY_URL")"#,
        },
        AttributeRow {
            name: "tables",
            of: Type::Texts,
            need: Need::Default("[]"),
            doc: "Tables whose rows are counted and compared after the switch where the old side answers, and whose lost \
                  writes are kept before a failback discards them. Without a schema, of `public`.",
            example: r#"["orders", "payments"]"#,
        },
        AttributeRow {
            name: "resync",
            of: Type::Values,
            need: Need::Optional,
            doc: "The program that a failback starts to make the primary's server a standby of the other one, by \
                  pg_rewind or pg_basebackup for example, where it is none yet. It discards what that server alone has, \
                  which is kept in a file before. It has to be safe to repeat. No shell is between, and it starts in the \
                  plan's folder.",
            example: r#"["./scripts/resync-orders.sh"]"#,
        },
        AttributeRow {
            name: "resync_standby",
            of: Type::Values,
            need: Need::Optional,
            doc: "The program that a graceful failback starts at its end to make the standby's server a standby of the \
                  primary's again. Its fence was proven and nothing was missing, so it discards no row. Without it the \
                  standby stays fenced until somebody does that, and the next failover is refused. Safe to repeat, as \
                  `resync`.",
            example: r#"["./scripts/resync-orders.sh", "standby"]"#,
        },
        timeout(
            "catch_up_timeout",
            r#""1m""#,
            "How long the standby may take to replay what the fenced side wrote. Nobody can write meanwhile.",
        ),
        timeout("promote_timeout", r#""2m""#, "How long a promotion may take."),
        timeout("resync_timeout", r#""1h""#, "How long `resync` and `resync_standby` may take each."),
        timeout("compare_timeout", r#""10m""#, "How long each pass over a table may take while it is compared."),
    ],
    any_attribute: None,
    blocks: &[],
};
