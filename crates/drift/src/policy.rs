//! Policies: JSON documents in which order means nothing.

use crate::equal::text;
use serde_json::Value;

/// A policy in canonical form; text that is no JSON stays text.
pub(crate) fn policy(value: &Value) -> Value {
    match value.as_str().map(serde_json::from_str::<Value>) {
        Some(Ok(document)) => canonical(document),
        _ => Value::String(text(value)),
    }
}

fn canonical(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(canonical).collect();
            items.sort_by_cached_key(Value::to_string);
            items.dedup();
            if items.len() == 1 { items.remove(0) } else { Value::Array(items) }
        }
        Value::Object(map) => {
            let field = |(name, value): (String, Value)| {
                let value = if name == "AWS" { whole_account(value) } else { value };
                (name, canonical(value))
            };
            let mut fields: Vec<(String, Value)> = map.into_iter().map(field).collect();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(fields.into_iter().collect())
        }
        Value::String(text) => Value::String(text),
        // IAM takes `true` and `"true"` for the same.
        scalar => Value::String(scalar.to_string()),
    }
}

/// Principals of whole accounts, which may be written as the account's id alone.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
fn whole_account(value: Value) -> Value {
    match value {
        Value::String(text) if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Value::String(format!("arn:aws:iam::{text}:root"))
        }
        Value::Array(items) => Value::Array(items.into_iter().map(whole_account).collect()),
        other => other,
    }
}

/// A document's statements in canonical form; none where it is no policy.
fn statements(value: &Value) -> Option<Vec<Value>> {
    let Value::Object(document) = policy(value) else { return None };
    Some(match document.get("Statement")? {
        Value::Array(statements) => statements.clone(),
        statement => vec![statement.clone()],
    })
}

/// Whether a policy grants more than it did, or denies less: a statement that allows was added or changed, or one
/// that denies was removed or changed. A text that is no policy on either side tells nothing.
pub(crate) fn is_weakened(old: &Value, new: &Value) -> bool {
    let empty = |value: &Value| crate::equal::is_empty(value).then(Vec::new);
    let (Some(old), Some(new)) = (statements(old).or_else(|| empty(old)), statements(new).or_else(|| empty(new)))
    else {
        return false;
    };
    let has = |statement: &Value, effect: &str| statement.get("Effect").is_some_and(|found| found == effect);
    new.iter().any(|statement| has(statement, "Allow") && !old.contains(statement))
        || old.iter().any(|statement| has(statement, "Deny") && !new.contains(statement))
}

/// Whether a policy allows something to everybody, with no condition on it.
pub(crate) fn is_public(value: &Value) -> bool {
    let everybody = |principal: &Value| {
        let star = |value: &Value| match value {
            Value::String(text) => text == "*",
            Value::Array(items) => items.iter().any(|item| item == "*"),
            _ => false,
        };
        star(principal) || principal.get("AWS").is_some_and(star)
    };
    statements(value).unwrap_or_default().iter().any(|statement| {
        statement.get("Effect").is_some_and(|effect| effect == "Allow")
            && statement.get("Principal").is_some_and(everybody)
            && statement.get("Condition").is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document(statements: &Value) -> Value {
        json!({"Version": "2012-10-17", "Statement": statements}).to_string().into()
    }

    #[test]
    fn weaker_is_more_allowed_or_less_denied() {
        let allow = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
        let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
        let wide = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        for (old, new, weaker) in [
            (json!([allow]), json!([allow, wide]), true),
            (json!([allow]), json!([wide]), true),
            (json!([allow, deny]), json!([allow]), true),
            (json!([allow]), json!([allow, deny]), false),
            (json!([allow, wide]), json!([allow]), false),
            (json!([allow, deny]), json!([deny, allow]), false),
        ] {
            assert_eq!(is_weakened(&document(&old), &document(&new)), weaker, "{old} {new}");
        }
        assert!(is_weakened(&json!(""), &document(&json!([allow]))));
        assert!(is_weakened(&document(&json!([deny])), &Value::Null));
        assert!(!is_weakened(&document(&json!([allow])), &json!("")));
        assert!(!is_weakened(&json!("a"), &json!("b")));
    }

    #[test]
    fn an_accounts_id_is_its_root() {
        let principal = |text: &str| document(&json!([{"Effect": "Allow", "Principal": {"AWS": [text]}}]));
        assert_eq!(policy(&principal("123456789012")), policy(&principal("arn:aws:iam::123456789012:root")));
        assert_ne!(policy(&principal("123456789012")), policy(&principal("arn:aws:iam::210987654321:root")));
    }

    #[test]
    fn public_is_everybody_without_a_condition() {
        let statement = |principal: Value| json!({"Effect": "Allow", "Action": "s3:*", "Principal": principal});
        for (principal, public) in [
            (json!("*"), true),
            (json!({"AWS": "*"}), true),
            (json!({"AWS": ["arn:aws:iam::1:root", "*"]}), true),
            (json!({"AWS": "arn:aws:iam::1:root"}), false),
            (json!({"Service": "lambda.amazonaws.com"}), false),
        ] {
            assert_eq!(is_public(&document(&json!([statement(principal.clone())]))), public, "{principal}");
        }
        let mut conditional = statement(json!("*"));
        conditional["Condition"] = json!({"StringEquals": {"aws:SourceAccount": "1"}});
        assert!(!is_public(&document(&json!([conditional]))));
    }
}
