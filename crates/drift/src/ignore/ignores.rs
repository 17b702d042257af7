//! All patterns of a run, and what they match.

use super::error::IgnoreError;
use super::index::PrefixIndex;
use super::names::ObjectName;
use super::pattern::{Pattern, of_line};
use pilotlight_findings::{Finding, Position, Severity, Span, Subject, codes};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// One pattern of [`Ignores`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternRef(usize);

/// Patterns in their order: the last one that matches decides.
#[derive(Debug, Clone, Default)]
pub struct Ignores {
    patterns: Vec<Pattern>,
    plain: PrefixIndex,
    indexed: PrefixIndex,
}

impl Ignores {
    /// Reads a `.driftignore`. `file` is what errors and findings call it.
    ///
    /// # Errors
    /// The first pattern that cannot be read, with its line.
    pub fn parse(file: &str, text: &str) -> Result<Self, IgnoreError> {
        let mut patterns = Vec::new();
        // Editors on Windows put a byte order mark first.
        let mark = '\u{feff}';
        let mut offset = if text.starts_with(mark) { mark.len_utf8() } else { 0 };
        for (number, line) in text[offset..].split('\n').enumerate() {
            if let Some((begins, pattern)) = of_line(line) {
                let bytes = (offset + begins, offset + begins + pattern.len());
                let start = Position { line: number + 1, column: begins + 1 };
                patterns.push((Span { file: file.to_owned(), start, bytes }, pattern.to_owned()));
            }
            offset += line.len() + 1;
        }
        Self::from_spans(patterns)
    }

    /// Patterns without a file: `origin` is the option that has them, and stands with the number of each in its
    /// span.
    ///
    /// # Errors
    /// The first pattern that cannot be read, with its number as the line.
    pub fn from_list(origin: &str, patterns: &[String]) -> Result<Self, IgnoreError> {
        let span = |number: usize, text: &str| Span {
            file: origin.to_owned(),
            start: Position { line: number + 1, column: 1 },
            bytes: (0, text.len()),
        };
        Self::from_spans(patterns.iter().enumerate().map(|(number, text)| (span(number, text), text.clone())))
    }

    /// Patterns with their places: those of a plan's `drift` block.
    ///
    /// # Errors
    /// The first pattern that cannot be read, with its place.
    pub fn from_spans(patterns: impl IntoIterator<Item = (Span, String)>) -> Result<Self, IgnoreError> {
        let patterns: Result<Vec<_>, _> =
            patterns.into_iter().map(|(span, text)| Pattern::parse(&text, span)).collect();
        Ok(Self::of(patterns?))
    }

    /// These and then those: later patterns win.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        Self::of(self.patterns.into_iter().chain(later.patterns).collect())
    }

    fn of(patterns: Vec<Pattern>) -> Self {
        let mut ignores = Self { patterns, ..Self::default() };
        for (at, pattern) in ignores.patterns.iter().enumerate() {
            ignores.plain.add(at, &pattern.plain);
            if pattern.names_address || pattern.has_index {
                ignores.indexed.add(at, &pattern.indexed);
            }
        }
        ignores
    }

    /// Whether there is nothing to ignore.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// A pattern.
    pub fn pattern(&self, pattern: PatternRef) -> &Pattern {
        &self.patterns[pattern.0]
    }

    /// What ignores the object as a whole: that it differs, is missing, is unmanaged or could not be read.
    pub fn object(&self, name: &ObjectName) -> Option<PatternRef> {
        self.decides(name, None)
    }

    /// What ignores that an attribute of the object differs. `path` is in Terraform's notation.
    pub fn attribute(&self, name: &ObjectName, path: &str) -> Option<PatternRef> {
        self.decides(name, Some(path))
    }

    fn decides(&self, name: &ObjectName, path: Option<&str>) -> Option<PatternRef> {
        let last = self.found(name, path).max()?;
        (!self.patterns[last].negated).then_some(PatternRef(last))
    }

    /// Every pattern that matches the object, or the attribute of it, in order: each of them is of use, whether or
    /// not a later one decides.
    pub fn matching(&self, name: &ObjectName, path: Option<&str>) -> BTreeSet<PatternRef> {
        self.found(name, path).map(PatternRef).collect()
    }

    fn found(&self, name: &ObjectName, path: Option<&str>) -> impl Iterator<Item = usize> {
        let mut found = Vec::new();
        if !self.is_empty() {
            let texts = name.texts(path);
            let plain = self.plain.candidates(&texts.plain);
            // Only a dot ends an id.
            found.extend(plain.filter(|at| self.patterns[*at].plain.matches(&texts.plain, usize::MAX)));
            let by_id = self.indexed.candidates(&texts.by_id).filter(|at| self.patterns[*at].has_index);
            found.extend(by_id.filter(|at| self.patterns[*at].indexed.matches(&texts.by_id, texts.id_ends)));
            if let Some(text) = &texts.by_address {
                let named = self.indexed.candidates(text).filter(|at| self.patterns[*at].names_address);
                found.extend(named.filter(|at| self.patterns[*at].indexed.matches(text, 0)));
            }
        }
        found.into_iter()
    }

    /// Whether a pattern is about this object or one of its attributes, differing or not.
    pub fn concerns(&self, pattern: PatternRef, name: &ObjectName, attributes: &Map<String, Value>) -> bool {
        let Pattern { plain, indexed, names_address, has_index, .. } = self.pattern(pattern);
        let about = |path: Option<&str>| {
            let texts = name.texts(path);
            let below = path.is_some();
            let held = |glob: &super::glob::Glob, text: &str, keys_from: usize| {
                text.starts_with(&glob.prefix) && glob.matches(text, keys_from) || below && glob.reaches_below(text)
            };
            held(plain, &texts.plain, usize::MAX)
                || *has_index && held(indexed, &texts.by_id, texts.id_ends)
                || *names_address && texts.by_address.is_some_and(|text| held(indexed, &text, 0))
        };
        // Most patterns are of another type or name: told by the literal beginning, without the attributes.
        let texts = name.texts(None);
        let near = |prefix: &str, text: &str| text.starts_with(prefix) || prefix.starts_with(text);
        let may =
            near(&plain.prefix, &texts.plain) || texts.by_address.is_some_and(|text| near(&indexed.prefix, &text));
        may && (about(None) || attributes.keys().any(|attribute| about(Some(attribute))))
    }

    /// The patterns that nothing used.
    pub fn unused(&self, used: &BTreeSet<PatternRef>) -> Vec<PatternRef> {
        (0..self.patterns.len()).map(PatternRef).filter(|pattern| !used.contains(pattern)).collect()
    }

    /// A finding for each pattern that was not used and is about no object of `estate`: objects of states, and live
    /// ones that no state has.
    pub fn unused_findings<'e, E>(&self, used: &BTreeSet<PatternRef>, estate: E) -> Vec<Finding>
    where
        E: IntoIterator<Item = (&'e ObjectName, &'e Map<String, Value>)>,
    {
        let mut unused: BTreeSet<PatternRef> = self.unused(used).into_iter().collect();
        for (name, attributes) in estate {
            if unused.is_empty() {
                break;
            }
            unused.retain(|pattern| !self.concerns(*pattern, name, attributes));
        }
        unused.into_iter().map(|pattern| self.pattern(pattern).is_unused()).collect()
    }
}

impl Pattern {
    fn is_unused(&self) -> Finding {
        let message = format!("the ignore pattern {} matches nothing", self.text);
        let subject = Subject::File { span: self.span.clone() };
        let remedy = if self.text.contains(" #") {
            "write the comment on a line of its own: what follows a pattern is part of it"
        } else {
            "remove it, or correct the type, id or address: the thing it was written for is gone or has another name"
        };
        Finding::new(codes::D_IGNORE_UNUSED, Severity::Info, subject, message).remedy(remedy)
    }
}
