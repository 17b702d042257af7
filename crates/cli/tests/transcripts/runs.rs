//! Failovers up to the switch, and what a person can do with a run that waits.

use crate::route53::Route53;
use crate::sandbox::{PLAN, Sandbox, state};

/// A step whose `run` and `undo` write down where they were started.
const STEP: &str = r#"
step "command" "pause" {
  phase = "freeze"
  run   = ["sh", "-c", "pwd > ran"]
  undo  = ["sh", "-c", "pwd > undone"]
}
"#;

const APPROVAL: &str = "\napproval \"commander\" { before = \"switch\" }\n";

/// An estate with both sides, a Route 53 that has the primary's address, and more in its plan.
pub(crate) fn estate(more: &str) -> (Sandbox, Route53) {
    let route53 = Route53::with("192.0.2.10");
    let sandbox = Sandbox::new().with_aws(&route53.url).with_env("USER", "oncall").with_env("HOSTNAME", "laptop");
    sandbox.write(".pilotlight/web/standby/app/terraform.tfstate", state("198.51.100.10"));
    sandbox.write("plan.hcl", format!("{PLAN}{more}"));
    (sandbox, route53)
}

/// An estate with a run that waits for an approval.
pub(crate) fn waiting() -> (Sandbox, Route53) {
    let (sandbox, route53) = estate(&format!("{STEP}{APPROVAL}"));
    sandbox.run(&["failover", "plan.hcl", "--yes"]).exits(6);
    (sandbox, route53)
}

#[test]
fn a_dry_run_shows_every_call_and_changes_nothing() {
    let (sandbox, route53) = estate(STEP);
    let before = sandbox.files();
    let told = sandbox.run(&["failover", "plan.hcl", "--dry-run"]);
    told.exits(0).shows("192.0.2.10").shows("198.51.100.10").shows("ChangeResourceRecordSets");
    let json = sandbox.run(&["failover", "plan.hcl", "--dry-run", "--format", "json"]);
    serde_json::from_str::<serde_json::Value>(&json.stdout).unwrap();
    assert_eq!((sandbox.files(), route53.changes()), (before, Vec::new()));
}

#[test]
fn without_a_terminal_and_without_yes_it_is_refused() {
    let (sandbox, route53) = estate("");
    let before = sandbox.files();
    let told = sandbox.run(&["failover", "plan.hcl"]);
    told.exits(4).says(
        "PL-U103\n\n  × failed to ask for confirmation: standard input is no terminal, and nothing was changed\n  \
         help: repeat the command with --yes once you have read what it would do\n",
    );
    assert_eq!(told.stdout, "");
    assert_eq!((sandbox.files(), route53.changes()), (before, Vec::new()));
}

#[test]
fn a_step_that_fails_before_the_switch_is_rolled_back() {
    let failing = STEP.replace("pwd > ran\"", "pwd > ran; echo queue is busy; exit 7\"");
    let (sandbox, route53) = estate(&failing);
    let told = sandbox.run(&["failover", "plan.hcl", "--yes"]);
    told.exits(5).shows("rolled back").shows("exit code 7: queue is busy").shows("PL-F110");
    assert!(sandbox.read("undone").len() > 1);
    assert_eq!(route53.changes(), [""; 0]);
}

#[test]
fn a_target_that_is_not_green_is_refused() {
    let red = "\ncheck \"tcp\" \"up\" {\n  address = \"127.0.0.1:1\"\n  side    = \"target\"\n  when    = [\"before\"]\n  timeout = \"1s\"\n}\n";
    let (sandbox, route53) = estate(red);
    let told = sandbox.run(&["failover", "plan.hcl", "--yes"]);
    told.exits(4).shows("refused").shows("PL-F114");
    assert_eq!(route53.changes(), [""; 0]);
}

#[test]
fn a_record_of_neither_side_does_not_compile() {
    let (sandbox, route53) = estate("");
    route53.set("203.0.113.99");
    let told = sandbox.run(&["failover", "plan.hcl", "--yes"]);
    told.exits(4).says("PL-F111").says("203.0.113.99");
    assert_eq!(route53.changes(), [""; 0]);
}

#[test]
fn a_run_waits_for_an_approval_and_tells_how_to_give_it() {
    let (sandbox, route53) = waiting();
    let id = latest(&sandbox);
    let list = sandbox.run(&["run", "list", "plan.hcl"]).stdout;
    snapbox::assert_data_eq!(
        list,
        "[..]  20[..]T[..]:[..]:[..]Z  failover  stopped      oncall@laptop  waits for approval commander\n"
    );
    let told = sandbox.run(&["run", "report", "plan.hcl"]);
    told.exits(0).shows("waits for approval commander");
    told.shows(&format!("pilotlight run approve plan.hcl {id} --step switch/approval/commander --reason \"…\""));
    sandbox.run(&["run", "resume", "plan.hcl"]).exits(6).shows("waits for approval commander");
    sandbox.run(&["run", "show", "plan.hcl"]).exits(0).shows("failover of web started by oncall@laptop");
    let second = sandbox.run(&["failover", "plan.hcl", "--yes"]);
    second.exits(4).says("PL-J105").says(&format!("`pilotlight run resume plan.hcl {id}`"));
    assert_eq!(route53.changes(), [""; 0]);
}

#[test]
fn an_approved_run_goes_on_and_a_denied_change_is_rolled_back() {
    let (sandbox, route53) = waiting();
    let step = ["--step", "switch/approval/commander", "--reason", "seen"];
    let told = sandbox.run(&[&["run", "approve", "plan.hcl"][..], &step].concat());
    // This Route 53 denies every change: nothing moved, so the run goes back by itself.
    told.exits(5).shows("access was denied: AccessDenied: User is not authorized");
    assert_eq!(route53.changes().len(), 1);
    assert!(sandbox.path("undone").exists());
    sandbox.run(&["run", "resume", "plan.hcl"]).exits(1).says("PL-J106").says("it is finished");
}

#[test]
fn a_word_that_the_run_would_not_take_is_refused_before_anything_is_written() {
    let (sandbox, _route53) = waiting();
    let before = sandbox.files();
    for subcommand in ["approve", "skip"] {
        let told = sandbox.run(&["run", subcommand, "plan.hcl", "--step", "nope", "--reason", "x"]);
        told.exits(1).says("PL-F118").says("failed to find step \"nope\" in the run");
        told.says("switch/approval/commander");
    }
    // A step that it has, and a word that it would not take.
    let no_approval = ["run", "approve", "plan.hcl", "--step", "freeze/command/pause", "--reason", "x"];
    sandbox.run(&no_approval).exits(1).says("PL-F118").says("it is no approval");
    let done = ["run", "skip", "plan.hcl", "--step", "freeze/command/pause", "--reason", "x"];
    sandbox.run(&done).exits(1).says("PL-F118").says("it is done or skipped already");
    let blank = ["run", "skip", "plan.hcl", "--step", "switch/approval/commander", "--reason", " "];
    sandbox.run(&blank).exits(1).says("say why in a few words");
    assert_eq!(sandbox.files(), before, "no event was written");
}

#[test]
fn an_abort_asks_then_undoes_and_is_exit_5() {
    let (sandbox, _route53) = waiting();
    sandbox.run(&["run", "abort", "plan.hcl", "--reason", "false alarm"]).exits(4).says("PL-U103");
    assert!(!sandbox.path("undone").exists());
    let told = sandbox.run(&["run", "abort", "plan.hcl", "--reason", "false alarm", "--yes"]);
    told.exits(5).shows("aborted").shows("false alarm");
    assert!(sandbox.path("undone").exists());
}

#[test]
fn commands_start_in_the_plans_folder_wherever_the_program_runs() {
    let (sandbox, _route53) = estate(&format!("{STEP}{APPROVAL}"));
    sandbox.run_in("elsewhere", &["failover", "../plan.hcl", "--save", "run.json"]).exits(0);
    sandbox.run_in("another", &["failover", "--run", "../elsewhere/run.json", "--yes"]).exits(6);
    let home = sandbox.path("").canonicalize().unwrap();
    assert_eq!(sandbox.read("ran").trim(), home.to_str().unwrap());
    let abort = ["run", "abort", "../plan.hcl", "--reason", "over", "--yes"];
    sandbox.run_in("third", &abort).exits(5);
    assert_eq!(sandbox.read("undone").trim(), home.to_str().unwrap());
}

#[test]
fn a_report_that_cannot_be_written_does_not_change_what_became_of_the_run() {
    // The report's folder goes away while the run is under way.
    let vanishing = STEP.replace("pwd > ran", "rm -r reports; touch reports");
    let (sandbox, _route53) = estate(&format!("{vanishing}{APPROVAL}"));
    sandbox.write("reports/old", "");
    let told = sandbox.run(&["failover", "plan.hcl", "--yes", "--out", "reports/run.html"]);
    told.exits(6).says("failed to write reports/run.html").says("pilotlight run report plan.hcl");
}

/// The id of the latest run.
pub(crate) fn latest(sandbox: &Sandbox) -> String {
    let list = sandbox.run(&["run", "list", "plan.hcl"]);
    list.stdout.lines().last().unwrap().split_whitespace().next().unwrap().to_owned()
}
