//! Compiles a run that moves traffic to the other region, carries it out, and undoes it.
//!
//! [`observe()`] reads what Route 53 has; [`compile()`] decides, purely, everything that will be done, as a
//! [`Run`] with a digest; an [`Engine`] carries it out step by step through [`Ports`], each step journaled
//! before and after; [`report()`] tells the story from the journal alone. A failback is a run the other way.
//!
//! The engine keeps no memory outside the journal: it was killed at any moment, and the next one goes on.
//! Steps are desired states. What was asked of AWS and not answered is unknown, and is looked at, never
//! assumed.
//!
//! This crate does not know AWS's API, how states are read, where journals are kept, or how to speak to a
//! person: those are ports, and the journal's stores.

mod action;
mod api_error;
mod capacity;
mod compile;
mod database;
mod database_readiness;
mod database_report;
mod dns;
pub mod drill;
mod dry_run;
mod engine;
mod expected;
mod hold;
mod in_use;
pub mod live_drill;
mod managed;
mod managed_readiness;
mod managed_step;
mod objectives;
mod observation_report;
mod observe;
mod observe_action;
mod owners;
mod permissions;
mod ports;
mod primary_down;
mod readiness;
mod record_changes;
mod record_values;
mod report;
mod resize;
mod run;
mod run_report;
mod saved_run;
mod signal;
mod signal_readiness;
pub mod simulation;
mod sizes;
mod standing;
mod steps;
mod system;
pub mod tabletop;
mod text;

pub use action::{
    Action, CheckStep, CommandAction, Header, Probe, RecordChange, RecordChanges, ScaleAction, ScaleGoal,
};
pub use api_error::ApiError;
pub use capacity::*;
pub use compile::{CompileError, Refusal, active_side, compile, compile_in_mode};
pub use database::{DatabaseStep, DatabaseTask, Mode};
pub use database_readiness::{DatabaseReadiness, database_readiness};
pub use database_report::*;
pub use dns::*;
pub use dry_run::{StepCall, dry_run_facts, dry_run_findings};
pub use engine::{Conclusion, End, Engine, EngineError, Word};
pub use expected::{Expected, ExpectedStep, Measured, PastRun, expected};
pub use hold::{HeldSet, HoldAction};
pub use in_use::{InUse, refuse_by_journal, refuse_in_dns};
pub use managed::*;
pub use managed_readiness::{ManagedReadiness, managed_readiness};
pub use managed_step::{ManagedKind, ManagedPlace, ManagedStep, ManagedTask};
pub use objectives::{RecoveryFacts, is_measured_failover, recovery_time};
pub use observation_report::*;
pub use observe::{
    ManagedObserveError, ObserveError, Observed, ObservedManaged, ObservedPair, ObservedTraffic, observe,
    observe_groups, observe_managed, observe_sizes,
};
pub use observe_action::ObserveAction;
pub use owners::{
    NextApply, OwningResource, RecordOwner, SourceState, StackSources, as_errors as owners_as_errors, with_owners,
};
pub use permissions::{
    Decision, Permission, PolicySimulator, SimulationError, bucket_permissions, denied, principal_of, run_permissions,
};
pub use ports::*;
pub use primary_down::{PrimaryDownError, refuse_direction, refuse_primary_calls, without_primary_checks};
pub use readiness::{Readiness, readiness};
pub use record_changes::{RecordGroup, describe};
pub use report::{ReportError, asks_later, left_without_a_word, report, with_later};
pub use resize::{ResizeAction, ResizeGoal, ResourceSize};
pub use run::*;
pub use run_report::*;
pub use saved_run::{SAVED_RUN_VERSION, SavedRunError, load, save};
pub use signal::*;
pub use signal_readiness::{SignalObserved, observe_signals, signal_readiness};
pub use sizes::*;
pub use standing::{StandingError, last_settled, standing_failover};
pub use steps::{AT_THEIR_TARGET, LONGEST_CALL};
pub use system::{SystemClock, SystemCommands};
pub use text::{Environment, MissingVariable, Text, TextPart};
