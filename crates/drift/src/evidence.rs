//! Differences as evidence: sensitive values taken out, long texts as diffs.

use crate::compare::Difference;
use crate::confidential::hidden;
use crate::equal::items;
use crate::policy::policy;
use pilotlight_findings::{Evidence, SENSITIVE};
use pilotlight_tfstate::{AttributePath, is_sensitive};
use serde_json::Value;

/// A text longer than this, or with line breaks in it, is shown as a diff: it would not fit a table's cell.
const LONG_TEXT: usize = 200;

/// Characters of a value in a message, which is one line.
const MESSAGE_VALUE: usize = 80;

/// One piece of evidence for each difference, in order.
pub(crate) fn evidence(differences: &[Difference], sensitive: &[AttributePath]) -> Vec<Evidence> {
    differences.iter().map(|difference| piece(difference, sensitive)).collect()
}

fn piece(difference: &Difference, sensitive: &[AttributePath]) -> Evidence {
    // The state names secrets by the whole path, a difference may be above or below it: compared by attribute,
    // more is hidden, never less.
    if difference.secret || is_sensitive(&AttributePath::attribute(&difference.attribute), sensitive) {
        let hidden = |value: &Value| if value.is_null() { Value::Null } else { SENSITIVE.into() };
        return Evidence::change(&difference.path, hidden(&difference.old), hidden(&difference.new));
    }
    let (old_value, new_value) = hidden(&difference.path, &difference.old, &difference.new);
    if let (Some(old), Some(new)) = (long_text(&old_value), long_text(&new_value))
        && (is_long(&old) || is_long(&new))
    {
        let (old, new) = policies(&old_value, &new_value).unwrap_or((old, new));
        let diff = similar::TextDiff::from_lines(&old, &new);
        let text = diff.unified_diff().header("state", "live").to_string();
        return Evidence::Diff { title: difference.path.clone(), text };
    }
    Evidence::change(&difference.path, old_value, new_value)
}

/// Two policies in one form, so that a diff shows what was changed and not what AWS writes in its own order.
fn policies(old: &Value, new: &Value) -> Option<(String, String)> {
    let laid_out = |value: &Value| {
        let policy = policy(value);
        policy.get("Statement")?;
        Some(serde_json::to_string_pretty(&policy).ok()? + "\n")
    };
    let (old, new) = (laid_out(old)?, laid_out(new)?);
    (old != new).then_some((old, new))
}

/// A text, with JSON in it laid out in lines; `null` is an empty one.
fn long_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => "",
        Value::String(text) => text,
        _ => return None,
    };
    let laid_out = || {
        let has_lines = |value: &Value| value.is_object() || items(value).iter().any(Value::is_object);
        let document: Value = serde_json::from_str(text).ok().filter(has_lines)?;
        serde_json::to_string_pretty(&document).ok()
    };
    let mut text = laid_out().unwrap_or_else(|| text.to_owned());
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    Some(text)
}

fn is_long(text: &str) -> bool {
    text.len() > LONG_TEXT || text.trim_end().contains('\n')
}

/// One line for a set of changes.
pub(crate) fn message(evidence: &[Evidence]) -> String {
    match evidence {
        [Evidence::Change { attribute, old, new }] => change(attribute, old, new),
        [Evidence::Diff { title, .. }] => format!("{title} is another text than in the state"),
        many => {
            let mut names: Vec<&str> = Vec::new();
            for piece in many {
                let name = match piece {
                    Evidence::Change { attribute, .. } => attribute,
                    Evidence::Diff { title, .. } => title,
                    Evidence::Fact { .. } => continue,
                };
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
            format!("{} differ{} from the state", names.join(", "), if names.len() == 1 { "s" } else { "" })
        }
    }
}

/// Attributes of which a difference is one element, as text.
const ELEMENTS: &[&str] = &["ingress", "egress", "route"];

fn change(attribute: &str, old: &Value, new: &Value) -> String {
    let element = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match (ELEMENTS.contains(&attribute), old.is_null(), new.is_null()) {
        (true, true, _) => format!("{attribute} has one more: {}", element(new)),
        (true, _, true) => format!("{attribute} lacks one: {}", element(old)),
        _ if old == SENSITIVE && new == SENSITIVE => {
            format!("{attribute} is another value than in the state, and sensitive")
        }
        // Blocks are read in the evidence: on one line, cut off in the middle, they tell nobody anything.
        _ if !fits(old) || !fits(new) => format!("{attribute} differs from the state"),
        (_, true, _) => format!("{attribute} is {}, and not set in the state", shown(new)),
        (_, _, true) => format!("{attribute} is not set, and {} in the state", shown(old)),
        _ => format!("{attribute} is {}, and {} in the state", shown(new), shown(old)),
    }
}

/// Whether a value can stand in a message: no block, and not too long.
fn fits(value: &Value) -> bool {
    let has_block = match value {
        Value::Object(_) => true,
        Value::Array(items) => items.iter().any(|item| item.is_object() || item.is_array()),
        _ => false,
    };
    !has_block && shown(value).chars().count() <= MESSAGE_VALUE
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text == SENSITIVE => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sensitive_value_is_never_shown() {
        let difference = Difference {
            path: "config[0].password".into(),
            ..Difference::of("config", &json!("old secret"), &json!("new secret"))
        };
        let shown = evidence(&[difference], &[AttributePath::attribute("config")]);
        assert_eq!(shown, [Evidence::change("config[0].password", json!(SENSITIVE), json!(SENSITIVE))]);
        assert_eq!(message(&shown), "config[0].password is another value than in the state, and sensitive");
    }

    #[test]
    fn what_a_machine_runs_when_it_starts_is_never_shown() {
        let script = json!("IyEvYmluL3NoCmV4cG9ydCBQQVNTV09SRD1wbGFudGVk");
        let of = |attribute: &str, path: &str, old: &Value, new: &Value| {
            let difference = Difference { path: path.into(), ..Difference::of(attribute, old, new) };
            format!("{:?}", evidence(&[difference], &[]))
        };
        let spec = |size: u32| json!([{"instance_type": "t3.micro", "size": size, "user_data": script}]);
        for told in [
            of("user_data", "user_data", &script, &json!("b3RoZXI=")),
            of("user_data_base64", "user_data_base64", &Value::Null, &script),
            of("launch_specification", "launch_specification[0].user_data", &script, &json!("")),
            of("launch_specification", "launch_specification", &spec(1), &spec(2)),
        ] {
            assert!(!told.contains("IyEvYmlu") && !told.contains("b3RoZXI="), "{told}");
            assert!(told.contains(SENSITIVE), "{told}");
        }
        let none = of(
            "launch_specification",
            "launch_specification",
            &json!([{"user_data": ""}]),
            &json!([{"user_data": null}]),
        );
        assert!(!none.contains(SENSITIVE), "{none}");
    }

    #[test]
    fn a_policy_is_shown_as_a_diff() {
        let old = json!("{\"Statement\":[{\"Effect\":\"Allow\"}]}");
        let new = json!("{\"Statement\":[{\"Effect\":\"Deny\"}]}");
        let [Evidence::Diff { title, text }] = &evidence(&[Difference::of("policy", &old, &new)], &[])[..] else {
            panic!("a diff")
        };
        assert_eq!(title, "policy");
        assert!(text.contains("-    \"Effect\": \"Allow\"\n+    \"Effect\": \"Deny\"\n"), "{text}");
        let containers = |image: &str| json!(format!("[{{\"name\":\"web\",\"image\":\"{image}\"}}]"));
        let [Evidence::Diff { text, .. }] =
            &evidence(&[Difference::of("x", &containers("a"), &containers("b"))], &[])[..]
        else {
            panic!("a diff")
        };
        assert!(text.contains("-    \"image\": \"a\"\n+    \"image\": \"b\""), "{text}");
    }

    #[test]
    fn a_diff_of_policies_shows_what_was_changed_and_no_other_order() {
        let old =
            json!(r#"{"Statement":[{"Action":["s3:Get","s3:List"],"Effect":"Allow","Resource":["*"]}],"Version":"1"}"#);
        let new =
            json!(r#"{"Version":"1","Statement":[{"Effect":"Allow","Resource":"*","Action":["s3:List","s3:Put"]}]}"#);
        let [Evidence::Diff { text, .. }] = &evidence(&[Difference::of("policy", &old, &new)], &[])[..] else {
            panic!("a diff")
        };
        let changed: Vec<&str> =
            text.lines().skip(2).filter(|line| line.starts_with(['+', '-'])).map(str::trim_end).collect();
        assert_eq!(changed, ["-      \"s3:Get\",", "-      \"s3:List\"", "+      \"s3:List\",", "+      \"s3:Put\""]);
    }

    #[test]
    fn short_values_are_shown_in_the_message() {
        let shown = evidence(&[Difference::of("ttl", &json!(30), &json!(300))], &[]);
        assert_eq!(message(&shown), "ttl is 300, and 30 in the state");
    }

    #[test]
    fn what_does_not_fit_on_a_line_is_left_to_the_evidence() {
        let told = |old: Value, new: Value| message(&evidence(&[Difference::of("alias", &old, &new)], &[]));
        assert_eq!(told(json!([{"name": "a"}]), json!([{"name": "b"}])), "alias differs from the state");
        assert_eq!(told(json!([]), json!(["a".repeat(100)])), "alias differs from the state");
        assert_eq!(told(json!(["a"]), json!(["b"])), "alias is [\"b\"], and [\"a\"] in the state");
    }
}
