//! The plan file: HCL in, a typed and checked [`DrPlan`] out.
//!
//! [`parse`] reads the text of a plan with what the environment and the command line give
//! ([`Inputs`]), and answers the plan or everything that is wrong with it, each with its place and a
//! remedy. [`lint`] adds what is allowed and still unwise. One table of blocks and attributes drives the
//! parser and [`reference_markdown`], the reference in `docs/plan.md`.
//!
//! This crate knows no file system, network, clock or environment: texts come in, values go out. It has
//! no idea whether a stack, a region, a zone or an output exists; outputs are resolved later, by whoever
//! has read the states ([`Value::resolve`]).

mod check;
mod content;
mod data;
mod database;
mod dns_name;
mod dr_plan;
mod drift;
mod duration;
mod error;
mod expression;
mod fields;
mod head;
mod inputs;
mod lint;
mod location;
mod managed;
mod name;
mod observe;
mod order;
mod read;
mod reader;
mod reference;
mod role;
mod scale;
mod secret;
mod stack;
mod step;
mod syntax;
mod table;
mod traffic;
mod typed;
mod value;

pub use check::{Check, CheckKind, CheckSide, When};
pub use data::{ALL_DATA, DataChoice, DataFrom, data_choices};
pub use database::Database;
pub use dr_plan::{DrPlan, Objectives};
pub use drift::{DriftOptions, IgnorePattern};
pub use duration::{DurationError, format_duration, parse_duration};
pub use error::{PlanError, PlanErrors, Problem};
pub use inputs::Inputs;
pub use lint::{ROUTE53_PROPAGATION, lint, longest_ttl, short_hold};
pub use managed::{ManagedDatabase, ManagedService, RdsPair};
pub use observe::{Observe, Percent};
pub use read::parse;
pub use reference::reference_markdown;
pub use role::wrong_with_role;
pub use scale::{Resize, Scale};
pub use stack::{SetOverride, Stack, StandbyOptions};
pub use step::{Approval, CommandStep, Phase};
pub use traffic::{Method, Shift, Signal, TrafficRecord, TrafficSet, Visibility};
pub use value::{OutputReference, Outputs, Secret, Segment, Value};
