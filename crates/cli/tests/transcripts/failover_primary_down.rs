//! A failover without the primary region: what the primary's states said comes from the kit that a rebuild kept, and
//! every request is counted by the region that it was signed for. The kit is made by the real Terraform.

use crate::route53::Route53;
use crate::sandbox::{Sandbox, state};
use crate::two_regions::TwoRegions;

const PLAN: &str = r#"plan "web" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
  journal = ["s3://dr/pilotlight", "file:journal"]
}

stack "app" {
  source = "app"
  state  = "s3://states/app.tfstate"
  standby {
    state = "file:.pilotlight/web/standby/app/terraform.tfstate"
  }
}

traffic "front" {
  zone = "shop.test"
  record "app.shop.test" "A" {
    primary = stack.app.output.ips
    standby = stack.app.output.ips
    ttl     = "30s"
  }
}

check "tcp" "left" {
  address = "${stack.app.output.ips[0]}:80"
  side    = "primary"
  when    = ["before"]
}
"#;

const SOURCE: &str =
    "resource \"terraform_data\" \"release\" {}\n\noutput \"ips\" {\n  value = [\"198.51.100.10\"]\n}\n";

const DOWN: [&str; 3] = ["failover", "plan.hcl", "--primary-down"];

/// Both sides are there, and no kit yet.
fn estate(plan: &str) -> (Sandbox, TwoRegions, Route53) {
    let (aws, route53) = (TwoRegions::serve(), Route53::with("192.0.2.10"));
    let sandbox = Sandbox::new().with_aws(&aws.url).with_env("AWS_ENDPOINT_URL_ROUTE_53", &route53.url);
    let sandbox = sandbox.with_env("PATH", &std::env::var("PATH").unwrap()).with_env("AWS_MAX_ATTEMPTS", "1");
    sandbox.write("plan.hcl", plan);
    sandbox.write("app/main.tf", SOURCE);
    sandbox.write("empty.tfrc", "");
    let config = sandbox.path("empty.tfrc").display().to_string();
    aws.put("/states/app.tfstate", state("192.0.2.10"));
    sandbox.write(".pilotlight/web/standby/app/terraform.tfstate", state("198.51.100.10"));
    (sandbox.with_env("TF_CLI_CONFIG_FILE", &config), aws, route53)
}

#[test]
fn not_one_call_to_the_primary_and_its_values_from_the_kit() {
    let (sandbox, aws, route53) = estate(PLAN);
    std::fs::remove_file(sandbox.path(".pilotlight/web/standby/app/terraform.tfstate")).unwrap();
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]).says("recovery kit kept in s3://dr/pilotlight");
    aws.kill("eu-west-1");
    aws.asked("eu-west-1");

    let told = sandbox.run(&[&DOWN[..], &["--dry-run", "-v"]].concat());
    told.exits(0).shows("192.0.2.10  ->  198.51.100.10");
    told.shows("eu-west-1 is not asked (--primary-down): the primary's states of app come from the recovery kit of 20");
    told.shows("a minute ago [PL-R160]").shows("left out before the switch: it looks at eu-west-1");
    told.shows("route53:ChangeResourceRecordSets needs the control plane in us-east-1, outside eu-central-1");
    assert!(!told.stdout.contains("PL-F203"), "what the record should be is known: {}", told.stdout);
    assert!(!told.stdout.contains("preflight/check/left"), "{}", told.stdout);
    assert_eq!(aws.asked("eu-west-1"), [""; 0]);

    // The real thing, up to the switch, which this Route 53 denies.
    let told = sandbox.run(&[&DOWN[..], &["--yes"]].concat());
    told.exits(5).shows("access was denied").shows("PL-R160").shows("come from the recovery kit");
    assert_eq!((aws.asked("eu-west-1"), route53.changes().len()), (vec![], 1));
    assert!(!aws.asked("eu-central-1").is_empty(), "the journal is there");

    // The tap counts: without the flag the region is asked, and what it does not say is noted.
    sandbox.run(&["failover", "plan.hcl", "--dry-run"]).exits(0).shows("PL-F203");
    assert!(!aws.asked("eu-west-1").is_empty());

    // A record of neither side is seen also from the kit.
    route53.set("203.0.113.99");
    sandbox.run(&[&DOWN[..], &["--dry-run"]].concat()).exits(4).says("PL-F111").says("203.0.113.99");
    assert_eq!(aws.asked("eu-west-1"), [""; 0]);
}

#[test]
fn without_a_kit_it_says_so_and_moves_what_was_read() {
    let (sandbox, aws, _route53) = estate(PLAN);
    aws.kill("eu-west-1");
    let told = sandbox.run(&[&DOWN[..], &["--dry-run"]].concat());
    told.exits(0).shows("no recovery kit that verifies is in s3://dr/pilotlight, file:journal").shows("PL-R162");
    told.shows("is moved without knowing what the primary's state says of it [PL-F203]");
    assert_eq!(aws.asked("eu-west-1"), [""; 0]);
}

#[test]
fn what_a_person_asks_for_twice_and_otherwise_is_refused() {
    let (sandbox, aws, _route53) = estate(PLAN);
    for job in ["failover", "failback"] {
        let told = sandbox.run(&[job, "plan.hcl", "--primary-down", "--mode", "graceful", "--dry-run"]);
        told.exits(1)
            .says("PL-U101")
            .says(&format!("make a graceful {job} with --primary-down"))
            .says("leave out --mode graceful where the primary region is lost, or --primary-down where it answers");
    }
    // What is not said contradicts nothing, and the other word says the same.
    sandbox.run(&[&DOWN[..], &["--dry-run"]].concat()).exits(0);
    sandbox.run(&[&DOWN[..], &["--mode", "ungraceful", "--dry-run"]].concat()).exits(0);
    assert_eq!(aws.asked("eu-west-1"), [""; 0]);
}

#[test]
fn a_run_that_needs_the_primary_is_refused_before_anything_is_done() {
    let (sandbox, aws, route53) = estate(&PLAN.replace("eu-west-1", "us-east-1"));
    for more in ["--dry-run", "--yes"] {
        let told = sandbox.run(&[&DOWN[..], &[more]].concat());
        told.exits(4).says("PL-F140").says("failed to go on without us-east-1");
        told.says(
            "route53:ChangeResourceRecordSets is answered by the control plane in us-east-1 (switch/front/shop.test)",
        );
        told.says("route53:ListResourceRecordSets is answered by").says("preflight/records/front");
    }
    let told = sandbox.run(&["failback", "plan.hcl", "--primary-down", "--yes"]);
    told.exits(4).says("PL-F140").says("failed to fail back to us-east-1 while it is not asked (--primary-down)");
    assert_eq!(route53.changes(), [""; 0]);
    assert!(aws.objects("/dr/pilotlight/").is_empty() && !sandbox.path("journal").exists(), "no run was begun");
    // Without the flag the dependence is named, and the person decides.
    let told = sandbox.run(&["failover", "plan.hcl", "--dry-run"]);
    told.exits(0).shows("route53:ChangeResourceRecordSets needs us-east-1, the region that the run leaves [PL-F206]");
}
