//! JSON as the types define it, and the published schemas that describe it.

use pilotlight_failover::RunReport;
use pilotlight_failover::live_drill::DrillReport;
use pilotlight_findings::Report;

/// The JSON Schema (draft 2020-12) of [`report_json`], published as `docs/schema/report.json`.
pub const REPORT_SCHEMA: &str = include_str!("../../../docs/schema/report.json");

/// The JSON Schema (draft 2020-12) of [`run_json`], published as `docs/schema/run.json`.
pub const RUN_SCHEMA: &str = include_str!("../../../docs/schema/run.json");

/// The JSON Schema (draft 2020-12) of [`drill_json`], published as `docs/schema/drill.json`. It names that of runs, which
/// lies beside it.
pub const DRILL_SCHEMA: &str = include_str!("../../../docs/schema/drill.json");

/// The drill's report as indented JSON, with a new line at the end.
pub fn drill_json(report: &DrillReport) -> String {
    indented(serde_json::to_string_pretty(report))
}

/// The report as indented JSON, with a new line at the end.
pub fn report_json(report: &Report) -> String {
    indented(serde_json::to_string_pretty(report))
}

/// The run's report as indented JSON, with a new line at the end.
pub fn run_json(report: &RunReport) -> String {
    indented(serde_json::to_string_pretty(report))
}

fn indented(json: serde_json::Result<String>) -> String {
    // Serializing fails on maps with keys that are no strings and on writers that fail: neither is here.
    let mut json = json.expect("plain data serializes");
    json.push('\n');
    json
}
