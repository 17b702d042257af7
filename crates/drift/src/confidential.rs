//! Values that no schema calls a secret and that often are one: variables of an environment, what a machine runs when
//! it starts, what is called a password in a map, the password in a URL, a private key in a text.
//!
//! They are taken out of what is shown. That they differ is told all the same.

use pilotlight_findings::SENSITIVE;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// In place of a value that the state does not have: that there is another one is to be seen in a diff.
const OTHER: &str = "(sensitive, not the state's)";

/// Where variables of an environment and headers with a shared secret stand: the end of the path, without indices.
const VARIABLES: &[&str] = &[
    // aws_lambda_function
    "environment.variables",
    // aws_amplify_app, aws_amplify_branch, aws_codepipeline
    "environment_variables",
    // aws_codebuild_project
    "environment_variable.value",
    // aws_apprunner_service
    "runtime_environment_variables",
    // aws_sagemaker_model, aws_sagemaker_processing_job
    "container.environment",
    "primary_container.environment",
    // aws_cloudfront_distribution
    "custom_header.value",
];

/// Fields that hold what a machine runs when it starts, as text or in base64: people write passwords and tokens into
/// them.
const START_UP: &[&str] = &["user_data", "user_data_base64"];

/// Attributes that are JSON with definitions of containers, each with its `environment`.
const CONTAINERS: &[&str] = &["container_definitions", "container_properties", "ecs_properties", "node_properties"];

/// The last word of names that call a thing a secret; a word before may be written together with it.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "pass",
    "pw",
    "secret",
    "token",
    "credential",
    "credentials",
    "apikey",
];

/// Words that make a key a secret one: `private_key`.
const SECRET_KEYS: &[&str] = &["api", "private", "access", "account", "signing", "encryption", "shared"];

/// The shortest word that is looked for at the end of a longer one: `pw` ends too many.
const SHORTEST_ENDING: usize = 5;

/// Both sides of a difference, without such values.
pub(crate) fn hidden(path: &str, old: &Value, new: &Value) -> (Value, Value) {
    let mut seen = HashSet::new();
    let (place, keys) = (without_indices(path), last_key(path));
    let starts = place.rsplit('.').next().is_some_and(|field| START_UP.contains(&field));
    let whole = starts || is_variable(&place) || keys.is_some_and(calls_a_secret);
    let mut hide = |value: &Value, first: bool| {
        let mut value = value.clone();
        let mut hider = Hider { known: &mut seen, first };
        if whole {
            hider.all(&mut value)
        } else {
            hider.walk(&place, &mut value)
        }
        value
    };
    let (old, new) = (hide(old, true), hide(new, false));
    // A value that stands alone is told to be another one by its being there.
    (old, if new == OTHER { SENSITIVE.into() } else { new })
}

struct Hider<'a> {
    /// What was hidden on the first side.
    known: &'a mut HashSet<String>,
    first: bool,
}

impl Hider<'_> {
    fn walk(&mut self, place: &str, value: &mut Value) {
        if is_variable(place) {
            return self.all(value);
        }
        match value {
            Value::String(text) => self.text(place, text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(place, item)),
            Value::Object(fields) => self.fields(place, fields),
            _ => {}
        }
    }

    fn fields(&mut self, place: &str, fields: &mut Map<String, Value>) {
        let named = ["name", "key"].iter().filter_map(|name| fields.get(*name)?.as_str()).any(calls_a_secret);
        for (name, field) in fields {
            let starts = START_UP.contains(&name.as_str()) && field.as_str().is_some_and(|text| !text.is_empty());
            if starts || field.is_string() && (calls_a_secret(name) || named && name == "value") {
                self.all(field);
            } else {
                self.walk(&format!("{place}.{name}"), field);
            }
        }
    }

    fn text(&mut self, place: &str, text: &mut String) {
        if CONTAINERS.contains(&place)
            && let Ok(mut document) = serde_json::from_str(text)
        {
            self.containers(&mut document);
            *text = document.to_string();
        }
        if text.contains(PRIVATE_KEY) {
            let mut value = Value::from(text.as_str());
            self.all(&mut value);
            *text = value.as_str().unwrap_or(SENSITIVE).to_owned();
        }
        while let Some((from, to)) = password_of_url(text) {
            text.replace_range(from..to, SENSITIVE);
        }
    }

    /// The `environment` of each container in a document, at any depth.
    fn containers(&mut self, document: &mut Value) {
        match document {
            Value::Array(items) => items.iter_mut().for_each(|item| self.containers(item)),
            Value::Object(fields) => {
                for (name, field) in fields {
                    if name.eq_ignore_ascii_case("environment") {
                        for variable in field.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
                            let values = variable.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("value"));
                            values.for_each(|(_, value)| self.all(value));
                        }
                    } else {
                        self.containers(field);
                    }
                }
            }
            _ => {}
        }
    }

    /// Everything in a value.
    fn all(&mut self, value: &mut Value) {
        match value {
            Value::Null => {}
            Value::Array(items) => items.iter_mut().for_each(|item| self.all(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.all(field)),
            value => {
                let text = value.to_string();
                let is_known = self.first || self.known.contains(&text);
                self.known.insert(text);
                *value = if is_known { SENSITIVE } else { OTHER }.into();
            }
        }
    }
}

/// What a private key in PEM has in its first line.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// Where the password stands in a URL with one: `postgres://user:password@host`.
fn password_of_url(text: &str) -> Option<(usize, usize)> {
    for (scheme, _) in text.match_indices("://") {
        let authority = scheme + "://".len();
        let rest = &text[authority..];
        let end = rest.find(|c: char| c == '/' || c == '"' || c.is_whitespace()).unwrap_or(rest.len());
        let Some(at) = rest[..end].rfind('@') else { continue };
        if let Some(colon) = rest[..at].find(':')
            && !rest[colon + 1..at].is_empty()
            && rest[colon + 1..at] != *SENSITIVE
        {
            return Some((authority + colon + 1, authority + at));
        }
    }
    None
}

fn is_variable(place: &str) -> bool {
    VARIABLES.iter().any(|known| place.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Whether a name says that what is behind it is a secret: `DB_PASSWORD`, `clientSecret`, `--api-key`; `secret_arn`
/// and `http_tokens` say no such thing.
fn calls_a_secret(name: &str) -> bool {
    let words = words(name);
    let Some((last, before)) = words.split_last() else { return false };
    let last = last.trim_end_matches(|c: char| c.is_ascii_digit());
    let ends = |word: &str| last == word || word.len() >= SHORTEST_ENDING && last.ends_with(word);
    SECRET_WORDS.iter().any(|word| ends(word))
        || last == "key" && before.last().is_some_and(|word| SECRET_KEYS.contains(&word.as_str()))
}

/// The words of a name in lower case: at every sign, and where a capital follows a small letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || was_small && c.is_ascii_uppercase() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_ascii_alphanumeric(), words.last_mut()) {
            word.push(c.to_ascii_lowercase());
        }
        was_small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The key of the map's element that a path ends with: of `parameters["DbPassword"]` it is `DbPassword`.
fn last_key(path: &str) -> Option<&str> {
    let (_, key) = path.strip_suffix("\"]")?.rsplit_once("[\"")?;
    Some(key)
}

/// `environment[0].variables["A"]` is `environment.variables`.
fn without_indices(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        let end = if after.starts_with('"') { "\"]" } else { "]" };
        rest = after.split_once(end).map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_that_call_a_thing_a_secret() {
        for name in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "DBPASSWORD",
            "--db-password",
            "client_secret",
            "API_TOKEN",
            "ApiKey",
            "api-key",
            "private_key",
            "AWS_SECRET_ACCESS_KEY",
            "Pw",
            "PASSWORD1",
            "admin_pwd",
        ] {
            assert!(calls_a_secret(name), "{name}");
        }
        for name in [
            "http_tokens",
            "secret_arn",
            "kms_key_id",
            "password_policy",
            "key",
            "map_key",
            "compass",
            "token_validity",
            "hash_key",
            "public_key",
            "name",
            "",
        ] {
            assert!(!calls_a_secret(name), "{name}");
        }
    }

    #[test]
    fn every_variable_of_an_environment_is_hidden_and_none_of_its_names() {
        for (path, old, new, shown) in [
            (
                "environment[0].variables[\"STAGE\"]",
                json!("planted-1"),
                json!("planted-2"),
                [json!(SENSITIVE), json!(SENSITIVE)],
            ),
            ("environment[0].variables", json!({"A": "planted"}), json!(null), [json!({"A": SENSITIVE}), json!(null)]),
            (
                "environment",
                json!([{"variables": {"A": "planted"}}]),
                json!([{"variables": {"A": "planted", "B": "planted-b"}}]),
                [json!([{"variables": {"A": SENSITIVE}}]), json!([{"variables": {"A": SENSITIVE, "B": OTHER}}])],
            ),
            (
                "environment[0].environment_variable[2].value",
                json!("planted"),
                json!("planted-2"),
                [json!(SENSITIVE), json!(SENSITIVE)],
            ),
            (
                "origin",
                json!([{"origin_id": "o", "custom_header": [{"name": "X", "value": "planted"}]}]),
                json!([]),
                [json!([{"origin_id": "o", "custom_header": [{"name": "X", "value": SENSITIVE}]}]), json!([])],
            ),
            (
                "container_definitions",
                json!(r#"[{"environment":[{"name":"A","value":"planted"}]}]"#),
                json!(r#"[{"environment":[{"name":"A","value":"planted-2"}]}]"#),
                [
                    json!(format!(r#"[{{"environment":[{{"name":"A","value":"{SENSITIVE}"}}]}}]"#)),
                    json!(format!(r#"[{{"environment":[{{"name":"A","value":"{OTHER}"}}]}}]"#)),
                ],
            ),
        ] {
            let (old, new) = hidden(path, &old, &new);
            assert_eq!([old, new], shown, "{path}");
        }
    }

    #[test]
    fn what_a_map_calls_a_secret_is_hidden_and_its_other_values_are_not() {
        let (old, new) = hidden("default_arguments[\"--db-password\"]", &json!("planted"), &json!("planted"));
        assert_eq!((old, new), (json!(SENSITIVE), json!(SENSITIVE)));
        let (old, _) = hidden("default_arguments[\"--job-language\"]", &json!("python"), &json!("scala"));
        assert_eq!(old, json!("python"));
        let settings = json!([{"name": "DB_PASSWORD", "value": "planted"}, {"name": "SIZE", "value": "3"}]);
        let (old, _) = hidden("setting", &settings, &json!([]));
        assert_eq!(old, json!([{"name": "DB_PASSWORD", "value": SENSITIVE}, {"name": "SIZE", "value": "3"}]));
        let (old, _) = hidden("metadata_options", &json!([{"http_tokens": "required"}]), &json!([]));
        assert_eq!(old, json!([{"http_tokens": "required"}]));
    }

    #[test]
    fn passwords_in_urls_and_private_keys_are_hidden_in_any_text() {
        let (old, new) = hidden(
            "endpoint",
            &json!("https://me:planted@hooks.example/x?a=b"),
            &json!("https://hooks.example:8443/x@y"),
        );
        assert_eq!(old, json!(format!("https://me:{SENSITIVE}@hooks.example/x?a=b")));
        assert_eq!(new, json!("https://hooks.example:8443/x@y"));
        let key = "-----BEGIN RSA PRIVATE KEY-----\nplanted";
        assert_eq!(hidden("body", &json!(key), &json!(null)).0, json!(SENSITIVE));
    }
}
