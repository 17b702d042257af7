//! The tree itself: its folders, and what ties a file to one machine.

use super::{File, Violation};

/// The crates of the design. Another one is a decision, made there first.
const CRATES: [&str; 14] = [
    "cli",
    "cloud",
    "drift",
    "failover",
    "findings",
    "integrity",
    "journal",
    "lab",
    "plan",
    "rebuild",
    "report",
    "store",
    "terraform",
    "tfstate",
];

/// Folders that only some machines have. Written in parts, so that this file has none of them.
const MACHINE_FOLDERS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/op", "t/")];

/// Where packages come from for everybody: crates.io's index and PyPI.
const PUBLIC_SOURCES: [&str; 3] =
    ["registry+https://github.com/rust-lang/crates.io-index", "https://pypi.org", "https://index.crates.io"];
/// What comes before the address of a registry.
const SOURCE_WORDS: [&str; 6] = ["index-url", "index_url", "replace-with", "registry+", "sparse+", "\"resolved\":"];

pub(super) fn check(file: &File) -> Vec<Violation> {
    let mut violations = Vec::new();
    if file.path.starts_with("crates/") && file.path.ends_with("/Cargo.toml") && !CRATES.contains(&file.package()) {
        violations.push(file.violation(
            1,
            format!("crates/{} is not in the design", file.package()),
            "put it where it belongs, or change the design and this list together",
        ));
    }
    for (index, line) in file.text.lines().enumerate() {
        if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| names_folder(line, folder)) {
            violations.push(file.violation(
                index + 1,
                format!("the path {folder} is of one machine"),
                "search for it, or take it from the environment",
            ));
        }
        if let Some(word) = SOURCE_WORDS.iter().find(|word| names_source(line, word)) {
            violations.push(file.violation(
                index + 1,
                format!("{word} names a registry that is not the public one"),
                "leave it to the configuration of the machine",
            ));
        }
    }
    violations
}

/// Whether the folder stands there as the beginning of a path: not as a part of a URL or a longer path.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | ')' | '*'))
    })
}

fn names_source(line: &str, word: &str) -> bool {
    let Some((_, rest)) = line.split_once(word) else { return false };
    let address = rest.contains("://") || (word.ends_with('+') && rest.starts_with("http"));
    address && !PUBLIC_SOURCES.iter().any(|public| line.contains(public))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.into(), text: text.into() };
        check(&file).iter().map(|violation| format!("{}: {}", violation.line, violation.what)).collect()
    }

    #[test]
    fn crates_are_those_of_the_design() {
        assert!(found("crates/plan/Cargo.toml", "").is_empty());
        assert_eq!(found("crates/util/Cargo.toml", ""), ["1: crates/util is not in the design"]);
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        let [work, root, opt] = MACHINE_FOLDERS;
        for line in [
            format!("cd {work}main"),
            format!("\"file:{root}x\""),
            format!("path = '{opt}terraform'"),
            format!("{opt}bin"),
        ] {
            assert_eq!(found("README.md", &format!("fine\n{line}\n")).len(), 1, "{line}");
        }
        for line in [format!("https://example.com{root}x"), format!("a/b{work}c"), format!("${{home}}{opt}x")] {
            assert!(found("README.md", &line).is_empty(), "{line}");
        }
    }

    #[test]
    fn registries_are_the_public_ones() {
        let lock = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        assert!(found("Cargo.lock", lock).is_empty());
        assert_eq!(
            found("Cargo.lock", &format!("source = \"{}https://mirror.example/index\"\n", SOURCE_WORDS[3])).len(),
            1
        );
        assert_eq!(
            found("setup.sh", &format!("pip install --{} https://mirror.example/simple moto\n", SOURCE_WORDS[0])).len(),
            1
        );
        assert!(found("setup.sh", "pip install --index-url https://pypi.org/simple moto\n").is_empty());
        assert!(found("notes.md", "pip's index-url is left alone\n").is_empty());
    }
}
