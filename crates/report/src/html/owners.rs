//! Whose Terraform has each record that a run moved, and what its next apply does.

use super::page::{badge, safe};
use crate::theme;
use maud::{Markup, html};
use pilotlight_failover::RunReport;

/// The section; empty where owners were not looked for.
pub(super) fn owners(run: &RunReport) -> Markup {
    html! {
        @if !run.owners.is_empty() {
            section.card aria-labelledby="terraform" {
                h2 id="terraform" { "Terraform" }
                table.stack {
                    thead {
                        tr {
                            th scope="col" { "Record" } th scope="col" { "Owner" } th scope="col" { "HCL" }
                            th scope="col" { "Next apply" } th scope="col" { "Because" }
                        }
                    }
                    tbody {
                        @for owner in &run.owners {
                            @let mark = theme::of_owner(owner.next_apply);
                            tr {
                                th scope="row" { (safe(&owner.record())) }
                                td.word[owner.resource.is_none()] data-label="Owner" {
                                    (owner.resource.as_ref().map_or_else(
                                        || theme::ABSENT.to_owned(),
                                        |resource| safe(&resource.told()),
                                    ))
                                }
                                td.word[owner.resource.is_none()] data-label="HCL" {
                                    (owner.resource.as_ref().and_then(|one| one.place.as_deref()).map_or_else(
                                        || theme::ABSENT.to_owned(),
                                        safe,
                                    ))
                                }
                                td { (badge(mark, mark.word)) }
                                td.block data-label="Because" {
                                    (safe(&owner.detail))
                                    @if let Some(remedy) = &owner.remedy { p.muted { (safe(remedy)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
