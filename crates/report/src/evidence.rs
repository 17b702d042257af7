//! Evidence as rows to show: an object's differing keys one by one, a list by its differing elements, a
//! long text as a unified diff. What is the same on both sides is not shown.

use crate::clean;
use crate::cut::{self, Limits};
use crate::theme::{self, Edit, Mark};
use crate::words::count;
use pilotlight_findings::{Evidence, SENSITIVE};
use serde_json::{Map, Value};
use similar::TextDiff;
use std::collections::HashMap;

/// Lines of context around a change in a unified diff, as `diff -u` has them.
const CONTEXT_LINES: usize = 3;

/// Texts with more lines than this, together, are not aligned line by line: that takes time that grows with the
/// product of both, and such a text was written by a program.
const ALIGNED_LINES: usize = 4_000;

/// One piece of evidence, ready to show.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// An attribute's old and new value, each on one line; none where it is absent.
    Values { attribute: String, old: Option<String>, new: Option<String> },
    /// The elements that only one side has, how many more of them there are, and how many both have.
    Elements { attribute: String, edits: Vec<(Edit, String)>, more: usize, kept: usize },
    /// Both sides have the same elements, in another order.
    Order { attribute: String },
    /// A text line by line, and how many more lines there are.
    Text { title: String, lines: Vec<(Edit, String)>, more: usize },
    /// A named value.
    Fact { name: String, value: String },
}

impl Row {
    /// What a reader sees first: changed, added or missing. A fact and a text have none.
    pub(crate) fn mark(&self) -> Option<Mark> {
        match self {
            Self::Values { old: None, .. } => Some(theme::ADDED),
            Self::Values { new: None, .. } => Some(theme::MISSING),
            Self::Values { .. } | Self::Elements { .. } | Self::Order { .. } => Some(theme::CHANGED),
            Self::Text { .. } | Self::Fact { .. } => None,
        }
    }
}

/// All evidence of a finding, in its order, and no more of it than the limits.
pub(crate) fn rows(evidence: &[Evidence], limits: Limits) -> Vec<Row> {
    let mut rows = Rows { rows: Vec::new(), limits };
    for piece in evidence {
        match piece {
            Evidence::Change { attribute, old, new } => rows.change(&clean::line(attribute), old, new),
            Evidence::Diff { title, text } => rows.text(&clean::line(title), diff_lines(text)),
            Evidence::Fact { name, value } => rows.fact(name, value),
        }
    }
    rows.rows
}

/// The two sides of a change in a few words, each on one line; none where it is absent.
pub(crate) fn sides(old: &Value, new: &Value, limit: usize) -> (Option<String>, Option<String>) {
    let cut = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) if text != SENSITIVE => Some(cut::head(text, limit).display(quoted)),
        value => Some(cut::one(&inline(value), limit)),
    };
    (cut(old), cut(new))
}

/// Rows as they are made.
struct Rows {
    rows: Vec<Row>,
    limits: Limits,
}

/// `.name`, or `["a.b"]` for a key that is no identifier, as Terraform writes them.
fn path_step(key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if plain { format!(".{key}") } else { format!("[{}]", quoted(key)) }
}

impl Rows {
    fn change(&mut self, attribute: &str, old: &Value, new: &Value) {
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => self.objects(attribute, old, new),
            (Value::Array(old), Value::Array(new)) => self.lists(attribute, old, new),
            (Value::Array(old), Value::Null) if !old.is_empty() => self.lists(attribute, old, &[]),
            (Value::Null, Value::Array(new)) if !new.is_empty() => self.lists(attribute, &[], new),
            (Value::String(old), Value::String(new)) => self.strings(attribute, old, new),
            (Value::String(old), Value::Null) if is_text(old) => {
                let old = document(old).unwrap_or_else(|| old.clone());
                self.text(&format!("{attribute} (absent now)"), compared(&old, ""));
            }
            (Value::Null, Value::String(new)) if is_text(new) => {
                let new = document(new).unwrap_or_else(|| new.clone());
                self.text(&format!("{attribute} (was absent)"), compared("", &new));
            }
            _ => {
                let (old, new) = sides(old, new, self.limits.value);
                self.rows.push(Row::Values { attribute: attribute.to_owned(), old, new });
            }
        }
    }

    fn objects(&mut self, attribute: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let before = self.rows.len();
        let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
        for key in keys {
            let (old, new) = (old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null));
            if old != new {
                self.change(&format!("{attribute}{}", path_step(key)), old, new);
            }
        }
        if self.rows.len() == before {
            // Equal but for keys that are null on one side: the finding says it differs, so it is shown whole.
            let (old, new) = sides(&Value::Object(old.clone()), &Value::Object(new.clone()), self.limits.value);
            self.rows.push(Row::Values { attribute: attribute.to_owned(), old, new });
        }
    }

    /// By elements and how often each is there, since most lists of AWS are sets.
    fn lists(&mut self, attribute: &str, old: &[Value], new: &[Value]) {
        let attribute = attribute.to_owned();
        // Counted by their text, so that a list of thousands is no matter of millions of comparisons.
        let mut surplus: HashMap<String, usize> = HashMap::new();
        for element in new {
            *surplus.entry(key(element)).or_default() += 1;
        }
        let mut take = |element: &Value| match surplus.get_mut(&key(element)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        };
        let removed: Vec<&Value> = old.iter().filter(|element| !take(element)).collect();
        let kept = old.len() - removed.len();
        // What is left was added; of equal elements the last ones, as a reader would say.
        let added: Vec<&Value> = new.iter().rev().filter(|element| take(element)).collect();
        if removed.is_empty() && added.is_empty() {
            return self.rows.push(Row::Order { attribute });
        }
        let more = (removed.len() + added.len()).saturating_sub(self.limits.elements);
        let removed = removed.into_iter().map(|element| (Edit::Removed, element));
        let added = added.into_iter().rev().map(|element| (Edit::Added, element));
        let edits = removed
            .chain(added)
            .take(self.limits.elements)
            .map(|(edit, element)| (edit, cut::one(&inline(element), self.limits.value)))
            .collect();
        self.rows.push(Row::Elements { attribute, edits, more, kept });
    }

    fn strings(&mut self, attribute: &str, old: &str, new: &str) {
        if old == SENSITIVE && new == SENSITIVE {
            let another = "(another sensitive value)".to_owned();
            let old = Some(old.to_owned());
            return self.rows.push(Row::Values { attribute: attribute.to_owned(), old, new: Some(another) });
        }
        let documents = document(old).zip(document(new)).filter(|(old, new)| old != new);
        let (old_text, new_text) = match &documents {
            Some((old, new)) => (old.as_str(), new.as_str()),
            None => (old, new),
        };
        if old_text.trim_end().contains('\n') || new_text.trim_end().contains('\n') {
            return self.text(attribute, compared(old_text, new_text));
        }
        let (old, new) = match cut::pair(old, new, self.limits.value) {
            Some((old, new)) => (old.display(quoted), new.display(quoted)),
            None => (inline(&Value::from(old)), inline(&Value::from(new))),
        };
        self.rows.push(Row::Values { attribute: attribute.to_owned(), old: Some(old), new: Some(new) });
    }

    fn text(&mut self, title: &str, mut lines: Vec<(Edit, String)>) {
        let more = lines.len().saturating_sub(self.limits.lines);
        lines.truncate(self.limits.lines);
        cut_lines(&mut lines, self.limits.value);
        for (_, line) in &mut lines {
            *line = clean::text(line);
        }
        self.rows.push(Row::Text { title: title.to_owned(), lines, more });
    }

    fn fact(&mut self, name: &str, value: &str) {
        let lines: Vec<&str> = value.lines().collect();
        let shown = lines.iter().take(self.limits.lines).map(|line| clean::text(&cut::one(line, self.limits.value)));
        let mut value = shown.collect::<Vec<_>>().join("\n");
        if lines.len() > self.limits.lines {
            value.push_str(&format!("\n… {}", count((lines.len() - self.limits.lines) as u64, "more line")));
        }
        self.rows.push(Row::Fact { name: clean::line(name), value });
    }
}

/// What two equal elements have in common: their text, whatever the order of their keys.
fn key(element: &Value) -> String {
    let mut element = element.clone();
    element.sort_all_objects();
    element.to_string()
}

/// Whether a text is read by lines: it has several, or holds a document.
fn is_text(text: &str) -> bool {
    text.trim_end().contains('\n') || document(text).is_some()
}

/// Long lines, cut. A line that was replaced by another is cut where the two differ.
fn cut_lines(lines: &mut [(Edit, String)], limit: usize) {
    let mut at = 0;
    while at < lines.len() {
        if let [(Edit::Removed, old), (Edit::Added, new), ..] = &mut lines[at..]
            && let Some((old_part, new_part)) = cut::pair(old, new, limit)
        {
            (*old, *new) = (old_part.display(str::to_owned), new_part.display(str::to_owned));
            at += 2;
            continue;
        }
        lines[at].1 = cut::one(&lines[at].1, limit);
        at += 1;
    }
}

/// Two texts as the lines of a unified diff.
fn compared(old: &str, new: &str) -> Vec<(Edit, String)> {
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    if old_lines.len() + new_lines.len() <= ALIGNED_LINES {
        let diff = TextDiff::from_lines(old, new);
        let unified = diff.unified_diff().context_radius(CONTEXT_LINES).missing_newline_hint(false).to_string();
        return diff_lines(&unified);
    }
    let same_start = old_lines.iter().zip(&new_lines).take_while(|(a, b)| a == b).count();
    let rest = old_lines.len().min(new_lines.len()) - same_start;
    let same_end = old_lines.iter().rev().zip(new_lines.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let middle = |lines: &[&str], edit: Edit| -> Vec<(Edit, String)> {
        lines[same_start..lines.len() - same_end].iter().map(|line| (edit, (*line).to_owned())).collect()
    };
    let heading = format!("@@ from line {} @@", same_start + 1);
    let mut lines = vec![(Edit::Heading, heading)];
    // In turn, so that both sides are seen where the lines are many.
    let (mut removed, mut added) =
        (middle(&old_lines, Edit::Removed).into_iter(), middle(&new_lines, Edit::Added).into_iter());
    loop {
        let (old, new) = (removed.next(), added.next());
        if old.is_none() && new.is_none() {
            return lines;
        }
        lines.extend(old.into_iter().chain(new));
    }
}

/// A JSON object or list that is kept in a string, as policies are: indented and with its keys in order, so that
/// it can be compared by lines. AWS answers with another order than it was given.
fn document(text: &str) -> Option<String> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let mut value: Value = serde_json::from_str(text).ok()?;
    value.sort_all_objects();
    Some(format!("{value:#}\n"))
}

/// The lines of a unified diff with what each means, as they are.
fn diff_lines(text: &str) -> Vec<(Edit, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let file_at = |at: usize| {
        lines.get(at).is_some_and(|line| line.starts_with("--- "))
            && lines.get(at + 1).is_some_and(|line| line.starts_with("+++ "))
    };
    let edit = |at: usize, line: &str| {
        if file_at(at) || (at > 0 && file_at(at - 1)) || line.starts_with("@@") {
            (Edit::Heading, line.to_owned())
        } else if let Some(rest) = line.strip_prefix('-') {
            (Edit::Removed, rest.to_owned())
        } else if let Some(rest) = line.strip_prefix('+') {
            (Edit::Added, rest.to_owned())
        } else {
            (Edit::Kept, line.strip_prefix(' ').unwrap_or(line).to_owned())
        }
    };
    lines.iter().enumerate().map(|(at, line)| edit(at, line)).collect()
}

/// A value on one line, as HCL writes it. An object's empty members are left out: AWS answers a security
/// group's rule with nine attributes of which four say something.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) if text == SENSITIVE => text.clone(),
        Value::String(text) => quoted(text),
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let said: Vec<String> = members
                .iter()
                .filter(|(_, value)| !says_nothing(value))
                .map(|(key, value)| format!("{} = {}", clean::line(key), inline(value)))
                .collect();
            if said.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", said.join(", ")) }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn quoted(text: &str) -> String {
    // `Value`'s own writing escapes quotes and control characters; the marks of direction it leaves.
    clean::line(&Value::String(text.to_owned()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(old: Value, new: Value) -> Row {
        let mut rows = rows(&[Evidence::change("a", old, new)], Limits::BRIEF);
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    fn values(attribute: &str, old: Option<&str>, new: Option<&str>) -> Row {
        Row::Values { attribute: attribute.into(), old: old.map(Into::into), new: new.map(Into::into) }
    }

    #[test]
    fn scalars_and_absence() {
        assert_eq!(row(json!("x"), json!("y")), values("a", Some("\"x\""), Some("\"y\"")));
        assert_eq!(row(json!(null), json!(8080)), values("a", None, Some("8080")));
        assert_eq!(row(json!(true), json!(null)), values("a", Some("true"), None));
        assert_eq!(row(json!(null), json!(8080)).mark(), Some(theme::ADDED));
    }

    #[test]
    fn sensitive_values_stay_covered() {
        let row = row(json!(SENSITIVE), json!(SENSITIVE));
        assert_eq!(row, values("a", Some("(sensitive value)"), Some("(another sensitive value)")));
    }

    #[test]
    fn lists_show_their_differing_elements_alone() {
        let row = row(json!(["10.0.0.0/8", "10.9.0.0/16", "x"]), json!(["x", "0.0.0.0/0", "10.0.0.0/8"]));
        let edits = vec![(Edit::Removed, "\"10.9.0.0/16\"".into()), (Edit::Added, "\"0.0.0.0/0\"".into())];
        assert_eq!(row, Row::Elements { attribute: "a".into(), edits, more: 0, kept: 2 });
    }

    #[test]
    fn a_repeated_element_counts() {
        let row = row(json!(["x"]), json!(["x", "x"]));
        let edits = vec![(Edit::Added, "\"x\"".into())];
        assert_eq!(row, Row::Elements { attribute: "a".into(), edits, more: 0, kept: 1 });
    }

    #[test]
    fn another_order_is_said() {
        assert_eq!(row(json!([1, 2]), json!([2, 1])), Row::Order { attribute: "a".into() });
    }

    #[test]
    fn objects_show_their_differing_keys_by_path() {
        let change = Evidence::change(
            "tags",
            json!({"Name": "web", "same": 1, "a.b": "x"}),
            json!({"Name": "api", "same": 1, "new": "y"}),
        );
        let rows = rows(&[change], Limits::BRIEF);
        assert_eq!(
            rows,
            [
                values("tags.Name", Some("\"web\""), Some("\"api\"")),
                values("tags[\"a.b\"]", Some("\"x\""), None),
                values("tags.new", None, Some("\"y\"")),
            ]
        );
    }

    #[test]
    fn rules_leave_out_what_says_nothing() {
        let rule = json!({"cidr_blocks": ["0.0.0.0/0"], "description": "", "from_port": 22, "self": false, "x": []});
        let Row::Elements { edits, .. } = row(json!([]), json!([rule])) else { panic!("a list") };
        assert_eq!(edits[0].1, "{ cidr_blocks = [\"0.0.0.0/0\"], from_port = 22, self = false }");
    }

    #[test]
    fn policies_in_strings_are_compared_by_lines() {
        let old = json!({"Statement": [{"Action": "s3:GetObject"}]}).to_string();
        let new = json!({"Statement": [{"Action": "s3:*"}]}).to_string();
        let Row::Text { lines, .. } = row(json!(old), json!(new)) else { panic!("a text") };
        assert!(lines.contains(&(Edit::Removed, "      \"Action\": \"s3:GetObject\"".into())), "{lines:?}");
        assert!(lines.contains(&(Edit::Added, "      \"Action\": \"s3:*\"".into())), "{lines:?}");
    }

    #[test]
    fn a_policy_with_another_layout_is_no_empty_diff() {
        assert_eq!(
            row(json!("{\"a\":1}"), json!("{\"a\": 1}")),
            values("a", Some(r#""{\"a\":1}""#), Some(r#""{\"a\": 1}""#))
        );
    }

    #[test]
    fn a_removed_line_of_dashes_is_no_heading() {
        let lines = diff_lines("--- a\n+++ b\n@@ -1,2 +1 @@\n--- x\n y\n");
        let edits: Vec<Edit> = lines.iter().map(|(edit, _)| *edit).collect();
        assert_eq!(edits, [Edit::Heading, Edit::Heading, Edit::Heading, Edit::Removed, Edit::Kept]);
    }

    fn lines(row: &Row) -> String {
        let Row::Text { lines, .. } = row else { panic!("a text: {row:?}") };
        lines.iter().map(|(edit, line)| format!("{}{line}\n", theme::of_edit(*edit).symbol)).collect()
    }

    #[test]
    fn a_policy_whose_keys_are_in_another_order_shows_what_changed_alone() {
        let old = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject"}]}"#;
        let new = r#"{"Statement":[{"Action":"s3:*","Effect":"Allow"}],"Version":"2012-10-17"}"#;
        let text = lines(&row(json!(old), json!(new)));
        let changed: Vec<&str> = text.lines().filter(|line| line.starts_with(['-', '+'])).collect();
        assert_eq!(changed, ["-      \"Action\": \"s3:GetObject\",", "+      \"Action\": \"s3:*\","]);
    }

    #[test]
    fn a_policy_that_is_gone_is_shown_by_lines() {
        let row = row(json!("{\"Statement\":[]}"), json!(null));
        let Row::Text { title, .. } = &row else { panic!("a text: {row:?}") };
        assert_eq!(title, "a (absent now)");
        let text = lines(&row);
        assert_eq!(text, " @@ -1,3 +0,0 @@\n-{\n-  \"Statement\": []\n-}\n");
    }

    #[test]
    fn rules_whose_keys_are_in_another_order_are_the_same() {
        let row = row(json!([{"a": 1, "b": 2}]), json!([{"b": 2, "a": 1}, {"c": 3}]));
        let edits = vec![(Edit::Added, "{ c = 3 }".into())];
        assert_eq!(row, Row::Elements { attribute: "a".into(), edits, more: 0, kept: 1 });
    }

    #[test]
    fn a_value_of_20_kb_shows_where_it_changed() {
        let old = format!("#!/bin/sh {} QUEUE=orders {}", "x".repeat(10_000), "y".repeat(10_000));
        let Row::Values { old: Some(shown), new: Some(new), .. } =
            row(json!(old), json!(old.replace("orders", "spam")))
        else {
            panic!("values")
        };
        assert!(shown.contains("QUEUE=orders ") && new.contains("QUEUE=spam "), "{shown} {new}");
        assert!(shown.len() < 150 && shown.contains("characters before, "), "{shown}");
        let Row::Values { old: Some(shown), new: None, .. } = row(json!(old), json!(null)) else { panic!("values") };
        assert!(shown.ends_with("…\" (19,624 characters after)"), "{shown}");
    }

    #[test]
    fn long_lists_lines_and_texts_are_counted() {
        let many: Vec<String> = (0..100).map(|n| format!("10.0.0.{n}/32")).collect();
        let Row::Elements { edits, more, kept, .. } = row(json!(["x"]), json!([vec!["x".to_owned()], many].concat()))
        else {
            panic!("a list")
        };
        assert_eq!((edits.len(), more, kept), (12, 88, 1));
        let script = |n: usize, word: &str| format!("start\n{}", format!("{}{word}\n", "z".repeat(1_000)).repeat(n));
        let Row::Text { lines, more, .. } = row(json!(script(40, "a")), json!(script(40, "b"))) else {
            panic!("a text")
        };
        assert_eq!((lines.len(), more), (24, 58));
        assert!(lines.iter().all(|(_, line)| line.chars().count() < 460), "{lines:?}");
    }

    #[test]
    fn texts_too_long_to_align_show_where_they_part() {
        let text = |word: &str| {
            (0..6_000).map(|n| format!("{n} {}\n", if n > 100 { word } else { "same" })).collect::<String>()
        };
        let Row::Text { lines, more, .. } = row(json!(text("a")), json!(text("b"))) else { panic!("a text") };
        assert_eq!(lines[0], (Edit::Heading, "@@ from line 102 @@".into()));
        assert_eq!(lines[1], (Edit::Removed, "101 a".into()));
        assert_eq!(lines[2], (Edit::Added, "101 b".into()));
        assert_eq!(lines.len() + more, 1 + 2 * 5_899);
    }
}
