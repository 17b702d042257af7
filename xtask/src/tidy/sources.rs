//! What the Rust sources of each part must not do.

use super::rust_text::product_lines;
use super::{File, Violation};

/// Parts that print, read the environment or exit: the program, the tasks and the tests.
const TALKING: [&str; 3] = ["cli", "xtask", "tests"];
/// Parts that know no clock, file, process, socket or environment.
const PURE: [&str; 4] = ["findings", "plan", "tfstate", "drift"];
/// Parts that may start terraform: the one that drives it, and what rehearses with it.
const STARTS_TERRAFORM: [&str; 4] = ["terraform", "lab", "xtask", "tests"];

/// The longest file that a reader should meet.
const LONGEST_FILE: usize = 500;

/// What only the program does, and what to do instead.
const TALK: [(&str, &str); 10] = [
    ("println!", PRINTS),
    ("eprintln!", PRINTS),
    ("print!", PRINTS),
    ("eprint!", PRINTS),
    ("dbg!", PRINTS),
    ("io::stdout", PRINTS),
    ("io::stderr", PRINTS),
    ("process::exit", "return an error and let cli choose the exit code"),
    ("env::var", "take the value from the caller: only cli reads the environment"),
    ("env::args", "take the value from the caller: only cli reads its arguments"),
];
const PRINTS: &str = "return the text, or use tracing: only cli prints";

/// What a pure part does not know.
const IMPURE: [(&str, &str); 9] = [
    ("std::env", "no environment"),
    ("std::fs", "no files"),
    ("std::process", "no processes"),
    ("SystemTime", "no clock"),
    ("Instant::now", "no clock"),
    ("Timestamp::now", "no clock"),
    ("Zoned::now", "no clock"),
    ("TcpStream", "no network"),
    ("UdpSocket", "no network"),
];

pub(super) fn check(file: &File) -> Vec<Violation> {
    let mut violations = Vec::new();
    let length = file.text.lines().count();
    if length > LONGEST_FILE {
        violations.push(file.violation(
            LONGEST_FILE + 1,
            format!("the file has {length} lines, and {LONGEST_FILE} are the limit"),
            "split it by topic",
        ));
    }
    let is_head = ["/src/lib.rs", "/src/main.rs"].iter().any(|end| file.path.ends_with(end));
    if is_head && !file.text.trim_start().starts_with("//!") {
        violations.push(file.violation(
            1,
            "the crate does not open with //!",
            "say what it is for and what it does not know",
        ));
    }
    if !file.path.contains("/src/") {
        return violations; // Integration tests, build scripts and examples are no part of the product.
    }
    let package = file.package();
    for (number, line) in product_lines(&file.text) {
        if !TALKING.contains(&package) {
            for (word, remedy) in TALK {
                if has_word(&line, word) {
                    violations.push(file.violation(number, format!("{word} outside cli"), remedy));
                }
            }
        }
        if PURE.contains(&package) {
            for (word, absence) in IMPURE {
                if has_word(&line, word) {
                    let what = format!("{word} in {package}, which knows {absence}");
                    violations.push(file.violation(number, what, "take it from the caller as a value"));
                }
            }
        }
        if !STARTS_TERRAFORM.contains(&package) && starts_terraform(&line) {
            violations.push(file.violation(
                number,
                "terraform is started outside crates/terraform",
                "call pilotlight-terraform",
            ));
        }
    }
    violations
}

/// Whether the word stands there as one, and not as the end of another: `eprintln!` is no `println!`.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word)
        .any(|(at, _)| !line[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_'))
}

fn starts_terraform(line: &str) -> bool {
    line.split_once("Command::new(").is_some_and(|(_, argument)| {
        let argument = argument.split(')').next().unwrap_or_default();
        argument.contains('"') && ["terraform", "tofu"].iter().any(|program| argument.contains(program))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.into(), text: text.into() };
        check(&file).iter().map(|violation| format!("{}: {}", violation.line, violation.what)).collect()
    }

    #[test]
    fn only_the_program_talks() {
        let text = "fn a() {\n    println!(\"x\");\n    eprint!(\"x\");\n    std::process::exit(1);\n    std::env::var(\"X\");\n}\n";
        assert_eq!(
            found("crates/journal/src/append.rs", text),
            [
                "2: println! outside cli",
                "3: eprint! outside cli",
                "4: process::exit outside cli",
                "5: env::var outside cli"
            ]
        );
        assert_eq!(found("crates/lab/src/aws.rs", text).len(), 4);
        for path in ["crates/cli/src/output.rs", "xtask/src/demo.rs", "crates/journal/tests/all.rs", "tests/src/lab.rs"]
        {
            assert!(found(path, text).is_empty(), "{path}");
        }
    }

    #[test]
    fn a_word_in_a_comment_a_test_or_another_word_is_none() {
        let text = "// println!\nfn a() { my_println!(1) }\n#[cfg(test)]\nmod tests {\n    fn b() { println!(); }\n}\n";
        assert!(found("crates/journal/src/append.rs", text).is_empty());
    }

    #[test]
    fn pure_parts_know_no_clock_and_no_files() {
        let text = "use std::time::SystemTime;\nuse std::fs;\nfn a() { jiff::Timestamp::now(); }\n";
        assert_eq!(
            found("crates/drift/src/compare.rs", text),
            [
                "1: SystemTime in drift, which knows no clock",
                "2: std::fs in drift, which knows no files",
                "3: Timestamp::now in drift, which knows no clock"
            ]
        );
        assert!(found("crates/store/src/file.rs", text).is_empty());
    }

    #[test]
    fn terraform_is_started_in_one_place() {
        let text = "fn a() { Command::new(\"/usr/bin/terraform\"); }\n";
        assert_eq!(found("crates/rebuild/src/apply.rs", text), ["1: terraform is started outside crates/terraform"]);
        assert!(found("crates/terraform/src/program.rs", text).is_empty());
        assert!(found("crates/rebuild/src/apply.rs", "fn a() { Command::new(terraform); }\n").is_empty());
    }

    #[test]
    fn crates_open_with_a_word_about_themselves_and_files_are_short() {
        assert_eq!(found("crates/store/src/lib.rs", "mod a;\n"), ["1: the crate does not open with //!"]);
        assert!(found("crates/store/src/lib.rs", "//! Bytes.\nmod a;\n").is_empty());
        assert!(found("crates/store/src/a.rs", &"\n".repeat(500)).is_empty());
        assert_eq!(
            found("crates/store/src/a.rs", &"\n".repeat(501)),
            ["501: the file has 501 lines, and 500 are the limit"]
        );
    }
}
