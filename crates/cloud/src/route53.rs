//! Route 53: record sets as it has them, and changes to them.

mod change;
mod dns;
pub(crate) mod names;
pub(crate) mod sets;

pub use dns::Route53Dns;
