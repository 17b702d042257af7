//! What a lab tells of itself.

use crate::faults::Standing;
use crate::postgres::state::DatabaseStatus;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// What a lab is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The process that runs it.
    pub pid: u32,
    /// The apps that answer.
    pub apps: Vec<App>,
    /// The addresses of the apps that were broken.
    pub broken: Vec<Ipv4Addr>,
    /// The databases, that of the primary region first.
    pub databases: Vec<DatabaseStatus>,
    /// The regions that are dark.
    pub dark: Vec<String>,
    /// The faults of the AWS API.
    pub faults: Vec<Standing>,
}

/// An app that answers for a running instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// `i-…`
    pub instance: String,
    /// `eu-west-1`
    pub region: String,
    /// Its public address; it listens on port 8080.
    pub address: Ipv4Addr,
}
