//! A text as a syntax tree, where Terraform takes more than the parser does.

use hcl_edit::parser::Error;
use hcl_edit::structure::Body;

/// Terraform takes one at the beginning of a file for nothing.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What the parser says of an object that has a key twice. Terraform takes the last one.
const KEY_TWICE: &str = "redefined object key";

/// How many such keys of one file are read: each has the file parsed anew.
const MOST_TWICE: usize = 100;

/// Parses a text. What Terraform takes and the parser does not is read as something else of the same length, so that
/// every place is the text's: a byte order mark as white space, a key that an object has already as another one.
pub(super) fn parse_body(text: &str) -> Result<Body, Error> {
    let mut result: Result<Body, Error> = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => format!("{}{rest}", " ".repeat(BYTE_ORDER_MARK.len())).parse(),
        None => text.parse(),
    };
    let mut read = String::new();
    for number in 0..MOST_TWICE {
        let at = match &result {
            Err(error) if error.message().contains(KEY_TWICE) => error.location().offset(),
            _ => break,
        };
        if read.is_empty() {
            read = text.replacen(BYTE_ORDER_MARK, &" ".repeat(BYTE_ORDER_MARK.len()), 1);
        }
        let Some(other) = with_other_key(&read, at, number) else { break };
        read = other;
        result = read.parse();
    }
    result
}

/// The text with another key of the same length at this place; none where the key is no name and no plain text.
fn with_other_key(text: &str, at: usize, number: usize) -> Option<String> {
    let rest = text.get(at..)?;
    let start = at + rest.len() - rest.trim_start().len();
    let rest = &text[start..];
    let (start, length) = match rest.strip_prefix('"') {
        Some(inner) => (start + 1, inner.find('"').filter(|end| !inner[..*end].contains(['\\', '$', '%']))?),
        None => (start, rest.find(|one: char| !one.is_ascii_alphanumeric() && !"_-".contains(one))?),
    };
    if length == 0 {
        return None;
    }
    // As many names as there are numbers, where the length has room for them; underscores before are unlikely enough.
    let letters: Vec<char> = ('a'..='z').rev().collect();
    let (first, second) = (letters[number % letters.len()], letters[number / letters.len() % letters.len()]);
    let name: String = match length {
        1 => first.to_string(),
        _ => format!("{}{second}{first}", "_".repeat(length - 2)),
    };
    Some(format!("{}{name}{}", &text[..start], &text[start + length..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hcl_edit::Span as _;
    use hcl_edit::structure::Structure;

    #[test]
    fn an_object_may_have_a_key_twice() {
        let text = "\u{feff}a = { x = 1, y = 2, x = 3, x = 4, \"k-1\" = 5, \"k-1\" = 6 }\nb = 7\n";
        let body = parse_body(text).unwrap();
        let last = body.iter().filter_map(Structure::as_attribute).last().unwrap();
        assert_eq!(&text[last.span().unwrap()], "b = 7", "and places are the text's");
        let error = parse_body("a = { (b.c) = 1, (b.c) = 2 }\n").unwrap_err();
        assert_eq!(error.location().column(), 18, "what is computed is not known to be the same: {error}");
        assert!(parse_body("a = 1\na = 2\n").is_err(), "an attribute is there once");
    }
}
