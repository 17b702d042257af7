use super::areas::areas;
use super::finding::{Sides, findings};
use super::page::{Tile, badge, class, page, safe};
use super::silenced::silenced;
use crate::headline::{self, capitalized, meaning, tally};
use crate::theme::{self, Tone};
use crate::words::number;
use maud::{Markup, html};
use pilotlight_findings::{ApiCalls, Job, Report};

/// A job's report as one page.
pub fn report_html(report: &Report) -> String {
    let job = headline::job_word(report.job);
    let mark = theme::of_verdict(report.verdict);
    let plan = report.plan.as_deref().map(safe);
    let what = format!("{} report", capitalized(job));
    let title = match &plan {
        Some(plan) => format!("{plan}: {job}: {}", headline::verdict(report)),
        None => format!("{job}: {}", headline::verdict(report)),
    };
    let sides = match report.job {
        Job::Drift => Sides { old: "In the state", new: "In AWS now" },
        Job::Rebuild | Job::Validate | Job::Destroy => Sides { old: "Expected", new: "Found" },
    };
    let body = html! {
        section class={ "card hero " (class(mark.tone)) } {
            (badge(mark, mark.word))
            h1 { (capitalized(job)) ": " (headline::verdict(report)) }
            p { (meaning(report)) }
            p.muted {
                @if let Some(plan) = &plan { "Plan " b { (plan) } ", " }
                (headline::effort(report)) "."
            }
        }
        ul.tiles { @for tile in tiles(report) { (tile.markup()) } }
        @if !report.areas.is_empty() { (areas(&report.areas)) }
        (findings(&report.findings, sides))
        (silenced(&report.silenced, sides))
        @if !report.calls.is_empty() { (calls(&report.calls)) }
    };
    page(&title, &what, &report.started_at, report.schema_version, &body)
}

fn tiles(report: &Report) -> Vec<Tile> {
    let tally = tally(report);
    let counted = |name: &str, n: u64, tone: Tone| {
        let tile = Tile::new(name, number(n));
        if n > 0 { tile.tone(tone) } else { tile }
    };
    let mut tiles = vec![counted("findings", tally.problems, Tone::Bad)];
    if tally.warnings > 0 {
        tiles.push(counted("warnings", tally.warnings, Tone::Warn));
    }
    if tally.notes > 0 {
        tiles.push(counted("notes", tally.notes, Tone::Info));
    }
    tiles.push(counted("unread", tally.unread, Tone::Unsure));
    tiles.extend(headline::counts(report).map(|count| Tile::new(safe(&count.name), number(count.count))));
    tiles
}

fn calls(calls: &[ApiCalls]) -> Markup {
    html! {
        details.card {
            summary { "Calls by API" }
            table {
                thead {
                    tr {
                        th scope="col" { "API" }
                        th scope="col" { "Region" }
                        th.num scope="col" { "Calls" }
                    }
                }
                tbody {
                    @for call in calls {
                        tr {
                            th scope="row" { code { (safe(&call.service)) ":" (safe(&call.operation)) } }
                            td { (safe(&call.region)) }
                            td.num { (number(call.count)) }
                        }
                    }
                }
            }
        }
    }
}
