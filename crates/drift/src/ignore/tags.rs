//! The AWS provider's `ignore_tags` and `default_tags`.
//!
//! Source: the provider's documentation, "ignore_tags Configuration Block": resources read and write as if tags with
//! these keys, or keys with these beginnings, were not there.

use pilotlight_findings::Span;
use pilotlight_tfstate::{AttributePath, IndexKey, PathStep};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Tags that a provider configuration does not see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreTags {
    /// Whole keys.
    pub keys: BTreeSet<String>,
    /// Beginnings of keys.
    pub key_prefixes: BTreeSet<String>,
    /// Where the block stands, if there is one.
    pub span: Option<Span>,
    /// Lists, or elements of them, that are computed.
    pub unknown: Vec<Span>,
}

/// Tags that a provider configuration adds to every object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DefaultTags {
    /// The tags.
    pub tags: BTreeMap<String, String>,
    /// The map, or values of it, that are computed.
    pub unknown: Vec<Span>,
}

/// The attributes that hold an object's tags by key.
const TAGS: [&str; 2] = ["tags", "tags_all"];

impl IgnoreTags {
    /// Whether tags with this key are not seen.
    pub fn hides(&self, key: &str) -> bool {
        self.keys.contains(key) || self.key_prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()))
    }

    /// Whether the path is that of a tag that is not seen.
    pub fn covers(&self, path: &AttributePath) -> bool {
        match &path.0[..] {
            [PathStep::Attribute(root), PathStep::Index(IndexKey::Str(key)), ..] => {
                TAGS.contains(&root.as_str()) && self.hides(key)
            }
            _ => false,
        }
    }

    /// A map of tags without those that are not seen; none where all of it is seen, or the path is none of a map of
    /// tags.
    pub fn without(&self, path: &AttributePath, tags: &Value) -> Option<Value> {
        let (Some(root), 1, Value::Object(map)) = (path.root(), path.0.len(), tags) else { return None };
        let seen: serde_json::Map<_, _> =
            map.iter().filter(|(key, _)| !self.hides(key)).map(|(key, value)| (key.clone(), value.clone())).collect();
        (TAGS.contains(&root) && seen.len() < map.len()).then_some(Value::Object(seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn hidden_tags_are_those_of_the_keys_and_prefixes() {
        let ignored = IgnoreTags {
            keys: ["Scanned".to_owned()].into(),
            key_prefixes: ["kubernetes.io/".to_owned()].into(),
            ..IgnoreTags::default()
        };
        let covers = |path: &str| ignored.covers(&path.parse().expect(path));
        assert!(covers("tags[\"Scanned\"]") && covers("tags_all[\"kubernetes.io/cluster/a\"]"));
        assert!(!covers("tags[\"scanned\"]") && !covers("tags") && !covers("labels[\"Scanned\"]"));
        let tags = json!({"Scanned": "1", "Team": "a"});
        let path = AttributePath::attribute("tags_all");
        assert_eq!(ignored.without(&path, &tags), Some(json!({"Team": "a"})));
        assert_eq!(ignored.without(&path, &json!({"Team": "a"})), None);
        assert_eq!(ignored.without(&AttributePath::attribute("labels"), &tags), None);
    }
}
