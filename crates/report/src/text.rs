//! Text for a terminal, a log or a ticket.

mod areas;
mod databases;
mod drill;
mod explain;
mod finding;
mod folded;
mod ink;
mod observation;
mod owners;
mod report;
mod run;
mod silenced;
pub(crate) mod tabletop;

pub use drill::drill_text;
pub use explain::render_explain;
pub(crate) use finding::{finding, plain_evidence};
pub use report::report_text;
pub use run::run_text;

/// How text is to be written. What the terminal can do is the caller's to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextOptions {
    /// Whether to colour with ANSI sequences.
    pub color: bool,
    /// Columns to wrap sentences at. Values and commands are never cut, so that they can be copied.
    pub width: usize,
    /// Whether to add what is only sometimes asked for: calls by API, long diffs, what rules silenced.
    pub verbose: bool,
}

impl Default for TextOptions {
    /// Without colour, 80 columns, not verbose: a log file.
    fn default() -> Self {
        Self { color: false, width: 80, verbose: false }
    }
}

impl TextOptions {
    /// The width for sentences: on a very narrow terminal they are wrapped by it, not by us; and lines of
    /// more than 110 characters are hard to read on any.
    fn columns(self) -> usize {
        self.width.clamp(40, 110)
    }
}
