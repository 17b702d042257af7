//! From a place in a generated file to the place in the source that its bytes come from: what a person can correct.

use super::Retargeted;
use crate::observe::SourceTree;
use pilotlight_findings::{Evidence, Finding, Span, Subject};
use std::ops::Range;
use std::path::Path;

/// What the evidence calls the place in the generated file.
pub(crate) const GENERATED: &str = "in the generated root";

/// A source and what was made of it.
#[derive(Clone, Copy)]
pub(crate) struct SourceLines<'a> {
    pub(crate) source: &'a SourceTree,
    pub(crate) result: &'a Retargeted,
    /// Where the result is written.
    pub(crate) root: &'a Path,
}

impl SourceLines<'_> {
    /// The finding with its place in the source, where it is about a generated file; that of the file is evidence then.
    pub(crate) fn told(&self, mut finding: Finding) -> Finding {
        let Subject::File { span } = &finding.subject else { return finding };
        let Ok(file) = Path::new(&span.file).strip_prefix(self.root) else { return finding };
        let Some(found) = self.span(file, span.start.line, span.bytes.0..span.bytes.1) else { return finding };
        let generated = span.to_string();
        finding.evidence.insert(0, Evidence::fact(GENERATED, generated));
        finding.subject = Subject::File { span: found };
        finding
    }

    /// Terraform's words with the source's place before each of `on main.tf line 3`: `init` has no other form.
    pub(crate) fn told_in_text(&self, text: &str) -> String {
        let line = |line: &str| -> Option<String> {
            let (before, rest) = line.split_once("on ")?;
            let (file, after) = rest.split_once(" line ")?;
            let digits = after.len() - after.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
            let found = self.span(Path::new(file), after[..digits].parse().ok()?, 0..0)?;
            let shown = &found.file;
            let place = found.start.line;
            Some(format!("{before}on {shown} line {place} (in the generated root: {file} line {after})"))
        };
        let lines = text.lines().map(|one| line(one).unwrap_or_else(|| one.to_owned()));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The place in the source of bytes on a line of a generated file, both as Terraform names them; none for what is
    /// not of the source.
    pub(crate) fn span(&self, file: &Path, line: usize, bytes: Range<usize>) -> Option<Span> {
        let (origin, text) = (self.result.origins.get(file)?, self.result.files.get(file)?);
        let source = std::str::from_utf8(self.source.files.get(origin)?).ok()?;
        let shown = self.source.display(origin);
        let number = self.source_line(&shown, line);
        let whole = line_at(source.as_bytes(), number)?;
        let here = line_at(text, line)?;
        let start = bytes.start.clamp(here.start, here.end);
        let needle = text.get(start..bytes.end.clamp(start, here.end)).unwrap_or_default();
        // The same words of the line, the second of them where it is the second one there.
        let earlier = occurrences(text.get(here.start..start)?, needle).count();
        let found = occurrences(&source.as_bytes()[whole.clone()], needle);
        let found = found.take(earlier + 1).last().map(|at| whole.start + at..whole.start + at + needle.len());
        // Words that an edit has put there begin where the source has other ones, after the same beginning.
        let begun = || {
            let before = &text[here.start..start];
            let same = !before.is_empty() && source.as_bytes()[whole.clone()].starts_with(before);
            same.then(|| whole.start + before.len()..whole.end)
        };
        let code = source[whole.clone()].trim();
        let indent = source[whole.clone()].find(code).unwrap_or(0);
        let all = whole.start + indent..whole.start + indent + code.len();
        Some(Span::of(shown, source, found.or_else(begun).unwrap_or(all)))
    }

    /// The line of a source file that a line of the generated one comes from: edits before it have added and taken
    /// lines. Of a line that an edit has added it is the edit's.
    fn source_line(&self, shown: &str, line: usize) -> usize {
        let breaks = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
        let (mut here, mut there) = (1, 1);
        for edit in self.result.edits.iter().filter(|edit| edit.file == shown) {
            let began = here + edit.line.saturating_sub(there);
            if line < began {
                break;
            }
            let (added, taken) = (breaks(&edit.new), breaks(&edit.old));
            if line < began + added {
                return edit.line + (line - began).min(taken);
            }
            (here, there) = (began + added, edit.line + taken);
        }
        there + (line - here)
    }
}

/// Where the line of this number is, from 1, without its end.
fn line_at(text: &[u8], number: usize) -> Option<Range<usize>> {
    let mut start = 0;
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if at + 1 == number {
            let length = line.strip_suffix(b"\r").map_or(line.len(), <[u8]>::len);
            return Some(start..start + length);
        }
        start += line.len() + 1;
    }
    None
}

fn occurrences<'t>(text: &'t [u8], needle: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let length = needle.len().max(1);
    let windows = if needle.is_empty() { [].windows(1) } else { text.windows(length) };
    windows.enumerate().filter(move |(_, window)| *window == needle).map(|(at, _)| at)
}
