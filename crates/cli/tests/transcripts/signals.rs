//! Ctrl-C in a run: the first stops it between steps, the second ends the program at once.

use crate::runs::estate;
use crate::sandbox::Sandbox;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A step that says when it has begun, and takes a while.
pub(crate) fn slow(seconds: u32) -> String {
    format!(
        "\nstep \"command\" \"slow\" {{\n  phase = \"freeze\"\n  run   = [\"sh\", \"-c\", \"touch begun; sleep {seconds}; touch over\"]\n}}\n"
    )
}

/// Starts a failover and waits until its step has begun.
pub(crate) fn begun(sandbox: &Sandbox) -> Child {
    let mut command = sandbox.command();
    command.args(["failover", "plan.hcl", "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // Generous: other tests have the processors meanwhile.
    let patience = Instant::now() + Duration::from_secs(30);
    while !sandbox.path("begun").exists() {
        assert!(Instant::now() < patience, "the step did not begin");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn one_stops_between_steps_and_the_run_can_be_resumed() {
    let (sandbox, route53) = estate(&slow(1));
    let child = begun(&sandbox);
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(6), "{stdout}");
    assert!(stdout.contains("a person asked to stop between steps"), "{stdout}");
    assert!(sandbox.path("over").exists(), "the step was let to its end");
    assert_eq!(route53.changes(), [""; 0]);
    sandbox.run(&["run", "abort", "plan.hcl", "--reason", "over", "--yes"]).exits(5);
}

#[test]
fn two_end_the_program_at_once() {
    let (sandbox, route53) = estate(&slow(5));
    let child = begun(&sandbox);
    let since = Instant::now();
    interrupt(&child);
    // Two signals at once are one to the kernel.
    std::thread::sleep(Duration::from_millis(300));
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(since.elapsed() < Duration::from_secs(4), "it waited for the step");
    assert_eq!(route53.changes(), [""; 0]);
}
