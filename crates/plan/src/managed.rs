//! The `database` blocks of what AWS itself replicates and promotes: RDS read replicas and Aurora global databases.

use crate::database::timeout;
use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};
use crate::{Database, Value};
use pilotlight_findings::{Side, Span};
use std::time::Duration;

/// A database that is promoted through the API of RDS.
#[derive(Debug, Clone, PartialEq)]
pub struct ManagedDatabase {
    /// Its name, unique among the databases of the plan.
    pub name: String,
    /// What AWS has of it.
    pub service: ManagedService,
    /// How long a promotion may take.
    pub promote_timeout: Duration,
    /// The block's head.
    pub span: Span,
}

/// What AWS replicates.
#[derive(Debug, Clone, PartialEq)]
pub enum ManagedService {
    /// An RDS instance with a read replica in the other region.
    Rds(Box<RdsPair>),
    /// An Aurora global database with a cluster in each region.
    AuroraGlobal {
        /// `GlobalClusterIdentifier`; it names the same everywhere.
        global_cluster: Value,
    },
}

/// The two instances of an RDS database.
#[derive(Debug, Clone, PartialEq)]
pub struct RdsPair {
    /// `DBInstanceIdentifier` in the primary region.
    pub primary: Value,
    /// `DBInstanceIdentifier` in the standby region.
    pub standby: Value,
    /// What a failback names the read replica that it makes in the primary region.
    pub failback_replica: Option<String>,
    /// How long that replica may take until it replicates.
    pub replica_timeout: Duration,
    /// The way to both by SQL, where the plan has their URLs: what fences, proves and compares.
    pub sql: Option<Database>,
}

impl RdsPair {
    /// The instance of a side.
    pub fn instance(&self, side: Side) -> &Value {
        match side {
            Side::Primary => &self.primary,
            Side::Standby => &self.standby,
        }
    }
}

impl ManagedDatabase {
    /// The way to its servers by SQL, where there is one.
    pub fn sql(&self) -> Option<&Database> {
        match &self.service {
            ManagedService::Rds(pair) => pair.sql.as_ref(),
            ManagedService::AuroraGlobal { .. } => None,
        }
    }

    /// Whether the side that is left can be proven to take no more writes: by Aurora's switchover, or by SQL. RDS has no
    /// call for it.
    pub fn can_be_fenced(&self) -> bool {
        matches!(self.service, ManagedService::AuroraGlobal { .. }) || self.sql().is_some()
    }
}

const RDS_PROMOTE: AttributeRow = timeout(
    "promote_timeout",
    r#""30m""#,
    "How long a promotion may take: RDS restarts the instance, and that takes minutes.",
);

pub(crate) static RDS: BlockRow = BlockRow {
    name: "database",
    kind: Some("rds"),
    labels: &["name"],
    occurs: Occurs::Any,
    doc: "An RDS instance with a read replica in the other region, of any engine that has such. A run looks whether the one \
          is a replica of the other, promotes it by `PromoteReadReplica`, and waits until it is available. RDS has no call \
          that keeps the old instance from writing: with the URLs of a PostgreSQL it is fenced, compared and proven by SQL, \
          as `database \"postgres\"` is; without them its fence is *unknown*, and only `--mode ungraceful` promotes. \
          databases.md says what a failback needs.",
    example: r#"database "rds" "billing" {
  primary          = "billing"
  standby          = "billing-replica"
  failback_replica = "billing-2"
  primary_url      = env("ORDERS_PRIMARY_URL")
  standby_url      = env("ORDERS_STANDBY_URL")
  tables           = ["invoices"]
}"#,
    attributes: &[
        AttributeRow {
            name: "primary",
            of: Type::Value,
            need: Need::Required,
            doc: "The DB instance identifier in the primary region, or an output that has it (`identifier` of the \
                  `aws_db_instance`).",
            example: r#""orders""#,
        },
        AttributeRow {
            name: "standby",
            of: Type::Value,
            need: Need::Required,
            doc: "The same in the standby region: the read replica.",
            example: "stack.data.output.orders_identifier",
        },
        AttributeRow {
            name: "failback_replica",
            of: Type::Text,
            need: Need::Optional,
            doc: "What a failback names the read replica that it makes in the primary region, and promotes there: an \
                  instance that was promoted, or was left, can never be a replica again. It is made like the instance \
                  `primary`, which stays as it is; nothing is deleted. Without it, `primary` has to be a replica of the \
                  standby's instance when the failback begins.",
            example: r#""orders-2""#,
        },
        AttributeRow {
            name: "primary_url",
            of: Type::Value,
            need: Need::Optional,
            doc: "The database at the primary's instance, where it is a PostgreSQL, as in `database \"postgres\"`. It comes \
                  from the environment, and goes with `standby_url`. After a failback that made a replica, it is that \
                  instance's.",
            example: r#"env("ORDERS_PRIMARY_URL")"#,
        },
        AttributeRow {
            name: "standby_url",
            of: Type::Value,
            need: Need::Optional,
            doc: "The same at the standby's instance.",
            example: r#"env("ORDERS_STANDBY_URL")"#,
        },
        AttributeRow {
            name: "tables",
            of: Type::Texts,
            need: Need::Default("[]"),
            doc: "Tables whose rows are counted and compared after the switch; only with the URLs.",
            example: r#"["orders", "payments"]"#,
        },
        timeout(
            "catch_up_timeout",
            r#""1m""#,
            "How long the standby may take to replay what the fenced side wrote; only with the URLs.",
        ),
        RDS_PROMOTE,
        timeout(
            "replica_timeout",
            r#""3h""#,
            "How long the read replica of a failback may take until it replicates: RDS copies the whole database.",
        ),
        timeout("compare_timeout", r#""10m""#, "How long each pass over a table may take while it is compared."),
    ],
    any_attribute: None,
    blocks: &[],
};

pub(crate) static AURORA_GLOBAL: BlockRow = BlockRow {
    name: "database",
    kind: Some("aurora_global"),
    labels: &["name"],
    occurs: Occurs::Any,
    doc: "An Aurora global database with one cluster in each region. A graceful run calls `SwitchoverGlobalCluster`: Aurora \
          itself stops the writes, waits until nothing is missing and swaps the roles, so that the fence is proven and \
          nothing is lost; it needs the region that is left. With `--mode ungraceful` it is `FailoverGlobalCluster` with \
          `AllowDataLoss`, which needs the region that takes over alone. A failback is the same the other way.",
    example: r#"database "aurora_global" "catalogue" {
  global_cluster = "catalogue"
}"#,
    attributes: &[
        AttributeRow {
            name: "global_cluster",
            of: Type::Value,
            need: Need::Required,
            doc: "Its identifier (`global_cluster_identifier` of the `aws_rds_global_cluster`), or an output that has it. \
                  The clusters are its members in the plan's two regions.",
            example: r#""orders""#,
        },
        timeout("promote_timeout", r#""30m""#, "How long a switchover or a failover may take."),
    ],
    any_attribute: None,
    blocks: &[],
};
