//! The timeline as SVG: a lane a phase, a bar a step, the time axis, and pins where a person stepped in.

use super::page::{class, safe};
use crate::theme;
use crate::timeline::{Lane, Timeline};
use crate::words::{self, duration};
use maud::{Markup, html};
use pilotlight_failover::{PhaseReport, RunReport, StepReport};

/// The drawing's size in its own units; on the page it takes the width that there is.
const WIDTH: f64 = 1000.0;
/// Room for the phases' names.
const GUTTER: f64 = 138.0;
/// Room at the right, so that the last mark of the axis is not cut.
const MARGIN: f64 = 18.0;
/// Room above the lanes: a line for each of the two flags, and one for pins.
const HEAD: f64 = 56.0;
const PIN_LINE: f64 = 42.0;
const PIN_RADIUS: f64 = 8.0;
const ROW: f64 = 22.0;
const LANE_PADDING: f64 = 5.0;
/// A bar that is too short to see is drawn this wide.
const LEAST_BAR: f64 = 3.0;
/// From this share of the width on, a flag's text stands at its left.
const FLAG_TURNS_AT: f64 = 0.5;
/// About the average width of a character at the labels' size.
const CHARACTER: f64 = 6.1;

/// The drawing; `number` counts those of one page from 0.
pub(super) fn timeline(run: &RunReport, timeline: &Timeline, number: usize) -> Markup {
    let rows: Vec<Vec<Label<'_>>> =
        run.phases.iter().zip(&timeline.lanes).map(|(phase, lane)| labels(phase, lane)).collect();
    let mut top = HEAD;
    let mut tops = Vec::new();
    for rows in &rows {
        tops.push(top);
        top += lane_height(rows.len());
    }
    let bottom = top;
    let flags_above = timeline.recovered.is_some() || timeline.objective.is_some();
    // Room above that nothing stands in is not shown.
    let above = match (flags_above, run.interventions.is_empty()) {
        (true, _) => 0.0,
        (false, false) => PIN_LINE - PIN_RADIUS - 2.0,
        (false, true) => HEAD - 4.0,
    };
    html! {
        svg.chart viewBox={ "0 " (above) " " (WIDTH) " " (bottom + 26.0 - above) } role="img" aria-labelledby={ "chart-title-" (number) " chart-text-" (number) } {
            title id={ "chart-title-" (number) } { "Timeline of the run" }
            desc id={ "chart-text-" (number) } { "Phases as lanes and steps as bars over time. The table of steps below holds the same." }
            // One pattern does for all of a page.
            @if number == 0 {
                defs {
                    pattern id="fold" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                        line.hatch x1="0" y1="0" x2="0" y2="6" {}
                    }
                }
            }
            @for (at, rows) in rows.iter().enumerate() {
                rect class=(if at % 2 == 0 { "lane" } else { "lane alt" })
                    x="0" y=(n(tops[at])) width=(WIDTH) height=(n(lane_height(rows.len()))) {}
            }
            @for (place, label) in &timeline.ticks {
                line.grid x1=(n(x(*place))) x2=(n(x(*place))) y1=(n(HEAD)) y2=(n(bottom)) {}
                text.m x=(n(x(*place))) y=(n(bottom + 17.0)) text-anchor="middle" { (label) }
            }
            @for (from, to, wait) in &timeline.folds {
                rect.fold x=(n(x(*from))) y=(n(HEAD)) width=(n(x(*to) - x(*from))) height=(n(bottom - HEAD)) {
                    title { "waited " (wait) }
                }
                text.m x=(n((x(*from) + x(*to)) / 2.0)) y=(n(bottom + 17.0)) text-anchor="middle" { "waited " (wait) }
            }
            (cuts(run, timeline, bottom))
            @for ((phase, lane), (rows, top)) in run.phases.iter().zip(&timeline.lanes).zip(rows.iter().zip(&tops)) {
                (draw_lane(phase, lane, rows, *top))
            }
            (flags(run, timeline))
        }
    }
}

struct Label<'a> {
    step: Option<&'a StepReport>,
    text: String,
}

fn lane_height(rows: usize) -> f64 {
    rows.max(1) as f64 * ROW + 2.0 * LANE_PADDING
}

/// A phase that was never reached has one row, whatever it holds.
fn labels<'a>(phase: &'a PhaseReport, lane: &Lane) -> Vec<Label<'a>> {
    if lane.span.is_none() && lane.bars.iter().all(Option::is_none) {
        let text = match phase.steps.len() {
            0 => "not reached".to_owned(),
            steps => format!("not reached: {}", words::count(steps as u64, "step")),
        };
        return vec![Label { step: None, text }];
    }
    phase.steps.iter().map(|step| Label { step: Some(step), text: safe(&step.title) }).collect()
}

fn draw_lane(phase: &PhaseReport, lane: &Lane, rows: &[Label<'_>], top: f64) -> Markup {
    let middle = top + LANE_PADDING + ROW / 2.0;
    let took = phase.duration_ms.map(duration);
    html! {
        text x="8" y=(n(middle + 4.0)) font-weight="650" { (safe(&phase.phase)) }
        @if let Some(took) = took {
            @if rows.len() > 1 {
                text.m x="8" y=(n(middle + 19.0)) { (took) }
            } @else {
                text.m x=(n(GUTTER - 10.0)) y=(n(middle + 4.0)) text-anchor="end" { (took) }
            }
        }
        @if let Some((from, to)) = lane.span {
            rect.phase x=(n(x(from))) y=(n(top + 2.0)) width=(n((x(to) - x(from)).max(LEAST_BAR)))
                height=(n(lane_height(rows.len()) - 4.0)) rx="4" {}
        }
        @for (at, label) in rows.iter().enumerate() {
            @let y = top + LANE_PADDING + ROW * at as f64;
            @match label.step {
                None => text.m x=(n(GUTTER + 8.0)) y=(n(y + ROW / 2.0 + 4.0)) { (label.text) },
                Some(step) => (draw_step(step, &label.text, lane.bars.get(at).copied().flatten(), lane.span, y)),
            }
        }
    }
}

fn draw_step(step: &StepReport, title: &str, bar: Option<(f64, f64)>, phase: Option<(f64, f64)>, y: f64) -> Markup {
    let mark = theme::of_step(&step.status);
    let word = theme::word_or(mark, &safe(&step.status));
    let (from, to) = bar.unwrap_or_else(|| phase.map_or((0.0, 0.0), |(from, _)| (from, from)));
    let width = (x(to) - x(from)).max(LEAST_BAR);
    let text = format!("{} {title}", mark.symbol);
    let long = text.chars().count() as f64 * CHARACTER;
    let room = (x(from) - GUTTER - 6.0, WIDTH - MARGIN - x(from) - width - 6.0);
    let spot = match room {
        (_, right) if long <= right => Spot::Right,
        (left, _) if long <= left => Spot::Left,
        _ if bar.is_some() && long + 12.0 <= width => Spot::Inside,
        (left, right) if left > right => Spot::Left,
        _ => Spot::Right,
    };
    let label = match spot {
        Spot::Left => shortened(&text, room.0),
        Spot::Right => shortened(&text, room.1),
        Spot::Inside => text,
    };
    let baseline = y + ROW / 2.0 + 4.0;
    html! {
        g {
            title {
                (title) ": " (word)
                @if let Some(ms) = step.duration_ms { ", " (duration(ms)) }
                @if !step.detail.is_empty() { ". " (safe(&step.detail)) }
            }
            @if bar.is_some() {
                @let labelled = if spot == Spot::Inside { " labelled" } else { "" };
                rect class={ "bar " (class(mark.tone)) (labelled) }
                    x=(n(x(from))) y=(n(y + 4.0)) width=(n(width)) height=(n(ROW - 8.0)) rx="3" {}
            }
            @let faint = if bar.is_some() { "" } else { "m" };
            @match spot {
                Spot::Left => text class=(faint) x=(n(x(from) - 6.0)) y=(n(baseline)) text-anchor="end" { (label) },
                Spot::Right => text class=(faint) x=(n(x(from) + width + 6.0)) y=(n(baseline)) { (label) },
                Spot::Inside => text.inside x=(n(x(from) + 6.0)) y=(n(baseline)) { (label) },
            }
        }
    }
}

/// Where a bar's label has room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    Left,
    Right,
    Inside,
}

/// The lines of flags and pins: drawn first, so that bars and labels stand on them.
fn cuts(run: &RunReport, timeline: &Timeline, bottom: f64) -> Markup {
    html! {
        @if let Some(place) = timeline.recovered {
            line.cut.good x1=(n(x(place))) x2=(n(x(place))) y1="2" y2=(n(bottom)) {}
        }
        @if let Some(place) = timeline.objective {
            line.cut.bad.dash x1=(n(x(place))) x2=(n(x(place))) y1="16" y2=(n(bottom)) {}
        }
        @for (at, (place, pin)) in pins(timeline).iter().enumerate() {
            @let tone = class(theme::of_intervention(&run.interventions[at].what).tone);
            @if let (Some(place), Some(pin)) = (place, pin) {
                polyline class={ "cut dash " (tone) }
                    points={ (n(*pin)) "," (n(PIN_LINE)) " " (n(*place)) "," (n(HEAD)) " " (n(*place)) "," (n(bottom)) } {}
            }
        }
    }
}

/// Where each intervention is, and where its pin stands: pins of one moment stand beside each other.
fn pins(timeline: &Timeline) -> Vec<(Option<f64>, Option<f64>)> {
    let apart = 2.0 * PIN_RADIUS + 2.0;
    let mut next = 0.0;
    let mut pins: Vec<(Option<f64>, Option<f64>)> = timeline
        .interventions
        .iter()
        .map(|place| {
            let place = place.map(x);
            let pin = place.map(|place| place.max(next));
            next = pin.map_or(next, |pin| pin + apart);
            (place, pin)
        })
        .collect();
    let mut most = WIDTH - PIN_RADIUS;
    for (_, pin) in pins.iter_mut().rev() {
        if let Some(pin) = pin {
            *pin = pin.min(most);
            most = *pin - apart;
        }
    }
    pins
}

fn flags(run: &RunReport, timeline: &Timeline) -> Markup {
    let flag = |place: f64, tone: &str, y: &str, text: String| {
        let (anchor, by) = if place > FLAG_TURNS_AT { ("end", -5.0) } else { ("start", 5.0) };
        html! { text class={ "flag " (tone) } x=(n(x(place) + by)) y=(y) text-anchor=(anchor) { (text) } }
    };
    html! {
        @if let (Some(place), Some(ms)) =
            (timeline.recovered, run.recovery_time.traffic_ms.or(run.recovery_time.measured_ms))
        {
            (flag(place, "good", "12", format!("✓ traffic arrived, {}", duration(ms))))
        }
        @if let (Some(place), Some(ms)) = (timeline.objective, run.recovery_time.objective_ms) {
            (flag(place, "bad", "27", format!("✗ objective, {}", duration(ms))))
        }
        @for (at, (what, (_, pin))) in run.interventions.iter().zip(pins(timeline)).enumerate() {
            @if let Some(pin) = pin {
                @let mark = theme::of_intervention(&what.what);
                @let word = theme::word_or(mark, &what.what);
                g class=(class(mark.tone)) {
                    title { (at + 1) ": " (safe(&word)) ", " (words::clock(&what.at)) ". " (safe(&what.detail)) }
                    circle.pin cx=(n(pin)) cy=(n(PIN_LINE)) r=(n(PIN_RADIUS)) {}
                    text.pin-n x=(n(pin)) y=(n(PIN_LINE + 3.5)) text-anchor="middle" { (at + 1) }
                }
            }
        }
    }
}

fn x(place: f64) -> f64 {
    GUTTER + place.clamp(0.0, 1.0) * (WIDTH - GUTTER - MARGIN)
}

/// A coordinate with one decimal: enough for a screen, and the page stays small.
fn n(value: f64) -> String {
    format!("{value:.1}")
}

/// The text, cut to the room that there is. The whole stands in the tooltip and in the table of steps.
fn shortened(text: &str, room: f64) -> String {
    let most = (room / CHARACTER).max(8.0) as usize;
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}
