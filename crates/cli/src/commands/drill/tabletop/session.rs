//! A session at the terminal: each question, and who said what when, written down after each answer.

use crate::failure::Failure;
use crate::output::{Screen, write_file};
use crate::ports::operator;
use crate::terminal::next_line;
use jiff::Timestamp;
use pilotlight_failover::tabletop::{Answer, Answers, Question, Said};
use std::path::Path;

const HOW: &str = "\
\"yes\", \"no\" or \"later\", each with a note behind it (yes, Ann, and Bob when she is away).
Return alone leaves a question open; \"end\" ends the session. What was said is kept, and not asked again.";

/// Asks whatever is not answered with yes or no.
pub(super) async fn hold(
    questions: &[Question],
    answers: &mut Answers,
    file: &Path,
    screen: &Screen,
) -> Result<(), Failure> {
    let is_open = |question: &&Question| answers.to(question).is_none_or(|answer| answer.answer == Said::Later);
    let open: Vec<&Question> = questions.iter().filter(is_open).collect();
    if open.is_empty() {
        screen.note("every question is answered; they are asked again where the plan changes them");
        return Ok(());
    }
    screen.note(format!("{} of {} questions are open.\n{HOW}", open.len(), questions.len()));
    let mut part = "";
    for (number, question) in open.iter().enumerate() {
        if question.part != part {
            part = &question.part;
            screen.note(format!("\n== {part}"));
        }
        screen.note(format!("\n{} of {}: {}", number + 1, open.len(), question.question));
        question.facts.iter().for_each(|fact| screen.note(format!("    {fact}")));
        if let Some(before) = answers.to(question) {
            screen.note(format!("    left for later by {}: {}", before.by, before.note));
        }
        loop {
            screen.note("  Enter a value:");
            let Some(line) = next_line().await else { return Ok(()) };
            match said(&line) {
                Line::End => return Ok(()),
                Line::Open => break,
                Line::Unclear => {
                    screen.note("  Begin with \"yes\", \"no\", \"later\" or \"end\", or press Return alone.")
                }
                Line::Said(answer, note) => {
                    answers.put(Answer {
                        id: question.id.clone(),
                        question: question.question.clone(),
                        answer,
                        note,
                        by: operator(),
                        at: format!("{:.0}", Timestamp::now()),
                    });
                    keep(answers, file)?;
                    break;
                }
            }
        }
    }
    Ok(())
}

fn keep(answers: &Answers, file: &Path) -> Result<(), Failure> {
    let mut text =
        serde_json::to_string_pretty(answers).map_err(|error| Failure::io("write the answers as JSON", error))?;
    text.push('\n');
    write_file(file, text.as_bytes())
}

#[derive(Debug, PartialEq)]
enum Line {
    Said(Said, String),
    Open,
    End,
    Unclear,
}

/// What a line says. A typing error says nothing.
fn said(line: &str) -> Line {
    let line = line.trim();
    if line.is_empty() {
        return Line::Open;
    }
    let (word, note) = line.split_once([' ', ',', ':', ';']).unwrap_or((line, ""));
    let note = note.trim_start_matches([' ', ',', ':', ';']).to_owned();
    match word {
        "yes" => Line::Said(Said::Yes, note),
        "no" => Line::Said(Said::No, note),
        "later" => Line::Said(Said::Later, note),
        "end" => Line::End,
        _ => Line::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_carry_their_note_and_a_typing_error_is_none() {
        assert_eq!(said("yes, Ann; Bob when she is away\n"), Line::Said(Said::Yes, "Ann; Bob when she is away".into()));
        assert_eq!(said("no"), Line::Said(Said::No, String::new()));
        assert_eq!(said("later: ask the bank"), Line::Said(Said::Later, "ask the bank".into()));
        assert_eq!(
            [said("\n"), said("end"), said("y"), said("nope")],
            [Line::Open, Line::End, Line::Unclear, Line::Unclear]
        );
    }
}
