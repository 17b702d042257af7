//! A run laid out over time, as fractions of the drawing's width: the terminal's bars and the page's SVG are
//! both drawn from it. A long wait between steps (a run that was stopped over night) is folded, so that the
//! minutes that matter stay readable.

use crate::words;
use pilotlight_failover::RunReport;

/// A wait between steps is folded from this length on, in milliseconds…
const FOLD_FROM_MS: i64 = 10_000;
/// …where it is also longer than this share of all the time in which steps ran.
const FOLD_SHARE: f64 = 0.5;
/// The width of a folded wait, as a share of the drawing.
const FOLD_WIDTH: f64 = 0.06;
/// At most this many marks on the time axis: more do not fit a phone.
const MAX_TICKS: i64 = 8;
/// Marks nearer to each other than this share of the drawing would overlap.
const TICK_ROOM: f64 = 0.07;
/// A folded wait says how long it is, in the middle below it: marks nearer than this would overlap that.
const FOLD_LABEL_ROOM: f64 = 0.09;

/// The whole drawing.
#[derive(Debug)]
pub(crate) struct Timeline {
    /// One a phase, in order.
    pub(crate) lanes: Vec<Lane>,
    /// Marks of the time axis, with time since the start.
    pub(crate) ticks: Vec<(f64, String)>,
    /// Folded waits: from, to, and how long.
    pub(crate) folds: Vec<(f64, f64, String)>,
    /// Where each intervention stands; none where its time could not be read.
    pub(crate) interventions: Vec<Option<f64>>,
    /// Where the traffic had arrived.
    pub(crate) recovered: Option<f64>,
    /// Where the objective ends, if inside the drawing.
    pub(crate) objective: Option<f64>,
}

/// A phase.
#[derive(Debug, PartialEq)]
pub(crate) struct Lane {
    /// From and to; none where it was never reached.
    pub(crate) span: Option<(f64, f64)>,
    /// One a step, in order; none where it never ran.
    pub(crate) bars: Vec<Option<(f64, f64)>>,
}

/// Lays the run out; none where no step and no phase of it has a time.
pub(crate) fn layout(run: &RunReport) -> Option<Timeline> {
    let start = words::millis(&run.started_at)?;
    let spans = Spans::of(run);
    let marks: Vec<Option<i64>> = run.interventions.iter().map(|what| words::millis(&what.at)).collect();
    let steps = || spans.steps.iter().flatten().flatten();
    let known = spans.phases.iter().flatten().chain(steps());
    let end = known
        .flat_map(|span| [Some(span.0), span.1])
        .chain(marks.iter().copied())
        .chain([run.finished_at.as_deref().and_then(words::millis)])
        .flatten()
        .max()?;
    if end <= start {
        return None;
    }
    let closed = |span: &Span| (span.0, span.1.unwrap_or(end));
    let scale = Scale::over(start, end, steps().map(closed).collect());
    let place = |span: &Option<Span>| span.as_ref().map(closed).map(|(from, to)| (scale.at(from), scale.at(to)));
    let lane = |(phase, steps): (&Option<_>, &Vec<Option<_>>)| Lane {
        span: place(phase),
        bars: steps.iter().map(place).collect(),
    };
    let since_start = |ms: Option<u64>| {
        let at = start.checked_add(i64::try_from(ms?).ok()?)?;
        (at <= end).then(|| scale.at(at))
    };
    Some(Timeline {
        lanes: spans.phases.iter().zip(&spans.steps).map(lane).collect(),
        ticks: scale.ticks(start),
        folds: scale.folds(),
        interventions: marks.iter().map(|at| at.map(|at| scale.at(at))).collect(),
        recovered: since_start(run.recovery_time.traffic_ms.or(run.recovery_time.measured_ms)),
        objective: since_start(run.recovery_time.objective_ms),
    })
}

/// From and to, in milliseconds since the Unix epoch; what has no end is not over.
type Span = (i64, Option<i64>);

/// The times of phases, and of each phase's steps; none where it never ran.
struct Spans {
    phases: Vec<Option<Span>>,
    steps: Vec<Vec<Option<Span>>>,
}

impl Spans {
    fn of(run: &RunReport) -> Self {
        let span = |started: &Option<String>, duration: Option<u64>| {
            let from = words::millis(started.as_deref()?)?;
            let length = duration.and_then(|ms| i64::try_from(ms).ok());
            Some((from, length.map(|ms| from.saturating_add(ms))))
        };
        let steps = |phase: &pilotlight_failover::PhaseReport| {
            phase.steps.iter().map(|step| span(&step.started_at, step.duration_ms)).collect()
        };
        Self {
            phases: run.phases.iter().map(|phase| span(&phase.started_at, phase.duration_ms)).collect(),
            steps: run.phases.iter().map(steps).collect(),
        }
    }
}

/// Time to place, piece by piece: the pieces follow each other without gaps.
struct Scale {
    pieces: Vec<Piece>,
}

struct Piece {
    time: (i64, i64),
    place: (f64, f64),
    folded: bool,
}

impl Scale {
    fn over(start: i64, end: i64, mut busy: Vec<(i64, i64)>) -> Self {
        busy.sort_unstable();
        let mut waits = Vec::new();
        let mut ran = 0;
        let mut until = start;
        for (from, to) in busy {
            if from > until {
                waits.push((until, from));
            }
            ran += (to - from.max(until)).max(0);
            until = until.max(to);
        }
        waits.push((until, end));
        waits.retain(|(from, to)| {
            let wait = to - from;
            wait >= FOLD_FROM_MS && wait as f64 > FOLD_SHARE * ran as f64
        });

        let folded: i64 = waits.iter().map(|(from, to)| to - from).sum();
        let open = (end - start - folded).max(1) as f64;
        let room = 1.0 - FOLD_WIDTH * waits.len() as f64;
        let (mut pieces, mut time, mut place) = (Vec::new(), start, 0.0);
        let mut push = |to: i64, width: f64, folded: bool| {
            if to > time {
                pieces.push(Piece { time: (time, to), place: (place, place + width), folded });
                time = to;
                place += width;
            }
        };
        let mut before = start;
        for (from, to) in waits {
            push(from, (from - before) as f64 / open * room, false);
            push(to, FOLD_WIDTH, true);
            before = to;
        }
        push(end, (end - before) as f64 / open * room, false);
        Self { pieces }
    }

    fn at(&self, time: i64) -> f64 {
        for piece in &self.pieces {
            if time <= piece.time.1 {
                let share = (time - piece.time.0).max(0) as f64 / (piece.time.1 - piece.time.0) as f64;
                return piece.place.0 + share * (piece.place.1 - piece.place.0);
            }
        }
        1.0
    }

    fn folds(&self) -> Vec<(f64, f64, String)> {
        let length = |piece: &Piece| words::duration(piece.time.0.abs_diff(piece.time.1));
        self.pieces
            .iter()
            .filter(|piece| piece.folded)
            .map(|piece| (piece.place.0, piece.place.1, length(piece)))
            .collect()
    }

    fn ticks(&self, start: i64) -> Vec<(f64, String)> {
        const STEPS_MS: &[i64] = &[
            50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
            1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
        ];
        let open: i64 = self.pieces.iter().filter(|piece| !piece.folded).map(|piece| piece.time.1 - piece.time.0).sum();
        let step = STEPS_MS.iter().copied().find(|step| open / step <= MAX_TICKS).unwrap_or(open);
        let middles: Vec<f64> = self.folds().iter().map(|(from, to, _)| (from + to) / 2.0).collect();
        let mut ticks: Vec<(f64, String)> = Vec::new();
        for piece in self.pieces.iter().filter(|piece| !piece.folded) {
            let first = (piece.time.0 - start + step - 1) / step;
            let last = (piece.time.1 - start) / step;
            for n in first..=last {
                let place = self.at(start + n * step);
                let free = ticks.last().is_none_or(|(before, _)| place - before >= TICK_ROOM)
                    && middles.iter().all(|middle| (place - middle).abs() >= FOLD_LABEL_ROOM);
                if free {
                    let label = if n == 0 { "0".to_owned() } else { words::duration((n * step).unsigned_abs()) };
                    ticks.push((place, label));
                }
            }
        }
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_without_waits_is_linear() {
        let scale = Scale::over(1_000, 11_000, vec![(1_000, 6_000), (6_000, 11_000)]);
        assert_eq!(scale.at(1_000), 0.0);
        assert_eq!(scale.at(6_000), 0.5);
        assert_eq!(scale.at(11_000), 1.0);
        assert!(scale.folds().is_empty());
        let labels: Vec<String> = scale.ticks(1_000).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["0", "2.0 s", "4.0 s", "6.0 s", "8.0 s", "10.0 s"]);
    }

    #[test]
    fn a_night_between_two_steps_is_folded() {
        let night = 8 * 3_600_000;
        let scale = Scale::over(0, night + 20_000, vec![(0, 10_000), (night + 10_000, night + 20_000)]);
        let folds = scale.folds();
        assert_eq!(folds.len(), 1);
        assert_eq!(folds[0].2, "8 h");
        assert!((folds[0].0 - 0.47).abs() < 1e-9 && (folds[0].1 - 0.53).abs() < 1e-9, "{folds:?}");
        assert!((scale.at(10_000) - 0.47).abs() < 1e-9);
        assert_eq!(scale.at(night + 20_000), 1.0);
    }

    #[test]
    fn overlapping_steps_are_counted_once() {
        let scale = Scale::over(0, 30_000, vec![(0, 20_000), (5_000, 20_000)]);
        assert!(scale.folds().is_empty(), "ten seconds of wait beside twenty of work");
        let scale = Scale::over(0, 31_000, vec![(0, 20_000), (0, 20_000)]);
        assert_eq!(scale.folds().len(), 1, "eleven seconds are more than half of twenty, not of forty");
    }
}
