//! Findings and runs as text for a terminal, as JSON and as one self-contained HTML page; findings also as SARIF,
//! JUnit and Markdown, for the places where pipelines show them.
//!
//! Everything here is a pure function from a value to a `String`. This crate does not know where its
//! output goes, whether that is a terminal, which colours the user likes or what time it is: colour and
//! width are parameters. It decides nothing either: verdicts and statuses come with the values, and what
//! it doesn't find in them it calls unknown.
//!
//! Words and symbols live in one place, `theme`, so that the terminal and the page say the same. Sentences
//! that both open with are in `headline`; what to do next is in `next`; evidence is prepared in `evidence`.

mod clean;
mod codes;
mod compiled;
mod cut;
mod databases;
mod drill;
mod evidence;
mod expected;
mod group;
mod headline;
mod html;
mod json;
mod junit;
mod markdown;
mod next;
mod observation;
mod sarif;
mod silenced;
mod simulation;
mod tabletop;
mod text;
mod theme;
mod timeline;
mod words;

pub use codes::codes_markdown;
pub use compiled::{compiled_json, compiled_text};
pub use expected::{compiled_json_expected, expected_text};
pub use html::{drill_html, report_html, run_html};
pub use json::{DRILL_SCHEMA, REPORT_SCHEMA, RUN_SCHEMA, drill_json, report_json, run_json};
pub use junit::report_junit;
pub use markdown::{drill_markdown, report_markdown};
pub use sarif::{SarifOptions, report_sarif};
pub use simulation::{SIMULATION_SCHEMA, simulation_json, simulation_text};
pub use tabletop::{TABLETOP_SCHEMA, tabletop_html, tabletop_json, tabletop_markdown, tabletop_sheet, tabletop_text};
pub use text::{TextOptions, drill_text, render_explain, report_text, run_text};
