//! The answers to a stack's open questions as one standby block: what several of them add to the same `map` is one map,
//! together with what the plan has already.

use super::retarget::OpenQuestion;
use super::syntax::{blocks, labels, place};
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Body, Structure};
use std::ops::Range;

/// What a plan's block is indented by.
const INDENT: &str = "  ";

/// A standby block that answers every question, and whether the plan has one whose place it takes. None where one line
/// answers all, and can be pasted as it is.
pub fn answers(plan: &str, stack: &str, open: &[OpenQuestion]) -> Option<(String, bool)> {
    let mut lines: Vec<&str> = open.iter().filter_map(|question| question.plan_line.as_deref()).collect();
    let mut seen = std::collections::HashSet::new();
    lines.retain(|line| seen.insert(*line));
    let written = standby_of(plan, stack);
    let mut block = written.clone().unwrap_or_else(|| "standby {\n}".to_owned());
    let mut is_joined = lines.len() > 1;
    for line in lines {
        let answer: Body = line.parse().ok()?;
        for structure in &answer {
            let (text, joined) = with(&block, line, structure)?;
            is_joined |= joined;
            block = text;
        }
    }
    is_joined.then_some((block, written.is_some()))
}

/// The stack's standby block, from the margin, over several lines.
fn standby_of(plan: &str, stack: &str) -> Option<String> {
    let body: Body = plan.parse().ok()?;
    let stack = blocks(&body, "stack").find(|block| labels(block)[..] == [stack])?;
    let block = blocks(&stack.body, "standby").next()?;
    let (range, line) = (place(block), &plan[..place(block).start]);
    let margin = &line[line.rfind('\n').map_or(0, |at| at + 1)..];
    let text = plan[range].replace(&format!("\n{margin}"), "\n");
    match text.split_once('{') {
        Some((head, rest)) if !text.contains('\n') => {
            let inner = rest.strip_suffix('}')?.trim();
            let inner = if inner.is_empty() { String::new() } else { format!("{INDENT}{inner}\n") };
            Some(format!("{head}{{\n{inner}}}"))
        }
        _ => Some(text),
    }
}

/// The block with one more answer, and whether that went into something that is there.
fn with(block: &str, line: &str, answer: &Structure) -> Option<(String, bool)> {
    let body: Body = block.parse().ok()?;
    let standby = blocks(&body, "standby").next()?;
    let known = standby.body.iter().find(|known| match (known, answer) {
        (Structure::Attribute(known), Structure::Attribute(answer)) => known.key == answer.key,
        (Structure::Block(known), Structure::Block(answer)) => {
            known.ident == answer.ident && labels(known) == labels(answer)
        }
        _ => false,
    });
    match (known, answer) {
        (Some(Structure::Attribute(known)), Structure::Attribute(answer)) => {
            let text = joined((block, &known.value), (line, &answer.value))?;
            Some((replaced(block, place(&known.value), &text), true))
        }
        // One that is there answers it already.
        (Some(_), _) => Some((block.to_owned(), true)),
        (None, _) => {
            let end = block.rfind('}')?;
            let text = match answer {
                Structure::Attribute(answer) => {
                    let own = joined((line, &answer.value), (line, &answer.value))?;
                    format!("{} = {own}", answer.key.as_str())
                }
                Structure::Block(answer) => {
                    line[place(answer)].lines().collect::<Vec<_>>().join(&format!("\n{INDENT}"))
                }
            };
            Some((format!("{}{INDENT}{text}\n{}", &block[..end], &block[end..]), false))
        }
    }
}

/// Two maps or two lists as one; of anything else the first.
fn joined((text, known): (&str, &Expression), (line, answer): (&str, &Expression)) -> Option<String> {
    match (known, answer) {
        (Expression::Object(known_entries), Expression::Object(answered)) => {
            let has = |key: &str| known_entries.iter().any(|(known, _)| text[place(known)] == *key);
            let mut entries = inner(text, place(known))
                .lines()
                .map(|line| line.trim().trim_end_matches(','))
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>();
            if !inner(text, place(known)).trim().contains('\n') {
                let pairs = known_entries.iter();
                entries = pairs.map(|(key, value)| pair(text, place(key), place(value.expr()))).collect();
            }
            let new = answered.iter().filter(|(key, _)| !has(&line[place(*key)]));
            entries.extend(new.map(|(key, value)| pair(line, place(key), place(value.expr()))));
            let entries: String = entries.iter().map(|entry| format!("{INDENT}{INDENT}{entry}\n")).collect();
            Some(format!("{{\n{entries}{INDENT}}}"))
        }
        (Expression::Array(known), Expression::Array(answered)) => {
            let mut elements: Vec<&str> = known.iter().map(|element| &text[place(element)]).collect();
            for element in answered.iter().map(|element| &line[place(element)]) {
                if !elements.contains(&element) {
                    elements.push(element);
                }
            }
            Some(format!("[{}]", elements.join(", ")))
        }
        (known, _) => text.get(place(known)).map(str::to_owned),
    }
}

fn pair(text: &str, key: Range<usize>, value: Range<usize>) -> String {
    format!("{} = {}", text[key].trim(), &text[value])
}

/// What stands between the braces.
fn inner(text: &str, range: Range<usize>) -> &str {
    text[range].trim_start_matches('{').trim_end_matches('}')
}

fn replaced(text: &str, range: Range<usize>, by: &str) -> String {
    format!("{}{by}{}", &text[..range.start], &text[range.end..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilotlight_findings::Span;

    fn asked(lines: &[&str]) -> Vec<OpenQuestion> {
        let question = |line: &&str| OpenQuestion {
            span: Span::of("main.tf", "x", 0..1),
            what: "a".to_owned(),
            needs: "b".to_owned(),
            plan_line: Some((*line).to_owned()),
        };
        lines.iter().map(question).collect()
    }

    const LINES: [&str; 5] = [
        r#"map = { "vpc-1" = "…" }"#,
        r#"map = { "m5.large" = "m6i.large" }"#,
        r#"map = { "vpc-1" = "…" }"#,
        "data \"aws_db_instance.a\" {\n  from = \"replica\"\n}",
        r#"exclude = ["aws_sqs_queue.a"]"#,
    ];

    #[test]
    fn a_stack_without_a_standby_block_gets_one() {
        let (block, replaces) = answers("stack \"app\" {\n  source = \"x\"\n}\n", "app", &asked(&LINES)).unwrap();
        let expected = r#"standby {
  map = {
    "vpc-1" = "…"
    "m5.large" = "m6i.large"
  }
  data "aws_db_instance.a" {
    from = "replica"
  }
  exclude = ["aws_sqs_queue.a"]
}"#;
        assert_eq!(block, expected);
        assert!(!replaces);
    }

    #[test]
    fn what_the_plan_has_stays_in_it() {
        let plan = r#"stack "other" { source = "y" }
stack "app" {
  source = "x"
  standby {
    # Agreed with the network team.
    map = {
      "vpc-0" = "vpc-9" # shared
      "m5.large" = "m5.large",
    }
    exclude = ["aws_sns_topic.b"]
  }
}
"#;
        let (block, replaces) = answers(plan, "app", &asked(&LINES)).unwrap();
        let expected = r#"standby {
  # Agreed with the network team.
  map = {
    "vpc-0" = "vpc-9" # shared
    "m5.large" = "m5.large"
    "vpc-1" = "…"
  }
  exclude = ["aws_sns_topic.b", "aws_sqs_queue.a"]
  data "aws_db_instance.a" {
    from = "replica"
  }
}"#;
        assert_eq!(block, expected);
        assert!(replaces);
    }

    #[test]
    fn a_line_alone_is_joined_with_what_it_would_double() {
        let plan = "stack \"app\" {\n  standby { map = { a = \"b\" } }\n}\n";
        let expected = "standby {\n  map = {\n    a = \"b\"\n    \"vpc-1\" = \"…\"\n  }\n}";
        assert_eq!(answers(plan, "app", &asked(&LINES[..1])), Some((expected.to_owned(), true)));
        assert_eq!(answers(plan, "app", &asked(&LINES[4..])), None, "and is pasted as it is where it doubles nothing");
        assert_eq!(answers(plan, "app", &asked(&[])), None);
    }
}
