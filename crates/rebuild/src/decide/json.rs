//! JSON with the places of its texts: `.tf.json`, `.tofu.json` and `.tfvars.json`.
//!
//! serde_json gives no places, so that its check of the syntax comes first and this reader can trust what it reads.

use crate::observe::SourceError;
use pilotlight_findings::Span;
use std::ops::Range;

/// A value and where it stands; a text's place is that between its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Json {
    pub(crate) range: Range<usize>,
    pub(crate) kind: JsonKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JsonKind {
    /// Members in their order.
    Object(Vec<Member>),
    Array(Vec<Json>),
    Text(String),
    /// A number, `true`, `false`, `null`.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) key: String,
    /// Between its quotes.
    pub(crate) key_range: Range<usize>,
    pub(crate) value: Json,
}

impl Json {
    /// Parses a file; `shown` is its name in the error.
    pub(crate) fn parse(shown: &str, text: &str) -> Result<Self, SourceError> {
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
            let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
            // Its columns are bytes, and the end of the text has none.
            let at = (line_start + error.column().saturating_sub(1)).min(text.len());
            let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let message = error.to_string();
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message).to_owned();
            return Err(SourceError::Syntax { span: Span::of(shown, text, at..at), message });
        }
        let mut reader = Reader { text, at: 0 };
        Ok(reader.value())
    }

    /// The members of an object, or of the objects of a list: Terraform takes both for blocks.
    pub(crate) fn members(&self) -> Vec<&Member> {
        match &self.kind {
            JsonKind::Object(members) => members.iter().collect(),
            JsonKind::Array(items) => items.iter().flat_map(Json::members).collect(),
            _ => Vec::new(),
        }
    }

    /// The bodies of a block type's blocks: objects, also in lists.
    pub(crate) fn bodies(&self) -> Vec<&Json> {
        match &self.kind {
            JsonKind::Object(_) => vec![self],
            JsonKind::Array(items) => items.iter().flat_map(Json::bodies).collect(),
            _ => Vec::new(),
        }
    }

    /// The keys of an object, the texts of a list.
    pub(crate) fn words(&self) -> Vec<String> {
        match &self.kind {
            JsonKind::Object(members) => members.iter().map(|member| member.key.clone()).collect(),
            JsonKind::Array(items) => items.iter().filter_map(Json::text).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// The values in it.
    pub(crate) fn children(&self) -> Vec<&Json> {
        match &self.kind {
            JsonKind::Object(members) => members.iter().map(|member| &member.value).collect(),
            JsonKind::Array(items) => items.iter().collect(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Json> {
        match &self.kind {
            JsonKind::Object(members) => members.iter().find(|member| member.key == name).map(|member| &member.value),
            _ => None,
        }
    }

    /// Whether it has a block, or an argument, of this name; also one that is `dynamic`.
    pub(crate) fn sets(&self, name: &str) -> bool {
        let dynamic = self.blocks("dynamic", 1);
        self.member(name).is_some() || dynamic.iter().any(|(labels, _)| labels.iter().any(|label| label.key == name))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            JsonKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// `{"KIND": {"LABEL": {"LABEL": BODY}}}`: the bodies of a kind of block with their labels.
    pub(crate) fn blocks(&self, kind: &str, labels: usize) -> Vec<(Vec<&Member>, &Json)> {
        let mut found: Vec<(Vec<&Member>, &Json)> = Vec::new();
        for top in self.members().into_iter().filter(|member| member.key == kind) {
            let mut level: Vec<(Vec<&Member>, &Json)> = vec![(Vec::new(), &top.value)];
            for _ in 0..labels {
                level = level
                    .into_iter()
                    .flat_map(|(path, value)| {
                        value.members().into_iter().map(move |member| {
                            let mut path = path.clone();
                            path.push(member);
                            (path, &member.value)
                        })
                    })
                    .collect();
            }
            let bodies = level.into_iter().flat_map(|(path, value)| {
                value.bodies().into_iter().map(move |body| (path.clone(), body)).collect::<Vec<_>>()
            });
            found.extend(bodies);
        }
        found
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn blank(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn next(&mut self) -> u8 {
        self.blank();
        self.text.as_bytes().get(self.at).copied().unwrap_or_default()
    }

    fn value(&mut self) -> Json {
        let start = {
            self.blank();
            self.at
        };
        match self.next() {
            b'{' => {
                let mut members = Vec::new();
                while self.step() != b'}' && self.next() == b'"' {
                    let key_range = self.string();
                    self.step();
                    let key = decoded(&self.text[key_range.clone()]);
                    let value = self.value();
                    members.push(Member { key, key_range, value });
                    if self.next() == b'}' {
                        self.at += 1;
                        break;
                    }
                }
                Json { range: start..self.at, kind: JsonKind::Object(members) }
            }
            b'[' => {
                let mut items = Vec::new();
                self.at += 1;
                if self.next() == b']' {
                    self.at += 1;
                } else {
                    loop {
                        items.push(self.value());
                        if self.step() != b',' {
                            break;
                        }
                    }
                }
                Json { range: start..self.at, kind: JsonKind::Array(items) }
            }
            b'"' => {
                let range = self.string();
                let text = decoded(&self.text[range.clone()]);
                Json { range, kind: JsonKind::Text(text) }
            }
            _ => {
                let rest = &self.text[self.at..];
                self.at += rest.find([',', '}', ']', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
                Json { range: start..self.at, kind: JsonKind::Other }
            }
        }
    }

    /// Takes one mark, and says which.
    fn step(&mut self) -> u8 {
        let mark = self.next();
        // `{}`: the caller's loop ends on the brace itself.
        self.at = (self.at + 1).min(self.text.len());
        if mark == b'{' && self.next() == b'}' {
            self.at += 1;
            return b'}';
        }
        mark
    }

    /// The range between the quotes of the text that begins here.
    fn string(&mut self) -> Range<usize> {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut at = start;
        while at < bytes.len() && bytes[at] != b'"' {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        self.at = (at + 1).min(bytes.len());
        start..at.min(bytes.len())
    }
}

/// Whether a text of JSON is a template to Terraform.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("${") || text.contains("%{")
}

/// The text that stands between two quotes, without its escapes.
pub(crate) fn decoded(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_owned();
    }
    serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_else(|_| raw.to_owned())
}

/// The ranges of a text in JSON that are texts to Terraform too: outside of interpolations, and between the
/// (escaped) quotes within.
pub(crate) fn literals(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    // What is open: `false` an interpolation's braces, `true` a text within.
    let mut open: Vec<bool> = Vec::new();
    let (mut from, mut at) = (range.start, range.start);
    let mut close = |from: usize, to: usize| {
        if from < to {
            found.push(from..to);
        }
    };
    while at < range.end {
        let rest = &bytes[at..range.end];
        let in_text = open.last() != Some(&false);
        if in_text && (rest.starts_with(b"$${") || rest.starts_with(b"%%{")) {
            at += 3;
        } else if in_text && (rest.starts_with(b"${") || rest.starts_with(b"%{")) {
            close(from, at);
            open.push(false);
            at += 2;
        } else if rest.starts_with(b"\\\"") {
            match open.last() {
                Some(false) => {
                    open.push(true);
                    from = at + 2;
                }
                Some(true) => {
                    close(from, at);
                    open.pop();
                }
                None => {}
            }
            at += 2;
        } else if rest[0] == b'\\' {
            at += 2;
        } else {
            match (rest[0], open.last()) {
                (b'{', Some(false)) => open.push(false),
                (b'}', Some(false)) => {
                    open.pop();
                    from = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
    }
    if open.is_empty() {
        close(from, range.end);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_they_stand() {
        let text = "{\"a\" : [1, {\"b\":\"x\\\"y\"}, [], {}, null ],\n \"é\": {\"c\": {}}, \"d\": -1.5e3}";
        let json = Json::parse("x", text).unwrap();
        let keys: Vec<_> =
            json.members().iter().map(|member| (member.key.as_str(), &text[member.value.range.clone()])).collect();
        assert_eq!(keys, [("a", "[1, {\"b\":\"x\\\"y\"}, [], {}, null ]"), ("é", "{\"c\": {}}"), ("d", "-1.5e3")]);
        let inner = json.members()[0].value.members()[0];
        assert_eq!((inner.key.as_str(), inner.value.text()), ("b", Some("x\"y")));
        assert_eq!(&text[inner.value.range.clone()], "x\\\"y");
        for (text, line, column) in [("{\"a\":\n  1,}", 2, 5), ("", 1, 1), ("{\"a\" 1}", 1, 6)] {
            let SourceError::Syntax { span, .. } = Json::parse("x.tf.json", text).unwrap_err() else { panic!() };
            assert_eq!((span.start.line, span.start.column), (line, column), "{text}");
        }
    }

    #[test]
    fn blocks_are_found_in_objects_and_lists() {
        let text = r#"{"resource": [{"aws_x": {"a": {"n": 1}}}, {"aws_x": {"b": [{"n": 2}, {"n": 3}]}}], "provider": {"aws": [{}, {"alias": "b"}]}}"#;
        let json = Json::parse("x", text).unwrap();
        let found: Vec<_> = json
            .blocks("resource", 2)
            .into_iter()
            .map(|(labels, body)| (labels[1].key.clone(), text[body.range.clone()].to_owned()))
            .collect();
        let expected = [("a", "{\"n\": 1}"), ("b", "{\"n\": 2}"), ("b", "{\"n\": 3}")];
        assert_eq!(found, expected.map(|(name, body)| (name.to_owned(), body.to_owned())));
        assert_eq!(json.blocks("provider", 1).len(), 2);
    }

    #[test]
    fn interpolations_are_no_texts_but_have_some() {
        let text = r#"a-${aws_vpc.euw1.id}-b ${lookup(local.x, \"c\", { d = \"e-${var.f}\" })} $${g} \"h\""#;
        let found: Vec<_> = literals(text, 0..text.len()).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["a-", "-b ", "c", "e-", " $${g} \\\"h\\\""]);
    }
}
