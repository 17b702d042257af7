//! `lifecycle { ignore_changes }`, as Terraform applies it.
//!
//! Terraform puts the value that the object has in the place of the configured one, at each path of the list, and
//! plans with that. So a path covers what is below it, and what a provider computes from it: the AWS provider makes
//! `tags_all` of `tags`. `all` covers every attribute. None of it keeps a deleted object from being made again.
//!
//! Source: Terraform, `internal/terraform/node_resource_abstract_instance.go`, `processIgnoreChanges`.

use pilotlight_findings::Span;
use pilotlight_tfstate::{AttributePath, IndexKey, PathStep};
use serde_json::Value;

/// The `ignore_changes` of one resource block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum IgnoreChanges {
    /// There is none.
    #[default]
    None,
    /// `ignore_changes = all`
    All(Span),
    /// A list.
    Paths {
        /// What it names.
        paths: Vec<IgnoredPath>,
        /// Elements that are no plain path.
        unknown: Vec<Span>,
    },
}

/// One element of an `ignore_changes` list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredPath {
    /// `tags["Team"]`
    pub path: AttributePath,
    /// Where it stands.
    pub span: Span,
}

impl IgnoreChanges {
    /// Where the element stands that covers a path whole.
    pub fn covers(&self, path: &AttributePath) -> Option<&Span> {
        match self {
            Self::None => None,
            Self::All(span) => Some(span),
            Self::Paths { paths, .. } => {
                paths.iter().find(|ignored| ignored.reach().any(|own| own.covers(path))).map(|ignored| &ignored.span)
            }
        }
    }

    /// The recorded value with what the live one has at each path of the list that lies below `path`, and where the
    /// first such element stands; none where no element lies below it. A difference that is gone in it is ignored.
    pub fn settle(&self, path: &AttributePath, old: &Value, new: &Value) -> Option<(Value, &Span)> {
        let Self::Paths { paths, .. } = self else { return None };
        let mut settled = old.clone();
        let mut by = None;
        for ignored in paths {
            for own in ignored.reach().filter(|own| own != path) {
                if let Some(below) = own.0.strip_prefix(path.0.as_slice())
                    && put(&mut settled, new, below)
                {
                    by = by.or(Some(&ignored.span));
                }
            }
        }
        by.map(|span| (settled, span))
    }

    /// Elements that are no plain path.
    pub(crate) fn unknown(&self) -> &[Span] {
        match self {
            Self::Paths { unknown, .. } => unknown,
            Self::None | Self::All(_) => &[],
        }
    }
}

impl IgnoredPath {
    /// The path, and what the provider computes from it. Nothing for a key of tags that is written with a dot: Terraform
    /// looks for an attribute there, and a map has none.
    fn reach(&self) -> impl Iterator<Item = AttributePath> {
        let is_tags = matches!(self.path.root(), Some("tags" | "tags_all"));
        let leads_nowhere = is_tags && matches!(self.path.0.get(1), Some(PathStep::Attribute(_)));
        let computed = (self.path.root() == Some("tags")).then(|| {
            let all = PathStep::Attribute("tags_all".to_owned());
            AttributePath([&[all], &self.path.0[1..]].concat())
        });
        [self.path.clone()].into_iter().chain(computed).filter(move |_| !leads_nowhere)
    }
}

/// Makes `old` have what `new` has at the path, also where that is nothing. Only the last step, a key of a map, may
/// lead to where there is nothing yet. False where the path leads nowhere.
fn put(old: &mut Value, new: &Value, path: &[PathStep]) -> bool {
    let Some((step, rest)) = path.split_first() else {
        *old = new.clone();
        return true;
    };
    match (step, old, new) {
        (PathStep::Index(IndexKey::Int(index)), Value::Array(old), Value::Array(new)) => {
            let at = usize::try_from(*index).ok();
            match at.and_then(|at| Some((old.get_mut(at)?, new.get(at)?))) {
                Some((old, new)) => put(old, new, rest),
                None => false,
            }
        }
        (PathStep::Attribute(name) | PathStep::Index(IndexKey::Str(name)), old, new) if rest.is_empty() => {
            let (Some(new), true) = (object(new), matches!(old, Value::Object(_) | Value::Null)) else { return false };
            match new.and_then(|new| new.get(name)) {
                Some(value) => old[name.as_str()] = value.clone(),
                None => {
                    old.as_object_mut().map(|old| old.remove(name));
                }
            }
            true
        }
        (PathStep::Attribute(name) | PathStep::Index(IndexKey::Str(name)), Value::Object(old), Value::Object(new)) => {
            match (old.get_mut(name), new.get(name)) {
                (Some(old), Some(new)) => put(old, new, rest),
                _ => false,
            }
        }
        _ => false,
    }
}

/// A map, which may be null; none where it is something else.
fn object(value: &Value) -> Option<Option<&serde_json::Map<String, Value>>> {
    match value {
        Value::Object(map) => Some(Some(map)),
        Value::Null => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changes(paths: &[&str]) -> IgnoreChanges {
        let span = |number: usize| Span::of(format!("main.tf{number}"), "", 0..0);
        let path = |(number, text): (usize, &&str)| IgnoredPath { path: text.parse().expect(text), span: span(number) };
        IgnoreChanges::Paths { paths: paths.iter().enumerate().map(path).collect(), unknown: Vec::new() }
    }

    fn covers(paths: &[&str], path: &str) -> bool {
        changes(paths).covers(&path.parse().expect(path)).is_some()
    }

    #[test]
    fn a_path_covers_what_is_below_it_and_no_more() {
        assert!(covers(&["ingress"], "ingress[0].cidr_blocks"));
        assert!(covers(&["root_block_device[0].volume_size"], "root_block_device[0].volume_size"));
        assert!(!covers(&["root_block_device[0].volume_size"], "root_block_device[1].volume_size"));
        assert!(!covers(&["root_block_device[0].volume_size"], "root_block_device"));
        assert!(!covers(&["ami"], "ami_id"));
    }

    #[test]
    fn tags_reach_tags_all() {
        assert!(covers(&["tags"], "tags_all[\"Team\"]"));
        assert!(covers(&["tags[\"Team\"]"], "tags_all[\"Team\"]"));
        assert!(!covers(&["tags[\"Team\"]"], "tags_all[\"Cost\"]"));
        assert!(!covers(&["tags_all"], "tags[\"Team\"]"));
        // Measured with Terraform 1.11 and provider 5.100: `tags.Team` is accepted and does nothing.
        assert!(!covers(&["tags.Team"], "tags[\"Team\"]"));
        let (old, new) = (json!({"Team": "a"}), json!({"Team": "b"}));
        assert_eq!(changes(&["tags.Team"]).settle(&AttributePath::attribute("tags"), &old, &new), None);
    }

    #[test]
    fn a_key_of_a_map_is_settled_in_the_whole_map() {
        let by = changes(&["tags[\"Team\"]", "tags[\"New\"]", "tags[\"Gone\"]"]);
        let path = AttributePath::attribute("tags");
        let old = json!({"Team": "a", "Cost": "1", "Gone": "x"});
        let new = json!({"Team": "b", "Cost": "1", "New": "y"});
        let (settled, span) = by.settle(&path, &old, &new).expect("settled");
        assert_eq!(settled, new);
        assert_eq!(span.file, "main.tf0");
        let other = json!({"Team": "b", "Cost": "2"});
        let (settled, _) = by.settle(&path, &old, &other).expect("settled");
        assert_eq!(settled, json!({"Team": "b", "Cost": "1"}));
    }

    #[test]
    fn a_block_s_attribute_is_settled_in_the_whole_block() {
        let by = changes(&["root_block_device[0].volume_size", "root_block_device[3].iops"]);
        let path = AttributePath::attribute("root_block_device");
        let (old, new) = (json!([{"volume_size": 8, "iops": 1}]), json!([{"volume_size": 9, "iops": 1}]));
        assert_eq!(by.settle(&path, &old, &new).expect("settled").0, new);
        assert_eq!(by.settle(&path, &json!([]), &new), None);
        assert_eq!(by.settle(&AttributePath::attribute("ami"), &json!("a"), &json!("b")), None);
    }
}
