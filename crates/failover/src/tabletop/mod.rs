//! A tabletop drill: the plan is walked phase by phase, and asks what a team has to be able to answer before the night on
//! which it has to. Pure: plan, compiled run, past and answers come in as values.
//!
//! The questions come from the plan's own blocks; what is known about each stands beside it. A question reads the same
//! whether the run could be compiled or not, so that an answer holds for both.

mod answers;
mod around;
mod phases;
mod report;
mod walk;

pub use answers::{ANSWERS_VERSION, Answer, Answers, AnswersError, Said};
pub use report::{Asked, TABLETOP_SCHEMA_VERSION, TabletopFact, TabletopReport, tabletop_report};
pub use walk::{Known, Question, walk};
