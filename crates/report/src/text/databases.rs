//! The databases of a run: who takes writes, what was lost, and what the tables show.

use super::ink::Ink;
use crate::clean::line;
use crate::databases::{compared, found_later, lost, lost_rows};
use crate::theme;
use crate::words::count;
use pilotlight_failover::RunReport;

/// The section; empty where the run has no database.
pub(super) fn databases(run: &RunReport, ink: Ink) -> String {
    if run.databases.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", ink.bold("databases"));
    for database in &run.databases {
        let mark = theme::of_database(database);
        let head = format!(
            "  {}  {}  {}\n",
            ink.tone(mark.tone, &format!("{} {}", mark.symbol, mark.word)),
            ink.bold(&line(&database.name)),
            lost(database)
        );
        out.push_str(&head);
        let mut fence = format!("fence of the old server {}", line(&database.fence));
        if database.fenced_late {
            fence.push_str(" before the promotion; it was fenced after the switch");
        }
        if database.second_writer == "writes" {
            fence.push_str(", and it took writes since");
        }
        out.push_str(&ink.wrap(6, 0, &fence));
        if let Some(found) = found_later(database) {
            out.push_str(&ink.wrap(6, 0, &found));
        }
        if let Some(kept) = &database.kept {
            out.push_str(&ink.wrap(6, 0, &format!("{} kept in {}", count(kept.rows, "row"), line(&kept.file))));
            for lost in kept.tables.iter().filter_map(lost_rows) {
                out.push_str(&ink.wrap(8, 0, &lost));
            }
            if let Some(reason) = &kept.not_fenced {
                out.push_str(&ink.wrap(8, 0, &format!("rows may have been written there since: {}", line(reason))));
            }
        }
        for table in &database.tables {
            out.push_str(&ink.wrap(6, 0, &compared(table)));
        }
    }
    out
}
