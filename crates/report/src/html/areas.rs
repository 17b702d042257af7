//! The scorecard of a page.

use super::page::{badge, safe};
use crate::theme;
use maud::{Markup, html};
use pilotlight_findings::Area;

pub(super) fn areas(areas: &[Area]) -> Markup {
    html! {
        section.card {
            h2 { "Scorecard" }
            table {
                thead {
                    tr {
                        th scope="col" { "Area" }
                        th scope="col" { "Verdict" }
                        th scope="col" { "What is known" }
                        th scope="col" { "Codes" }
                    }
                }
                tbody {
                    @for area in areas {
                        @let mark = theme::of_area(area.verdict);
                        tr {
                            th scope="row" { (area.name) }
                            td { (badge(mark, mark.word)) }
                            td { (safe(&area.facts)) }
                            td.codes { @for code in &area.codes { code { (code) } " " } }
                        }
                    }
                }
            }
        }
    }
}
