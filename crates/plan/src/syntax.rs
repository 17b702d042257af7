//! The HCL parser's errors, in words for the person who wrote the plan.

use crate::error::Problem;
use std::ops::Range;

/// Where the text stops being HCL, and what was wanted there.
pub(crate) fn problem(text: &str, error: &hcl_edit::parser::Error) -> (Range<usize>, Problem) {
    let at = text.floor_char_boundary(error.location().offset());
    let next = text[at..].chars().next();
    let end = at + next.map_or(0, char::len_utf8);
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let before = &text[line_start..at];
    let message = error.message();

    if message.contains("found redefined") {
        let is_name = |c: &char| c.is_alphanumeric() || *c == '_' || *c == '-';
        let key = match text[at..].strip_prefix('"') {
            Some(quoted) => &text[at..at + quoted.find(['"', '\n']).map_or(1, |length| length + 2)],
            None => &text[at..at + text[at..].chars().take_while(is_name).map(char::len_utf8).sum::<usize>()],
        };
        let (name, what) = match message.contains("object key") {
            true => (key.trim_matches('"'), "the key"),
            false => (key, "the attribute"),
        };
        return (
            at..at + key.len().max(end - at),
            Problem::Duplicate { what: format!("{what} {name:?}"), first: before_at(text, at, name) },
        );
    }
    let hint = if text.starts_with('\u{feff}') {
        Some("the file begins with a byte order mark: save it as UTF-8 without one")
    } else if line.contains('\u{201c}') || line.contains('\u{201d}') {
        Some("write plain double quotes \" in the place of typographic ones")
    } else if next == Some('\'') || before.ends_with('\'') {
        Some("texts stand in double quotes")
    } else if message.contains("attribute") && next == Some('{') {
        Some("a block on one line holds no other block: write it on lines of its own")
    } else if message.contains("block body") && before.contains('{') && before.contains('=') {
        Some("a block on one line holds one attribute at most: write each on a line of its own")
    } else if line.matches('"').count() % 2 == 1 {
        Some("a double quote is missing in this line")
    } else if at + 1 >= text.trim_end().len() && text.matches('{').count() > text.matches('}').count() {
        Some("a closing brace is missing before the end of the file")
    } else if next == Some(':') {
        Some("an attribute is written name = value")
    } else {
        None
    };
    (at..end, Problem::Syntax { message: in_words(message), hint })
}

/// The parser's message, or better words for the ones that are met most.
fn in_words(message: &str) -> String {
    for (label, words) in [
        ("invalid expression;", "a value is wanted here: a text in double quotes, a number, a list or a map"),
        ("invalid structure;", "an attribute or a block is wanted here: name = value, or name { ... }"),
        ("invalid block body;", "the block goes on or ends here with a new line or }"),
    ] {
        if message.starts_with(label) {
            return words.to_owned();
        }
    }
    message.replace('\n', "\\n")
}

/// The line before that sets the same attribute or key, as far as the text alone tells.
fn before_at(text: &str, at: usize, name: &str) -> String {
    let quoted = format!("\"{name}\"");
    let sets = |line: &str| {
        [name, &quoted].into_iter().any(|name| {
            line.match_indices(name).any(|(at, _)| {
                let rest = line[at + name.len()..].trim_start();
                line[..at].trim_end().chars().last().is_none_or(|last| "{,".contains(last)) && rest.starts_with('=')
            })
        })
    };
    let lines: Vec<&str> = text[..at].lines().collect();
    let line = lines.iter().rposition(|line| sets(line));
    line.map_or_else(|| "the same block".to_owned(), |index| format!("line {}", index + 1))
}
