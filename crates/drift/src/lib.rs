//! Drift: what Terraform's state says against what the cloud has.
//!
//! Two stages. *Observe*: [`wanted`] says from the states what to ask for in each region, and [`observe`] asks a
//! [`LiveReader`], a port that other crates implement. *Decide*: [`decide`] compares, without any I/O, and
//! returns findings, counts, and what could not be read.
//!
//! Only what both sides know is compared: an attribute that the reader did not give is not judged. Every
//! deviation from plain equality is a row of one table, [`RULES`], with its reason. Types that are parts of
//! another one in the cloud (rules of a security group, routes of a table) are taken apart to atoms and judged
//! over all given states together, so that it does not matter which stack owns which part.
//!
//! This crate does not know AWS's API, credentials, where a state is kept, or how a finding is printed. It has
//! no runtime, no network, no clock and no environment.

mod aligned;
mod away;
mod compare;
mod confidential;
mod decide;
mod dns;
mod echo;
mod equal;
mod evidence;
mod hosted;
pub mod ignore;
mod index;
mod judge;
mod live;
mod moved;
mod network;
mod network_acl;
mod observe;
mod outcome;
mod owners;
mod parts;
mod policy;
mod providers;
mod routes;
mod rule_atoms;
mod rules;
mod scaling;
mod schema;
mod secrets;
mod security;
mod security_groups;
mod shaped;
pub mod shapes;
mod tell;
mod two_addresses;
mod unmanaged;
mod upgraded;

pub use decide::{DriftInput, PlaceLive, decide};
pub use live::*;
pub use moved::{MovedRecord, RecordAnswer};
pub use observe::{Queries, Routing, StackState, observe, wanted};
pub use outcome::{DriftCounts, DriftOutcome};
pub use providers::{NOT_IN_ANY_CLOUD, NotInCloud};
pub use rules::{RULES, Row, Rule};
pub use schema::{AttributeSchema, Nature, Shape, TypeSchema};
