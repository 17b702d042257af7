use serde::{Deserialize, Serialize};
use std::fmt;

/// A place in a text, counted as editors count: from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The position of a byte offset in `text`; an offset past the end is the end.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = &text[..text.floor_char_boundary(offset.min(text.len()))];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The file as the user named it, or relative to the plan.
    pub file: String,
    /// Where it starts.
    pub start: Position,
    /// Bytes from the start of the file: first, and one past the last.
    pub bytes: (usize, usize),
}

impl Span {
    /// The span of a byte range in `text`, the content of `file`.
    pub fn of(file: impl Into<String>, text: &str, bytes: std::ops::Range<usize>) -> Self {
        Self { file: file.into(), start: Position::of(text, bytes.start), bytes: (bytes.start, bytes.end) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.start.line, self.start.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "a\nbé = 1\n";
        assert_eq!(Position::of(text, 0), Position { line: 1, column: 1 });
        assert_eq!(Position::of(text, 2), Position { line: 2, column: 1 });
        assert_eq!(Position::of(text, 6), Position { line: 2, column: 4 });
        assert_eq!(Position::of(text, 999), Position { line: 3, column: 1 });
    }

    #[test]
    fn a_span_prints_as_compilers_print_it() {
        assert_eq!(Span::of("plans/shop.hcl", "a\nb", 2..3).to_string(), "plans/shop.hcl:2:1");
    }
}
