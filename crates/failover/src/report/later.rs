//! What later runs of the plan tell of an earlier one: the rows that a failover left on the old server are found by the
//! failback that resynchronises it.

use crate::{FoundLater, RunReport};

/// Whether a run's report has a question that a later run may answer: what its databases lost.
pub fn asks_later(report: &RunReport) -> bool {
    let open = |lost: &str| matches!(lost, "unknown" | "some");
    !went_back(report) && report.databases.iter().any(|database| database.promoted && open(&database.lost_writes))
}

/// Refers to what the plan's runs after this one, the oldest first, found of its databases. Runs from the next one in the
/// same direction on tell of that one.
pub fn with_later(report: &mut RunReport, later: &[RunReport]) {
    if went_back(report) {
        return;
    }
    let of_this = later.iter().take_while(|run| run.job != report.job || run.outcome != "succeeded");
    let back: Vec<&RunReport> = of_this.filter(|run| run.job != report.job).collect();
    for database in &mut report.databases {
        let mut kept = back.iter().filter_map(|run| {
            let found = run.databases.iter().find(|other| other.name == database.name)?.kept.as_ref()?;
            Some(FoundLater { run: run.run.clone(), rows: found.rows, file: found.file.clone() })
        });
        database.found_later = kept.next();
    }
}

/// What such a run left is at the server that it had promoted, and no run keeps that.
fn went_back(report: &RunReport) -> bool {
    ["aborted", "rolled_back"].contains(&report.outcome.as_str())
}
