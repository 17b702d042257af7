//! The rehearsal lab: two AWS regions on loopback, from real parts.
//!
//! An AWS API emulator (moto), a DNS server that answers from the emulated Route 53 zones as Route 53
//! would, PostgreSQL with streaming replication, and an app on the public address of each running
//! instance, which keeps orders in the database of its region. Terraform and the real AWS provider make
//! the sample estate in it. Demo and tests start a [`Lab`], and judge Pilotlight by what the lab's DNS,
//! apps and databases answer.
//!
//! It knows nothing of Pilotlight's own crates: it runs the released program, or nothing. It never
//! prints. It is in no release build.

mod addresses;
mod apps;
mod aws;
mod bare;
mod buckets;
mod causes;
pub mod client;
mod control;
pub mod dns;
mod emulator;
mod environment;
mod estate;
mod faults;
mod handle;
mod health;
mod host;
mod http;
mod lab;
mod managed;
mod orders;
mod postgres;
mod python;
mod route53;
mod services;
mod tap;
mod terraform;
mod wheels;
mod xml;

pub use bare::Bare;
pub use estate::{PRIMARY_REGION, STANDBY_REGION};
pub use faults::{Effect, Fault, Standing};
pub use handle::Handle;
pub use lab::{App, Host, Lab, LabError, OnProgress, Options, Progress, Status};
pub use postgres::pair::{DatabaseUrl, DatabasesError, Lag};
pub use postgres::state::DatabaseStatus;
pub use services::{Services, ServicesError};
pub use tap::{Call, Moment, Tap};
