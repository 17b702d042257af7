//! The verdict against what terraform itself does: a stack with every kind of record is applied, the records are moved as
//! a run moves them, and `terraform plan` says which it would set back.
//!
//! Terraform, the AWS provider and an emulated AWS are the lab's.

use crate::estate::{Stacks, ZONE, plan, run_of};
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_lab::Bare;
use pilotlight_tfstate::State;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Every kind of record, with a lifecycle that covers what a run changes of it and without; at addresses with modules,
/// counts and keys.
const MAIN: &str = r#"
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
resource "aws_route53_zone" "shop" { name = "shop.test" }

resource "aws_route53_record" "plain" {
  count   = 1
  zone_id = aws_route53_zone.shop.zone_id
  name    = "plain"
  type    = "A"
  ttl     = 30
  records = ["192.0.2.1", "192.0.2.2"]
}
variable "ttl" { default = 30 }
resource "aws_route53_record" "plain_kept" {
  zone_id = aws_route53_zone.shop.zone_id
  name    = "plain-kept.shop.test"
  type    = "A"
  ttl     = var.ttl
  records = ["192.0.2.1", "192.0.2.2"]
  lifecycle { ignore_changes = [records] }
}
resource "aws_route53_record" "plain_wrong" {
  zone_id = aws_route53_zone.shop.zone_id
  name    = "plain-wrong.shop.test"
  type    = "CNAME"
  ttl     = 30
  records = ["home.example.test"]
  lifecycle { ignore_changes = [ttl, alias] }
}
resource "aws_route53_record" "wild" {
  for_each = toset(["*"])
  zone_id  = aws_route53_zone.shop.zone_id
  name     = "${each.key}.wild.shop.test"
  type     = "CNAME"
  ttl      = 30
  records  = ["home.example.test"]
  lifecycle { ignore_changes = all }
}
module "alias" {
  source   = "./alias"
  for_each = { bare = "alias", kept = "alias-kept" }
  zone_id  = aws_route53_zone.shop.zone_id
  name     = each.value
}
resource "aws_route53_record" "weighted" {
  for_each       = { home = ["192.0.2.1", 100], away = ["198.51.100.1", 0] }
  zone_id        = aws_route53_zone.shop.zone_id
  name           = "weighted.shop.test"
  type           = "A"
  ttl            = 30
  records        = [each.value[0]]
  set_identifier = each.key
  weighted_routing_policy { weight = each.value[1] }
}
resource "aws_route53_record" "weighted_kept" {
  for_each       = { home = ["192.0.2.1", 100], away = ["198.51.100.1", 0] }
  zone_id        = aws_route53_zone.shop.zone_id
  name           = "weighted-kept.shop.test"
  type           = "A"
  ttl            = 30
  records        = [each.value[0]]
  set_identifier = "kept-${each.key}" # the emulator deletes by the identifier alone
  weighted_routing_policy { weight = each.value[1] }
  lifecycle { ignore_changes = [weighted_routing_policy] }
}
output "zone_id" { value = aws_route53_zone.shop.zone_id }
"#;

const ALIAS_MODULE: &str = r#"
variable "zone_id" {}
variable "name" {}
resource "aws_route53_record" "alias" {
  count   = var.name == "alias" ? 1 : 0
  zone_id = var.zone_id
  name    = "${var.name}.shop.test"
  type    = "A"
  alias {
    name                   = "home-1.eu-west-1.elb.amazonaws.com"
    zone_id                = "Z32O12XQLNTSW2"
    evaluate_target_health = true
  }
}
resource "aws_route53_record" "kept" {
  count   = var.name == "alias" ? 0 : 1
  zone_id = var.zone_id
  name    = "${var.name}.shop.test"
  type    = "A"
  alias {
    name                   = "home-1.eu-west-1.elb.amazonaws.com"
    zone_id                = "Z32O12XQLNTSW2"
    evaluate_target_health = true
  }
  lifecycle { ignore_changes = [alias] }
}
"#;

fn traffic() -> String {
    let values = |name: &str, kind: &str, primary: &str, standby: &str| {
        format!("  record \"{name}.shop.test\" \"{kind}\" {{\n    primary = {primary}\n    standby = {standby}\n  }}\n")
    };
    let addresses = ["[\"192.0.2.1\", \"192.0.2.2\"]", "[\"198.51.100.1\"]"];
    let alias = |name: &str| {
        let to = |side: &str, zone: &str| format!("{{ name = \"{side}.elb.amazonaws.com\", zone_id = \"{zone}\" }}");
        values(name, "A", &to("home-1.eu-west-1", "Z32O12XQLNTSW2"), &to("away-1.eu-central-1", "Z215JYRZR1TBD5"))
    };
    let simple = [
        values("plain", "A", addresses[0], addresses[1]),
        values("plain-kept", "A", addresses[0], addresses[1]),
        values("plain-wrong", "CNAME", "\"home.example.test\"", "\"away.example.test\""),
        values("*.wild", "CNAME", "\"home.example.test\"", "\"away.example.test\""),
        alias("alias"),
        alias("alias-kept"),
    ];
    let weighted = ["weighted", "weighted-kept"].map(|name| values(name, "A", "\"192.0.2.1\"", "\"198.51.100.1\""));
    format!(
        "traffic \"simple\" {{\n  zone = \"shop.test\"\n{}}}\ntraffic \"shares\" {{\n  zone   = \"shop.test\"\n  method = \
         \"weighted\"\n  shift  = [50, 100]\n  hold   = \"1s\"\n{}}}\n",
        simple.concat(),
        weighted.concat()
    )
}

/// What Route 53 has in the zone, as the AWS command line tells it.
fn record_sets(aws: &Bare, zone_id: &str) -> Vec<RecordSet> {
    let text = run(aws, "aws", &["route53", "list-resource-record-sets", "--hosted-zone-id", zone_id], aws.folder());
    let told: Value = serde_json::from_str(&text).expect("JSON");
    let sets = told["ResourceRecordSets"].as_array().expect("sets");
    let name = |text: &Value| text.as_str().unwrap_or_default().trim_end_matches('.').replace("\\052", "*");
    let set = |set: &Value| {
        let values = set["ResourceRecords"].as_array().into_iter().flatten();
        let alias = set.get("AliasTarget").map(|alias| AliasTarget {
            hosted_zone_id: alias["HostedZoneId"].as_str().expect("a zone").to_owned(),
            dns_name: name(&alias["DNSName"]),
            evaluate_target_health: alias["EvaluateTargetHealth"].as_bool().expect("a flag"),
        });
        RecordSet {
            name: name(&set["Name"]),
            record_type: set["Type"].as_str().expect("a type").to_owned(),
            ttl: set["TTL"].as_u64(),
            values: values.map(|value| value["Value"].as_str().expect("a value").to_owned()).collect(),
            alias,
            set_identifier: set["SetIdentifier"].as_str().map(str::to_owned),
            weight: set["Weight"].as_i64(),
            failover: None,
            health_check_id: None,
            other_routing: None,
        }
    };
    sets.iter().map(set).collect()
}

/// Makes the changes of a run, batch by batch, as the engine asks Route 53 for them.
fn carry_out(aws: &Bare, run_to_do: &Run, zone_id: &str) {
    let shape = |set: &RecordSet| {
        // Route 53 takes either spelling of a wildcard, the emulator the one in which it was made.
        let mut shape = json!({ "Name": set.name.replace('*', "\\052"), "Type": set.record_type });
        match &set.alias {
            Some(alias) => {
                shape["AliasTarget"] = json!({
                    "HostedZoneId": alias.hosted_zone_id, "DNSName": alias.dns_name,
                    "EvaluateTargetHealth": alias.evaluate_target_health,
                });
            }
            None => {
                let values: Vec<Value> = set.values.iter().map(|value| json!({ "Value": value })).collect();
                shape["ResourceRecords"] = values.into();
            }
        }
        for (name, value) in [
            ("TTL", set.ttl.map(Value::from)),
            ("SetIdentifier", set.set_identifier.clone().map(Value::from)),
            ("Weight", set.weight.map(Value::from)),
        ] {
            if let Some(value) = value {
                shape[name] = value;
            }
        }
        shape
    };
    for step in run_to_do.steps() {
        let Action::MoveRecords(changes) = &step.action else { continue };
        let changes: Vec<Value> = changes
            .records
            .iter()
            .filter(|change| change.before != change.after)
            .flat_map(|change| [("DELETE", &change.before), ("CREATE", &change.after)])
            .map(|(action, set)| json!({ "Action": action, "ResourceRecordSet": shape(set) }))
            .collect();
        let batch = json!({ "Changes": changes }).to_string();
        let arguments =
            ["route53", "change-resource-record-sets", "--hosted-zone-id", zone_id, "--change-batch", &batch];
        run(aws, "aws", &arguments, aws.folder());
    }
}

/// What `terraform plan` would do to each record.
fn planned(aws: &Bare, root: &Path) -> BTreeMap<String, Vec<String>> {
    run(aws, "terraform", &["plan", "-input=false", "-parallelism=40", "-out=plan"], root);
    let plan: Value = serde_json::from_str(&run(aws, "terraform", &["show", "-json", "plan"], root)).expect("JSON");
    let changes = plan["resource_changes"].as_array().expect("changes").iter();
    let actions = |change: &Value| -> Vec<String> {
        change["change"]["actions"]
            .as_array()
            .expect("actions")
            .iter()
            .map(|one| one.as_str().unwrap_or_default().to_owned())
            .collect()
    };
    changes
        .filter(|change| change["type"] == "aws_route53_record")
        .map(|change| (change["address"].as_str().expect("an address").to_owned(), actions(change)))
        .collect()
}

fn run(aws: &Bare, program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = aws.command(program).current_dir(folder).args(arguments).output().expect(program);
    assert!(output.status.success(), "{program} {arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn read_state(root: &Path) -> Stacks {
    let file = root.join("terraform.tfstate");
    let state = State::parse("terraform.tfstate", &std::fs::read(file).expect("a state")).expect("a state");
    let key = || ("app".to_owned(), Side::Primary);
    Stacks { states: [(key(), Ok(state))].into(), folders: [(key(), root.to_owned())].into() }
}

/// Address and verdict of each owner.
fn verdicts(run: &Run) -> BTreeMap<String, NextApply> {
    let of = |owner: &RecordOwner| (owner.resource.as_ref().expect("an owner").address.clone(), owner.next_apply);
    run.owners.iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_sets_back_what_was_said_and_leaves_alone_what_was_said() {
    let scratch = tempfile::tempdir().expect("a folder");
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let cache = target.parent().expect("the target folder").join("lab/cache");
    let aws =
        Bare::start(&scratch.path().join("aws"), &cache, &std::env::vars().collect(), &|_| {}).await.expect("AWS");
    let root = scratch.path().join("app");
    std::fs::create_dir_all(root.join("alias")).expect("made");
    std::fs::write(root.join("main.tf"), MAIN).expect("written");
    std::fs::write(root.join("alias/main.tf"), ALIAS_MODULE).expect("written");
    run(&aws, "terraform", &["init", "-input=false"], &root);
    run(&aws, "terraform", &["apply", "-input=false", "-auto-approve", "-parallelism=40"], &root);
    let zone_id = run(&aws, "terraform", &["output", "-raw", "zone_id"], &root);

    let plan = plan(&["app"], &traffic());
    let there = with_owners(
        run_of(&plan, Direction::Failover, &zone_id, &record_sets(&aws, &zone_id)),
        &plan,
        &read_state(&root),
    );
    let said = verdicts(&there);
    assert_eq!(said.len(), 10, "{said:#?}");
    carry_out(&aws, &there, &zone_id);
    let then = planned(&aws, &root);
    for (address, verdict) in &said {
        let expected: &[&str] = match verdict {
            NextApply::Ignores => &["no-op"],
            NextApply::Reverts => &["update"],
            other => panic!("{address}: {other:?}"),
        };
        assert_eq!(then[address], expected, "{address} of {ZONE}");
    }
    let kept = said.values().filter(|verdict| **verdict == NextApply::Ignores).count();
    assert_eq!(kept, 5, "{said:#?}");

    // A change of something else keeps what the record answers, where Terraform has looked; without a refresh it writes
    // what the state has, which is what docs/ownership.md warns of.
    for (more, values) in [(&[][..], &["198.51.100.1"][..]), (&["-refresh=false"], &["192.0.2.1", "192.0.2.2"])] {
        let arguments = [&["plan", "-input=false", "-parallelism=40", "-out=ttl", "-var", "ttl=31"][..], more].concat();
        run(&aws, "terraform", &arguments, &root);
        let shown: Value =
            serde_json::from_str(&run(&aws, "terraform", &["show", "-json", "ttl"], &root)).expect("JSON");
        let changes = shown["resource_changes"].as_array().expect("changes");
        let kept = changes.iter().find(|change| change["address"] == "aws_route53_record.plain_kept").expect("it");
        assert_eq!(kept["change"]["actions"], json!(["update"]), "{more:?}");
        assert_eq!(kept["change"]["after"]["records"], json!(values), "{more:?}");
    }

    // After the failback nothing is to be done, with a lifecycle or without.
    let back = with_owners(
        run_of(&plan, Direction::Failback, &zone_id, &record_sets(&aws, &zone_id)),
        &plan,
        &read_state(&root),
    );
    let said = verdicts(&back);
    assert!(said.values().all(|verdict| matches!(verdict, NextApply::Ignores | NextApply::Unchanged)), "{said:#?}");
    carry_out(&aws, &back, &zone_id);
    let then = planned(&aws, &root);
    assert!(then.values().all(|actions| *actions == ["no-op"]), "{then:#?}");
}
