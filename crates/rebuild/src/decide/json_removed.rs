//! Blocks of JSON that the standby does not have, and the values of what refers to them.

use super::json::{Json, JsonKind, Member};
use super::literal;
use super::ranges::is_within;
use super::recorded;
use super::removed::{Gone, reason_of};
use super::retarget::{Rule, Work};
use super::syntax::references_of_template;
use hcl_edit::template::Template;
use serde_json::Value;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Lists of addresses, in which what is gone has no place.
const ADDRESSES: [&str; 2] = ["depends_on", "replace_triggered_by"];

/// Takes what goes out of a file, and what refers to it gets its value.
pub(crate) fn remove(work: &mut Work<'_>, file: &Path, folder: &Path, gone: &Gone, modules: &[Vec<String>]) {
    let document = Arc::clone(&work.json[file]);
    let mut found = Vec::new();
    let mut path = Vec::new();
    let pruned = prune(&document.json, &mut path, &|path, value| rule_of(path, value, folder, gone), &mut found);
    if let Some(rule) = pruned {
        // Terraform takes an empty object for a file without blocks.
        let inner = document.json.range.start + 1..document.json.range.end.saturating_sub(1);
        found = vec![(inner, rule)];
    }
    for (range, rule) in &found {
        work.edit(file, range.clone(), "", *rule, reason_of(*rule));
    }
    let is_dropped = |range: &Range<usize>| found.iter().any(|(gone, _)| is_within(range, gone));
    let mut texts = Vec::new();
    collect(&document.json, &mut texts);
    for (range, text) in texts {
        if text.contains("${") && !is_dropped(&range) {
            let raw = &document.text[range.clone()];
            replace_references(work, file, (raw, range.start), text, folder, gone, modules);
        }
    }
}

/// By which rule what stands at a path goes.
fn rule_of(path: &[&str], value: &Json, folder: &Path, gone: &Gone) -> Option<Rule> {
    let address = |address: &str| {
        let mut steps = address.split(['.', '[']);
        gone.rule_of(folder, steps.next()?, steps.next()?)
    };
    match path {
        ["import"] => Some(Rule::Import),
        ["resource", resource_type, name] => gone.rule_of(folder, resource_type, name),
        [.., list] if ADDRESSES.contains(list) => value.text().and_then(address),
        _ => None,
    }
}

/// Finds the ranges that go, with their commas; all of a value goes where nothing would be left of it.
fn prune<'a>(
    value: &'a Json,
    path: &mut Vec<&'a str>,
    rule_of: &dyn Fn(&[&str], &Json) -> Option<Rule>,
    found: &mut Vec<(Range<usize>, Rule)>,
) -> Option<Rule> {
    // The parts of it: the name of each, where it stands, and its value.
    let parts: Vec<(Option<&str>, Range<usize>, &Json)> = match &value.kind {
        JsonKind::Object(members) => members
            .iter()
            .map(|Member { key, key_range, value }| (Some(key.as_str()), key_range.start - 1..whole(value).end, value))
            .collect(),
        JsonKind::Array(items) => items.iter().map(|item| (None, whole(item), item)).collect(),
        _ => Vec::new(),
    };
    let mut inner = Vec::new();
    let rules: Vec<Option<Rule>> = parts
        .iter()
        .map(|(name, _, value)| {
            path.extend(name);
            let rule = rule_of(path, value).or_else(|| prune(value, path, rule_of, &mut inner));
            if name.is_some() {
                path.pop();
            }
            rule
        })
        .collect();
    if !rules.is_empty() && rules.iter().all(Option::is_some) {
        return rules[0];
    }
    found.extend(inner.into_iter().filter(|(range, _)| {
        let is_in = |part: &Range<usize>| is_within(range, part);
        !parts.iter().zip(&rules).any(|((_, part, _), rule)| rule.is_some() && is_in(part))
    }));
    for (at, (_, part, _)) in parts.iter().enumerate() {
        let Some(rule) = rules[at] else { continue };
        // With the comma after it, or, of what comes last, the one before the first that goes.
        let range = match rules[at + 1..].iter().any(Option::is_none) {
            true => part.start..parts[at + 1].1.start,
            false => parts[at - 1].1.end..part.end,
        };
        found.push((range, rule));
    }
    None
}

/// A value with its quotes.
fn whole(value: &Json) -> Range<usize> {
    match value.kind {
        JsonKind::Text(_) => value.range.start - 1..value.range.end + 1,
        _ => value.range.clone(),
    }
}

fn collect<'a>(value: &'a Json, found: &mut Vec<(Range<usize>, &'a str)>) {
    if let JsonKind::Text(text) = &value.kind {
        found.push((value.range.clone(), text));
    }
    value.children().into_iter().for_each(|inner| collect(inner, found));
}

/// Replaces the references of a text that is a template to Terraform.
fn replace_references(
    work: &mut Work<'_>,
    file: &Path,
    (raw, start): (&str, usize),
    text: &str,
    folder: &Path,
    gone: &Gone,
    modules: &[Vec<String>],
) {
    let Ok(template) = text.parse::<Template>() else { return };
    for reference in references_of_template(&template) {
        let Some(rule) = gone.rule(&reference, folder) else { continue };
        let written = text.get(reference.span.clone()).unwrap_or_default();
        let whole = start..start + raw.len();
        let value = match recorded::value(work.input.recorded, modules, &reference) {
            Ok(value) => value,
            Err(why) => {
                let what =
                    format!("{written} is not made in the standby, and its value is not known: {}", why.reason());
                work.ask(file, whole, what, why.remedy(rule), None);
                continue;
            }
        };
        let places = places_of(raw, &escaped(written));
        if places.is_empty() {
            let needs = "write it without escapes, or the file as HCL";
            work.ask(file, whole, format!("{written} is not made in the standby"), needs, None);
        }
        for place in places {
            let (range, new) = written_as(raw, place, &value);
            let range = start + range.start..start + range.end;
            work.edit(file, range, new, rule, format!("the value of {written} in the primary's state"));
        }
    }
}

/// A value in place of a reference: as text in place of its interpolation, else as an expression.
fn written_as(raw: &str, place: Range<usize>, value: &Value) -> (Range<usize>, String) {
    let is_alone = raw[..place.start].ends_with("${") && raw[place.end..].starts_with('}');
    match value {
        Value::String(text) if is_alone => {
            (place.start - "${".len()..place.end + 1, escaped(&text.replace("${", "$${").replace("%{", "%%{")))
        }
        _ => (place, escaped(&literal::expression(value))),
    }
}

/// Where a reference is written, and not the beginning of a longer one.
fn places_of(raw: &str, written: &str) -> Vec<Range<usize>> {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[');
    let found = raw.match_indices(written).map(|(at, _)| at..at + written.len());
    found
        .filter(|place| {
            let before = place.start.checked_sub(1).and_then(|at| raw.as_bytes().get(at));
            !before.is_some_and(is_of_name) && !raw.as_bytes().get(place.end).is_some_and(is_of_name)
        })
        .collect()
}

/// A text as it stands between the quotes of JSON.
fn escaped(text: &str) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text without what is called `gone`, and `null` where nothing is left.
    fn without(text: &str) -> String {
        let json = Json::parse("x", text).unwrap();
        let mut found = Vec::new();
        let rule = |path: &[&str], value: &Json| {
            (path.last() == Some(&"gone") || value.text() == Some("gone")).then_some(Rule::Global)
        };
        if prune(&json, &mut Vec::new(), &rule, &mut found).is_some() {
            return "null".to_owned();
        }
        let mut left = text.to_owned();
        found.sort_by_key(|(range, _)| range.start);
        for (range, _) in found.into_iter().rev() {
            left.replace_range(range, "");
        }
        serde_json::from_str::<Value>(&left).expect("JSON");
        left
    }

    #[test]
    fn what_goes_takes_its_comma_and_what_is_left_empty() {
        for (text, left) in [
            (r#"{"a": 1, "gone": 2}"#, r#"{"a": 1}"#),
            (r#"{"gone": 2, "a": 1}"#, r#"{"a": 1}"#),
            (r#"{"a": {"gone": "x"}, "b": 1}"#, r#"{"b": 1}"#),
            (r#"{"a": ["gone", "x", "gone", "gone"]}"#, r#"{"a": ["x"]}"#),
            (r#"{"a": ["gone"], "b": {"c": {"gone": 1, "d": ["x"]}}}"#, r#"{"b": {"c": {"d": ["x"]}}}"#),
            ("{\n  \"b\": 1,\n  \"gone\": {}\n}", "{\n  \"b\": 1\n}"),
            (r#"{"gone": 1}"#, "null"),
            (r#"{"a": []}"#, r#"{"a": []}"#),
        ] {
            assert_eq!(without(text), left, "{text}");
        }
    }

    #[test]
    fn a_reference_is_no_part_of_a_longer_one() {
        let raw = "${aws_iam_role.r.arn}-${aws_iam_role.r.arns}-${f(aws_iam_role.r.arn)}";
        let places: Vec<usize> = places_of(raw, "aws_iam_role.r.arn").into_iter().map(|place| place.start).collect();
        assert_eq!(places, [2, 49]);
    }
}
