//! When two record values are the same.

use crate::observe::query_name;
use crate::{AliasTarget, RecordSet};
use std::net::{Ipv4Addr, Ipv6Addr};

/// One spelling for each value: addresses as the standard library writes them, names in lower case and
/// without a trailing dot.
pub(crate) fn canonical_value(record_type: &str, value: &str) -> String {
    let value = value.trim();
    match record_type {
        "A" => value.parse::<Ipv4Addr>().map_or_else(|_| value.to_owned(), |address| address.to_string()),
        "AAAA" => value.parse::<Ipv6Addr>().map_or_else(|_| value.to_owned(), |address| address.to_string()),
        _ => value.trim_end_matches('.').to_ascii_lowercase(),
    }
}

/// The values of a set in one spelling, sorted: sets have no order.
pub(crate) fn canonical_values(set: &RecordSet) -> Vec<String> {
    sorted(&set.record_type, &set.values)
}

/// Values of one type in one spelling, sorted.
pub(crate) fn sorted(record_type: &str, values: &[String]) -> Vec<String> {
    let mut values: Vec<String> = values.iter().map(|value| canonical_value(record_type, value)).collect();
    values.sort_unstable();
    values
}

/// Whether two sets answer the same and are routed the same, whatever the order and spelling of values
/// and the spelling of the name.
pub(crate) fn same_set(one: &RecordSet, other: &RecordSet) -> bool {
    let shape = |set: &RecordSet| RecordSet {
        name: query_name(&set.name),
        values: canonical_values(set),
        alias: set.alias.clone().map(|alias| AliasTarget { dns_name: query_name(&alias.dns_name), ..alias }),
        ..set.clone()
    };
    shape(one) == shape(other)
}

/// What is wrong with a value, as words that follow "is"; none where it is well.
pub(crate) fn bad_value(record_type: &str, value: &str) -> Option<&'static str> {
    match record_type {
        "A" => value.parse::<Ipv4Addr>().is_err().then_some("no IPv4 address"),
        "AAAA" => value.parse::<Ipv6Addr>().is_err().then_some("no IPv6 address"),
        _ => (!is_host_name(value)).then_some("no host name"),
    }
}

fn is_host_name(value: &str) -> bool {
    let name = value.strip_suffix('.').unwrap_or(value);
    let label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_equal_by_meaning() {
        assert_eq!(canonical_value("AAAA", "2001:DB8:0::1"), "2001:db8::1");
        assert_eq!(canonical_value("CNAME", "LB.Example.com."), "lb.example.com");
        assert_eq!(canonical_value("A", "192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn sets_are_the_same_whatever_the_spelling_of_a_wildcard_and_no_other_way() {
        let set = |name: &str, ttl| -> RecordSet {
            let json = serde_json::json!({ "name": name, "record_type": "A", "ttl": ttl, "values": ["192.0.2.1"] });
            serde_json::from_value(json).unwrap()
        };
        assert!(same_set(&set("*.shop.test", 30), &set("\\052.Shop.test.", 30)));
        assert!(!same_set(&set("*.shop.test", 30), &set("app.shop.test", 30)));
        assert!(!same_set(&set("*.shop.test", 30), &set("*.shop.test", 60)));
    }

    #[test]
    fn values_that_a_type_cannot_hold_are_named() {
        assert_eq!(bad_value("A", "192.0.2.256"), Some("no IPv4 address"));
        assert_eq!(bad_value("A", "192.0.2.1"), None);
        assert_eq!(bad_value("AAAA", "192.0.2.1"), Some("no IPv6 address"));
        assert_eq!(bad_value("CNAME", "lb-1.example.com."), None);
        for name in ["", ".", "two words.example", "a..b", "localhost"] {
            assert_eq!(bad_value("CNAME", name), Some("no host name"), "{name:?}");
        }
    }
}
