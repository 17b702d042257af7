//! Where the lines of a file begin, looked up once and asked for often.

use pilotlight_findings::{Position, Span};
use std::ops::Range;

/// A file's name in reports, and its lines.
#[derive(Debug)]
pub(crate) struct Lines {
    shown: String,
    starts: Vec<usize>,
}

/// Bytes of a line: fewer than most files have on average, so that the list need not grow.
const SHORT_LINE: usize = 24;

impl Lines {
    pub(crate) fn of(shown: String, bytes: &[u8]) -> Self {
        let mut starts = Vec::with_capacity(bytes.len() / SHORT_LINE + 1);
        starts.push(0);
        let mut at = 0;
        while let Some(end) = bytes[at..].iter().position(|byte| *byte == b'\n') {
            at += end + 1;
            starts.push(at);
        }
        Self { shown, starts }
    }

    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The line of a byte, from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    /// The place of a range of the file, of which these are the bytes.
    pub(crate) fn span(&self, bytes: &[u8], range: Range<usize>) -> Span {
        let at = range.start.min(bytes.len());
        let line = self.line(at);
        let before = bytes.get(self.starts[line - 1]..at).unwrap_or_default();
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        Span { file: self.shown.clone(), start: Position { line, column }, bytes: (range.start, range.end) }
    }
}

/// The lines of a text with their ends. They are short, and a search by words of memory does not pay.
pub(crate) fn lines_of(text: &str) -> Vec<&str> {
    let mut lines = Vec::with_capacity(text.len() / SHORT_LINE + 1);
    let mut rest = text;
    while let Some(end) = rest.bytes().position(|byte| byte == b'\n') {
        let (line, after) = rest.split_at(end + 1);
        lines.push(line);
        rest = after;
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_their_ends() {
        for text in ["", "a", "a\n", "\n\nb", "é\r\nc\n"] {
            assert_eq!(lines_of(text), text.split_inclusive('\n').collect::<Vec<_>>());
        }
    }

    #[test]
    fn places_are_those_of_the_whole_text() {
        for text in ["", "a", "é = 1\nb = \"ü\"\n\n  c\n", "\n"] {
            let lines = Lines::of("main.tf".to_owned(), text.as_bytes());
            for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
                assert_eq!(lines.span(text.as_bytes(), at..at), Span::of("main.tf", text, at..at), "{text:?} at {at}");
                assert_eq!(lines.line(at), Position::of(text, at).line);
            }
        }
    }
}
