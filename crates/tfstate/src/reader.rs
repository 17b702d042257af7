//! One pass over a state's text, with the place of every value in it.
//!
//! The frame (objects and arrays that have a name here) is walked value by value; what it holds is skimmed by
//! serde_json and kept as a slice of the text. So nothing is read twice, nothing is copied, and an error has
//! its line and column from where its slice lies.

use crate::error::{StateError, StateProblem};
use pilotlight_findings::{Position, Span};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

/// A state's text and the name it was read under.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    /// Bytes of the file before the text: those of a byte order mark.
    pub(crate) before: usize,
}

impl<'a> Source<'a> {
    /// The error at a slice of the text.
    pub(crate) fn error(&self, at: &str, path: &Path<'_>, problem: StateProblem) -> StateError {
        let start = self.offset(at);
        self.error_at(start..start + at.len(), path, problem)
    }

    pub(crate) fn error_at(&self, bytes: Range<usize>, path: &Path<'_>, problem: StateProblem) -> StateError {
        let start = Position::of(self.text, bytes.start);
        let bytes = (bytes.start + self.before, bytes.end + self.before);
        StateError {
            span: Box::new(Span { file: self.file.to_owned(), start, bytes }),
            path: path.to_string(),
            problem,
        }
    }

    /// Where a slice of the text begins.
    pub(crate) fn offset(&self, slice: &str) -> usize {
        // Every slice given here was borrowed from `text`; another one would give the start of the file.
        (slice.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }

    /// Reads a value whose text is a slice of the source.
    pub(crate) fn read<T: Deserialize<'a>>(&self, json: &'a str, path: &Path<'_>, what: &str) -> Result<T, StateError> {
        serde_json::from_str(json).map_err(|error| {
            // What no value can be is told at its own place, deep inside perhaps.
            match Reader::within(*self, json).value(path) {
                Err(inner) => inner,
                Ok(_) => {
                    let problem = StateProblem::Shape(format!("{what} is wanted here, {}", reason(&error)));
                    self.error(json, path, problem)
                }
            }
        })
    }
}

/// Where a value stands in the document, `resources[3].instances[0]`: written out only where it is wanted.
#[derive(Clone, Copy)]
pub(crate) enum Path<'p> {
    Root,
    Field(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => f.write_str(name),
            Self::Field(above, name) => write!(f, "{above}.{name}"),
            Self::Index(above, index) => write!(f, "{above}[{index}]"),
        }
    }
}

/// Walks the text.
pub(crate) struct Reader<'a> {
    pub(crate) source: Source<'a>,
    at: usize,
    /// Where the value that was stepped over last begins.
    last: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(source: Source<'a>) -> Self {
        Self { source, at: 0, last: 0 }
    }

    /// A reader that is to read `json`, a slice of the text that was skimmed before.
    pub(crate) fn within(source: Source<'a>, json: &str) -> Self {
        let at = source.offset(json);
        Self { source, at, last: at }
    }

    /// The next byte that is not white space, and where it is.
    pub(crate) fn peek(&mut self) -> (Option<u8>, usize) {
        let bytes = self.source.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.at) {
            self.at += 1;
        }
        (bytes.get(self.at).copied(), self.at)
    }

    /// Skims the next value, whatever it is, and gives its text.
    pub(crate) fn skim(&mut self) -> Result<&'a str, StateError> {
        let rest = &self.source.text[self.at..];
        match <&'a RawValue>::deserialize(&mut serde_json::Deserializer::from_str(rest)) {
            Ok(raw) => {
                self.last = self.source.offset(raw.get());
                self.at = self.last + raw.get().len();
                Ok(raw.get())
            }
            Err(error) => Err(self.syntax_error(rest, &error)),
        }
    }

    /// Steps over the next value if it is a plain object; see [`crate::plain`].
    pub(crate) fn plain(&mut self) -> Option<&'a str> {
        let (Some(b'{'), start) = self.peek() else { return None };
        let end = crate::plain::end(self.source.text, start)?;
        (self.last, self.at) = (start, end);
        Some(&self.source.text[start..end])
    }

    /// Steps over the next value if it is `null`, which is as one that is absent.
    pub(crate) fn is_null(&mut self) -> Result<bool, StateError> {
        Ok(self.peek().0 == Some(b'n') && self.skim().map(|_| true)?)
    }

    /// Skims a value; none where it is `null`.
    pub(crate) fn present(&mut self) -> Result<Option<&'a str>, StateError> {
        let json = self.skim()?;
        Ok((json != "null").then_some(json))
    }

    /// Reads a value; none where it is `null`.
    pub(crate) fn read<T: Deserialize<'a>>(&mut self, path: &Path<'_>, what: &str) -> Result<Option<T>, StateError> {
        let source = self.source;
        self.present()?.map(|json| source.read(json, path, what)).transpose()
    }

    /// Reads a string, in place where it has no escapes; none where it is `null`.
    pub(crate) fn string(&mut self, path: &Path<'_>, what: &str) -> Result<Option<Cow<'a, str>>, StateError> {
        let Some(json) = self.present()? else { return Ok(None) };
        match json.strip_prefix('"').and_then(|json| json.strip_suffix('"')) {
            Some(inner) if !inner.contains('\\') => Ok(Some(Cow::Borrowed(inner))),
            _ => self.source.read(json, path, what).map(|text: String| Some(Cow::Owned(text))),
        }
    }

    /// Where the next thing begins: behind the value that was read last.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The error at the value that was stepped over last.
    pub(crate) fn shape_error(&self, path: &Path<'_>, reason: &str) -> StateError {
        self.source.error_at(self.last..self.at, path, StateProblem::Shape(reason.to_owned()))
    }

    /// Walks an object. `field` is called after each name and must step over the value.
    pub(crate) fn object(
        &mut self,
        path: &Path<'_>,
        mut field: impl FnMut(&mut Self, &Path<'_>, &str) -> Result<(), StateError>,
    ) -> Result<(), StateError> {
        self.open(b'{', "an object", path)?;
        let mut names = Names::default();
        if self.peek().0 == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            match self.peek() {
                (Some(b'"'), _) => {}
                (Some(b'}'), at) => return Err(self.syntax(at, "trailing comma")),
                (Some(_), at) => return Err(self.syntax(at, "key must be a string")),
                (None, _) => return Err(self.cut_off("an object")),
            }
            let written = self.skim()?;
            let inner = &written[1..written.len() - 1];
            let name = match inner.contains('\\') {
                false => Cow::Borrowed(inner),
                true => Cow::Owned(self.source.read::<String>(written, path, "a field's name")?),
            };
            let here = Path::Field(path, &name);
            if !names.insert(name.clone()) {
                let problem = StateProblem::Shape(format!("the field {name:?} stands twice in one object"));
                return Err(self.source.error(written, &here, problem));
            }
            match self.peek() {
                (Some(b':'), _) => self.at += 1,
                (Some(_), at) => return Err(self.syntax(at, "expected `:`")),
                (None, _) => return Err(self.cut_off("an object")),
            }
            self.peek();
            field(self, &here, &name)?;
            match self.peek() {
                (Some(b','), _) => self.at += 1,
                (Some(b'}'), _) => {
                    self.at += 1;
                    return Ok(());
                }
                (Some(_), at) => return Err(self.syntax(at, "expected `,` or `}`")),
                (None, _) => return Err(self.cut_off("an object")),
            }
        }
    }

    /// Walks an array; one that is `null` has no items. `item` must step over its value.
    pub(crate) fn array(
        &mut self,
        path: &Path<'_>,
        mut item: impl FnMut(&mut Self, &Path<'_>) -> Result<(), StateError>,
    ) -> Result<(), StateError> {
        if self.is_null()? {
            return Ok(());
        }
        self.open(b'[', "an array", path)?;
        if self.peek().0 == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        for index in 0.. {
            if let (Some(b']'), at) = self.peek() {
                return Err(self.syntax(at, "trailing comma"));
            }
            item(self, &Path::Index(path, index))?;
            match self.peek() {
                (Some(b','), _) => self.at += 1,
                (Some(b']'), _) => {
                    self.at += 1;
                    break;
                }
                (Some(_), at) => return Err(self.syntax(at, "expected `,` or `]`")),
                (None, _) => return Err(self.cut_off("a list")),
            }
        }
        Ok(())
    }

    /// Nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Result<(), StateError> {
        match self.peek() {
            (None, _) => Ok(()),
            (Some(_), at) => Err(self.syntax(at, "trailing characters")),
        }
    }

    fn open(&mut self, bracket: u8, what: &str, path: &Path<'_>) -> Result<(), StateError> {
        if self.peek().0 == Some(bracket) {
            self.at += 1;
            return Ok(());
        }
        let json = self.skim()?;
        let problem = StateProblem::Shape(format!("{what} is wanted here, not {}", kind(json)));
        Err(self.source.error(json, path, problem))
    }

    fn syntax(&self, at: usize, reason: &str) -> StateError {
        self.source.error_at(at..at, &Path::Root, StateProblem::Syntax(reason.to_owned()))
    }

    fn cut_off(&self, inside: &str) -> StateError {
        let end = self.source.text.len();
        self.source.error_at(end..end, &Path::Root, StateProblem::CutOff(inside.to_owned()))
    }

    fn syntax_error(&self, rest: &str, error: &serde_json::Error) -> StateError {
        let reason = reason(error);
        match reason.strip_prefix("EOF while parsing ") {
            Some(inside) => self.cut_off(inside),
            None => self.syntax(self.at + offset_of(rest, error.line(), error.column()), &reason),
        }
    }
}

/// So many names are compared one by one, which is faster than hashing: what Terraform's own objects have.
const FEW: usize = 16;

/// The names of one object that were seen.
#[derive(Default)]
struct Names<'a> {
    few: [&'a str; FEW],
    count: usize,
    many: Option<HashSet<Cow<'a, str>>>,
}

impl<'a> Names<'a> {
    /// False where the name was there before.
    fn insert(&mut self, name: Cow<'a, str>) -> bool {
        if self.few[..self.count].contains(&&*name) || self.many.as_ref().is_some_and(|many| many.contains(&name)) {
            return false;
        }
        match name {
            Cow::Borrowed(name) if self.count < FEW => {
                self.few[self.count] = name;
                self.count += 1;
            }
            name => drop(self.many.get_or_insert_default().insert(name)),
        }
        true
    }
}

/// The parser's words without its position, which the error has in its own way.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

pub(crate) fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// The byte at a line and column as serde_json counts them: from 1, the column in bytes.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}
