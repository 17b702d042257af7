//! Makes an old primary follow the new one. What it alone had written is gone then.

use crate::postgres::cluster::{Cluster, ClusterError, run};
use crate::postgres::pair::{Databases, DatabasesError};
use crate::postgres::settings::{REPLICATION, SUPERUSER, slot};
use crate::postgres::state::PATIENCE;
use std::fmt;

/// There is nothing to follow.
#[derive(Debug, thiserror::Error)]
#[error(
    "make the database of {region} follow the one of {other}: that one is {role}, and only a primary can be followed"
)]
pub struct ResyncError {
    region: String,
    other: String,
    role: String,
}

/// How a database came to follow the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resynced {
    /// It did so already.
    Already,
    /// What it had written alone was taken back; the rest of its files stayed.
    Rewound,
    /// Its files are a new copy.
    Copied,
}

impl fmt::Display for Resynced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Already => "it is a standby that streams already",
            Self::Rewound => "rewound, it is a standby that streams",
            Self::Copied => "copied anew, it is a standby that streams",
        })
    }
}

impl Databases {
    /// Makes the database of `region` a standby of the other one, which has to be a primary. Done twice, the second
    /// time does nothing.
    pub(crate) async fn resync(&self, region: &str) -> Result<Resynced, DatabasesError> {
        let _alone = self.change.lock().await;
        let old = self.of(region)?;
        let Some(new) = self.clusters.iter().find(|cluster| cluster.region != region) else {
            return Err(DatabasesError::NoSuchRegion(region.to_owned()));
        };
        let (was, source) = tokio::join!(old.status(PATIENCE), new.status(PATIENCE));
        if source.role != "primary" {
            let (region, other) = (region.to_owned(), new.region.clone());
            return Err(ResyncError { region, other, role: source.role }.into());
        }
        if was.role == "standby" && was.replication.as_deref() == Some("streaming") {
            return Ok(Resynced::Already);
        }
        // In order where it runs: pg_rewind takes a database that was shut down, or recovers it first.
        old.guard.stop().await?;
        self.reserve(new, region).await?;
        // Its checkpoint says which timeline the new primary is on; right after a promotion it has none yet.
        new.execute("write a checkpoint", "CHECKPOINT").await?;
        let how = match rewind(old, new).await {
            Ok(()) => Resynced::Rewound,
            Err(error) => {
                tracing::warn!(%error, region, "a database could not be rewound, and is copied");
                copy(old, new).await?;
                Resynced::Copied
            }
        };
        old.configure(true)?;
        old.start().await?;
        self.caught_up(new, old).await?;
        // Its own standby's slot from when it was the primary: nobody will ask for that log.
        let forget = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active";
        old.execute("drop a slot", forget).await?;
        Ok(how)
    }

    /// Keeps the log from now on for the standby of `region`. A slot of an earlier one may have lost its log.
    async fn reserve(&self, new: &Cluster, region: &str) -> Result<(), ClusterError> {
        let slot = slot(region);
        let forget = format!(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots \
             WHERE slot_name = '{slot}' AND NOT active"
        );
        let reserve = format!(
            "SELECT pg_create_physical_replication_slot('{slot}', true) \
             WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{slot}')"
        );
        new.execute("drop a slot", &forget).await?;
        new.execute("reserve the log", &reserve).await
    }
}

async fn rewind(old: &Cluster, new: &Cluster) -> Result<(), ClusterError> {
    let mut command = old.program("pg_rewind");
    let source =
        format!("host={} port={} user={SUPERUSER} dbname=postgres sslmode=disable", new.at.ip(), new.at.port());
    command.arg("--target-pgdata").arg(old.data()).arg("--source-server").arg(source).arg("--no-sync");
    command.env("PGPASSWORD", &new.passwords.superuser);
    run(command, "pg_rewind").await
}

async fn copy(old: &Cluster, new: &Cluster) -> Result<(), ClusterError> {
    let data = old.data();
    let removed = std::fs::remove_dir_all(&data);
    removed.map_err(|source| ClusterError::File { path: data.clone(), source })?;
    let mut command = old.program("pg_basebackup");
    command.arg("--pgdata").arg(&data).args(["--wal-method", "stream", "--checkpoint", "fast", "--no-sync"]);
    command.arg("--host").arg(new.at.ip().to_string()).arg("--port").arg(new.at.port().to_string());
    command.args(["--username", REPLICATION]).env("PGPASSWORD", &new.passwords.replication);
    run(command, "pg_basebackup").await
}
