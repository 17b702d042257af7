//! Integrity checks: is what users ask for there, and right?
//!
//! A [`CheckSpec`] says what to ask and what to expect, with every value resolved. A [`Prober`] makes one
//! attempt and answers with a [`CheckResult`]: green, red, or unknown where it could not find out.
//! [`NetworkProber`] probes for real: http, tcp, dns and command. [`DnsClient`] asks name servers, each
//! time anew: nothing here is cached and no connection is used twice, because a check that passes on a
//! remembered answer proves nothing about a failover.
//!
//! [`postgres`] speaks to PostgreSQL: lag, fence, promotion, comparison.
//!
//! This crate does not know when a check runs, which side of a plan it is about, nor what follows from it.

mod began;
mod command;
mod dns_answer;
mod dns_client;
mod dns_exchange;
mod error;
pub mod postgres;
mod prober;
mod program_lock;
mod spec;
mod until_green;

mod probe_command;
mod probe_dns;
mod probe_http;
mod probe_tcp;

pub use began::Began;
pub use command::{CommandOutcome, CommandRun, LAST_OUTPUT, run_command};
pub use dns_answer::{DnsAnswer, Rcode};
pub use dns_client::DnsClient;
pub use error::LookupError;
pub use prober::{NetworkProber, Prober};
pub use program_lock::ProgramLock;
pub use spec::{CheckKind, CheckResult, CheckSpec, CheckStatus};
pub use until_green::until_green;
