//! The report of a tabletop drill as one page.

use super::finding::{Sides, findings};
use super::page::{Tile, badge, class, page, safe};
use crate::headline::capitalized;
use crate::tabletop::{answered, counts, mark, objective, parts, plan_alone};
use crate::theme::{Mark, Tone};
use maud::html;
use pilotlight_failover::tabletop::TabletopReport;
use pilotlight_findings::{Finding, Severity};

/// The page. It names no time of its own: each answer has its own.
pub(crate) fn tabletop_page(report: &TabletopReport) -> String {
    let over = match report.fix.is_empty() {
        true => Mark { symbol: "✓", word: "answered", tone: Tone::Good },
        false => Mark { symbol: "!", word: "something is open", tone: Tone::Warn },
    };
    let last = report.questions.iter().filter_map(|asked| asked.answer.as_ref()).map(|answer| answer.at.as_str()).max();
    let no: Vec<Finding> = report.fix.iter().filter(|one| one.severity >= Severity::Error).cloned().collect();
    let body = html! {
        section class={ "card hero " (class(over.tone)) } {
            (badge(over, over.word))
            h1 { "Tabletop of " (safe(&report.plan)) ": " (counts(report)) }
            @if let Some(alone) = plan_alone(report) { p { (alone) } }
        }
        ul.tiles {
            @for fact in &report.objectives {
                (Tile::new(safe(&fact.objective), fact.wanted.as_deref().map_or_else(|| "none".into(), safe)).note(objective(fact)).markup())
            }
        }
        (findings(&no, Sides { old: "Expected", new: "Found" }))
        @for (at, (part, questions)) in parts(report).into_iter().enumerate() {
            @let id = format!("part-{at}");
            section.card aria-labelledby=(id) {
                h2 id=(id) { (capitalized(&safe(part))) }
                table.stack {
                    thead { tr { th scope="col" { "Question" } th scope="col" { "Status" } th scope="col" { "Answer" } } }
                    tbody {
                        @for asked in questions {
                            @let mark = mark(asked);
                            tr {
                                th scope="row" {
                                    (safe(&asked.question))
                                    @for fact in &asked.facts { div.why { (safe(fact)) } }
                                }
                                td { (badge(mark, mark.word)) }
                                td { (answered(asked).unwrap_or_default()) }
                            }
                        }
                    }
                }
            }
        }
    };
    let title = format!("{}: tabletop drill", safe(&report.plan));
    page(&title, "Tabletop drill", last.unwrap_or_default(), report.schema_version, &body)
}
