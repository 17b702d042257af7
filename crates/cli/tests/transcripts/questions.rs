//! The open questions of a rebuild end with one block that answers all of them.

use crate::sandbox::{Sandbox, state};
use crate::two_regions::TwoRegions;

const PLAN: &str = r#"plan "web" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
  journal = ["file:journal"]
}

stack "app" {
  source = "app"
  state  = "file:app/primary.tfstate"
  standby {
    # The standby's own file.
    state = "file:.pilotlight/web/standby/app/terraform.tfstate"
    map   = { "sg-0123456789abcdef0" = "sg-0fedcba9876543210" }
  }
}
"#;

const SOURCE: &str = r#"locals {
  vpc    = "vpc-0123456789abcdef0"
  subnet = "subnet-0123456789abcdef0"
  group  = "sg-0123456789abcdef0"
}

resource "aws_ebs_volume" "data" {
  availability_zone = "eu-west-1b"
}
"#;

/// The lines of the last note, without their margin.
fn block(told: &str) -> String {
    let (_, block) = told.rsplit_once("stack app: the answers in one, in place of its standby block").expect(told);
    let (_, block) = block.split_once('\n').expect("a block");
    block.lines().map(|line| format!("  {}\n", line.strip_prefix("    ").unwrap_or(line))).collect()
}

#[test]
fn all_answers_are_pasted_at_once() {
    let aws = TwoRegions::serve();
    let sandbox = Sandbox::new().with_aws(&aws.url);
    let outputs = "\"outputs\": { \"ips\": { \"value\": [\"192.0.2.10\"], \"type\": [\"list\", \"string\"] } },";
    sandbox.write("app/primary.tfstate", state("192.0.2.10").replace(outputs, "\"outputs\": {},"));
    sandbox.write("plan.hcl", PLAN);
    sandbox.write("app/main.tf", SOURCE);
    let told = sandbox.run(&["rebuild", "plan.hcl", "--diff"]);
    told.exits(2).says("each … is yours to fill in");
    // A question's line is in the block, and nowhere else.
    assert_eq!(told.stderr.matches("\"vpc-0123456789abcdef0\" = ").count(), 1, "{}", told.stderr);
    let block = block(&told.stderr);
    assert_eq!(
        block,
        r#"  standby {
    # The standby's own file.
    state = "file:.pilotlight/web/standby/app/terraform.tfstate"
    map   = {
      "sg-0123456789abcdef0" = "sg-0fedcba9876543210"
      "vpc-0123456789abcdef0" = "vpc-…"
      "subnet-0123456789abcdef0" = "subnet-…"
    }
    data "aws_ebs_volume.data" { from = "snapshot" }
  }
"#
    );
    let start = PLAN.find("  standby {\n    #").expect("the stack's block");
    let answered = block.replace("snapshot", "empty").replacen('…', "1", 1).replacen('…', "2", 1);
    sandbox.write("plan.hcl", format!("{}{answered}}}\n", &PLAN[..start]));
    sandbox.run(&["rebuild", "plan.hcl", "--diff"]).exits(0).shows("vpc-1").shows("subnet-2");

    // What pasting the lines one by one would make of the map.
    sandbox.write("plan.hcl", PLAN.replace("map   = { ", "map = { \"sg-0123456789abcdef0\" = \"\", "));
    sandbox.run(&["rebuild", "plan.hcl", "--diff"]).exits(1).says("use the key \"sg-0123456789abcdef0\" twice");
}
