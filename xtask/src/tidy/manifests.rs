//! What each `Cargo.toml` below the root must have, and what it must not name.

use super::{File, Violation};

pub(super) fn check(file: &File) -> Vec<Violation> {
    if file.path == "Cargo.toml" {
        return Vec::new(); // The workspace's own: there the versions stand.
    }
    let mut violations = Vec::new();
    let mut section = "";
    let mut inherits_lints = false;
    for (index, line) in file.text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_matches(['[', ']']);
            // `[dependencies.x]` has the entry's keys on lines of their own.
            if section.contains("dependencies.") {
                violations.push(file.violation(
                    index + 1,
                    format!("[{section}] is written as a table"),
                    "write it on one line, name.workspace = true",
                ));
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim());
        inherits_lints |= section == "lints" && key == "workspace" && value == "true";
        if !section.ends_with("dependencies") {
            continue;
        }
        let name = key.split('.').next().unwrap_or(key);
        let compact: String = value.chars().filter(|c| !c.is_whitespace()).collect();
        let from_workspace = (key.ends_with(".workspace") && value == "true") || compact.contains("workspace=true");
        if !from_workspace {
            violations.push(file.violation(
                index + 1,
                format!("the dependency {name} has a version of its own"),
                "name it in [workspace.dependencies] and write name.workspace = true",
            ));
        }
        if name.starts_with("aws-") && file.package() != "cloud" {
            violations.push(file.violation(
                index + 1,
                format!("{name} is named outside crates/cloud"),
                "let crates/cloud implement a port for it",
            ));
        }
    }
    if !inherits_lints {
        violations.push(file.violation(
            1,
            "the workspace's lints are not inherited",
            "add [lints] with workspace = true",
        ));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.into(), text: text.into() };
        check(&file).iter().map(|violation| format!("{}: {}", violation.line, violation.what)).collect()
    }

    const LINTS: &str = "[lints]\nworkspace = true\n";

    #[test]
    fn a_manifest_as_it_should_be_is_quiet() {
        let text = format!(
            "[package]\nname = \"x\"\n{LINTS}[dependencies]\nserde.workspace = true # why\ntokio = {{ workspace = true, features = [\"net\"] }}\n"
        );
        assert!(found("crates/plan/Cargo.toml", &text).is_empty());
    }

    #[test]
    fn lints_and_versions_come_from_the_workspace() {
        assert_eq!(found("crates/plan/Cargo.toml", "[package]\n"), ["1: the workspace's lints are not inherited"]);
        let text = format!(
            "{LINTS}[dev-dependencies]\nserde = \"1\"\n[target.'cfg(unix)'.dependencies]\nnix = {{ version = \"1\" }}\n"
        );
        assert_eq!(
            found("crates/plan/Cargo.toml", &text),
            ["4: the dependency serde has a version of its own", "6: the dependency nix has a version of its own"]
        );
        let text = format!("{LINTS}[dependencies.serde]\nworkspace = true\n");
        assert_eq!(found("crates/plan/Cargo.toml", &text), ["3: [dependencies.serde] is written as a table"]);
    }

    #[test]
    fn only_cloud_names_an_aws_crate() {
        let text = format!("{LINTS}[dependencies]\naws-sdk-ec2.workspace = true\n");
        assert_eq!(found("crates/drift/Cargo.toml", &text), ["4: aws-sdk-ec2 is named outside crates/cloud"]);
        assert!(found("crates/cloud/Cargo.toml", &text).is_empty());
    }
}
