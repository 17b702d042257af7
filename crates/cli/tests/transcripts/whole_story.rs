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
    let told: Vec<String> = told.lines().map(|line| plain(line.trim_start().get(10..).unwrap())).collect();
    snapbox::assert_data_eq!(told.concat(), snapbox::IntoData::raw(INTERVENTIONS));
}

/// As `run show` tells it.
const STORY: &str = "\
";

/// As the report tells what people did.
const INTERVENTIONS: &str = "\
";
