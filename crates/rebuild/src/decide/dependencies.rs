//! `depends_on` and `replace_triggered_by` without what the standby does not have.

use super::removed::Gone;
use super::retarget::{Rule, Work};
use super::syntax::{place, references_in};
use hcl_edit::expr::{Array, Expression};
use hcl_edit::structure::{Attribute, Body, Structure};
use std::ops::Range;
use std::path::Path;

/// Takes references to what goes out of a file's lists: each element with its comma, and nothing else.
pub(crate) fn remove(work: &mut Work<'_>, file: &Path, folder: &Path, gone: &Gone) {
    fn walk(body: &Body, each: &mut dyn FnMut(&Attribute)) {
        for structure in body.iter() {
            match structure {
                Structure::Attribute(attribute) => each(attribute),
                Structure::Block(block) => walk(&block.body, each),
            }
        }
    }
    let parsed = &work.parsed[file];
    let mut edits: Vec<(Range<usize>, Rule)> = Vec::new();
    walk(&parsed.syntax.body, &mut |attribute| {
        if !matches!(attribute.key.as_str(), "depends_on" | "replace_triggered_by") {
            return;
        }
        let Expression::Array(items) = &attribute.value else { return };
        let rules: Vec<Option<Rule>> =
            items.iter().map(|item| references_in(item).iter().find_map(|found| gone.rule(found, folder))).collect();
        let Some(rule) = rules.iter().flatten().next() else { return };
        let ranges = match rules.iter().all(Option::is_some) {
            true => vec![whole_lines(&parsed.text, place(attribute))],
            false => elements(&parsed.text, items, &rules),
        };
        edits.extend(ranges.into_iter().map(|range| (range, *rule)));
    });
    for (range, rule) in edits {
        work.edit(file, range, "", rule, "the standby does not have it");
    }
}

/// The lines of a range, to their end.
pub(crate) fn whole_lines(text: &str, range: Range<usize>) -> Range<usize> {
    line_start(text, range.start)..line_end(text, range.end)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// After the line's end.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |found| at + found + 1)
}

/// The ranges of the elements that go. A line that is left empty goes with them; comments stay.
fn elements(text: &str, items: &Array, rules: &[Option<Rule>]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (item, _) in items.iter().zip(rules).filter(|(_, rule)| rule.is_some()) {
        let element = place(item);
        let rest = &text[element.end..];
        let blank = rest.len() - rest.trim_start().len();
        let mut range = match rest[blank..].starts_with(',') {
            true => element.start..element.end + blank + 1,
            false => element.clone(),
        };
        let (start, end) = (line_start(text, range.start), line_end(text, range.end));
        if text[start..range.start].trim().is_empty() && text[range.end..end].trim().is_empty() {
            range = start..end;
        } else {
            let after = &text[range.end..];
            range.end += after.len() - after.trim_start_matches([' ', '\t']).len();
        }
        match ranges.last_mut() {
            Some(last) if last.end >= range.start => last.end = range.end,
            _ => ranges.push(range),
        }
    }
    // Of a last element on the same line, the comma before it goes too.
    if let Some(last) = ranges.last_mut()
        && text[last.end..].starts_with(']')
        && let before = text[..last.start].trim_end_matches([' ', '\t'])
        && before.ends_with(',')
    {
        last.start = before.len() - 1;
    }
    ranges
}
