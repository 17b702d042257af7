use super::TextOptions;
use super::databases::databases;
use super::finding::finding;
use super::ink::{Ink, pad, pad_left, widest};
use super::observation::observation;
use super::owners::owners;
use crate::clean::line;
use crate::group::{groups, unread};
use crate::theme::{self, ARROW, Tone};
use crate::timeline::{self, Timeline};
use crate::words::{clock, duration, time};
use crate::{headline, next};
use pilotlight_failover::{Intervention, RunReport, StepReport};
use textwrap::core::display_width;

/// Columns of the bars beside the phases.
const BAR_COLUMNS: usize = 30;
/// Columns of what a person did, at least: `✓ approved`.
const INTERVENTION_COLUMNS: usize = 10;
/// Columns of a step's duration: `23 h 59 m`.
const TOOK_COLUMNS: usize = 9;

/// A run's report: the outcome in words first, then what to do next where that is to be decided, then
/// phases, steps, records, checks and interventions.
///
/// `plan_file` is the plan as the user named it: it stands in the command lines to copy.
pub fn run_text(run: &RunReport, plan_file: Option<&str>, options: TextOptions) -> String {
    let ink = Ink::new(options);
    let tone = theme::of_run(run).tone;
    let mut out = format!("{}\n", ink.strong(tone, &headline::run(run)));
    if !run.detail.is_empty() {
        out.push_str(&ink.wrap(2, 0, &line(&run.detail)));
    }
    out.push_str(&format!(
        "  {} {ARROW} {}, {}, run {}\n",
        headline::endpoint(&run.from),
        headline::endpoint(&run.to),
        time(&run.started_at),
        line(&run.run)
    ));
    if let Some(measured) = headline::measured_from(run) {
        out.push_str(&ink.wrap(2, 0, &measured));
    }
    if options.verbose {
        out.push_str(&format!(
            "  plan {}, started by {}, digest {}\n",
            line(&run.plan),
            line(&run.operator),
            line(&run.digest)
        ));
    }
    // Who reads of a failure wants its cause and the way on before how long everything took.
    let (findings, next) = (all_findings(run, options), what_next(run, plan_file, ink));
    let story = [
        phases(run, timeline::layout(run).as_ref(), ink),
        all_steps(run, ink),
        records(run, ink),
        owners(run, ink),
        databases(run, ink),
        checks(run, ink),
        observation(run, ink),
        interventions(run, ink),
    ]
    .concat();
    let parts = if run.outcome == "succeeded" { [story, findings, next] } else { [findings, next, story] };
    out + &parts.concat()
}

fn all_findings(run: &RunReport, options: TextOptions) -> String {
    let ink = Ink::new(options);
    let mut out = String::new();
    for group in groups(&run.findings) {
        out.push_str(&format!("\n{}\n", ink.bold(&group.title)));
        group.findings.iter().for_each(|one| out.push_str(&finding(one, options)));
    }
    for one in unread(&run.findings) {
        out.push('\n');
        out.push_str(&finding(one, options));
    }
    out
}

fn what_next(run: &RunReport, plan_file: Option<&str>, ink: Ink) -> String {
    let steps = next::steps(run, plan_file);
    if steps.is_empty() {
        return String::new();
    }
    let title = if run.outcome == "succeeded" { "later" } else { "what next" };
    let mut out = format!("\n{}\n", ink.bold(title));
    for step in steps {
        out.push_str(&format!("  {}\n      {}\n", step.what, ink.tone(Tone::Info, &step.command)));
    }
    out
}

fn phases(run: &RunReport, timeline: Option<&Timeline>, ink: Ink) -> String {
    if run.phases.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", ink.bold("phases"));
    let names = widest(run.phases.iter().map(|phase| phase.phase.as_str()));
    for (at, phase) in run.phases.iter().enumerate() {
        let mark = theme::of_phase(phase);
        let took = match (phase.duration_ms, &phase.started_at) {
            (Some(ms), _) => duration(ms),
            (None, Some(_)) => "not over".to_owned(),
            (None, None) => "–".to_owned(),
        };
        let bar = timeline.and_then(|timeline| timeline.lanes.get(at)?.span).map_or_else(String::new, bar);
        let row = format!(
            "  {} {}  {}  {}",
            ink.tone(mark.tone, mark.symbol),
            pad(&line(&phase.phase), names),
            pad_left(&took, TOOK_COLUMNS),
            ink.tone(Tone::Info, &bar)
        );
        out.push_str(row.trim_end());
        out.push('\n');
    }
    if let Some((_, _, wait)) = timeline.and_then(|timeline| timeline.folds.first()) {
        out.push_str(&format!("    {}\n", ink.dim(&format!("the bars leave out waits such as {wait}"))));
    }
    out
}

/// A bar from one place to another, at least one eighth of a column wide.
fn bar((from, to): (f64, f64)) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let column = |place: f64| place.clamp(0.0, 1.0) * BAR_COLUMNS as f64;
    // Blocks grow from the left edge of a column, so a bar begins at a whole one.
    let start = column(from).floor().min(BAR_COLUMNS as f64 - 1.0);
    let eighths = ((column(to) - start) * 8.0).round().max(1.0) as usize;
    format!("{}{}{}", " ".repeat(start as usize), "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

fn all_steps(run: &RunReport, ink: Ink) -> String {
    let steps: Vec<&StepReport> = run.phases.iter().flat_map(|phase| &phase.steps).collect();
    if steps.is_empty() {
        return String::new();
    }
    let word = |step: &StepReport| theme::word_or(theme::of_step(&step.status), &line(&step.status));
    let words: Vec<String> = steps.iter().map(|step| word(step)).collect();
    let marks = widest(words.iter().map(String::as_str)) + 2;
    let mut out = format!("\n{}\n", ink.bold("steps"));
    for phase in run.phases.iter().filter(|phase| !phase.steps.is_empty()) {
        out.push_str(&format!("  {}\n", ink.dim(&line(&phase.phase))));
        for step in &phase.steps {
            let mark = theme::of_step(&step.status);
            let took = step.duration_ms.map_or_else(String::new, duration);
            let again = if step.attempts > 1 { format!(" ({} attempts)", step.attempts) } else { String::new() };
            let (title, detail) = (line(&step.title), line(&step.detail));
            let mut row = format!(
                "    {}  {}  {}{again}",
                ink.mark(mark, &word(step), marks),
                pad_left(&took, TOOK_COLUMNS),
                ink.bold(&title),
            );
            let indent = 4 + marks + 2 + TOOK_COLUMNS + 2;
            let fits = indent + display_width(&title) + again.len() + 2 + display_width(&detail) <= ink.columns();
            if detail.is_empty() || !fits {
                row.truncate(row.trim_end().len());
                row.push('\n');
                out.push_str(&row);
                if !detail.is_empty() {
                    out.push_str(&ink.wrap(indent, 0, &detail));
                }
            } else {
                out.push_str(&format!("{row}: {detail}\n"));
            }
        }
    }
    out
}

fn records(run: &RunReport, ink: Ink) -> String {
    if run.records.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", ink.bold("records"));
    for record in &run.records {
        let mark = theme::of_record(run, record);
        let name = format!("{} {}", line(&record.name), line(&record.record_type));
        out.push_str(&format!(
            "  {}  {}  {}\n",
            ink.tone(mark.tone, &format!("{} {}", mark.symbol, mark.word)),
            ink.bold(&name),
            ink.dim(&format!("zone {}, TTL {}", line(&record.zone), theme::ttl(record)))
        ));
        let values = |values: &[String]| match values {
            [] => theme::ABSENT.to_owned(),
            values => values.iter().map(|value| line(value)).collect::<Vec<_>>().join(", "),
        };
        out.push_str(&format!(
            "      before  {}\n      after   {}\n",
            values(&record.before),
            ink.bold(&values(&record.after))
        ));
    }
    out
}

fn checks(run: &RunReport, ink: Ink) -> String {
    if run.checks.is_empty() {
        return String::new();
    }
    let names = widest(run.checks.iter().map(|check| check.name.as_str()));
    let kinds = widest(run.checks.iter().map(|check| check.kind.as_str()));
    let mut out = format!("\n{}\n", ink.bold("checks"));
    for check in &run.checks {
        let mark = theme::of_check(&check.status);
        let row = format!(
            "  {}  {}  {}  {}  {}  {}",
            ink.mark(mark, &theme::word_or(mark, &line(&check.status)), 9),
            pad(&line(&check.when), 6),
            ink.bold(&pad(&line(&check.name), names)),
            pad(&line(&check.kind), kinds),
            pad_left(&check.latency_ms.map_or_else(String::new, duration), 7),
            line(&check.detail)
        );
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

fn interventions(run: &RunReport, ink: Ink) -> String {
    if run.interventions.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", ink.bold("interventions"));
    let word = |one: &Intervention| theme::word_or(theme::of_intervention(&one.what), &line(&one.what));
    let words: Vec<String> = run.interventions.iter().map(word).collect();
    let columns = INTERVENTION_COLUMNS.max(2 + widest(words.iter().map(String::as_str)));
    for (one, word) in run.interventions.iter().zip(&words) {
        let mark = theme::of_intervention(&one.what);
        let by = if one.by.is_empty() { String::new() } else { format!("by {}: ", line(&one.by)) };
        let row =
            format!("  {}  {}  {by}{}", ink.dim(&clock(&one.at)), ink.mark(mark, word, columns), line(&one.detail));
        out.push_str(row.trim_end().trim_end_matches(':'));
        out.push('\n');
    }
    out
}
