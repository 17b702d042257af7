//! The databases of a run: who takes writes, what was lost, and what the tables show.

use super::page::{badge, safe};
use crate::databases::{compared, found_later, lost, lost_rows};
use crate::theme;
use crate::words::count;
use maud::{Markup, html};
use pilotlight_failover::RunReport;

/// The section; empty where the run has no database.
pub(super) fn databases(run: &RunReport) -> Markup {
    html! {
        @if !run.databases.is_empty() {
            section.card aria-labelledby="databases" {
                h2 id="databases" { "Databases" }
                table.stack {
                    thead {
                        tr {
                            th scope="col" { "Database" } th scope="col" { "State" } th scope="col" { "Writes" }
                            th scope="col" { "Fence of the old server" } th scope="col" { "Tables" }
                        }
                    }
                    tbody {
                        @for database in &run.databases {
                            @let mark = theme::of_database(database);
                            tr {
                                th scope="row" { (safe(&database.name)) }
                                td { (badge(mark, mark.word)) }
                                td data-label="Writes" {
                                    (lost(database))
                                    @if let Some(found) = found_later(database) { "; " (found) }
                                    @if let Some(kept) = &database.kept {
                                        "; " (count(kept.rows, "row")) " kept in " (safe(&kept.file))
                                        @for lost in kept.tables.iter().filter_map(lost_rows) { "; " (lost) }
                                        @if let Some(reason) = &kept.not_fenced {
                                            "; rows may have been written there since: " (safe(reason))
                                        }
                                    }
                                }
                                td data-label="Fence" {
                                    (safe(&database.fence))
                                    @if database.fenced_late { " before the promotion; it was fenced after the switch" }
                                    @if database.second_writer == "writes" { ", and it took writes since" }
                                }
                                td.block data-label="Tables" {
                                    ul.values { @for table in &database.tables { li { (compared(table)) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
