//! What was watched after the switch.

use super::page::{badge, safe};
use crate::observation::{mark, summary, told};
use maud::{Markup, html};
use pilotlight_failover::RunReport;

/// The section; empty where nothing was watched.
pub(super) fn observation(run: &RunReport) -> Markup {
    html! {
        @if let Some(seen) = &run.observation {
            section.card aria-labelledby="observed" {
                h2 id="observed" { "Observed" }
                p { (summary(seen)) }
                table.stack {
                    thead { tr { th scope="col" { "Check" } th scope="col" { "Status" } th scope="col" { "Against before the switch" } } }
                    tbody {
                        @for check in &seen.checks {
                            @let mark = mark(check);
                            tr {
                                th scope="row" { (safe(&check.name)) }
                                td { (badge(mark, mark.word)) }
                                td { (told(check)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
