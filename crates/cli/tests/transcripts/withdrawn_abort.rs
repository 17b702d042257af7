//! An abort that a person takes back.

use crate::runs::{estate, latest};
use crate::sandbox::Sandbox;

/// Its undo fails until there is a file `well`.
const MORE: &str = r#"
step "command" "pause" {
  phase = "freeze"
  run   = ["sh", "-c", "echo once >> ran"]
  undo  = ["sh", "-c", "test -e well"]
}

approval "commander" { before = "switch" }
"#;

fn abort(sandbox: &Sandbox, more: &[&str]) -> crate::sandbox::Told {
    sandbox.run(&[&["run", "abort", "plan.hcl", "--yes", "--reason"], more].concat())
}

#[test]
fn a_run_goes_forward_again_and_does_once_more_what_was_undone() {
    let (sandbox, route53) = estate(MORE);
    sandbox.run(&["failover", "plan.hcl", "--yes"]).exits(6);
    let id = latest(&sandbox);
    let told = abort(&sandbox, &["false alarm"]);
    told.exits(6).shows("undo of freeze/command/pause: exit code 1");
    told.shows(&format!("pilotlight run abort plan.hcl {id} --withdraw --reason \"…\""));
    assert!(!told.stdout.contains("give up, and undo"), "it was aborted already: {}", told.stdout);
    abort(&sandbox, &["again"]).exits(1).says("being undone already").says("--withdraw --reason TEXT");

    let told = abort(&sandbox, &["no false alarm", "--withdraw"]);
    told.exits(6)
        .says("the way back is withdrawn by oncall@laptop: no false alarm")
        .shows("waits for approval commander");
    assert_eq!(sandbox.read("ran"), "once\nonce\n");
    let shown = sandbox.run(&["run", "show", "plan.hcl"]);
    shown.exits(0).shows("rollback begins: aborted by oncall@laptop: false alarm").shows(
        "way back withdrawn by oncall@laptop: no false alarm; the run goes on, and does once more: freeze/command/pause",
    );
    let report = sandbox.run(&["run", "report", "plan.hcl", "--format", "json"]).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let told: Vec<_> = report["interventions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {} {}", one["what"], one["by"], one["detail"]).replace('"', ""))
        .filter(|one| one.starts_with("rollback") || one.starts_with("withdrawn"))
        .collect();
    assert_eq!(
        told,
        [
            "rollback oncall@laptop false alarm",
            "withdrawn oncall@laptop the way back: no false alarm; done once more: freeze/command/pause",
        ]
    );
    assert_eq!(route53.changes(), [""; 0]);
    sandbox.write("well", "");
    abort(&sandbox, &["it was one"]).exits(5).shows("aborted by oncall@laptop: it was one");
}

#[test]
fn where_nobody_aborted_it_nothing_is_written() {
    let (sandbox, _route53) = estate(MORE);
    sandbox.run(&["failover", "plan.hcl", "--yes"]).exits(6);
    let before = sandbox.files();
    for arguments in [&["x", "--withdraw"][..], &["x", "--withdraw", "--takeover"]] {
        abort(&sandbox, arguments).is_error(
            1,
            "PL-F300\n\n  × failed to have the run go forward again: the run is not being undone\n  \
             help: see where the run stands: pilotlight run show plan.hcl\n",
        );
    }
    assert_eq!(sandbox.files(), before);
}
