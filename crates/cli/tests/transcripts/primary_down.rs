//! A rebuild without the primary region, from what an earlier one kept with the journal; by the real Terraform.

use crate::sandbox::{Sandbox, Told, state};
use crate::two_regions::TwoRegions;
use std::collections::BTreeMap;

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
"#;

/// Zones that the letter alone would match otherwise, and an image that only a look-up can.
const SOURCE: &str = r#"locals {
  zones = ["eu-west-1b", "eu-west-1c"]
  image = "ami-0aaaaaaaaaaaaaaaa"
}

resource "terraform_data" "release" {}
"#;

const ROOT: &str = ".pilotlight/web/standby/app";

fn estate() -> (Sandbox, TwoRegions) {
    let aws = TwoRegions::serve();
    let sandbox = Sandbox::new().with_aws(&aws.url).with_env("PATH", &std::env::var("PATH").unwrap());
    sandbox.write("plan.hcl", PLAN);
    sandbox.write("app/main.tf", SOURCE);
    std::fs::remove_file(sandbox.path("app/terraform.tfstate")).unwrap();
    // A machine's own CLI configuration must not decide a test.
    sandbox.write("empty.tfrc", "");
    let config = sandbox.path("empty.tfrc").display().to_string();
    aws.put("/states/app.tfstate", primary_state());
    (sandbox.with_env("TF_CLI_CONFIG_FILE", &config), aws)
}

/// As the sandbox has it, and nothing for another stack.
fn primary_state() -> String {
    let outputs = "\"outputs\": { \"ips\": { \"value\": [\"192.0.2.10\"], \"type\": [\"list\", \"string\"] } },";
    state("192.0.2.10").replace(outputs, "\"outputs\": {},")
}

/// With a kit in both stores, and a primary that is gone.
fn bereft() -> (Sandbox, TwoRegions, BTreeMap<String, String>) {
    let (sandbox, aws) = estate();
    let told = apply(&sandbox, &[]);
    told.exits(0).says("recovery kit kept in s3://dr/pilotlight, file:journal");
    let generated = generated(&sandbox);
    for file in generated.keys() {
        std::fs::remove_file(sandbox.path(file)).unwrap();
    }
    aws.kill("eu-west-1");
    aws.asked("eu-west-1");
    (sandbox, aws, generated)
}

fn apply(sandbox: &Sandbox, flags: &[&str]) -> Told {
    sandbox.run(&[&["rebuild", "plan.hcl", "--apply", "--yes"], flags].concat())
}

/// What the rebuild wrote, without what is Terraform's own.
fn generated(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let own = |file: &String| file.starts_with(ROOT) && !file.contains("/.terraform") && !file.contains(".tfstate");
    sandbox.files().into_iter().filter(own).map(|file| (file.clone(), sandbox.read(&file))).collect()
}

fn kits(sandbox: &Sandbox) -> Vec<String> {
    sandbox.files().into_iter().filter(|file| file.starts_with("journal/recovery/web/0")).collect()
}

#[test]
fn not_one_call_to_the_primary_and_the_same_standby() {
    let (sandbox, aws, before) = bereft();
    assert!(before[&format!("{ROOT}/main.tf")].contains(r#"zones = ["eu-central-1a", "eu-central-1b"]"#), "{before:?}");
    assert!(before[&format!("{ROOT}/main.tf")].contains("ami-0bbbbbbbbbbbbbbbb"), "{before:?}");

    let told = apply(&sandbox, &["--primary-down"]);
    told.exits(0).shows("PL-R160").shows("eu-west-1 is not asked (--primary-down)").shows("a minute ago");
    assert_eq!(aws.asked("eu-west-1"), [""; 0]);
    assert!(aws.asked("eu-central-1").contains(&"POST DescribeAvailabilityZones".to_owned()));
    assert_eq!(generated(&sandbox), before);
    assert_eq!(kits(&sandbox).len(), 1, "what comes from a kit makes no new one");

    for flag in ["--diff", "--explain"] {
        let told = sandbox.run(&["rebuild", "plan.hcl", "--primary-down", flag]);
        told.exits(0).says("PL-R160").says("state of app: serial 3, lineage c7f5a3a0-0b5e-4f0f-9f7e-6d1f4f1c2b11");
        assert_eq!(aws.asked("eu-west-1"), [""; 0], "{flag}");
    }
}

#[test]
fn a_primary_that_does_not_answer_is_replaced_by_the_kit_with_a_warning() {
    let (sandbox, aws, before) = bereft();
    let told = apply(&sandbox, &[]);
    told.exits(0).shows("eu-west-1 does not answer: the region map, what the region offered and the state of app");
    told.shows("failed to ask eu-west-1 for its availability zones").shows("failed to reach s3://states/app.tfstate");
    assert!(!told.stdout.contains("by their letter"), "{}", told.stdout);
    assert!(!aws.asked("eu-west-1").is_empty(), "without the flag it is asked");
    assert_eq!(generated(&sandbox), before);
    assert_eq!(kits(&sandbox).len(), 1);
}

#[test]
fn each_rebuild_with_the_primary_keeps_a_kit_and_each_state_once() {
    let (sandbox, aws) = estate();
    for _ in 0..2 {
        apply(&sandbox, &[]).exits(0);
    }
    assert_eq!(kits(&sandbox).len(), 2, "its age is when the primary was last seen");
    let of_bucket = aws.objects("/dr/pilotlight/recovery/web/");
    let states: Vec<&String> = of_bucket.keys().filter(|key| key.contains("/states/")).collect();
    assert_eq!((of_bucket.len(), states.len()), (3, 1));
    assert_eq!(of_bucket[states[0]], primary_state().into_bytes());
    // What only looks keeps nothing.
    sandbox.run(&["rebuild", "plan.hcl", "--diff"]).exits(0);
    assert_eq!(kits(&sandbox).len(), 2);
}

#[test]
fn without_a_kit_it_says_what_would_have_made_one() {
    let (sandbox, aws) = estate();
    aws.kill("eu-west-1");
    sandbox.run(&["rebuild", "plan.hcl", "--primary-down", "--diff"]).is_error(
        1,
        "PL-R162\n\n  × failed to rebuild without eu-west-1: no recovery kit that verifies is in s3://dr/pilotlight, \
         file:journal\n  help: pilotlight rebuild plan.hcl --apply writes one into every journal store of the plan at its \
         end, while the primary answers; name a store in the standby region in the plan's journal\n",
    );
    assert_eq!(aws.asked("eu-west-1"), [""; 0]);
}

#[test]
fn a_changed_byte_is_seen_and_the_other_store_is_used_until_none_is_left() {
    let (sandbox, aws, before) = bereft();
    let (path, mut kit) = aws.objects("/dr/pilotlight/recovery/web/0").pop_first().unwrap();
    let at = kit.windows(4).position(|four| four == b"0bbb").unwrap();
    kit[at] = b'1';
    aws.put(&path, kit);
    let told = apply(&sandbox, &["--primary-down"]);
    told.exits(0).shows("PL-R161").shows("the recovery kit is passed over");
    assert_eq!(generated(&sandbox), before);

    let copy = sandbox.files().into_iter().find(|file| file.contains("journal/recovery/web/states/")).unwrap();
    sandbox.write(&copy, sandbox.read(&copy).replace("\"serial\": 3", "\"serial\": 4"));
    let told = apply(&sandbox, &["--primary-down"]);
    told.exits(0).shows("the copy of the state of app is taken from another store");

    let (path, _) = aws.objects("/dr/pilotlight/recovery/web/states/").pop_first().unwrap();
    aws.put(&path, "{}");
    let told = apply(&sandbox, &["--primary-down"]);
    told.exits(1).says("PL-R162").says("no copy of the state of app is whole").says("its digest is");
    assert_eq!(aws.asked("eu-west-1"), [""; 0]);
}

#[test]
fn what_terraform_would_ask_of_the_primary_is_refused_before_it_starts() {
    let (sandbox, aws, _) = bereft();
    let backend = "terraform {\n  backend \"s3\" {\n    bucket = \"states\"\n    key    = \"app.tfstate\"\n    region = \"eu-west-1\"\n  }\n}\n";
    sandbox.write("app/backend.tf", backend);
    let own_key = "backend = { key = \"standby/app.tfstate\" }";
    sandbox.write("plan.hcl", PLAN.replace("state = \"file:.pilotlight/web/standby/app/terraform.tfstate\"", own_key));
    let told = apply(&sandbox, &["--primary-down"]);
    told.exits(4).says("app/backend.tf:2:3: backend \"s3\" leads to eu-west-1").says("PL-R164").says("backend = {");
    assert_eq!((aws.asked("eu-west-1"), generated(&sandbox)), (vec![], BTreeMap::new()));
}

#[test]
fn a_standby_whose_state_is_in_the_primary_region_is_refused_also_where_its_snapshots_are_looked_for() {
    let (sandbox, aws, _) = bereft();
    // What the standby was made from is read from its state, before any of its HCL.
    let there = "state = \"s3://states/standby.tfstate?region=eu-west-1\"\n    data \"aws_ebs_volume.disk\" { from = \"snapshot\" }";
    sandbox.write("plan.hcl", PLAN.replace("state = \"file:.pilotlight/web/standby/app/terraform.tfstate\"", there));
    let told = apply(&sandbox, &["--primary-down"]);
    told.exits(4).says("PL-R164").says("keep the standby's state in a bucket of the standby region: backend = {");
    assert_eq!((aws.asked("eu-west-1"), generated(&sandbox)), (vec![], BTreeMap::new()));
}

#[test]
fn a_store_that_cannot_be_written_is_told() {
    let (sandbox, _) = estate();
    sandbox.write("journal", "a file");
    let told = apply(&sandbox, &[]);
    told.exits(0).shows("PL-R163").shows("file:journal").says("recovery kit kept in s3://dr/pilotlight");
    sandbox.write("plan.hcl", PLAN.replace("\"s3://dr/pilotlight\", ", ""));
    apply(&sandbox, &[]).exits(2).shows("no recovery kit was kept, here or in any journal store");
}
