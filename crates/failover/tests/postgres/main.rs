//! Runs of a whole plan over real PostgreSQL servers, with a client that orders without pause and counts for itself.
//! DNS, programs and name servers are in memory. The programs of PostgreSQL have to be on the PATH.
#![expect(dead_code, reason = "the estate and the servers are shared with other test programs")]

#[path = "../../../integrity/tests/postgres/cluster.rs"]
mod cluster;
#[path = "../engine/estate.rs"]
mod estate;

mod client;
mod over_real_servers;
