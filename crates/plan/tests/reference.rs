//! The reference in the tree is the one that the table gives, and the patterns are plans.

use pilotlight_plan::{Inputs, lint, parse, reference_markdown};
use std::path::Path;

#[test]
fn docs_plan_md_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plan.md");
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == reference_markdown(),
        "docs/plan.md is not what crates/plan says; write it again with `cargo xtask docs`"
    );
}

#[test]
fn the_patterns_are_plans_without_findings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plans/patterns");
    let inputs = Inputs {
        env: [("WIKI_PROBE_TOKEN".to_owned(), "token".to_owned())].into(),
        vars: [("primary".to_owned(), "eu-west-1".into()), ("standby".to_owned(), "eu-central-1".into())].into(),
    };
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("plans/patterns") {
        let path = entry.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        match parse(&path.display().to_string(), &text, &inputs) {
            Ok(plan) => {
                assert_eq!(lint(&plan), [], "{}", path.display());
                seen.push(plan.name);
            }
            Err(errors) => panic!("{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>()),
        }
    }
    seen.sort();
    assert_eq!(seen, ["intranet", "traffic-methods", "web-shop"]);
}

#[test]
fn the_sample_estates_plan_is_one_without_findings() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plans/shop.hcl");
    let text = std::fs::read_to_string(&path).expect("plans/shop.hcl");
    let urls = ["ORDERS_PRIMARY_URL", "ORDERS_STANDBY_URL"];
    let env = urls.map(|name| (name.to_owned(), format!("postgres://shop@{name}/orders"))).into();
    let inputs = Inputs { env, ..Inputs::default() };
    let plan = parse("plans/shop.hcl", &text, &inputs).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(lint(&plan), []);
}

#[test]
fn the_readmes_example_is_a_plan() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let text = std::fs::read_to_string(&path).expect("README.md");
    let example = text.split("```hcl\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let plan = parse("README.md", example, &Inputs::default()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!((plan.stacks.len(), plan.traffic.len()), (1, 1));
}
