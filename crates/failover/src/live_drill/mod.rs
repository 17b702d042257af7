//! A live drill: a real failover and a real failback, as two runs of the same engine, with a stay in between and a rule
//! that ends it early.
//!
//! - The stay is the failover's own phase `observe`, made as long as the drill says ([`with_stay`]).
//! - What the drill is stands in both runs ([`DrillPart`]), so that the journal alone tells it ([`find_drill`]), and so
//!   that the stop rule is carried out by the engine as everything else is: `engine/stop_rule.rs`.
//! - Nothing of it is kept elsewhere. A drill that was killed anywhere is gone on with from the journal.

mod begin;
mod deviations;
mod drive;
mod journal;
mod part;
mod report;
mod told;

pub use begin::{DrillRefusal, as_way_home, as_way_there, with_stay};
pub use drive::{DrillEnd, DrillHands, DrillStop};
pub use journal::{DrillLog, DrillRun, Stage, drill_runs, find_drill};
pub use part::{DrillPart, StopRule};
pub use report::{
    DRILL_REPORT_SCHEMA_VERSION, Deviation, DrillReport, DrilledRun, Stay, StopRuleReport, Struck, Traffic,
};
pub use told::drill_report;
