//! The two readers check each other: list calls and the provider's plugin tell the same of the same estate.

use crate::PLAN;
use pilotlight_tests::Rehearsal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is told of a resource: the code, and the attributes that differ, without places in lists.
type Told = (String, BTreeSet<String>);

/// Where the readers may tell another thing of a resource, and why. Who adds to this says why it can't be helped.
struct Known {
    resource_type: &'static str,
    native: &'static str,
    provider: &'static str,
    /// Shown where the readers differ in another way.
    reason: &'static str,
}

/// A code that one reader tells of such a type where the other one tells the other.
const KNOWN: &[Known] = &[Known {
    resource_type: "aws_security_group_rule",
    native: "PL-D101",
    provider: "PL-D102",
    reason: "the provider finds a rule whole or not at all; list calls tell which of its sources is gone",
}];

/// Both readers find these resources, each with the same code and attributes, and nothing else.
pub(crate) fn both_find(lab: &Rehearsal, resources: &[&str]) {
    let code = if resources.is_empty() { 0 } else { 2 };
    let [native, provider] = ["native", "provider"].map(|reader| {
        let report = lab.pilotlight(&["drift", PLAN, "--reader", reader, "--format", "json"]).expect(code).json();
        let unread = report["summary"].as_array().into_iter().flatten().find(|count| count["name"] == "unread");
        assert_eq!(unread.map(|count| &count["count"]), Some(&Value::from(0)), "{reader}: {report:#}");
        told(&report)
    });
    let found: Vec<&str> = native.keys().map(String::as_str).collect();
    let mut wanted = resources.to_vec();
    wanted.sort_unstable();
    assert_eq!(found, wanted, "by list calls");
    assert_eq!(provider.keys().map(String::as_str).collect::<Vec<_>>(), wanted, "through the provider's plugin");
    for (address, native) in &native {
        let provider = &provider[address];
        let known = KNOWN.iter().find(|known| {
            address.starts_with(&format!("{}.", known.resource_type))
                && (known.native, known.provider) == (&*native.0, &*provider.0)
        });
        match known {
            Some(known) => lab.say(&format!("{address}: {}", known.reason)),
            None => assert_eq!(native, provider, "{address}: by list calls, and through the provider's plugin"),
        }
    }
}

/// What a report tells, by address.
fn told(report: &Value) -> BTreeMap<String, Told> {
    let findings = report["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let told = findings.iter().map(|finding| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let evidence = finding["evidence"].as_array().map(Vec::as_slice).unwrap_or_default();
        let names = evidence.iter().filter_map(|piece| piece["attribute"].as_str().or(piece["title"].as_str()));
        let attributes = names.map(without_places).collect();
        (text(&finding["subject"]["address"]), (text(&finding["code"]), attributes))
    });
    told.collect()
}

/// `root_block_device[0].volume_size` and `root_block_device[*].volume_size` are the same attribute.
fn without_places(path: &str) -> String {
    let mut name = String::new();
    let mut inside = false;
    for letter in path.chars() {
        match letter {
            '[' => inside = true,
            ']' => inside = false,
            _ if !inside => name.push(letter),
            _ => {}
        }
    }
    name
}
