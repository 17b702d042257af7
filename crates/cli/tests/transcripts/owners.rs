//! Terraform and a failover that holds: who owns the record, and what a pipeline is told.

use crate::name_server::{NameServer, name_server};
use crate::route53::Route53;
use crate::sandbox::{PLAN, Sandbox, state};

const RECORD: &str = r#"
resource "aws_route53_record" "app" {
  name = "app.shop.test"
  type = "A"
}
"#;

/// The state of [`state`], with the record in it.
pub(crate) fn owning(address: &str) -> String {
    let record = format!(
        r#""resources": [
    {{
      "mode": "managed", "type": "aws_route53_record", "name": "app",
      "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
      "instances": [ {{ "schema_version": 2, "attributes": {{
        "id": "Z1_app.shop.test_A", "zone_id": "Z1", "name": "app.shop.test", "fqdn": "app.shop.test", "type": "A",
        "ttl": 30, "records": ["{address}"], "set_identifier": "" }} }} ]
    }},"#
    );
    state(address).replace("\"resources\": [", &record)
}

/// Two stacks of which one owns the record, both sides, and a Route 53 that takes changes.
pub(crate) fn estate() -> (Sandbox, NameServer, Route53) {
    let server = name_server("192.0.2.10");
    let route53 = Route53::followed_by(&server, "192.0.2.10");
    let sandbox = Sandbox::new().with_aws(&route53.url).with_env("USER", "oncall").with_env("HOSTNAME", "laptop");
    let plan = PLAN.split("\ncheck ").next().unwrap();
    let other = "\nstack \"net\" {\n  source = \"net\"\n  state  = \"file:net/terraform.tfstate\"\n}\n";
    sandbox.write("plan.hcl", format!("{plan}{other}"));
    sandbox.write("app/main.tf", RECORD);
    sandbox.write("app/terraform.tfstate", owning("192.0.2.10"));
    sandbox.write("net/main.tf", "locals {}\n");
    sandbox.write("net/terraform.tfstate", state("192.0.2.1"));
    sandbox.write(".pilotlight/web/standby/app/terraform.tfstate", state("198.51.100.10"));
    (sandbox, server, route53)
}

const TOLD: &str = "app.shop.test A: aws_route53_record.app of stack app (app/main.tf:2:1); its next apply sets it back: \
                    no ignore_changes covers records";

#[test]
fn a_failover_that_an_apply_would_undo_keeps_releases_of_its_owner_away_until_the_failback() {
    let (sandbox, server, route53) = estate();
    let resolver = ["--resolver", server.address.as_str()];
    let dry = sandbox.run(&[&["failover", "plan.hcl", "--dry-run"][..], &resolver].concat());
    dry.exits(0).shows(&format!("Terraform\n  {TOLD}\n")).shows("[PL-F260]");
    sandbox.run(&["freeze", "on", "plan.hcl", "--reason", "the journal's folder"]).exits(0);
    sandbox.run(&["freeze", "off", "plan.hcl"]).exits(0);
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);

    let told = sandbox.run(&[&["failover", "plan.hcl", "--yes"][..], &resolver].concat());
    told.exits(0).shows("terraform\n  ! set back  app.shop.test A\n      owner   aws_route53_record.app of stack app, app/main.tf:2:1\n");
    assert_eq!(route53.changes().len(), 1);
    let check = sandbox.run(&["freeze", "check", "plan.hcl"]);
    check.exits(4).says("PL-F264").says(TOLD).says(" moved traffic to eu-central-1 at 20");
    check.says("release after the failback: pilotlight failback plan.hcl; or write into the resource at app/main.tf:2:  lifecycle { ignore_changes = [records] }");
    sandbox.run(&["freeze", "check", "plan.hcl", "--stack", "app"]).exits(4);
    // Another stack's apply does not touch the record.
    sandbox.run(&["freeze", "check", "plan.hcl", "--stack", "net"]).exits(0);
    sandbox.run(&["freeze", "check", "plan.hcl", "--stack", "nope"]).exits(1).says("the plan has the stacks");
    // What is about to be applied counts, not what was there when the run began.
    sandbox.write(
        "app/main.tf",
        RECORD.replace("type = \"A\"\n", "type = \"A\"\n  lifecycle { ignore_changes = [records] }\n"),
    );
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);
    sandbox.write("app/main.tf", RECORD);
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(4);
    // Where the HCL is not at hand, it is as the run found it.
    std::fs::remove_file(sandbox.path("app/main.tf")).unwrap();
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(4).says(TOLD);
    sandbox.write("app/main.tf", RECORD);

    let told = sandbox.run(&[&["failback", "plan.hcl", "--yes"][..], &resolver].concat());
    told.exits(0).shows("✓ left alone  app.shop.test A").shows("because after the run it is as the state has it");
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);
}

#[test]
fn what_was_done_in_a_copy_of_the_journal_counts_there_and_back() {
    let (sandbox, server, _route53) = estate();
    let journal = "plan \"web\" {\n  journal = [\"file:.pilotlight\", \"file:copy\"]\n";
    sandbox.write("plan.hcl", sandbox.read("plan.hcl").replacen("plan \"web\" {\n", journal, 1));
    sandbox.run(&["freeze", "on", "plan.hcl", "--reason", "the journal's folders"]).exits(0);
    sandbox.run(&["freeze", "off", "plan.hcl"]).exits(0);
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);
    // The first store was away, and the run was begun with the copy.
    let in_copy = ["--yes", "--journal", "file:copy", "--resolver", server.address.as_str()];
    sandbox.run(&[&["failover", "plan.hcl"][..], &in_copy].concat()).exits(0);
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(4).says("PL-F264").says(TOLD);
    sandbox.run(&[&["failback", "plan.hcl"][..], &in_copy].concat()).exits(0);
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);
}

#[test]
fn an_owner_that_nobody_knows_is_not_go_on() {
    let (sandbox, server, _route53) = estate();
    sandbox.write("app/terraform.tfstate", "{");
    let told = sandbox.run(&["failover", "plan.hcl", "--yes", "--resolver", &server.address]);
    told.exits(0).shows("? not known  app.shop.test A").shows("PL-F261");
    let check = sandbox.run(&["freeze", "check", "plan.hcl"]);
    check.exits(3).says("PL-F265").says("who owns it is not known, as not every state was read");
}

#[test]
fn a_lifecycle_that_covers_the_record_is_said_and_gives_leave() {
    let (sandbox, server, _route53) = estate();
    sandbox.write(
        "app/main.tf",
        RECORD.replace("type = \"A\"\n", "lifecycle {\n    ignore_changes = [ttl, records]\n  }\n"),
    );
    let told = sandbox.run(&["failover", "plan.hcl", "--yes", "--resolver", &server.address]);
    told.exits(0).shows("✓ left alone  app.shop.test A").shows("because ignore_changes covers records (app/main.tf:5)");
    assert!(!told.stdout.contains("PL-F26"), "{}", told.stdout);
    sandbox.run(&["freeze", "check", "plan.hcl"]).exits(0);
}
