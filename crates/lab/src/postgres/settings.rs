//! What PostgreSQL's configuration files say in each region.

use crate::control::token;
use std::net::SocketAddrV4;

/// The role that may do everything; the lab's own.
pub(crate) const SUPERUSER: &str = "postgres";
/// The role that streams.
pub(crate) const REPLICATION: &str = "replicator";
/// The role of the shop's app: it owns the database.
pub(crate) const APP: &str = "shop";
/// The role of who carries out the plan: no superuser, as on RDS.
pub(crate) const OPERATOR: &str = "pilotlight";
/// The database.
pub(crate) const DATABASE: &str = "orders";

/// Passwords, made anew for each lab. Neither is ever printed: they are in files that their owner alone reads.
#[derive(Clone)]
pub(crate) struct Passwords {
    pub(crate) superuser: String,
    pub(crate) replication: String,
    pub(crate) app: String,
    pub(crate) operator: String,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

impl Passwords {
    pub(crate) fn generate() -> Self {
        Self { superuser: token(), replication: token(), app: token(), operator: token() }
    }
}

/// `postgresql.conf` of the database of `region` at `here`, whose other half is at `there`. Both are made so that each
/// can stream from the other; which one does so is said by `standby.signal` alone.
/// A standby must not allow less than its primary did when its files were made, so the numbers of connections and
/// senders are left at PostgreSQL's own.
///
/// fsync and synchronous_commit stay on, as PostgreSQL has them: what was acknowledged is on the disk of its region,
/// and the standby follows asynchronously. A rehearsal of data loss would prove nothing otherwise.
pub(crate) fn postgresql_conf(region: &str, here: SocketAddrV4, there: SocketAddrV4, passwords: &Passwords) -> String {
    let (address, port) = (here.ip(), here.port());
    format!(
        "listen_addresses = '{address}'
port = {port}
unix_socket_directories = ''
shared_buffers = '32MB'
# Files in the data folder, so that a killed server leaves nothing outside of it.
dynamic_shared_memory_type = mmap
wal_level = replica
hot_standby = on
# So that the server itself can say when the service wrote first and last.
track_commit_timestamp = on
# A standby that never comes back must not fill the disk.
max_slot_wal_keep_size = '1GB'
primary_conninfo = '{conninfo}'
primary_slot_name = '{slot}'
# A region that was away is noticed, and its return too, within a second.
wal_retrieve_retry_interval = '200ms'
wal_receiver_status_interval = '1s'
wal_receiver_timeout = '5s'
wal_sender_timeout = '5s'
log_line_prefix = '%m [%p] %q%u@%d '
",
        conninfo = conninfo(region, there, passwords),
        slot = slot(region),
    )
}

/// Where a standby in `region` streams from.
fn conninfo(region: &str, there: SocketAddrV4, passwords: &Passwords) -> String {
    format!(
        "host={} port={} user={REPLICATION} password={} application_name={region} sslmode=disable connect_timeout=3",
        there.ip(),
        there.port(),
        passwords.replication
    )
}

/// The replication slot that the standby of `region` uses; a slot's name has no hyphen.
pub(crate) fn slot(region: &str) -> String {
    region.replace('-', "_")
}

/// `pg_hba.conf`: loopback alone, and a password always. Who carries out the plan proves it as on RDS; the lab's own
/// sessions, of which there are many, say it in clear: SCRAM's 4,096 rounds are slow in an unoptimised build.
pub(crate) fn pg_hba_conf() -> String {
    format!(
        "host replication {REPLICATION} 127.0.0.0/8 scram-sha-256\n\
         host all {OPERATOR} 127.0.0.0/8 scram-sha-256\n\
         host all {SUPERUSER},{APP} 127.0.0.0/8 password\n"
    )
}

/// The address as libpq and a plan take it.
pub(crate) fn url(role: &str, password: &str, at: SocketAddrV4) -> String {
    format!("postgresql://{role}:{password}@{at}/{DATABASE}?sslmode=disable")
}
