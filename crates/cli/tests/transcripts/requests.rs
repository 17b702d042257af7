//! People who are not at the executor's terminal: a pause, a yes, and who is told what of whom. Each with two
//! processes at once on a journal of files.

use crate::runs::{estate, latest};
use crate::sandbox::{Sandbox, Told};
use crate::signals::{begun, slow};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const APPROVAL: &str = "\napproval \"commander\" { before = \"switch\" }\n";
const STEP: &str = "switch/approval/commander";

/// A step after the slow one, so that there is something to stop before.
const AFTER: &str = "\nstep \"command\" \"after\" {\n  phase = \"promote\"\n  run   = [\"touch\", \"after\"]\n}\n";

fn ended(child: Child) -> Told {
    let output = child.wait_with_output().unwrap();
    Told {
        exit: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the program as somebody else, on another machine.
fn elsewhere(sandbox: &Sandbox, arguments: &[&str]) -> Told {
    let mut command = sandbox.command();
    command.args(arguments).env("USER", "grace").env("HOSTNAME", "bastion");
    ended(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

#[test]
fn a_pause_from_elsewhere_stops_between_steps_and_the_resumed_run_goes_on() {
    let (sandbox, route53) = estate(&format!("{}{AFTER}", slow(4)));
    let child = begun(&sandbox);
    let told = elsewhere(&sandbox, &["run", "pause", "plan.hcl", "--reason", "the bank called"]);
    told.exits(0).shows("is stopped at promote/command/after since 20");
    told.shows("paused by grace@bastion: the bank called").says("go on with: pilotlight run resume plan.hcl");
    told.says("asked for: failover").says("begun by oncall@laptop at 20").says("at work on freeze/command/slow");
    ended(child).exits(6).shows("paused by grace@bastion: the bank called");
    assert!(sandbox.path("over").exists() && !sandbox.path("after").exists(), "the step at work was let finish");
    // It is stopped: nobody is asked any more.
    sandbox.run(&["run", "pause", "plan.hcl", "--reason", "me too"]).exits(0).shows("is stopped already at promote");
    // The request does not pause it again. This Route 53 denies every change, so the run goes back by itself.
    sandbox.run(&["run", "resume", "plan.hcl"]).exits(5).shows("access was denied");
    assert!(sandbox.path("after").exists());
    assert_eq!(route53.changes().len(), 1);
    sandbox.run(&["run", "pause", "plan.hcl", "--reason", "late"]).exits(1).says("PL-J106");
}

#[test]
fn a_pause_that_nobody_answers_says_what_it_saw() {
    let (sandbox, _route53) = estate(&format!("{}{AFTER}", slow(60)));
    let mut child = begun(&sandbox);
    let pause = ["run", "pause", "plan.hcl", "--reason", "x", "--wait", "2s"];
    let told = elsewhere(&sandbox, &pause);
    told.exits(3).says("PL-J117").says("no answer within 2s").says("at work on freeze/command/slow");
    told.says("it is at a long step, or dead; on this machine oncall@laptop, process").says("the request stands");
    child.kill().unwrap();
    child.wait().unwrap();
    let told = sandbox.run(&pause);
    told.exits(3).says("on this machine no executor is at work").says("pilotlight run resume plan.hcl");
    // What was asked of the dead does not stop whoever goes on: the abort undoes all there is.
    sandbox.run(&["run", "abort", "plan.hcl", "--reason", "over", "--yes"]).exits(5);
}

#[test]
fn the_second_on_another_machine_is_refused_by_name_of_the_first() {
    let (sandbox, route53) = estate(&slow(60));
    let mut child = begun(&sandbox);
    // On another machine there is no lock to be seen: the journal alone tells.
    let lock = ".pilotlight/web/executor.lock";
    std::fs::rename(sandbox.path(lock), sandbox.path("lock")).unwrap();
    let who = "begun by oncall@laptop at 20";
    for arguments in [&["run", "resume", "plan.hcl"][..], &["run", "abort", "plan.hcl", "--reason", "x", "--yes"]] {
        let told = elsewhere(&sandbox, arguments);
        told.exits(4).says("PL-J105").says(who).says("in phase freeze since 20").says("--takeover");
        told.says("pilotlight run pause plan.hcl");
    }
    elsewhere(&sandbox, &["failover", "plan.hcl", "--yes"]).exits(4).says("PL-J105").says(who).says("in phase freeze");
    child.kill().unwrap();
    child.wait().unwrap();
    // That it is dead nobody over there can know; a person can say so.
    let told = elsewhere(&sandbox, &["run", "abort", "plan.hcl", "--reason", "dead", "--yes", "--takeover"]);
    told.exits(5).says("taken from");
    assert_eq!(route53.changes(), [""; 0]);
}

#[test]
fn on_one_machine_the_first_is_named_with_its_phase() {
    let (sandbox, _route53) = estate(&slow(60));
    let mut child = begun(&sandbox);
    let told = sandbox.run(&["failover", "plan.hcl", "--yes"]);
    told.exits(4).says(&format!("oncall@laptop, process {} is at work on one: failover", child.id()));
    told.says("in phase freeze since 20").says("pilotlight run pause plan.hcl --reason TEXT");
    child.kill().unwrap();
    child.wait().unwrap();
    // Of this machine's executor it is known that it is gone.
    sandbox.run(&["run", "abort", "plan.hcl", "--reason", "over", "--yes"]).exits(5);
}

#[test]
fn a_process_whose_run_is_over_is_not_told_to_be_paused() {
    let (sandbox, _route53) = estate(&slow(60));
    let mut child = begun(&sandbox);
    let signal = |name: &str| {
        let done = std::process::Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
        assert!(done.success());
    };
    signal("-STOP");
    let told = elsewhere(&sandbox, &["run", "abort", "plan.hcl", "--reason", "it stands", "--yes", "--takeover"]);
    told.exits(5).says("taken from");
    let told = sandbox.run(&["failover", "plan.hcl", "--yes"]);
    told.exits(4).says(&format!("process {} is at work on one", child.id()));
    told.says("the journal tells of no run").says("where it stands still, end it");
    signal("-CONT");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A failover at a terminal of its own, whose person is asked. What is typed there goes to its standard input.
fn at_a_terminal(sandbox: &Sandbox) -> Child {
    let program = env!("CARGO_BIN_EXE_pilotlight");
    let plain = sandbox.command();
    let mut command = std::process::Command::new("/usr/bin/script");
    command.args(["-qefc", &format!("{program} failover plan.hcl --yes"), "/dev/null"]).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("TERM", "dumb").env("NO_COLOR", "1").current_dir(sandbox.path("."));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let patience = Instant::now() + Duration::from_secs(30);
    // Its last event before the question.
    while !sandbox.run(&["run", "list", "plan.hcl"]).stdout.contains("unfinished")
        || !sandbox.run(&["run", "show", "plan.hcl"]).stdout.contains("switch begins")
    {
        assert!(Instant::now() < patience, "it did not come to the question");
        std::thread::sleep(Duration::from_millis(50));
    }
    child
}

fn type_line(child: &mut Child, line: &str) {
    use std::io::Write as _;
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(line.as_bytes()).unwrap();
    stdin.flush().unwrap();
}

#[test]
fn a_yes_and_a_no_at_the_terminal_have_their_reason_in_the_journal() {
    for (typed, exit, event) in [
        (
            "yes, all checks are green\n",
            5,
            "switch/approval/commander: approved by oncall@laptop: all checks are green",
        ),
        ("perhaps\nno: false alarm\n", 5, "switch/approval/commander: failed: denied by oncall@laptop: false alarm"),
    ] {
        let (sandbox, route53) = estate(APPROVAL);
        let mut child = at_a_terminal(&sandbox);
        type_line(&mut child, typed);
        let told = ended(child);
        told.exits(exit);
        assert_eq!(told.stdout.contains("Begin with \"yes\" or \"no\""), typed.starts_with("perhaps"));
        let log = sandbox.run(&["run", "show", "plan.hcl"]);
        log.exits(0).shows(event);
        let report = sandbox.run(&["run", "report", "plan.hcl"]).stdout;
        let (what, why) = match typed.starts_with("yes") {
            true => ("approved", "by oncall@laptop: switch/approval/commander: all checks are green"),
            false => ("denied", "by oncall@laptop: switch/approval/commander: false alarm"),
        };
        let row = report.lines().skip_while(|line| *line != "interventions").find(|line| line.contains(what));
        let row = row.unwrap_or_else(|| panic!("no {what} in {report}"));
        assert!(row.ends_with(why), "{row}");
        assert!(row.trim_start().starts_with(|first: char| first.is_ascii_digit()), "a time: {row}");
        assert_eq!(route53.changes().len(), usize::from(typed.starts_with("yes")));
    }
}

#[test]
fn somebody_else_says_yes_while_the_terminal_waits() {
    let (sandbox, route53) = estate(APPROVAL);
    let child = at_a_terminal(&sandbox);
    let told = elsewhere(&sandbox, &["run", "approve", "plan.hcl", "--step", STEP, "--reason", "seen on the phone"]);
    told.exits(0).shows("is approved by grace@bastion: seen on the phone").says("its executor goes on with it");
    // This Route 53 denies every change.
    ended(child).exits(5);
    sandbox.run(&["run", "show", "plan.hcl"]).exits(0).shows("approved by grace@bastion: seen on the phone");
    assert_eq!(route53.changes().len(), 1);
}

#[test]
fn a_pause_takes_the_question_away() {
    let (sandbox, route53) = estate(APPROVAL);
    let child = at_a_terminal(&sandbox);
    let told = elsewhere(&sandbox, &["run", "pause", "plan.hcl", "--reason", "not yet"]);
    told.exits(0).shows("is stopped at switch/approval/commander").shows("paused by grace@bastion: not yet");
    ended(child).exits(6);
    // Now that it has stopped, a yes carries it on from wherever it is given.
    let told = elsewhere(&sandbox, &["run", "approve", "plan.hcl", "--step", STEP, "--reason", "now"]);
    told.exits(5).says("resumed by grace@bastion");
    assert_eq!(route53.changes().len(), 1);
    assert_eq!(latest(&sandbox).len(), 36);
}
