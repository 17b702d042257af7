//! `--save` and `--run`: only what was shown is carried out.

use crate::runs::estate;

#[test]
fn a_saved_run_tells_how_to_carry_it_out() {
    let (sandbox, route53) = estate("");
    let told = sandbox.run(&["failover", "plan.hcl", "--save", "run.json"]);
    told.exits(0).shows("192.0.2.10").says("saved as run.json, digest ");
    told.says("carry it out with: pilotlight failover --run run.json\n");
    assert!(sandbox.read("run.json").contains("\"digest\""));
    assert_eq!(route53.changes(), [""; 0]);
}

#[test]
fn an_altered_run_is_refused() {
    let (sandbox, route53) = estate("");
    sandbox.run(&["failover", "plan.hcl", "--save", "run.json"]).exits(0);
    let text = sandbox.read("run.json");
    assert!(text.contains("198.51.100.10"));
    sandbox.write("run.json", text.replace("198.51.100.10", "203.0.113.66"));
    let told = sandbox.run(&["failover", "--run", "run.json", "--yes"]);
    told.exits(4).says("PL-F120").says("failed to use run.json: could not trust it: its run has the digest ");
    told.says("help: compile it again with --save");
    assert_eq!(route53.changes(), [""; 0]);
    assert!(!sandbox.path(".pilotlight/runs").exists(), "no run was begun");
}

#[test]
fn a_run_of_the_other_direction_is_an_error() {
    let (sandbox, _route53) = estate("");
    sandbox.run(&["failover", "plan.hcl", "--save", "run.json"]).exits(0);
    sandbox.run(&["failback", "--run", "run.json", "--yes"]).is_error(
        1,
        "PL-U101\n\n  × failed to use run.json for a failback: it holds a failover\n  \
         help: carry it out with: pilotlight failover --run run.json\n",
    );
}

#[test]
fn a_file_that_is_no_saved_run() {
    let (sandbox, _route53) = estate("");
    let told = sandbox.run(&["failover", "--run", "nope.json"]);
    told.exits(1).says("PL-U102").says("failed to read nope.json").says("No such file");
    for (content, cause) in [("{", "EOF while parsing"), ("{\"a\":1}", "missing field `version`")] {
        sandbox.write("run.json", content);
        let told = sandbox.run(&["failover", "--run", "run.json"]);
        told.exits(1).says("PL-F119").says("failed to use run.json: could not read it as a saved run").says(cause);
    }
    sandbox.write("run.json", "{\"version\": 99}");
    let told = sandbox.run(&["failover", "--run", "run.json"]);
    told.exits(1).says("PL-F119").says("version 99");
}
