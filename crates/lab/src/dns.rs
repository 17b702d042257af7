//! DNS over the emulated Route 53 zones.
//!
//! `routing` chooses between record sets and `answer` makes the answer, both pure; `server` speaks DNS
//! over UDP and TCP; [`query`] asks, for tests and the demo, without any of the product's code.

pub(crate) mod answer;
pub mod query;
pub(crate) mod routing;
pub(crate) mod server;

#[cfg(test)]
mod tests;
