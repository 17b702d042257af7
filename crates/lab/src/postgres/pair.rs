//! Both databases: their birth as primary and standby, and what is done to them in a rehearsal.

use crate::addresses::Prefix;
use crate::control::token;
use crate::postgres::account::{Account, NoAccount};
use crate::postgres::cluster::{Cluster, ClusterError};
use crate::postgres::guard::{Guard, GuardError};
use crate::postgres::place::Place;
use crate::postgres::programs::Programs;
use crate::postgres::resync::ResyncError;
use crate::postgres::schema;
use crate::postgres::settings::{self, DATABASE, OPERATOR, Passwords, slot};
use crate::postgres::state::{DatabaseStatus, PATIENCE};
use crate::python::Python;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

/// A standby that streams is milliseconds behind; one that begins anew has some megabytes to fetch.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(60);

/// How often a standby that catches up is asked.
const POLL: Duration = Duration::from_millis(25);

/// The databases could not be made, or not be brought where they should be.
#[derive(Debug, thiserror::Error)]
pub enum DatabasesError {
    /// Nobody to run them.
    #[error(transparent)]
    Account(#[from] NoAccount),
    /// Their folders or ports.
    #[error("make room for the databases")]
    Room(#[source] std::io::Error),
    /// One of them.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Its process.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// A region without one.
    #[error("find a database in {0:?}: the lab has none there")]
    NoSuchRegion(String),
    /// Neither follows.
    #[error("make the standby lag: no database is a standby that answers")]
    NoStandby,
    /// A standby that doesn't follow.
    #[error("bring the database of {region} up to date: it is not within {CATCH_UP_TIMEOUT:?}")]
    Behind {
        /// Whose.
        region: String,
    },
    /// A database that was to follow the other one.
    #[error(transparent)]
    Resync(#[from] ResyncError),
}

/// A lag made on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    /// The standby receives, and replays nothing: nothing is lost, but a promotion has to catch up first.
    Pause,
    /// The standby receives nothing: what is written meanwhile is lost with the primary.
    Block,
    /// Neither any more.
    Clear,
}

/// How to reach one of the databases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseUrl {
    /// `eu-west-1`
    pub region: String,
    /// For who carries out the plan: a role that owns the tables and may promote, and is no superuser. It holds a
    /// password.
    pub url: String,
}

/// The databases of both regions, in the order of the regions.
#[derive(Debug)]
pub(crate) struct Databases {
    pub(crate) clusters: [Cluster; 2],
    /// One change at a time.
    pub(crate) change: tokio::sync::Mutex<()>,
}

impl Databases {
    /// Makes and starts both: a primary in the first region, and a standby in the second that streams from it.
    pub(crate) async fn start(
        python: &Python,
        programs: &Programs,
        prefix: &Prefix,
        regions: [&str; 2],
        lab: &Path,
    ) -> Result<Self, DatabasesError> {
        let account = Account::choose()?;
        let places = Place::make(lab, &token()[..12], &regions, account).map_err(DatabasesError::Room)?;
        let [first, second] = prefix.databases();
        let ports = [free_port(first)?, free_port(second)?];
        let passwords = Passwords::generate();
        let make = |index: usize| {
            let place = places[index].clone();
            let guard = Guard::new(python, programs, regions[index], &place, account, lab)?;
            Ok::<_, DatabasesError>(Cluster {
                region: regions[index].to_owned(),
                at: ports[index],
                other: ports[1 - index],
                place,
                programs: programs.clone(),
                account,
                passwords: passwords.clone(),
                guard,
                lab: lab.to_owned(),
            })
        };
        let databases = Self { clusters: [make(0)?, make(1)?], change: tokio::sync::Mutex::default() };
        databases.give_birth().await?;
        Ok(databases)
    }

    /// The files of a server that was never started are a backup of it: quicker than one over the wire.
    async fn give_birth(&self) -> Result<(), DatabasesError> {
        let [primary, standby] = &self.clusters;
        primary.initialize().await?;
        standby.copy_of(primary).await?;
        primary.configure(false)?;
        standby.configure(true)?;
        primary.start().await?;
        let reserve = format!("SELECT pg_create_physical_replication_slot('{}', true)", slot(&standby.region));
        primary.execute("make roles", &schema::roles(&primary.passwords)).await?;
        primary.execute("reserve the log for the standby", &reserve).await?;
        let fill = async {
            primary.execute("make the database", &schema::database()).await?;
            primary.execute_in(DATABASE, "make the tables", &schema::tables()).await?;
            primary.execute_in(DATABASE, "grant the operator's rights", &schema::grants()).await
        };
        tokio::try_join!(fill, standby.start())?;
        self.caught_up(primary, standby).await
    }

    /// The database of a region.
    pub(crate) fn of(&self, region: &str) -> Result<&Cluster, DatabasesError> {
        let found = self.clusters.iter().find(|cluster| cluster.region == region);
        found.ok_or_else(|| DatabasesError::NoSuchRegion(region.to_owned()))
    }

    /// How to reach both.
    pub(crate) fn urls(&self) -> Vec<DatabaseUrl> {
        let url = |cluster: &Cluster| DatabaseUrl {
            region: cluster.region.clone(),
            url: settings::url(OPERATOR, &cluster.passwords.operator, cluster.at),
        };
        self.clusters.iter().map(url).collect()
    }

    /// What both are now.
    pub(crate) async fn status(&self, within: Duration) -> Vec<DatabaseStatus> {
        let [first, second] = &self.clusters;
        let (first, second) = tokio::join!(first.status(within), second.status(within));
        vec![first, second]
    }

    /// Kills a region's server as a machine that loses its power.
    pub(crate) async fn kill(&self, region: &str) -> Result<(), DatabasesError> {
        Ok(self.of(region)?.guard.kill().await?)
    }

    /// Starts it again as what it was: a primary that was killed is one again, whatever the other became meanwhile.
    pub(crate) async fn start_again(&self, region: &str) -> Result<(), DatabasesError> {
        let _alone = self.change.lock().await;
        Ok(self.of(region)?.start().await?)
    }

    /// Makes the standby lag, or ends that.
    pub(crate) async fn lag(&self, lag: Lag) -> Result<(), DatabasesError> {
        let _alone = self.change.lock().await;
        let standby = self.standby().await.ok_or(DatabasesError::NoStandby)?;
        match lag {
            Lag::Pause => standby.execute("pause replay", "SELECT pg_wal_replay_pause()").await?,
            Lag::Block => {
                standby.execute("cut off replication", "ALTER SYSTEM SET primary_conninfo = ''").await?;
                standby.execute("cut off replication", "SELECT pg_reload_conf()").await?;
                self.until(standby, "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver)").await?;
            }
            Lag::Clear => {
                standby.execute("connect replication", "ALTER SYSTEM RESET primary_conninfo").await?;
                let resume = "SELECT pg_reload_conf(); SELECT pg_wal_replay_resume()";
                standby.execute("resume replay", resume).await?;
            }
        }
        Ok(())
    }

    /// Promotes a region's standby. One that is a primary stays one.
    pub(crate) async fn promote(&self, region: &str) -> Result<(), DatabasesError> {
        let _alone = self.change.lock().await;
        let cluster = self.of(region)?;
        // pg_promote refuses a server that is no standby.
        let promote = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_promote() END";
        Ok(cluster.execute("promote it", promote).await?)
    }

    async fn standby(&self) -> Option<&Cluster> {
        let status = self.status(PATIENCE).await;
        let (_, standby) = status.iter().zip(&self.clusters).find(|(status, _)| status.role == "standby")?;
        Some(standby)
    }

    /// Waits until `standby` has replayed all that `primary` has written up to now.
    pub(crate) async fn caught_up(&self, primary: &Cluster, standby: &Cluster) -> Result<(), DatabasesError> {
        let doing = "read the position";
        let client = primary.superuser("postgres").await?;
        let row = client.query_one("SELECT pg_current_wal_lsn()::text", &[]).await;
        let position: String = row.map_err(|error| primary.failed(doing, &error))?.get(0);
        // Hexadecimal digits and a slash, from the server itself.
        let question = format!("SELECT coalesce(pg_last_wal_replay_lsn() >= '{position}'::pg_lsn, false)");
        self.until(standby, &question).await
    }

    async fn until(&self, cluster: &Cluster, question: &str) -> Result<(), DatabasesError> {
        let deadline = Instant::now() + CATCH_UP_TIMEOUT;
        let client = cluster.superuser("postgres").await?;
        while Instant::now() < deadline {
            let row = client.query_one(question, &[]).await.map_err(|error| cluster.failed("wait", &error))?;
            if row.get(0) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        Err(DatabasesError::Behind { region: cluster.region.clone() })
    }

    /// Ends both, and waits until nothing of them is left.
    pub(crate) async fn end(&self) {
        let [first, second] = &self.clusters;
        tokio::join!(first.guard.end(), second.guard.end());
        for place in self.clusters.iter().map(|cluster| &cluster.place).filter(|place| place.elsewhere) {
            // The guard did it, but for one that was killed.
            let _ = std::fs::remove_dir_all(&place.folder);
            let _ = place.folder.parent().map(std::fs::remove_dir);
        }
    }
}

/// A port that is free now, on an address that is this lab's alone: nobody else takes it meanwhile.
fn free_port(address: Ipv4Addr) -> Result<SocketAddrV4, DatabasesError> {
    let listener = TcpListener::bind((address, 0)).map_err(DatabasesError::Room)?;
    let port = listener.local_addr().map_err(DatabasesError::Room)?.port();
    Ok(SocketAddrV4::new(address, port))
}
