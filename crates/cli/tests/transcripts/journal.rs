//! Journals: none yet, no such run, and events that were damaged, lost or put in another order.

use crate::runs::{latest, waiting};
use crate::sandbox::Sandbox;
use std::fs;

#[test]
fn no_run_yet() {
    let sandbox = Sandbox::new();
    let told = sandbox.run(&["run", "list", "plan.hcl"]);
    told.exits(0);
    assert_eq!((told.stdout.as_str(), told.stderr.as_str()), ("", "no run of plan web in file:.pilotlight\n"));
    assert_eq!(sandbox.run(&["run", "list", "plan.hcl", "--format", "json"]).stdout, "[]\n");
    for subcommand in ["show", "resume", "report"] {
        sandbox.run(&["run", subcommand, "plan.hcl"]).is_error(
            1,
            "PL-U101\n\n  × failed to find a run of plan web in file:.pilotlight\n  \
             help: begin one with pilotlight failover plan.hcl, or name another journal with --journal\n",
        );
    }
}

#[test]
fn an_unknown_id_and_the_beginning_of_one() {
    let (sandbox, _route53) = waiting();
    let id = latest(&sandbox);
    sandbox.run(&["run", "show", "plan.hcl", &id[..id.len() - 4]]).exits(0).shows("waits for approval");
    sandbox.run(&["run", "show", "plan.hcl", "zzz"]).is_error(
        1,
        "PL-U101\n\n  × failed to find run zzz of plan web in file:.pilotlight\n  \
         help: pilotlight run list plan.hcl has their ids\n",
    );
}

/// The event files of the run, in order.
fn events(sandbox: &Sandbox) -> Vec<String> {
    let events = format!("runs/{}/", latest(sandbox));
    sandbox.files().into_iter().filter(|file| file.contains(&events)).collect()
}

/// Every way to go on is refused, and the event is named.
fn is_refused(sandbox: &Sandbox, event: &str, words: &str) {
    let before = sandbox.files();
    for arguments in [
        &["run", "resume", "plan.hcl"][..],
        &["run", "show", "plan.hcl"],
        &["run", "list", "plan.hcl"],
        &["run", "abort", "plan.hcl", "--reason", "x", "--yes"],
        &["failover", "plan.hcl", "--yes"],
    ] {
        let told = sandbox.run(arguments);
        assert_eq!(told.exit, 1, "{arguments:?}: {}", told.stderr);
        assert!(told.stderr.contains("PL-J101"), "{arguments:?}: {}", told.stderr);
        told.says("failed to trust the journal at file:.pilotlight").says(event).says(words);
    }
    assert_eq!(sandbox.files(), before, "nothing is written to a journal that cannot be trusted");
}

#[test]
fn an_altered_event_is_named() {
    let (sandbox, _route53) = waiting();
    let event = &events(&sandbox)[2];
    let text = sandbox.read(event);
    sandbox.write(event, text.replacen("20", "19", 1));
    is_refused(&sandbox, event.rsplit('/').next().unwrap(), "");
}

#[test]
fn an_event_that_is_no_json_is_named() {
    let (sandbox, _route53) = waiting();
    let event = &events(&sandbox)[2];
    sandbox.write(event, "{");
    is_refused(&sandbox, event.rsplit('/').next().unwrap(), "");
}

#[test]
fn a_missing_event_is_named() {
    let (sandbox, _route53) = waiting();
    let event = &events(&sandbox)[2];
    fs::remove_file(sandbox.path(event)).unwrap();
    is_refused(&sandbox, event.rsplit('/').next().unwrap(), "missing");
}

#[test]
fn events_in_another_order_are_named() {
    let (sandbox, _route53) = waiting();
    let all = events(&sandbox);
    let (second, third) = (sandbox.read(&all[2]), sandbox.read(&all[3]));
    sandbox.write(&all[2], third);
    sandbox.write(&all[3], second);
    is_refused(&sandbox, all[2].rsplit('/').next().unwrap(), "");
}

#[test]
fn a_journal_that_cannot_be_written_refuses_the_run() {
    let (sandbox, route53) = crate::runs::estate("");
    sandbox.write("a-file", "");
    let told = sandbox.run(&["failover", "plan.hcl", "--yes", "--journal", "file:a-file"]);
    told.exits(4).says("failed to use the journal at file:a-file").says("--journal ");
    assert_eq!(route53.changes(), [""; 0]);
}

/// The plan with a copy of its journal, in which the run was gone on with.
fn with_a_copy(sandbox: &Sandbox) -> Vec<String> {
    let text = sandbox.read("plan.hcl");
    let journal = "plan \"web\" {\n  journal = [\"file:.pilotlight\", \"file:copy\"]\n";
    sandbox.write("plan.hcl", text.replacen("plan \"web\" {\n", journal, 1));
    let written = sandbox.files().into_iter().filter(|file| file.contains("/runs/") || file.contains("/plans/"));
    let all: Vec<String> = written.collect();
    for file in &all {
        sandbox.write(&file.replacen(".pilotlight/", "copy/", 1), sandbox.read(file));
    }
    all
}

#[test]
fn a_first_store_that_is_behind_its_copy_is_brought_up_by_whoever_takes_the_run_on() {
    let (sandbox, _route53) = waiting();
    with_a_copy(&sandbox);
    let copy = ["--journal", "file:copy"];
    let resume = ["run", "resume", "plan.hcl"];
    sandbox.run(&[&resume[..], &copy].concat()).exits(6).shows("waits for approval commander");
    let before = sandbox.files();
    // Whatever reads both tells the whole story, and says so.
    let shown = sandbox.run(&["run", "show", "plan.hcl"]);
    shown.exits(0).says("file:.pilotlight: is behind its copy by 2 events [PL-J102]");
    assert_eq!(shown.stdout.matches("resumed by").count(), 1);
    shown.shows(", journal file:copy given instead\n");
    assert_eq!(sandbox.files(), before);
    sandbox.run(&resume).exits(6).shows("was behind its copy by 2 events, and was brought up");
    let events = |folder: &str| -> Vec<String> {
        let events = sandbox.files().into_iter().filter(|file| file.starts_with(folder) && file.contains("/runs/"));
        events.map(|file| file[folder.len()..].to_owned()).collect()
    };
    assert_eq!(events(".pilotlight/"), events("copy/"));
    let told = sandbox.run(&["run", "abort", "plan.hcl", "--yes", "--reason", "no"]);
    told.exits(5).shows("with the journal file:copy in place of the plan's");
    assert!(!told.stdout.contains("PL-J10"), "{}", told.stdout);
}

#[test]
fn two_stories_of_one_run_are_refused_with_where_each_ends() {
    let (sandbox, _route53) = waiting();
    let all = with_a_copy(&sandbox);
    // The first store went on for itself.
    let plain = sandbox.read("plan.hcl").replacen("\"file:.pilotlight\", \"file:copy\"", "\"file:.pilotlight\"", 1);
    let both = sandbox.read("plan.hcl");
    sandbox.write("plan.hcl", plain);
    sandbox.run(&["run", "resume", "plan.hcl"]).exits(6);
    sandbox.run(&["run", "resume", "plan.hcl", "--journal", "file:copy"]).exits(6);
    sandbox.write("plan.hcl", both);
    let before = sandbox.files();
    let told = sandbox.run(&["run", "resume", "plan.hcl"]);
    let events = all.iter().filter(|file| file.contains("/runs/")).count();
    told.exits(1).says("PL-J103").says(&format!("from event {events} on"));
    let said = told.stderr.split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "");
    assert!(said.contains(&format!("the first store has event {} of 20", events + 1)), "{said}");
    assert!(said.contains(&format!("the copy event {} of 20", events + 1)), "{said}");
    assert_eq!(sandbox.files(), before);
}
