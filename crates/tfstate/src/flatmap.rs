//! `attributes_flat`: attributes as Terraform 0.11 kept them, every leaf a string under a dotted key.
//!
//! `list.# = "2"`, `list.0 = "a"`; `map.% = "1"`, `map.key = "v"`; an element of a set stands under its hash.
//! Without the schema a leaf stays a string; comparing values takes `"1"` and `1` as equal.

use indexmap::IndexMap;
use serde_json::{Map, Value};

/// The attributes as a tree.
pub(crate) fn unflatten(flat: &IndexMap<String, String>) -> Map<String, Value> {
    children(flat.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect())
        .into_iter()
        .map(|(name, below)| (name.to_owned(), tree(below)))
        .collect()
}

type Flat<'a> = Vec<(&'a str, &'a str)>;

/// Groups keys by their first part; the rest of each key stays, empty for a leaf.
fn children(flat: Flat<'_>) -> IndexMap<&str, Flat<'_>> {
    let mut groups: IndexMap<&str, Flat<'_>> = IndexMap::new();
    for (key, value) in flat {
        let (name, rest) = key.split_once('.').unwrap_or((key, ""));
        groups.entry(name).or_default().push((rest, value));
    }
    groups
}

fn tree(below: Flat<'_>) -> Value {
    if let [("", leaf)] = below[..] {
        return Value::String(leaf.to_owned());
    }
    // The keys of a map are data and may have dots in them, so its entries are never split.
    if below.iter().any(|(key, _)| *key == "%") {
        let entries = below.into_iter().filter(|(key, _)| *key != "%");
        return Value::Object(entries.map(|(key, value)| (key.to_owned(), value.into())).collect());
    }
    let is_list = below.iter().any(|(key, _)| *key == "#");
    let groups = children(below.into_iter().filter(|(key, _)| *key != "#").collect());
    if is_list {
        let mut items: Vec<(&str, Flat<'_>)> = groups.into_iter().collect();
        items.sort_by_key(|(key, _)| key.trim_start_matches('~').parse::<u64>().unwrap_or(u64::MAX));
        Value::Array(items.into_iter().map(|(_, below)| tree(below)).collect())
    } else {
        Value::Object(groups.into_iter().map(|(name, below)| (name.to_owned(), tree(below))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn flat_attributes_become_a_tree() {
        let flat: IndexMap<String, String> = [
            ("id", "sg-1"),
            ("ingress.#", "1"),
            ("ingress.2541437006.cidr_blocks.#", "2"),
            ("ingress.2541437006.cidr_blocks.0", "10.0.0.0/8"),
            ("ingress.2541437006.cidr_blocks.1", "10.1.0.0/16"),
            ("ingress.2541437006.from_port", "22"),
            ("egress.#", "0"),
            ("tags.%", "2"),
            ("tags.Name", "web"),
            ("tags.a.b/c", "d"),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
        assert_eq!(
            Value::Object(unflatten(&flat)),
            json!({
                "id": "sg-1",
                "ingress": [{"cidr_blocks": ["10.0.0.0/8", "10.1.0.0/16"], "from_port": "22"}],
                "egress": [],
                "tags": {"Name": "web", "a.b/c": "d"},
            })
        );
    }
}
