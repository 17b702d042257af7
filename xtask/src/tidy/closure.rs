//! What a crate must not reach through its dependencies, by `cargo metadata`'s resolve graph.

use super::Violation;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// Crates that know no runtime, no network and no AWS.
const PURE: [&str; 4] = ["pilotlight-findings", "pilotlight-plan", "pilotlight-tfstate", "pilotlight-drift"];
/// What those must not reach, beside everything that is named `aws-…`.
const IMPURE: [&str; 6] = ["tokio", "mio", "reqwest", "hyper", "object_store", "hickory-resolver"];
/// The program that is released, and what must not be in it.
const RELEASED: &str = "pilotlight-cli";
const REHEARSAL: [&str; 2] = ["pilotlight-lab", "xtask"];

pub(super) fn check(metadata: &Value) -> Vec<Violation> {
    let graph = Graph::read(metadata);
    let mut violations = Vec::new();
    for package in PURE {
        let forbidden = |name: &str| IMPURE.contains(&name) || name.starts_with("aws-");
        let remedy = "move what needs it into a crate that may, behind a port";
        violations.extend(graph.reached(package, &forbidden, remedy));
    }
    let forbidden = |name: &str| REHEARSAL.contains(&name);
    violations.extend(graph.reached(RELEASED, &forbidden, "keep the lab and the tasks out of the release"));
    violations
}

/// Packages by id, with the packages that each uses in a normal build: no dev and no build dependencies.
struct Graph {
    names: BTreeMap<String, String>,
    manifests: BTreeMap<String, String>,
    uses: BTreeMap<String, Vec<String>>,
}

impl Graph {
    fn read(metadata: &Value) -> Self {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let root = format!("{}/", text(&metadata["workspace_root"]));
        let (mut names, mut manifests, mut uses) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for package in list(&metadata["packages"]) {
            let manifest = text(&package["manifest_path"]);
            let manifest = manifest.strip_prefix(&root).unwrap_or(&manifest).to_owned();
            manifests.insert(text(&package["id"]), manifest);
            names.insert(text(&package["id"]), text(&package["name"]));
        }
        for node in list(&metadata["resolve"]["nodes"]) {
            let normal = list(&node["deps"])
                .iter()
                .filter(|used| list(&used["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()))
                .map(|used| text(&used["pkg"]))
                .collect();
            uses.insert(text(&node["id"]), normal);
        }
        Self { names, manifests, uses }
    }

    /// One violation for each forbidden package that is reached, with the shortest way to it.
    fn reached(&self, package: &str, forbidden: &dyn Fn(&str) -> bool, remedy: &str) -> Vec<Violation> {
        let Some((start, _)) = self.names.iter().find(|(_, name)| *name == package) else {
            return Vec::new(); // A crate whose time has not come.
        };
        let mut ways: BTreeMap<&str, Vec<&str>> = [(start.as_str(), vec![package])].into();
        let mut next = VecDeque::from([start.as_str()]);
        let mut violations = Vec::new();
        while let Some(id) = next.pop_front() {
            for used in self.uses.get(id).into_iter().flatten() {
                if ways.contains_key(used.as_str()) {
                    continue;
                }
                let name = self.names.get(used).map_or(used.as_str(), String::as_str);
                let mut way = ways.get(id).cloned().unwrap_or_default();
                way.push(name);
                if forbidden(name) {
                    violations.push(Violation {
                        file: self.manifests.get(start).cloned().unwrap_or_default(),
                        line: 1,
                        what: format!("{package} must not reach {name}, and does: {}", way.join(" -> ")),
                        remedy: remedy.to_owned(),
                    });
                } else {
                    next.push_back(used);
                }
                ways.insert(used, way);
            }
        }
        violations
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A workspace from `(user, used, kind)`.
    fn metadata(uses: &[(&str, &str, Option<&str>)]) -> Value {
        let mut names: Vec<&str> = uses.iter().flat_map(|(user, used, _)| [*user, *used]).collect();
        names.sort_unstable();
        names.dedup();
        let package = |name: &&str| json!({"id": format!("id {name}"), "name": name, "manifest_path": format!("/w/{name}/Cargo.toml")});
        let node = |name: &&str| {
            let deps: Vec<Value> = uses
                .iter()
                .filter(|(user, ..)| user == name)
                .map(|(_, used, kind)| json!({"pkg": format!("id {used}"), "dep_kinds": [{"kind": kind}]}))
                .collect();
            json!({"id": format!("id {name}"), "deps": deps})
        };
        json!({
            "workspace_root": "/w",
            "packages": names.iter().map(package).collect::<Vec<_>>(),
            "resolve": {"nodes": names.iter().map(node).collect::<Vec<_>>()},
        })
    }

    #[test]
    fn a_runtime_below_a_pure_crate_is_found_with_the_way_to_it() {
        let found = check(&metadata(&[("pilotlight-plan", "harmless", None), ("harmless", "tokio", None)]));
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "pilotlight-plan/Cargo.toml:1: pilotlight-plan must not reach tokio, and does: pilotlight-plan -> harmless -> \
              tokio; move what needs it into a crate that may, behind a port"
            ]
        );
    }

    #[test]
    fn an_aws_crate_below_drift_is_found() {
        let found = check(&metadata(&[("pilotlight-drift", "aws-sdk-ec2", None)]));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn tests_and_build_scripts_may_use_what_they_like() {
        let uses = [("pilotlight-plan", "tokio", Some("dev")), ("pilotlight-drift", "reqwest", Some("build"))];
        assert_eq!(check(&metadata(&uses)), []);
    }

    #[test]
    fn the_lab_in_the_release_is_found_and_elsewhere_it_is_not() {
        let found = check(&metadata(&[
            ("pilotlight-cli", "pilotlight-report", None),
            ("pilotlight-report", "pilotlight-lab", None),
        ]));
        assert_eq!(found.len(), 1);
        assert!(found[0].what.contains("pilotlight-cli -> pilotlight-report -> pilotlight-lab"));
        assert_eq!(check(&metadata(&[("xtask", "pilotlight-lab", None), ("pilotlight-lab", "tokio", None)])), []);
    }
}
