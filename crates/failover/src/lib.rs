//! failover

mod dns;
mod run_report;

pub use dns::*;
pub use run_report::*;
