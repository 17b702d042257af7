//! One bad night in one run: its program killed three times, two people, a step left out, an abort and its withdrawal.
//! Whoever reads the journal alone has the whole story.

use crate::owners::estate;
use crate::runs::latest;
use crate::sandbox::Sandbox;

/// `dies` kills the program that started it, where there is a file that says so.
const NIGHT: &str = r#"
step "command" "pause" {
  phase = "freeze"
  run   = ["sh", "dies", "first"]
  undo  = ["true"]
}

step "command" "warm" {
  phase = "scale"
  run   = ["sh", "dies", "second"]
  undo  = ["sh", "-c", "echo the queue is busy; exit 3"]
}

step "command" "resume" {
  phase = "finish"
  run   = ["sh", "dies", "third"]
}

step "command" "count" {
  phase = "verify"
  run   = ["sh", "-c", "echo no order since 22:14; exit 1"]
}

approval "commander" { before = "switch" }
"#;

/// Its parent is the program: nothing of that is let end.
const DIES: &str = "if [ -e $1 ]; then rm $1; kill -9 $PPID; fi\n";

/// Says something as this person. The exit code, or none where the program was killed.
fn by(sandbox: &Sandbox, person: &str, resolver: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = sandbox.command();
    let output = command.env("USER", person).args(arguments).args(["--resolver", resolver]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), text)
}

/// The story without its times, its ids and its digests.
fn plain(shown: &str) -> String {
    let word = |word: &str| match word {
        word if word.starts_with("20") && word.contains('T') => "AT".to_owned(),
        word if word.len() == 64 => "DIGEST".to_owned(),
        word => word.to_owned(),
    };
    shown.lines().map(|line| line.split_whitespace().map(word).collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn a_stranger_reads_it_from_the_journal_alone() {
    let (sandbox, server, _route53) = estate();
    let plan = sandbox.read("plan.hcl");
    sandbox.write("plan.hcl", format!("{plan}{NIGHT}"));
    sandbox.write("dies", DIES);
    for kill in ["first", "second", "third"] {
        sandbox.write(kill, "");
    }
    let say = |person: &str, arguments: &[&str]| by(&sandbox, person, &server.address, arguments);
    let run = |word: &'static str, more: &[&'static str]| [&["run", word, "plan.hcl"][..], more].concat();
    assert_eq!(say("ann", &["failover", "plan.hcl", "--yes"]).0, None, "killed in the freeze");
    assert_eq!(say("ann", &run("resume", &[])).0, None, "killed in the scale phase");
    assert_eq!(say("bob", &run("resume", &[])).0, Some(6), "waits for its approval");
    let (exit, told) = say("bob", &run("abort", &["--yes", "--reason", "false alarm"]));
    assert_eq!(exit, Some(6), "{told}");
    assert!(told.contains("undo of scale/command/warm: exit code 3: the queue is busy"), "{told}");
    let (exit, told) = say("ann", &run("abort", &["--yes", "--withdraw", "--reason", "the region is dark"]));
    assert_eq!(exit, Some(6), "{told}");
    let yes = ["--step", "switch/approval/commander", "--reason", "go"];
    let (exit, told) = say("bob", &run("approve", &yes));
    assert_eq!(exit, Some(6), "{told}");
    let skip = ["--step", "verify/command/count", "--reason", "nobody orders at night"];
    assert_eq!(say("ann", &run("skip", &skip)).0, None, "killed in the finish phase");
    let (exit, told) = say("bob", &run("resume", &[]));
    assert_eq!(exit, Some(0), "{told}");
    let run_id = latest(&sandbox);
    let shown = sandbox.run(&["run", "show", "plan.hcl"]).stdout;
    snapbox::assert_data_eq!(plain(&shown), snapbox::IntoData::raw(STORY));
    let report = sandbox.run(&["run", "report", "plan.hcl"]).stdout;
    assert!(report.contains(&run_id), "{report}");
    let told: String = report.split("\ninterventions\n").nth(1).unwrap().split("\n\n").next().unwrap().to_owned();
    let told: Vec<String> = told.lines().map(|line| plain(line.trim_start().get(8..).unwrap())).collect();
    snapbox::assert_data_eq!(told.concat(), snapbox::IntoData::raw(INTERVENTIONS));
}

/// As `run show` tells it.
const STORY: &str = concat!(
    "0 AT failover of web started by ann@laptop, digest DIGEST\n",
    "1 AT preflight begins\n",
    "2 AT preflight/records/front: about to act, attempt 1: route53 ListResourceRecordSets (us-east-1, control plane)\n",
    "3 AT preflight/records/front: done: as they were read\n",
    "4 AT preflight is finished\n",
    "5 AT freeze begins\n",
    "6 AT freeze/command/pause: about to act, attempt 1: command sh (what it calls is not known), command true (what it calls is not known)\n",
    "7 AT resumed by ann@laptop; whoever had it was last heard of at AT in the midst of freeze/command/pause\n",
    "8 AT freeze/command/pause: done: exit code 0\n",
    "9 AT freeze is finished\n",
    "10 AT scale begins\n",
    "11 AT scale/command/warm: about to act, attempt 1: command sh (what it calls is not known)\n",
    "12 AT resumed by bob@laptop; whoever had it was last heard of at AT in the midst of scale/command/warm\n",
    "13 AT scale/command/warm: done: exit code 0\n",
    "14 AT scale is finished\n",
    "15 AT switch begins\n",
    "16 AT stopped at switch/approval/commander: waits for approval commander\n",
    "17 AT resumed by bob@laptop\n",
    "18 AT rollback begins: aborted by bob@laptop: false alarm\n",
    "19 AT scale/command/warm: about to undo, attempt 1\n",
    "20 AT scale/command/warm: undo failed: exit code 3: the queue is busy\n",
    "21 AT freeze/command/pause: about to undo, attempt 1\n",
    "22 AT freeze/command/pause: undo done: exit code 0\n",
    "23 AT stopped at scale/command/warm: undo of scale/command/warm: exit code 3: the queue is busy\n",
    "24 AT resumed by ann@laptop\n",
    "25 AT way back withdrawn by ann@laptop: the region is dark; the run goes on, and does once more: freeze/command/pause, scale/command/warm\n",
    "26 AT freeze begins\n",
    "27 AT freeze/command/pause: about to act, attempt 2: command sh (what it calls is not known), command true (what it calls is not known)\n",
    "28 AT freeze/command/pause: done: exit code 0\n",
    "29 AT freeze is finished\n",
    "30 AT scale begins\n",
    "31 AT scale/command/warm: done: exit code 0\n",
    "32 AT scale is finished\n",
    "33 AT switch begins\n",
    "34 AT stopped at switch/approval/commander: waits for approval commander\n",
    "35 AT resumed by bob@laptop\n",
    "36 AT switch/approval/commander: approved by bob@laptop: go\n",
    "37 AT switch/approval/commander: done: approved by bob@laptop: go\n",
    "38 AT switch/front/shop.test: about to act, attempt 1: route53 ListResourceRecordSets (us-east-1, control plane), route53 ChangeResourceRecordSets (us-east-1, control plane)\n",
    "39 AT switch/front/shop.test: done: app.shop.test 198.51.100.10\n",
    "40 AT switch is finished\n",
    "41 AT verify begins\n",
    "42 AT verify/name-servers/front: about to act, attempt 1: route53 GetChange (us-east-1, control plane), dns ns-1.awsdns.test (data plane)\n",
    "43 AT verify/name-servers/front: done: all 1 name servers answer with 198.51.100.10\n",
    "44 AT verify/command/count: about to act, attempt 1: command sh (what it calls is not known)\n",
    "45 AT verify/command/count: failed: exit code 1: no order since 22:14\n",
    "46 AT stopped at verify/command/count: run count: exit code 1: no order since 22:14\n",
    "47 AT resumed by ann@laptop\n",
    "48 AT verify/command/count: skipped by ann@laptop: nobody orders at night\n",
    "49 AT verify is finished\n",
    "50 AT finish begins\n",
    "51 AT finish/command/resume: about to act, attempt 1: command sh (what it calls is not known)\n",
    "52 AT resumed by bob@laptop; whoever had it was last heard of at AT in the midst of finish/command/resume\n",
    "53 AT finish/command/resume: done: exit code 0\n",
    "54 AT finish is finished\n",
    "55 AT finished, succeeded: traffic is on the standby, eu-central-1; left out by a person's word: verify/command/count\n",
);

/// As the report tells what people did.
const INTERVENTIONS: &str = concat!(
    "▸ resumed by ann@laptop: the run goes on; whoever had it was last heard of at AT in the midst of freeze/command/pause\n",
    "▸ resumed by bob@laptop: the run goes on; whoever had it was last heard of at AT in the midst of scale/command/warm\n",
    "! stopped switch/approval/commander: waits for approval commander\n",
    "▸ resumed by bob@laptop: the run goes on\n",
    "↺ rollback by bob@laptop: false alarm\n",
    "! stopped scale/command/warm: undo of scale/command/warm: exit code 3: the queue is busy\n",
    "▸ resumed by ann@laptop: the run goes on\n",
    "▸ withdrawn by ann@laptop: the way back: the region is dark; done once more: freeze/command/pause, scale/command/warm\n",
    "! stopped switch/approval/commander: waits for approval commander\n",
    "▸ resumed by bob@laptop: the run goes on\n",
    "✓ approved by bob@laptop: switch/approval/commander: go\n",
    "! stopped verify/command/count: run count: exit code 1: no order since 22:14\n",
    "▸ resumed by ann@laptop: the run goes on\n",
    "» skipped by ann@laptop: verify/command/count: nobody orders at night\n",
    "▸ resumed by bob@laptop: the run goes on; whoever had it was last heard of at AT in the midst of finish/command/resume\n",
);
