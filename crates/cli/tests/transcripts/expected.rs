//! What a dry run expects a run to take: by past runs in the journal, or not known.

use crate::route53::NOBODY;
use crate::runs::estate;
use crate::sandbox::{PLAN, Sandbox};

const STEP: &str = "\nstep \"command\" \"pause\" {\n  phase = \"freeze\"\n  run   = [\"sleep\", \"0.3\"]\n}\n";
const APPROVAL: &str = "\napproval \"commander\" { before = \"switch\" }\n";

#[test]
fn each_step_by_what_it_took_and_no_number_that_nobody_measured() {
    let (sandbox, _route53) = estate(&format!("{STEP}{APPROVAL}"));
    let told = sandbox.run(&["failover", "plan.hcl", "--dry-run"]);
    told.exits(0).shows("Expected duration\n  no past failover of this plan to tell from\n");
    told.shows("resolvers may keep the old answer for 30.0 s (TTL)");
    assert!(!sandbox.path(".pilotlight/runs").exists(), "a dry run begins no journal");
    for _ in 0..2 {
        sandbox.run(&["failover", "plan.hcl", "--yes"]).exits(6);
        sandbox.run(&["run", "abort", "plan.hcl", "--reason", "rehearsed", "--yes"]).exits(5);
    }
    let told = sandbox.run(&["failover", "plan.hcl", "--dry-run"]);
    told.exits(0).shows("Expected duration, by 2 past failovers of this plan\n");
    let line = |step: &str| {
        let after = told.stdout.lines().skip_while(|line| !line.starts_with("Expected duration"));
        after.map(str::trim).find(|line| line.starts_with(step)).unwrap_or_else(|| panic!("{step}: {}", told.stdout))
    };
    snapbox::assert_data_eq!(line("freeze/command/pause"), "freeze/command/pause [..] ms  (median of 2)");
    assert!(line("switch/approval/commander").ends_with("  waits for a person"));
    assert!(line("switch/front/shop.test").ends_with("  no past run"));
    assert!(line("in all").ends_with(" ms, and 3 steps that no past run tells of"), "{}", line("in all"));
    assert!(line("until users arrive: ").ends_with(" and TTL 30.0 s"));
    let json = sandbox.run(&["failover", "plan.hcl", "--dry-run", "--format", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["expected"]["past_runs"], &json["expected"]["ttl_ms"]), (&2.into(), &30_000.into()));
    let steps = json["expected"]["steps"].as_array().unwrap();
    let pause = steps.iter().find(|step| step["step"] == "freeze/command/pause").unwrap();
    let took = pause["measured"]["median_ms"].as_u64().unwrap();
    assert!((300..5_000).contains(&took), "it sleeps for 300 ms: {took}");
    let moved = steps.iter().find(|step| step["step"] == "switch/front/shop.test").unwrap();
    assert_eq!(moved.get("measured"), None);
}

#[test]
fn more_than_the_rto_is_warned_of() {
    let (sandbox, _route53) = estate(&format!("{STEP}{APPROVAL}"));
    let rto = "  objectives { rto = \"30s\" }\n}\n\nstack \"app\"";
    sandbox.write("plan.hcl", sandbox.read("plan.hcl").replacen("}\n\nstack \"app\"", rto, 1));
    sandbox.run(&["failover", "plan.hcl", "--yes"]).exits(6);
    sandbox.run(&["run", "abort", "plan.hcl", "--reason", "rehearsed", "--yes"]).exits(5);
    let told = sandbox.run(&["failover", "plan.hcl", "--dry-run"]);
    told.exits(0).shows(" s and the TTL is 30s, which is more than the RTO of 30s [PL-F240]");
}

#[test]
fn a_journal_that_does_not_answer_is_told_and_fails_no_dry_run() {
    let (sandbox, _route53) = estate("");
    let sandbox: Sandbox = sandbox.with_env("AWS_ENDPOINT_URL_S3", NOBODY).with_env("AWS_MAX_ATTEMPTS", "1");
    let journal = "plan \"web\" {\n  journal = [\"s3://journal/web\"]\n";
    sandbox.write("plan.hcl", PLAN.replacen("plan \"web\" {\n", journal, 1));
    let told = sandbox.run(&["failover", "plan.hcl", "--dry-run"]);
    told.exits(0).shows("Expected duration\n  not known: use the journal at s3://journal/web");
}
