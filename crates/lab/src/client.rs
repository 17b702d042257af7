//! A customer who keeps ordering: the judge of downtime and loss.
//!
//! It resolves the shop's name at the lab's DNS and honours the TTL, orders at a rate whatever comes back, retries what
//! failed, and writes down every answer. At the end it asks the surviving database itself for every order that was
//! acknowledged. It shares no code with Pilotlight.
//!
//! `names` resolves, `attempt` orders once, `record` is a line of the log, `customer` goes on and on, `summary` counts,
//! `judge` asks the database.

mod attempt;
mod customer;
mod judge;
mod names;
mod record;
mod summary;

pub use customer::{Client, ClientError, Customer, Running};
pub use judge::{Kept, Verdict};
pub use record::Record;
pub use summary::{Outage, Summary};
