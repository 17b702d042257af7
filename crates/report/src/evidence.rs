//! Evidence as rows to show: an object's differing keys one by one, a list by its differing elements, a
//! long text as a unified diff. What is the same on both sides is not shown.

use crate::clean;
use crate::theme::{self, Edit, Mark};
use pilotlight_findings::{Evidence, SENSITIVE};
use serde_json::{Map, Value};
use similar::TextDiff;

/// Lines of context around a change in a unified diff, as `diff -u` has them.
const CONTEXT_LINES: usize = 3;

/// One piece of evidence, ready to show.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// An attribute's old and new value, each on one line; none where it is absent.
    Values { attribute: String, old: Option<String>, new: Option<String> },
    /// The elements that only one side has, and how many both have.
    Elements { attribute: String, edits: Vec<(Edit, String)>, kept: usize },
    /// Both sides have the same elements, in another order.
    Order { attribute: String },
    /// A text line by line.
    Text { title: String, lines: Vec<(Edit, String)> },
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

/// All evidence of a finding, in its order.
pub(crate) fn rows(evidence: &[Evidence]) -> Vec<Row> {
    let mut rows = Vec::new();
    for piece in evidence {
        match piece {
            Evidence::Change { attribute, old, new } => change(&clean::line(attribute), old, new, &mut rows),
            Evidence::Diff { title, text } => {
                rows.push(Row::Text { title: clean::line(title), lines: diff_lines(text) });
            }
            Evidence::Fact { name, value } => {
                rows.push(Row::Fact { name: clean::line(name), value: clean::text(value) });
            }
        }
    }
    rows
}

fn change(attribute: &str, old: &Value, new: &Value, rows: &mut Vec<Row>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => objects(attribute, old, new, rows),
        (Value::Array(old), Value::Array(new)) => rows.push(lists(attribute, old, new)),
        (Value::Array(old), Value::Null) if !old.is_empty() => rows.push(lists(attribute, old, &[])),
        (Value::Null, Value::Array(new)) if !new.is_empty() => rows.push(lists(attribute, &[], new)),
        (Value::String(old), Value::String(new)) => rows.push(strings(attribute, old, new)),
        _ => rows.push(Row::Values { attribute: attribute.to_owned(), old: shown(old), new: shown(new) }),
    }
}

fn objects(attribute: &str, old: &Map<String, Value>, new: &Map<String, Value>, rows: &mut Vec<Row>) {
    let before = rows.len();
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    for key in keys {
        let (old, new) = (old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null));
        if old != new {
            change(&format!("{attribute}{}", path_step(key)), old, new, rows);
        }
    }
    if rows.len() == before {
        // Equal but for keys that are null on one side: the finding says it differs, so it is shown whole.
        let value = |map: &Map<String, Value>| Some(inline(&Value::Object(map.clone())));
        rows.push(Row::Values { attribute: attribute.to_owned(), old: value(old), new: value(new) });
    }
}

/// `.name`, or `["a.b"]` for a key that is no identifier, as Terraform writes them.
fn path_step(key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if plain { format!(".{key}") } else { format!("[{}]", quoted(key)) }
}

/// By elements and how often each is there, since most lists of AWS are sets.
fn lists(attribute: &str, old: &[Value], new: &[Value]) -> Row {
    let attribute = attribute.to_owned();
    let mut added: Vec<&Value> = new.iter().collect();
    let mut removed = Vec::new();
    for element in old {
        match added.iter().position(|candidate| *candidate == element) {
            Some(same) => {
                added.remove(same);
            }
            None => removed.push(element),
        }
    }
    let kept = old.len() - removed.len();
    if removed.is_empty() && added.is_empty() {
        return Row::Order { attribute };
    }
    let removed = removed.into_iter().map(|element| (Edit::Removed, inline(element)));
    let added = added.into_iter().map(|element| (Edit::Added, inline(element)));
    Row::Elements { attribute, edits: removed.chain(added).collect(), kept }
}

fn strings(attribute: &str, old: &str, new: &str) -> Row {
    if old == SENSITIVE && new == SENSITIVE {
        let another = "(another sensitive value)".to_owned();
        return Row::Values { attribute: attribute.to_owned(), old: Some(old.to_owned()), new: Some(another) };
    }
    let documents = document(old).zip(document(new)).filter(|(old, new)| old != new);
    let (old_text, new_text) = match &documents {
        Some((old, new)) => (old.as_str(), new.as_str()),
        None => (old, new),
    };
    if old_text.trim_end().contains('\n') || new_text.trim_end().contains('\n') {
        let diff = TextDiff::from_lines(old_text, new_text);
        let unified = diff.unified_diff().context_radius(CONTEXT_LINES).missing_newline_hint(false).to_string();
        return Row::Text { title: attribute.to_owned(), lines: diff_lines(&unified) };
    }
    let value = |text: &str| shown(&Value::String(text.to_owned()));
    Row::Values { attribute: attribute.to_owned(), old: value(old), new: value(new) }
}

/// A JSON object or list that is kept in a string, as policies are: indented, so that it can be compared by lines.
fn document(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    (value.is_object() || value.is_array()).then(|| format!("{value:#}\n"))
}

/// The lines of a unified diff with what each means.
fn diff_lines(text: &str) -> Vec<(Edit, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let file_at = |at: usize| {
        lines.get(at).is_some_and(|line| line.starts_with("--- "))
            && lines.get(at + 1).is_some_and(|line| line.starts_with("+++ "))
    };
    let edit = |at: usize, line: &str| {
        if file_at(at) || (at > 0 && file_at(at - 1)) || line.starts_with("@@") {
            (Edit::Heading, clean::text(line))
        } else if let Some(rest) = line.strip_prefix('-') {
            (Edit::Removed, clean::text(rest))
        } else if let Some(rest) = line.strip_prefix('+') {
            (Edit::Added, clean::text(rest))
        } else {
            (Edit::Kept, clean::text(line.strip_prefix(' ').unwrap_or(line)))
        }
    };
    lines.iter().enumerate().map(|(at, line)| edit(at, line)).collect()
}

fn shown(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| inline(value))
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
        let mut rows = rows(&[Evidence::change("a", old, new)]);
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
        assert_eq!(row, Row::Elements { attribute: "a".into(), edits, kept: 2 });
    }

    #[test]
    fn a_repeated_element_counts() {
        let row = row(json!(["x"]), json!(["x", "x"]));
        let edits = vec![(Edit::Added, "\"x\"".into())];
        assert_eq!(row, Row::Elements { attribute: "a".into(), edits, kept: 1 });
    }

    #[test]
    fn another_order_is_said() {
        assert_eq!(row(json!([1, 2]), json!([2, 1])), Row::Order { attribute: "a".into() });
    }

    #[test]
    fn objects_show_their_differing_keys_by_path() {
        let rows = rows(&[Evidence::change(
            "tags",
            json!({"Name": "web", "same": 1, "a.b": "x"}),
            json!({"Name": "api", "same": 1, "new": "y"}),
        )]);
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
}
