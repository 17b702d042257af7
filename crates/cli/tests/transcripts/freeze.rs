//! A freeze, and what a pipeline is told while one is on or a run is active.

use crate::route53::NOBODY;
use crate::runs::{latest, waiting};
use crate::sandbox::{PLAN, Sandbox};

/// A plan whose journal is in two folders, which are there.
fn two_stores() -> Sandbox {
    let sandbox = Sandbox::new().with_env("USER", "ann").with_env("HOSTNAME", "ops");
    let journal = "plan \"web\" {\n  journal = [\"file:one\", \"file:two\"]\n";
    sandbox.write("plan.hcl", PLAN.replacen("plan \"web\" {\n", journal, 1));
    sandbox.write("one/.keep", "");
    sandbox
}

#[test]
fn a_pipeline_is_told_who_since_when_and_why() {
    let sandbox = two_stores();
    let told = sandbox.run(&["freeze", "check", "plan.hcl"]);
    told.exits(0);
    assert_eq!((told.stdout.as_str(), told.stderr.as_str()), ("plan web: no run is active and no freeze is on\n", ""));
    let told = sandbox.run(&["freeze", "on", "plan.hcl", "--reason", "the bank moves", "--for", "2h"]);
    told.exits(0).says("a freeze of plan web is on, by ann@ops since 20").says(": the bank moves");
    told.says("kept in file:one, file:two");
    let told = sandbox.run(&["freeze", "check", "plan.hcl"]);
    snapbox::assert_data_eq!(
        told.exits(4).stderr.as_str(),
        "PL-J116\n\n  × failed to give leave to release: a freeze of plan web is on, by ann@ops since [..]Z, until \
         [..]Z: the bank moves\n  help: wait until it is over, or ask ann@ops; it is turned off with pilotlight \
         freeze off plan.hcl\n"
    );
    assert_eq!(told.stdout, "");
    let again = sandbox.run(&["freeze", "on", "plan.hcl", "--reason", "still"]);
    again.exits(0).says("a freeze was on already, by ann@ops since");
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(4).says(": still").says("wait until it is turned off");
    sandbox.run(&["freeze", "off", "plan.hcl"]).exits(0).says("the freeze of plan web is over; it was on by ann@ops");
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);
    let before = sandbox.files();
    sandbox.run(&["freeze", "off", "plan.hcl"]).exits(0).says("no freeze of plan web is on");
    assert_eq!(sandbox.files(), before, "nothing was said, nothing is written");
    sandbox.run(&["freeze", "on", "plan.hcl", "--reason", " "]).exits(1).says("say why in a few words");
    sandbox.run(&["freeze", "on", "plan.hcl", "--reason", "x", "--for", "0s"]).exits(1).says("no time at all");
    sandbox.run(&["freeze", "on", "plan.hcl", "--reason", "x", "--for", "2 h"]).exits(1).says("--for");
}

#[test]
fn a_short_one_ends_by_itself() {
    let sandbox = two_stores();
    sandbox.run(&["freeze", "on", "plan.hcl", "--reason", "a moment", "--for", "1s"]).exits(0);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);
}

#[test]
fn one_store_is_enough_to_refuse_and_all_are_needed_for_leave() {
    let sandbox = two_stores();
    sandbox.run(&["freeze", "on", "plan.hcl", "--reason", "x"]).exits(0);
    std::fs::remove_dir_all(sandbox.path("one/freezes")).unwrap();
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(4);
    sandbox.run(&["freeze", "off", "plan.hcl"]).exits(0);
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);
    let word = "two/freezes/web/0000000001.json";
    sandbox.write(word, sandbox.read(word).replace("\"on\":false", "\"on\":true"));
    let told = sandbox.run(&["freeze", "check", "plan.hcl"]);
    told.exits(3).says("PL-J101").says("freezes/web/0000000001.json is damaged");
    // A new word stands above what was damaged.
    sandbox.run(&["freeze", "off", "plan.hcl", "--reason", "checked by hand"]).exits(0).says("warning: what is kept");
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);
}

#[test]
fn a_run_that_is_active_stopped_included_refuses_and_its_end_gives_leave() {
    let (sandbox, _route53) = waiting();
    let id = latest(&sandbox);
    let told = sandbox.run(&["freeze", "check", "plan.hcl"]);
    told.exits(4).says("PL-J105").says(&format!(
        "failed to give leave to release: plan web has a run that is not finished: failover {id}, begun by \
         oncall@laptop at 20"
    ));
    told.says("in phase switch since").says("stopped at switch/approval/commander since");
    told.says("waits for approval commander").says(&format!("`pilotlight run resume plan.hcl {id}`"));
    // Both are told.
    sandbox.run(&["freeze", "on", "plan.hcl", "--reason", "failing over"]).exits(0);
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(4).says("PL-J105").says("PL-J116").says(": failing over");
    sandbox.run(&["freeze", "off", "plan.hcl"]).exits(0);
    sandbox.run(&["run", "abort", "plan.hcl", "--reason", "over", "--yes"]).exits(5);
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);
}

#[test]
fn a_journal_that_does_not_answer_is_not_go_on() {
    // Its first store is a bucket that nobody answers for.
    let sandbox = Sandbox::new().with_aws(NOBODY).with_env("AWS_MAX_ATTEMPTS", "1");
    let journal = "plan \"web\" {\n  journal = [\"s3://journal/web\", \"file:two\"]\n";
    sandbox.write("plan.hcl", PLAN.replacen("plan \"web\" {\n", journal, 1));
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(3).says("PL-J115").says("unknown is not \"go on\"");
    let told = sandbox.run(&["freeze", "on", "plan.hcl", "--reason", "x"]);
    told.exits(0).says("kept in file:two\n").says("PL-J115");
    // What the other store holds is enough to refuse, and what is not known is told with it.
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(4).says("PL-J116").says("PL-J115");
    sandbox.run(&["freeze", "off", "plan.hcl"]).exits(3);
}

#[test]
fn a_folder_that_is_not_on_this_machine_says_nothing() {
    let sandbox = Sandbox::new();
    let told = sandbox.run(&["freeze", "check", "plan.hcl"]);
    told.exits(3).says("PL-J113").says("its journal file:.pilotlight is a folder that is not here").says("s3://BUCKET");
    assert!(!sandbox.path(".pilotlight").exists());
}
