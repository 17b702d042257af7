use super::databases::databases;
use super::finding::{Sides, findings};
use super::observation::observation;
use super::owners::owners;
use super::page::{Tile, badge, class, page, safe};
use super::timeline::timeline;
use crate::headline::capitalized;
use crate::theme::{self, Tone};
use crate::words::{clock, count, duration, time};
use crate::{headline, next, timeline as layout};
use maud::{Markup, html};
use pilotlight_failover::{Endpoint, RunReport};

/// A run's report as one page: the outcome, recovery time against its objective, the timeline, and tables of
/// records, checks and steps.
///
/// `plan_file` is the plan as the user named it: it stands in the command lines to copy.
pub fn run_html(run: &RunReport, plan_file: Option<&str>) -> String {
    let mark = theme::of_run(run);
    let what = format!("{} report", capitalized(&safe(&run.job)));
    let title = format!("{}: {}", safe(&run.plan), headline::run_verdict(run));
    let drawn = layout::layout(run);
    let sides = Sides { old: "Expected", new: "Found" };
    // Who reads of a failure wants its cause and the way on before how long everything took.
    let succeeded = run.outcome == "succeeded";
    let body = html! {
        section class={ "card hero " (class(mark.tone)) } {
            (badge(mark, &theme::word_or(mark, &safe(&run.outcome))))
            h1 { (capitalized(&headline::run_verdict(run))) ": " (headline::traffic(run)) }
            @if !run.detail.is_empty() { p { (safe(&run.detail)) } }
            p.route {
                (place(&run.from)) span aria-hidden="true" { "→" } span.muted { "to" } (place(&run.to))
            }
            @if let Some(measured) = headline::measured_from(run) { p.muted { (capitalized(&measured)) } }
        }
        ul.tiles { (recovery(run)) @for tile in tiles(run) { (tile.markup()) } }
        @if !succeeded {
            (findings(&run.findings, sides))
            (what_next(run, plan_file))
        }
        @if let Some(drawn) = &drawn {
            section.card aria-labelledby="timeline" {
                h2 id="timeline" { "Timeline" }
                div.scroll tabindex="0" role="region" aria-label="Timeline, can be scrolled sideways" { (timeline(run, drawn, 0)) }
            }
        }
        (interventions(run))
        (records(run))
        (owners(run))
        (databases(run))
        (checks(run))
        (observation(run))
        (steps(run))
        @if succeeded {
            (findings(&run.findings, sides))
            (what_next(run, plan_file))
        }
        (about(run))
    };
    page(&title, &what, &run.started_at, run.schema_version, &body)
}

fn place(endpoint: &Endpoint) -> Markup {
    html! { span.place { (endpoint.region) small { (endpoint.side) } } }
}

fn recovery(run: &RunReport) -> Markup {
    let over = headline::is_over_objective(run);
    let tone = match run.recovery_time.measured_ms {
        None => Tone::Unsure,
        Some(_) if over => Tone::Bad,
        Some(_) => Tone::Good,
    };
    html! {
        li class={ "tile wide " (class(tone)) } {
            span.k { "recovery time" }
            @match (run.recovery_time.measured_ms, run.recovery_time.objective_ms) {
                (Some(took), Some(limit)) => {
                    span.v { (recovered_in(run)) }
                    @let share = took as f64 / limit.max(1) as f64;
                    svg.meter viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
                        rect.track width="100" height="8" rx="1" {}
                        rect.fill width=(format!("{:.1}", (share * 100.0).clamp(1.0, 100.0))) height="8" rx="1" {}
                    }
                    span.s {
                        @if over { "✗ over the objective of " } @else { "✓ within the objective of " }
                        (duration(limit)) " (" (percent(share)) ")"
                    }
                }
                (Some(_), None) => { span.v { (recovered_in(run)) } span.s { "the plan has no objective" } }
                (None, limit) => {
                    span.v { "not measured" }
                    span.s {
                        "recovery was not observed"
                        @if let Some(limit) = limit { "; objective " (duration(limit)) }
                    }
                }
            }
        }
    }
}

fn recovered_in(run: &RunReport) -> String {
    headline::recovered_in(&run.recovery_time).unwrap_or_default()
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 10.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

fn tiles(run: &RunReport) -> Vec<Tile> {
    let share = |name: &str, part: usize, whole: usize| {
        let tile = Tile::new(name, format!("{part} of {whole}"));
        if part == whole { tile.tone(Tone::Good) } else { tile.tone(Tone::Warn) }
    };
    let mut tiles = Vec::new();
    if !run.records.is_empty() {
        let moved = run.records.iter().filter(|record| record.moved).count();
        tiles.push(share("records moved", moved, run.records.len()));
    }
    let after: Vec<_> = run.checks.iter().filter(|check| check.when == "after").collect();
    if !after.is_empty() {
        let green = after.iter().filter(|check| check.status == "green").count();
        tiles.push(share("checks green after", green, after.len()));
    }
    let steps = || run.phases.iter().flat_map(|phase| &phase.steps);
    let settled = steps().filter(|step| matches!(step.status.as_str(), "done" | "already_done")).count();
    tiles.push(share("steps done", settled, steps().count()));
    if !run.interventions.is_empty() {
        tiles.push(Tile::new("interventions", run.interventions.len().to_string()).note("see below"));
    }
    tiles
}

fn what_next(run: &RunReport, plan_file: Option<&str>) -> Markup {
    let steps = next::steps(run, plan_file);
    html! {
        @if !steps.is_empty() {
            section.card aria-labelledby="next" {
                h2 id="next" { @if run.outcome == "succeeded" { "Later" } @else { "What next" } }
                ul.steps-next { @for step in &steps { li { (capitalized(&step.what)) code { (step.command) } } } }
            }
        }
    }
}

fn interventions(run: &RunReport) -> Markup {
    html! {
        @if !run.interventions.is_empty() {
            section.card aria-labelledby="interventions" {
                h2 id="interventions" { "Interventions" }
                table.stack {
                    thead {
                        tr {
                            th scope="col" { "#" } th scope="col" { "When" } th scope="col" { "What" }
                            th scope="col" { "Who" } th scope="col" { "Why" }
                        }
                    }
                    tbody {
                        @for (at, one) in run.interventions.iter().enumerate() {
                            @let mark = theme::of_intervention(&one.what);
                            tr {
                                th scope="row" { (at + 1) }
                                td data-label="When" { time datetime=(one.at) { (clock(&one.at)) } }
                                td { (badge(mark, &theme::word_or(mark, &safe(&one.what)))) }
                                td data-label="Who" { (safe(&one.by)) }
                                td { (safe(&one.detail)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn records(run: &RunReport) -> Markup {
    let values = |values: &[String]| {
        html! {
            @if values.is_empty() { (theme::ABSENT) }
            ul.values.mono { @for value in values { li { (safe(value)) } } }
        }
    };
    html! {
        @if !run.records.is_empty() {
            section.card aria-labelledby="records" {
                h2 id="records" { "Records" }
                table.stack {
                    thead {
                        tr {
                            th scope="col" { "Record" } th scope="col" { "Zone" } th.num scope="col" { "TTL" }
                            th scope="col" { "Before" } th scope="col" { "After" } th scope="col" { "Observed" }
                        }
                    }
                    tbody {
                        @for record in &run.records {
                            @let mark = theme::of_record(run, record);
                            tr {
                                th scope="row" { (safe(&record.name)) " " span.muted { (safe(&record.record_type)) } }
                                td data-label="Zone" { (safe(&record.zone)) }
                                td.num data-label="TTL" { (theme::ttl(record)) }
                                td.block data-label="Before" { (values(&record.before)) }
                                td.block data-label="After" { (values(&record.after)) }
                                td { (badge(mark, mark.word)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn checks(run: &RunReport) -> Markup {
    html! {
        @if !run.checks.is_empty() {
            section.card aria-labelledby="checks" {
                h2 id="checks" { "Checks" }
                table.stack {
                    thead {
                        tr {
                            th scope="col" { "Check" } th scope="col" { "When" } th scope="col" { "Status" }
                            th.num scope="col" { "Latency" } th scope="col" { "Answer" }
                        }
                    }
                    tbody {
                        @for check in &run.checks {
                            @let mark = theme::of_check(&check.status);
                            tr {
                                th scope="row" { (safe(&check.name)) " " span.muted { (safe(&check.kind)) } }
                                td.word { (safe(&check.when)) }
                                td { (badge(mark, &theme::word_or(mark, &safe(&check.status)))) }
                                td.num { (check.latency_ms.map(duration).unwrap_or_default()) }
                                td { (safe(&check.detail)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn steps(run: &RunReport) -> Markup {
    html! {
        section.card.long aria-labelledby="steps" {
            h2 id="steps" { "Steps" }
            table.stack {
                thead {
                    tr {
                        th scope="col" { "Step" } th scope="col" { "Status" }
                        th scope="col" { "Began" } th.num scope="col" { "Took" }
                    }
                }
                @for phase in &run.phases {
                    tbody {
                        tr.group {
                            th scope="rowgroup" colspan="3" { (capitalized(&safe(&phase.phase))) }
                            td.num { (phase.duration_ms.map(duration).unwrap_or_default()) }
                        }
                        @for step in &phase.steps {
                            @let mark = theme::of_step(&step.status);
                            tr {
                                th scope="row" {
                                    (safe(&step.title))
                                    @if !step.detail.is_empty() { div.why { (safe(&step.detail)) } }
                                    @if step.attempts > 1 { div.why { (count(step.attempts.into(), "attempt")) } }
                                }
                                td { (badge(mark, &theme::word_or(mark, &safe(&step.status)))) }
                                td.num-left data-label="Began" { (step.started_at.as_deref().map(clock).unwrap_or_default()) }
                                td.num data-label="Took" { (step.duration_ms.map(duration).unwrap_or_default()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn about(run: &RunReport) -> Markup {
    html! {
        section.card aria-labelledby="about" {
            h2 id="about" { "About this run" }
            dl {
                dt { "Plan" } dd { (safe(&run.plan)) }
                dt { "Run" } dd { code { (safe(&run.run)) } }
                dt { "Digest" } dd { code { (safe(&run.digest)) } }
                dt { "Started by" } dd { (safe(&run.operator)) }
                dt { "Began" } dd { (time(&run.started_at)) }
                dt { "Ended" } dd { (run.finished_at.as_deref().map_or_else(|| "not ended".to_owned(), time)) }
                dt { "Recovery time" } dd {
                    "From the run's first event to the moment when every name server answered with the new values and \
                     every check after the switch was green."
                }
            }
        }
    }
}
