//! One line of a `.driftignore`, read.

use super::error::{IgnoreError, IgnoreProblem};
use super::glob::{Brackets, Glob};
use pilotlight_findings::Span;

/// One pattern: where it stands, what it says, and its two readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Where it stands.
    pub span: Span,
    /// As it is written, with its `!`.
    pub text: String,
    /// Whether it takes back what earlier patterns ignore.
    pub negated: bool,
    /// driftctl's reading, for `TYPE.ID` and dotted paths.
    pub(crate) plain: Glob,
    /// With brackets as Terraform's indices, for addresses and Terraform's paths.
    pub(crate) indexed: Glob,
    /// Whether it may name an address: no wildcard stands before its first dot.
    pub(crate) names_address: bool,
    /// Whether its two readings differ.
    pub(crate) has_index: bool,
}

impl Pattern {
    /// Reads a pattern; a comment is none.
    pub(crate) fn parse(text: &str, span: Span) -> Result<Self, IgnoreError> {
        let fail = |problem| IgnoreError { text: text.to_owned(), span: span.clone(), problem };
        let (negated, body) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        if body.is_empty() {
            return Err(fail(IgnoreProblem::Empty));
        }
        let indexed = Glob::compile(body, Brackets::Index).map_err(fail)?;
        let plain = match Glob::compile(body, Brackets::Set) {
            Ok(plain) => plain,
            // `["z-a"]` is a fine index and no set.
            Err(IgnoreProblem::BackwardRange) if body.contains("[\"") => indexed.clone(),
            Err(problem) => return Err(fail(problem)),
        };
        let head = body.split('.').next().unwrap_or_default();
        let names_address = !head.contains(['*', '?', '[', '\\']);
        let has_index = plain != indexed;
        Ok(Self { span, text: text.to_owned(), negated, plain, indexed, names_address, has_index })
    }
}

/// The pattern on a line of a file and where it begins; none on an empty line or a comment. Spaces at the end count
/// only where the last is escaped.
pub(crate) fn of_line(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start_matches([' ', '\t']);
    let begins = line.len() - text.len();
    let mut text = text.strip_suffix('\r').unwrap_or(text);
    while let Some(shorter) = text.strip_suffix([' ', '\t']) {
        if shorter.ends_with('\\') {
            break;
        }
        text = shorter;
    }
    (!text.is_empty() && !text.starts_with('#')).then_some((begins, text))
}
