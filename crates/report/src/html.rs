//! One page a report: everything in it is inline, it fetches nothing and runs no script, so that it can be
//! mailed, archived and opened on a phone. Colours follow the reader's light or dark scheme.

mod areas;
mod databases;
mod drill;
mod finding;
mod observation;
mod owners;
mod page;
mod report;
mod run;
mod silenced;
mod tabletop;
mod timeline;

pub use drill::drill_html;
pub use report::report_html;
pub use run::run_html;
pub(crate) use tabletop::tabletop_page;
