//! What a database is now, asked of itself.

use crate::postgres::cluster::Cluster;
use crate::postgres::guard::Running;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A status is for a person who waits; what does not answer by then is told as such.
pub(crate) const GLANCE: Duration = Duration::from_secs(3);

/// A change depends on what is answered, so it waits on a busy machine too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// What is asked: one row. A standby's position is what it has replayed.
const QUESTION: &str = "
SELECT pg_is_in_recovery() AS standby,
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text ELSE pg_current_wal_lsn()::text END AS position,
       (SELECT status FROM pg_stat_wal_receiver) AS receiver,
       CASE WHEN pg_is_in_recovery() THEN pg_get_wal_replay_pause_state() END AS replay,
       (SELECT timeline_id FROM pg_control_checkpoint())::bigint AS timeline";

/// A database of the lab, as `lab status` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseStatus {
    /// `eu-west-1`
    pub region: String,
    /// `127.64.0.10:40123`
    pub address: String,
    /// The server's process, where it runs.
    pub pid: Option<u32>,
    /// `primary`, `standby`, `dead`, or `silent` where the process is there and does not answer.
    pub role: String,
    /// How far it has written, or replayed: `0/3000148`.
    pub position: Option<String>,
    /// Of a standby: `streaming`, or why not, `cut off`; of one that does not replay, `paused`.
    pub replication: Option<String>,
    /// Of its last checkpoint.
    pub timeline: Option<i64>,
}

impl Cluster {
    /// What it is now. Never an error: that nothing is answered is an answer.
    pub(crate) async fn status(&self, within: Duration) -> DatabaseStatus {
        let pid = match self.guard.running() {
            Running::As(pid) => Some(pid),
            Running::Never | Running::Ended(_) => None,
        };
        let mut status = DatabaseStatus {
            region: self.region.clone(),
            address: self.at.to_string(),
            pid,
            role: if pid.is_some() { "silent" } else { "dead" }.into(),
            position: None,
            replication: None,
            timeline: None,
        };
        let asked = async {
            let client = self.superuser("postgres").await.ok()?;
            client.query_one(QUESTION, &[]).await.ok()
        };
        let Ok(Some(row)) = tokio::time::timeout(within, asked).await else { return status };
        let standby: bool = row.get("standby");
        status.role = if standby { "standby" } else { "primary" }.into();
        status.position = row.get("position");
        status.timeline = row.get("timeline");
        if standby {
            let replay: Option<String> = row.get("replay");
            let receiver: Option<String> = row.get("receiver");
            let paused = replay.is_some_and(|replay| replay != "not paused");
            status.replication =
                Some(if paused { "paused".into() } else { receiver.unwrap_or_else(|| "cut off".into()) });
        }
        status
    }
}
