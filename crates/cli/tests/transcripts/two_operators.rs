//! A second operator while the first one's executor is alive, and after it was killed.

use crate::runs::estate;
use crate::signals::{begun, slow};

#[test]
fn the_second_is_refused_by_name_of_the_first_until_that_one_is_gone() {
    let (sandbox, _route53) = estate(&slow(4));
    let mut first = begun(&sandbox);
    let who = format!("process {} is at work", first.id());
    for command in [
        &["failover", "plan.hcl", "--yes"][..],
        &["run", "resume", "plan.hcl"],
        &["run", "abort", "plan.hcl", "--reason", "impatience", "--yes"],
    ] {
        sandbox.run(command).exits(4).says(&who).says("--takeover");
    }
    // A killed executor holds nothing.
    first.kill().unwrap();
    first.wait().unwrap();
    sandbox.run(&["run", "abort", "plan.hcl", "--reason", "over", "--yes"]).exits(5);
}

#[test]
fn a_takeover_needs_no_leave_and_ends_the_first() {
    let (sandbox, route53) = estate(&slow(3));
    let first = begun(&sandbox);
    let reason = ["--reason", "it hangs", "--yes", "--takeover"];
    sandbox.run(&[&["run", "abort", "plan.hcl"][..], &reason].concat()).exits(5).says("taken from");
    let output = first.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(route53.changes(), [""; 0]);
}
