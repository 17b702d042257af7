//! The program as a person meets it: each test runs the real binary in a folder of its own with an empty
//! environment, and reads its exit code, stdout and stderr. No AWS, no lab: where Route 53 is needed, a
//! server on loopback answers for it.
#![allow(clippy::unwrap_used, reason = "this is a test program")]

mod access;
mod aws_states;
mod changed_since;
mod command_line;
mod denied;
mod destroy;
mod drill;
mod ended_early;
mod expected;
mod explain;
mod failover_primary_down;
mod fetched_module;
mod freeze;
mod going_back;
mod help;
mod journal;
mod live_drill;
mod name_server;
mod output;
mod owners;
mod plans;
mod primary_down;
mod questions;
mod requests;
mod route53;
mod runs;
mod sandbox;
mod saved_runs;
mod schema;
mod signals;
mod sizes;
mod standby;
mod state_sources;
mod states;
mod tabletop;
mod two_operators;
mod two_regions;
mod waves;
mod whole_story;
mod withdrawn_abort;
