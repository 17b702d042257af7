//! What every part of Pilotlight has to say, in one shape.
//!
//! A [`Finding`] is a code, a severity, a subject, a message, evidence and a remedy. Parts return
//! findings as values; the `report` crate renders them, and `pilotlight explain CODE` prints the page
//! that stands behind a code. Errors share the codes through [`Explain`].
//!
//! This crate knows no runtime, no network, no clock and no environment, nor how a finding is shown.

mod area;
pub mod codes;
mod error;
mod finding;
mod region;
mod report;
mod span;
mod subject;

pub use area::{Area, AreaName, AreaVerdict};
pub use codes::{Code, Page};
pub use error::{Explain, with_causes};
pub use finding::{Evidence, Finding, SENSITIVE, Severity};
pub use region::{Region, RegionError, Side};
pub use report::{ApiCalls, Count, Job, REPORT_SCHEMA_VERSION, Report, Silenced, Verdict};
pub use span::{Position, Span};
pub use subject::Subject;
