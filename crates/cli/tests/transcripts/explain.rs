//! `explain`: every code has a page, and every code that a page or a doc names exists.

use crate::sandbox::Sandbox;
use std::path::Path;

fn listed() -> Vec<String> {
    let told = Sandbox::new().run(&["explain"]);
    told.exits(0);
    told.stdout.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn every_code_that_is_listed_has_a_page() {
    let sandbox = Sandbox::new();
    let codes = listed();
    assert!(codes.len() > 80, "{}", codes.len());
    for code in codes {
        let told = sandbox.run(&["explain", &code]);
        told.exits(0);
        assert!(told.stdout.starts_with(&format!("{code}: ")), "{}", told.stdout);
        assert!(told.stdout.lines().count() > 2, "{code} says nothing");
    }
}

#[test]
fn a_code_is_found_in_any_case_and_an_unknown_one_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.run(&["explain", "pl-d101"]).exits(0).shows("PL-D101: a resource was changed outside of Terraform\n");
    sandbox.run(&["explain", "D101"]).is_error(
        1,
        "PL-U101\n\n  × failed to find the code \"D101\"\n  \
         help: a code looks like PL-D101; pilotlight explain lists them all\n",
    );
}

#[test]
fn docs_codes_md_has_every_code() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/codes.md");
    let text = std::fs::read_to_string(page).unwrap();
    for code in listed() {
        assert!(text.contains(&format!("### {code}\n")), "{code} is not in docs/codes.md; run cargo xtask docs");
    }
}
