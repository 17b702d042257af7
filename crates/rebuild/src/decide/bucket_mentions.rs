//! Where the source writes out the name of a bucket that has another name in the standby: what reads and writes it
//! there by that name would go on with the primary's.

use super::ranges::is_within;
use super::retarget::Work;
use pilotlight_findings::{Finding, Severity, Span, Subject, codes};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A name that is shorter, or is one word, may mean anything: only what can be nothing but a bucket counts then.
const SHORTEST_TELLING: usize = 6;

/// Whether a name tells a bucket wherever it stands.
pub(super) fn is_telling(name: &str) -> bool {
    name.len() >= SHORTEST_TELLING && name.contains(['-', '.'])
}

/// Where a bucket's name is written out, but for its own block and what is taken out or edited.
pub(super) fn mentions(work: &Work<'_>, name: &str, own: (&Path, &Range<usize>)) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    let mut look = |file: &PathBuf, text: &str, literals: &[Range<usize>]| {
        let taken = [work.removed_ranges(file), work.edited_ranges(file)].concat();
        for literal in literals {
            for at in places(&text[literal.clone()], name) {
                let range = literal.start + at..literal.start + at + name.len();
                let is_own = own.0 == file && is_within(&range, own.1);
                if !is_own && !taken.iter().any(|gone| gone.start < range.end && range.start < gone.end) {
                    found.push(work.span(file, range));
                }
            }
        }
    };
    for (file, parsed) in &work.parsed {
        if parsed.text.contains(name) {
            look(file, &parsed.text, &parsed.syntax.literals);
        }
    }
    for (file, document) in &work.json {
        look(file, &document.text, std::slice::from_ref(&(0..document.text.len())));
    }
    found
}

/// Says of a bucket that the plan gives another name where the source has the first one still.
pub(super) fn tell(work: &mut Work<'_>, address: &str, name: &str, found: &[Span]) {
    let Some(first) = found.first() else { return };
    let more = match found.len() {
        1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    let message = format!(
        "names {name}, as {address} is called in the primary: set gives the standby's another name, and this leads to the primary's{more}"
    );
    let finding = Finding::new(
        codes::R_BUCKET_NAMED,
        Severity::Warning,
        Subject::File { span: first.clone() },
        message,
    )
    .remedy(format!(
        "use map = {{ \"{name}\" = \"…\" }} in place of set: it follows everywhere. Or refer to {address} in the source"
    ));
    work.result.notes.push(finding);
}

/// Where a bucket's name stands in a text.
fn places(text: &str, name: &str) -> Vec<usize> {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let found = text.match_indices(name).map(|(at, _)| at);
    found
        .filter(|at| {
            let (before, after) = (&text[..*at], &text[at + name.len()..]);
            let is_alone = !before.ends_with(|last: char| is_of_name(last) || last == '.')
                && !after.starts_with(is_of_name)
                && (!after.starts_with('.') || after.starts_with(".s3"));
            let is_said = before.ends_with(":s3:::") || before.ends_with("s3://") || after.starts_with(".s3");
            is_alone && (is_said || is_telling(name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buckets_name_is_a_name_of_its_own() {
        for text in ["acme-assets", "s3://acme-assets/x", "arn:aws:s3:::acme-assets/*", "acme-assets.s3.amazonaws.com"]
        {
            assert_eq!(places(text, "acme-assets").len(), 1, "{text}");
        }
        for text in ["acme-assets-logs", "my-acme-assets", "acme-assets.example.com", "acme_assets"] {
            assert_eq!(places(text, "acme-assets"), [0; 0], "{text}");
        }
        assert_eq!(places("assets in assets", "assets"), [0; 0]);
        assert_eq!(places("arn:aws:s3:::assets/*", "assets"), [13]);
    }
}
