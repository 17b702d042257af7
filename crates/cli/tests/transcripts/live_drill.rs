//! Live drills: there, a stay, and back, as a person at a terminal sees them.

use crate::name_server::NameServer;
use crate::owners;
use crate::route53::Route53;
use crate::sandbox::{Sandbox, Told};

/// What makes a plan one that can be drilled: an objective, and a check that is asked all the time.
const CHECKED: &str = r#"
check "command" "fit" {
  run  = ["sh", "-c", "echo asked >> asked; test ! -e red"]
  side = "target"
}

observe {
  for   = "1s"
  every = "1s"
}
"#;

struct Estate {
    sandbox: Sandbox,
    server: NameServer,
    route53: Route53,
}

impl Estate {
    /// Nothing is to be said against its drill: Terraform leaves the record alone, and a check looks at the standby.
    fn new(more: &str) -> Self {
        let (sandbox, server, route53) = owners::estate();
        let plan = sandbox.read("plan.hcl");
        let objective = "  standby { region = \"eu-central-1\" }\n";
        let plan = plan.replacen(objective, &format!("{objective}  objectives {{ rto = \"5m\" }}\n"), 1);
        sandbox.write("plan.hcl", format!("{plan}{CHECKED}{more}"));
        let owner = sandbox.read("app/main.tf").replacen(
            "type = \"A\"",
            "type = \"A\"\n  lifecycle {\n    ignore_changes = [records]\n  }",
            1,
        );
        sandbox.write("app/main.tf", owner);
        Self { sandbox, server, route53 }
    }

    fn run(&self, arguments: &[&str]) -> Told {
        self.sandbox.run(&[arguments, &["--resolver", &self.server.address]].concat())
    }

    fn drill(&self, more: &[&str]) -> Told {
        self.run(&[&["drill", "live", "plan.hcl", "--yes", "--stay", "2s"][..], more].concat())
    }
}

#[test]
fn traffic_goes_there_stays_and_comes_back() {
    let estate = Estate::new("");
    let told = estate.drill(&[]);
    told.exits(0);
    assert!(
        told.stdout.starts_with("drill done: traffic was on eu-central-1 and is back on eu-west-1\n"),
        "{}",
        told.stdout
    );
    told.shows("✓ met           failover  recovery time").shows("✓ met           failback  recovery time");
    told.shows("✓ stop rule kept").shows("what to fix\n  nothing\n");
    told.says("run ").says("the way home:");
    assert_eq!(estate.route53.changes().len(), 2, "one change each way");
    // From the journal alone, in each format.
    let again = estate.sandbox.run(&["drill", "report", "plan.hcl"]);
    again.exits(0);
    assert_eq!(again.stdout, told.stdout, "what a drill tells at its end is what its journal tells");
    let json = estate.sandbox.run(&["drill", "report", "plan.hcl", "--format", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["outcome"], &json["traffic"]), (&"done".into(), &"home".into()));
    assert_eq!(json["runs"][1]["report"]["drill"], "home");
    let away = json["runs"][0]["report"]["run"].as_str().unwrap();
    let ticket = estate.sandbox.run(&["drill", "report", "plan.hcl", away, "--format", "markdown"]);
    assert!(ticket.stdout.starts_with("### ✓ Live drill done: "), "{}", ticket.stdout);
    estate.sandbox.run(&["drill", "report", "plan.hcl", "--format", "html", "--out", "drill.html"]).exits(0);
    assert!(estate.sandbox.read("drill.html").starts_with("<!DOCTYPE html>"));
    estate.run(&["drill", "live", "plan.hcl", "--resume"]).exits(1).says("PL-F256").says("the last one is over");
    // The list says that both are one drill.
    let list = estate.sandbox.run(&["run", "list", "plan.hcl"]).stdout;
    let lines: Vec<&str> = list.lines().collect();
    assert!(
        lines[0].contains("  failover  succeeded    ") && lines[0].contains("  live drill, way there: traffic is on")
    );
    assert!(lines[1].contains("  failback  succeeded    "), "{list}");
    assert!(lines[1].contains(&format!("  live drill {away}, way home: traffic is on the primary")), "{list}");
    let list = estate.sandbox.run(&["run", "list", "plan.hcl", "--format", "json"]).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let drill = |run: &serde_json::Value| {
        format!("{} {} {}", run["drill"]["failover"], run["drill"]["part"], run["drill"]["stage"])
    };
    assert_eq!(drill(&list[0]), format!("{away:?} \"away\" \"over\""));
    assert_eq!(drill(&list[1]), format!("{away:?} \"home\" \"over\""));
    // A second drill knows what the first one took.
    estate.drill(&[]).exits(0).shows("by 1 past run");
}

#[test]
fn a_check_that_turns_red_in_the_stay_brings_traffic_home() {
    // Asked before, after, and then again and again: the fifth answer is red.
    let estate = Estate::new("");
    let plan = estate.sandbox.read("plan.hcl");
    let plan = plan.replace("test ! -e red", "test $(wc -l < asked) -ne 5");
    estate.sandbox.write("plan.hcl", plan);
    let told = estate.run(&["drill", "live", "plan.hcl", "--yes", "--stay", "1m"]);
    told.exits(2).shows("drill stopped early, and went home: traffic was on eu-central-1 and is back on eu-west-1");
    told.shows("✗ stop rule struck")
        .shows("at observe/checks; the failover may take 5 m")
        .shows("check fit: 1 of ")
        .shows("PL-F253");
    told.says("skipped  observe/checks: by the drill's stop rule");
    assert_eq!(estate.route53.changes().len(), 2);
    estate.sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);
}

#[test]
fn both_ways_are_shown_before_anybody_agrees() {
    let estate = Estate::new("");
    let before = estate.sandbox.files();
    let told = estate.run(&["drill", "live", "plan.hcl", "--stop-after", "90s"]);
    told.exits(4).says("PL-U103");
    told.says("failover of web: eu-west-1 (primary) to eu-central-1 (standby)");
    told.says("Then, as it is foreseen now:\n\nfailback of web: eu-central-1 (standby) to eu-west-1 (primary)");
    told.says("stays 10m on the standby").says("has not moved within 1m30s");
    assert!(estate.route53.changes().is_empty());
    let after: Vec<String> = estate.sandbox.files().into_iter().filter(|file| file != "asked").collect();
    assert_eq!(after, before, "nothing but the check's own file is left");
}

#[test]
fn what_is_against_a_drill_is_told_while_traffic_is_at_home() {
    let estate = Estate::new("");
    let whole = estate.sandbox.read("plan.hcl");
    estate.sandbox.write("plan.hcl", whole.replace("  objectives { rto = \"5m\" }\n", ""));
    estate.drill(&[]).exits(4).says("PL-F251").says("it has no RTO").says("--stop-after 15m");
    estate.sandbox.write("plan.hcl", whole.split("\ncheck ").next().unwrap());
    estate.drill(&[]).exits(4).says("PL-F251").says("no check runs after the switch");
    estate.sandbox.write("plan.hcl", &whole);
    estate.sandbox.write("red", "");
    estate.drill(&[]).exits(4).says("PL-I101").says("begin a drill of plan web: check fit");
    std::fs::remove_file(estate.sandbox.path("red")).unwrap();
    // Its failback would be refused.
    let net = estate.sandbox.read("net/terraform.tfstate");
    let gone = owners::owning("192.0.2.1").replace("app.shop.test", "old.shop.test").replace("\"app\",", "\"old\",");
    estate.sandbox.write("net/terraform.tfstate", gone);
    estate.drill(&[]).exits(4).says("PL-F290").says("aws_route53_record.old");
    assert!(estate.route53.changes().is_empty());
    estate.sandbox.write("net/terraform.tfstate", net);
    estate.drill(&[]).exits(0);
}

#[test]
fn a_drill_whose_way_home_cannot_begin_waits_keeps_releases_away_and_goes_on() {
    let lost = "\nstep \"command\" \"lose\" {\n  phase = \"finish\"\n  \
                run   = [\"sh\", \"-c\", \"test -e found || mv app/terraform.tfstate gone\"]\n}\n";
    let estate = Estate::new(lost);
    estate.run(&["drill", "live", "plan.hcl", "--resume"]).exits(1).says("PL-F256").says("there is none");
    let told = estate.drill(&[]);
    told.exits(6).shows("drill waits for a person: TRAFFIC IS STILL ON eu-central-1\n");
    told.shows("what next\n  bring traffic home\n      pilotlight drill live plan.hcl --resume\n");
    told.says("failed to ");
    assert_eq!(estate.route53.changes().len(), 1);

    let freeze = estate.sandbox.run(&["freeze", "check", "plan.hcl"]);
    freeze.exits(4).says("PL-F255").says("a live drill is under way").says("pilotlight drill live plan.hcl --resume");
    let second = estate.drill(&[]);
    second.exits(4).says("PL-F252").says("is not over: traffic is on the standby");
    estate.sandbox.run(&["drill", "report", "plan.hcl"]).exits(0).shows("TRAFFIC IS STILL ON eu-central-1");
    let run = estate.sandbox.run(&["run", "report", "plan.hcl"]);
    run.exits(0).shows("bring traffic home, as the drill will\n      pilotlight drill live plan.hcl --resume");

    estate.sandbox.write("found", "");
    std::fs::rename(estate.sandbox.path("gone"), estate.sandbox.path("app/terraform.tfstate")).unwrap();
    // A schedule says yes to whatever it starts.
    let home = estate.run(&["drill", "live", "plan.hcl", "--resume", "--yes"]);
    home.exits(0).shows("drill done: traffic was on eu-central-1 and is back on eu-west-1");
    estate.sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);
    assert_eq!(estate.route53.changes().len(), 2);
}

#[test]
fn a_drill_that_waits_for_an_approval_goes_on_from_wherever_it_was_said() {
    let estate = Estate::new("\napproval \"commander\" { before = \"switch\" }\n");
    let told = estate.drill(&[]);
    told.exits(6).shows("drill waits for a person: traffic is on eu-west-1").shows("waits for approval commander");
    let approve = ["run", "approve", "plan.hcl", "--step", "switch/approval/commander", "--reason", "go"];
    let away = estate.run(&approve);
    away.exits(0).says("its way home: pilotlight drill live plan.hcl --resume");
    estate.run(&["drill", "live", "plan.hcl", "--resume"]).exits(6).shows("waits for approval commander");
    estate.run(&approve).exits(0);
    let told = estate.sandbox.run(&["drill", "report", "plan.hcl"]);
    told.exits(0).shows("drill done: ").shows("oncall@laptop approved: switch/approval/commander: go");
}
