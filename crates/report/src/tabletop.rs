//! A tabletop drill: the sheet to fill in, and the report in each format.

use crate::clean::line;
use crate::headline::capitalized;
use crate::html::tabletop_page;
use crate::markdown::{code, prose};
use crate::text::{TextOptions, tabletop};
use crate::theme::{Mark, Tone};
use pilotlight_failover::tabletop::{Asked, Said, TabletopFact, TabletopReport};

/// The JSON Schema (draft 2020-12) of [`tabletop_json`], published as `docs/schema/tabletop.json`.
pub const TABLETOP_SCHEMA: &str = include_str!("../../../docs/schema/tabletop.json");

/// A tabletop drill for a program. Its questions, answered, are a file of answers.
pub fn tabletop_json(report: &TabletopReport) -> String {
    format!("{:#}\n", serde_json::json!(report))
}

/// A tabletop drill for a person.
pub fn tabletop_text(report: &TabletopReport, options: TextOptions) -> String {
    tabletop::text(report, options)
}

/// A tabletop drill as one self-contained page.
pub fn tabletop_html(report: &TabletopReport) -> String {
    tabletop_page(report)
}

/// `9 of 24 questions are answered, 2 with no, 13 are open`
pub(crate) fn counts(report: &TabletopReport) -> String {
    let all = report.questions.len();
    let with = |said: Said| report.questions.iter().filter(|asked| said_to(asked) == Some(said)).count();
    let (yes, no) = (with(Said::Yes), with(Said::No));
    match (all - yes, no) {
        (0, _) => format!("all {all} questions are answered"),
        (open, 0) => format!("{yes} of {all} questions are answered, {open} are open"),
        (open, no) => format!("{yes} of {all} questions are answered, {no} with no, {} are open", open - no),
    }
}

fn said_to(asked: &Asked) -> Option<Said> {
    asked.answer.as_ref().map(|answer| answer.answer)
}

/// The mark of an answer.
pub(crate) fn mark(asked: &Asked) -> Mark {
    let (symbol, word, tone) = match said_to(asked) {
        Some(Said::Yes) => ("✓", "yes", Tone::Good),
        Some(Said::No) => ("✗", "no", Tone::Bad),
        Some(Said::Later) => ("!", "later", Tone::Warn),
        None => ("?", "open", Tone::Unsure),
    };
    Mark { symbol, word, tone }
}

/// `Ann, and Bob (ana@bastion, 2026-11-21)`
pub(crate) fn answered(asked: &Asked) -> Option<String> {
    let answer = asked.answer.as_ref()?;
    let day = answer.at.get(..10).unwrap_or(&answer.at);
    let who = format!("{}, {}", line(&answer.by), line(day));
    Some(if answer.note.is_empty() { who } else { format!("{} ({who})", line(&answer.note)) })
}

/// `objective 15m, expected 42.1 s, measured 41.0 s on 2026-11-21`
pub(crate) fn objective(fact: &TabletopFact) -> String {
    let told = |known: &Option<String>, otherwise: &str| known.as_deref().map_or_else(|| otherwise.to_owned(), line);
    format!(
        "objective {}, expected {}, measured {}",
        told(&fact.wanted, "none in the plan"),
        told(&fact.expected, "not known"),
        told(&fact.measured, "never")
    )
}

/// What stands above the questions where the run did not compile.
pub(crate) fn plan_alone(report: &TabletopReport) -> Option<String> {
    let cause = report.plan_alone.as_deref()?;
    Some(format!("The failover does not compile now, so the questions come from the plan alone: {}", line(cause)))
}

/// The questions by their part, in order.
pub(crate) fn parts(report: &TabletopReport) -> Vec<(&str, Vec<&Asked>)> {
    let mut parts: Vec<(&str, Vec<&Asked>)> = Vec::new();
    for asked in &report.questions {
        match parts.last_mut() {
            Some((part, questions)) if *part == asked.part => questions.push(asked),
            _ => parts.push((&asked.part, vec![asked])),
        }
    }
    parts
}

/// The questions as a sheet to fill in by hand, in Markdown.
pub fn tabletop_sheet(report: &TabletopReport) -> String {
    let mut out = format!(
        "# Tabletop drill of {}\n\nDate: ____________  Who is here: ____________________________\n",
        prose(&report.plan)
    );
    out.push_str(&preface(report));
    for (part, questions) in parts(report) {
        out.push_str(&format!("\n## {}\n", capitalized(&prose(part))));
        for asked in questions {
            out.push_str(&format!("\n**{}**\n", prose(&asked.question)));
            asked.facts.iter().for_each(|fact| out.push_str(&format!("- {}\n", prose(fact))));
            out.push_str(&format!(
                "\n- [ ] yes  - [ ] no  - [ ] later: ______________________________ <sub>{}</sub>\n",
                code(&asked.id)
            ));
        }
    }
    out
}

/// A tabletop drill as Markdown, for a ticket.
pub fn tabletop_markdown(report: &TabletopReport) -> String {
    let symbol = if report.fix.is_empty() { "✓" } else { "!" };
    let mut out = format!("### {symbol} Tabletop drill of {}: {}\n", prose(&report.plan), prose(&counts(report)));
    out.push_str(&preface(report));
    out.push_str("\n| | Question | Answer |\n|---|---|---|\n");
    for (part, questions) in parts(report) {
        for asked in questions {
            let mark = mark(asked);
            out.push_str(&format!(
                "| {}&nbsp;{} | {}: {} | {} |\n",
                mark.symbol,
                mark.word,
                prose(part),
                prose(&asked.question),
                prose(&answered(asked).unwrap_or_default())
            ));
        }
    }
    if !report.fix.is_empty() {
        out.push_str("\n**What to fix.**\n\n");
    }
    for finding in &report.fix {
        let remedy = finding.remedy.as_deref().unwrap_or_default();
        out.push_str(&format!("- [ ] {}<br>{} <sub>{}</sub>\n", prose(&finding.message), prose(remedy), finding.code));
    }
    out
}

fn preface(report: &TabletopReport) -> String {
    let mut out = String::new();
    if let Some(alone) = plan_alone(report) {
        out.push_str(&format!("\n{}\n", prose(&alone)));
    }
    out.push('\n');
    report.objectives.iter().for_each(|fact| {
        out.push_str(&format!("- {}: {}\n", prose(&fact.objective), prose(&objective(fact))));
    });
    out
}
