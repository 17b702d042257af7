//! The report of a live drill as one page: how it ended, both ways against their objectives, the stay, what deviated and
//! what to fix, and the timelines of both runs.

use super::finding::{Sides, findings};
use super::page::{Tile, badge, class, page, safe};
use super::timeline::timeline;
use crate::drill;
use crate::headline::capitalized;
use crate::theme::Tone;
use crate::timeline as layout;
use crate::words::time;
use maud::{Markup, html};
use pilotlight_failover::RunReport;
use pilotlight_failover::live_drill::DrillReport;

/// A drill as one self-contained page.
pub fn drill_html(report: &DrillReport, plan_file: Option<&str>) -> String {
    let mark = drill::mark(report);
    let title = format!("{}: live drill {}", safe(&report.plan), drill::verdict(report));
    let waits = ["waits", "unfinished"].contains(&report.outcome.as_str());
    let body = html! {
        section class={ "card hero " (class(mark.tone)) } {
            (badge(mark, mark.word))
            h1 { (capitalized(&drill::sentence(report))) }
            @if report.outcome != "done" { p { (capitalized(&safe(&report.detail))) "." } }
            p.muted { (drill::route(report)) @if let Some(took) = drill::took(report) { ", " (took) } }
        }
        ul.tiles { @for tile in tiles(report) { (tile.markup()) } }
        @if waits { (what_next(report, plan_file)) }
        (objectives(report))
        (stay(report))
        (deviations(report))
        @if report.fix.is_empty() {
            section.card { h2 { "What to fix" } p { "Nothing." } }
        } @else {
            (findings(&report.fix, Sides { old: "Expected", new: "Found" }))
        }
        @for (number, run) in report.runs.iter().enumerate() { (drawn(&run.report, number)) }
        @if !waits { (what_next(report, plan_file)) }
        (about(report))
    };
    page(&title, "Live drill", &report.started_at, report.schema_version, &body)
}

fn tiles(report: &DrillReport) -> Vec<Tile> {
    let times = drill::objectives(report).into_iter().map(|row| {
        let name = format!("{}: {}", row.job, row.what);
        let note = format!("{} {}, objective {}", row.mark.symbol, row.mark.word, row.objective);
        let tile = Tile::new(name, row.measured).note(note);
        if row.mark.tone == Tone::Quiet { tile } else { tile.tone(row.mark.tone) }
    });
    let (rule, _) = drill::stop_rule(report);
    let rule = Tile::new("stop rule", rule.word).tone(rule.tone);
    let fix = Tile::new("to fix", report.fix.len().to_string());
    let fix = if report.fix.is_empty() { fix.tone(Tone::Good) } else { fix.tone(Tone::Warn) };
    times.chain([rule, fix]).collect()
}

fn objectives(report: &DrillReport) -> Markup {
    html! {
        section.card aria-labelledby="objectives" {
            h2 id="objectives" { "Objectives" }
            table.stack {
                thead {
                    tr {
                        th scope="col" { "Way" } th scope="col" { "Status" } th scope="col" { "Objective" }
                        th scope="col" { "Measured" } th scope="col" { "Past runs, data" }
                    }
                }
                tbody {
                    @for row in drill::objectives(report) {
                        tr {
                            th scope="row" { (capitalized(&row.job)) ", " (row.what) }
                            td { (badge(row.mark, row.mark.word)) }
                            td data-label="Objective" { (row.objective) }
                            td data-label="Measured" { (row.measured) }
                            td data-label="Past runs, data" { (row.expected) }
                        }
                    }
                }
            }
        }
    }
}

fn stay(report: &DrillReport) -> Markup {
    let (rule, told) = drill::stop_rule(report);
    html! {
        section.card aria-labelledby="stay" {
            h2 id="stay" { "Stay" }
            p { (capitalized(&drill::stay(report))) "." }
            p { (badge(rule, &format!("stop rule {}", rule.word))) " " (capitalized(&told)) "." }
        }
    }
}

fn deviations(report: &DrillReport) -> Markup {
    html! {
        section.card aria-labelledby="deviations" {
            h2 id="deviations" { "Deviations" }
            @if report.deviations.is_empty() { p { "None." } }
            @else {
                table.stack {
                    thead { tr { th scope="col" { "Way" } th scope="col" { "Kind" } th scope="col" { "What" } } }
                    tbody {
                        @for one in &report.deviations {
                            @let mark = drill::of_deviation(one);
                            tr {
                                th scope="row" { (capitalized(&safe(&one.job))) }
                                td { (badge(mark, mark.word)) }
                                td { (drill::deviation(one)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn drawn(run: &RunReport, number: usize) -> Markup {
    html! {
        @if let Some(drawn) = layout::layout(run) {
            section.card {
                h2 { "Timeline of the " (safe(&run.job)) }
                div.scroll tabindex="0" role="region" aria-label="Timeline, can be scrolled sideways" { (timeline(run, &drawn, number)) }
            }
        }
    }
}

fn what_next(report: &DrillReport, plan_file: Option<&str>) -> Markup {
    let steps = drill::what_next(report, plan_file);
    let waits = ["waits", "unfinished"].contains(&report.outcome.as_str());
    html! {
        @if !steps.is_empty() {
            section.card aria-labelledby="next" {
                h2 id="next" { @if waits { "What next" } @else { "Later" } }
                ul.steps-next { @for step in &steps { li { (capitalized(&step.what)) code { (step.command) } } } }
            }
        }
    }
}

fn about(report: &DrillReport) -> Markup {
    html! {
        section.card aria-labelledby="about" {
            h2 id="about" { "About this drill" }
            dl {
                dt { "Plan" } dd { (safe(&report.plan)) }
                dt { "Begun by" } dd { (safe(&report.operator)) }
                dt { "Began" } dd { (time(&report.started_at)) }
                dt { "Ended" } dd { (report.finished_at.as_deref().map_or_else(|| "not ended".to_owned(), time)) }
                @for run in &report.runs {
                    dt { (capitalized(&safe(&run.report.job))) } dd { code { (safe(&run.report.run)) } ", " (safe(&run.report.outcome).replace('_', " ")) }
                }
            }
        }
    }
}
