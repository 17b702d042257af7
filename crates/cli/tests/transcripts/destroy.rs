//! A standby is taken down by the real Terraform: dependents first, never while anybody is served by it.

use crate::name_server::name_server;
use crate::route53::{NOBODY, Route53};
use crate::sandbox::{Sandbox, Told, state};
use crate::waves::PLAN;

const TRAFFIC: &str = r#"
traffic "front" {
  zone = "shop.test"
  record "app.shop.test" "A" {
    primary = "192.0.2.10"
    standby = "198.51.100.10"
    ttl     = "30s"
  }
}
"#;

const STACKS: [&str; 4] = ["network", "data", "web", "audit"];
const RELEASE: &str = "resource \"terraform_data\" \"release\" {}\n";

/// It is made without harm, and does not let itself be destroyed.
const STUBBORN: &str = "resource \"terraform_data\" \"release\" {\n  provisioner \"local-exec\" {\n    when    = destroy\n    command = \"exit 7\"\n  }\n}\n";

/// An estate whose standby was built, as a rebuild leaves it.
fn built(plan: &str, route53: &str) -> Sandbox {
    let path = std::env::var("PATH").unwrap();
    let sandbox = Sandbox::new().with_aws(route53).with_env("PATH", &path);
    sandbox.write("plan.hcl", plan);
    // A machine's own CLI configuration must not decide a test.
    sandbox.write("empty.tfrc", "");
    for stack in STACKS {
        sandbox.write(&format!("{stack}/main.tf"), RELEASE);
        sandbox.write(&format!("{stack}/terraform.tfstate"), no_outputs("0b1a5c3e"));
        root(&sandbox, stack, RELEASE);
        sandbox.write(&standby(stack, "terraform.tfstate"), no_outputs(&format!("standby-{stack}")));
    }
    let config = sandbox.path("empty.tfrc").display().to_string();
    sandbox.with_env("TF_CLI_CONFIG_FILE", &config)
}

fn standby(stack: &str, file: &str) -> String {
    format!(".pilotlight/shop/standby/{stack}/{file}")
}

fn root(sandbox: &Sandbox, stack: &str, source: &str) {
    sandbox.write(&standby(stack, "main.tf"), source);
    let list = format!("{{\"version\": 1, \"stack\": \"{stack}\", \"files\": [\"main.tf\"]}}");
    sandbox.write(&standby(stack, ".pilotlight-root.json"), list);
}

fn no_outputs(id: &str) -> String {
    let outputs = "\"outputs\": { \"ips\": { \"value\": [\"192.0.2.10\"], \"type\": [\"list\", \"string\"] } },";
    state("192.0.2.10").replace(outputs, "\"outputs\": {},").replace("0b1a5c3e", id)
}

fn stands(sandbox: &Sandbox) -> Vec<&'static str> {
    let has = |stack: &&str| sandbox.read(&standby(stack, "terraform.tfstate")).contains("\"release\"");
    STACKS.into_iter().filter(has).collect()
}

fn destroy(sandbox: &Sandbox, more: &[&str]) -> Told {
    sandbox.run(&[&["rebuild", "plan.hcl", "--destroy", "--yes"], more].concat())
}

#[test]
fn dependents_go_first_and_the_roots_stay() {
    let sandbox = built(PLAN, NOBODY);
    let told = destroy(&sandbox, &[]);
    told.exits(0).shows("# terraform_data.release will be destroyed").shows("4 destroyed");
    let order: Vec<usize> = ["web: destroy, 1", "data: destroy, 1", "network: destroy, 1"]
        .map(|line| told.stderr.find(line).unwrap())
        .into();
    assert!(order.is_sorted(), "{}", told.stderr);
    assert_eq!(stands(&sandbox), [""; 0]);
    assert_eq!(sandbox.read(&standby("web", "main.tf")), RELEASE);
    assert!(sandbox.read("web/terraform.tfstate").contains("0b1a5c3e"), "the primary is as it was");
    assert!(!sandbox.files().iter().any(|file| file.ends_with(".tfplan")), "saved plans hold secrets");
    let again = destroy(&sandbox, &[]);
    again.exits(0).says("web: nothing to destroy in eu-central-1").shows("destroy: clean");
}

#[test]
fn what_fails_keeps_what_it_needs_and_no_other_and_a_second_run_goes_on() {
    let sandbox = built(PLAN, NOBODY);
    root(&sandbox, "data", STUBBORN);
    let told = destroy(&sandbox, &[]);
    told.exits(2).shows("it was not destroyed: data depends on it and still stands").shows("2 destroyed");
    assert_eq!(stands(&sandbox), ["network", "data"]);
    root(&sandbox, "data", RELEASE);
    destroy(&sandbox, &[]).exits(0).shows("2 destroyed");
    assert_eq!(stands(&sandbox), [""; 0]);
}

#[test]
fn a_stack_that_others_stand_on_is_not_taken_from_below_them() {
    let sandbox = built(PLAN, NOBODY);
    let told = destroy(&sandbox, &["--stack", "network"]);
    told.exits(4).says("PL-R179").says("take stack network down: data depends on it, is built, and was not selected");
    assert_eq!(stands(&sandbox).len(), 4);
    destroy(&sandbox, &["--stack", "web", "--stack", "audit"]).exits(0);
    assert_eq!(stands(&sandbox), ["network", "data"]);
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_destroyed() {
    let sandbox = built(PLAN, NOBODY);
    let told = sandbox.run(&["rebuild", "plan.hcl", "--destroy"]);
    told.exits(4).says("PL-U103").shows("will be destroyed");
    assert_eq!(stands(&sandbox).len(), 4);
    assert!(!sandbox.files().iter().any(|file| file.ends_with(".tfplan")));
}

#[test]
fn prevent_destroy_is_told_with_its_place_and_what_to_do() {
    let sandbox = built(PLAN, NOBODY);
    root(
        &sandbox,
        "web",
        "resource \"terraform_data\" \"release\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n",
    );
    let told = destroy(&sandbox, &[]);
    told.exits(1).says("web/main.tf:1").says("take prevent_destroy out of that file of the generated root");
    assert_eq!(stands(&sandbox).len(), 4, "every plan is made before anything goes");
}

#[test]
fn a_root_that_is_gone_is_written_again() {
    let sandbox = built(PLAN, &crate::waves::zones());
    std::fs::remove_file(sandbox.path(&standby("web", "main.tf"))).unwrap();
    std::fs::remove_file(sandbox.path(&standby("web", ".pilotlight-root.json"))).unwrap();
    let told = destroy(&sandbox, &["--stack", "web"]);
    told.exits(0).says("web: the standby's root was not there, and is written anew").shows("1 destroyed");
    assert_eq!(sandbox.read(&standby("web", "main.tf")), RELEASE);
    assert_eq!(stands(&sandbox), ["network", "data", "audit"]);
}

#[test]
fn dns_is_asked_and_has_to_say_no() {
    let plan = format!("{PLAN}{TRAFFIC}");
    // Route 53 says the standby.
    let sandbox = built(&plan, &Route53::with("198.51.100.10").url);
    let told = destroy(&sandbox, &[]);
    told.exits(4).says("PL-R175").says("Route 53 answers app.shop.test A with 198.51.100.10, which is the standby's");
    assert_eq!((told.stdout.as_str(), stands(&sandbox).len()), ("", 4));
    // Route 53 does not answer.
    let sandbox = built(&plan, NOBODY);
    destroy(&sandbox, &[]).exits(4).says("PL-R176");
    // Route 53 says the primary, and the name server cannot be asked.
    let sandbox = built(&plan, &Route53::with("192.0.2.10").url);
    let told = destroy(&sandbox, &["--resolver", "127.0.0.1:1"]);
    told.exits(4).says("PL-R176").says("ns-1.awsdns.test gives no answer for app.shop.test");
    // The name server still says the standby.
    let server = name_server("198.51.100.10");
    let told = destroy(&sandbox, &["--resolver", &server.address]);
    told.exits(4).says("ns-1.awsdns.test answers app.shop.test A with 198.51.100.10");
    assert_eq!(stands(&sandbox).len(), 4);
    // Both say the primary.
    server.set("192.0.2.10");
    destroy(&sandbox, &["--resolver", &server.address]).exits(0).shows("4 destroyed");
    assert_eq!(stands(&sandbox), [""; 0]);
}

#[test]
fn traffic_that_moves_while_stacks_go_stops_the_rest() {
    let plan = format!("{PLAN}{TRAFFIC}");
    let route53 = Route53::with("192.0.2.10");
    let server = name_server("192.0.2.10");
    let sandbox = built(&plan, &route53.url);
    // While `data` is being destroyed, somebody moves the record by hand.
    let file = sandbox.path("moved");
    let wait = format!(
        "resource \"terraform_data\" \"release\" {{\n  provisioner \"local-exec\" {{\n    when    = destroy\n    command = \"touch {} && sleep 2\"\n  }}\n}}\n",
        file.display()
    );
    root(&sandbox, "data", &wait);
    let address = server.address.clone();
    let watched = std::thread::spawn(move || {
        while !file.exists() {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        server.set("198.51.100.10");
        server
    });
    let told = destroy(&sandbox, &["--resolver", &address]);
    drop(watched.join().unwrap());
    told.exits(2).shows("PL-R175").shows("ns-1.awsdns.test answers app.shop.test A with 198.51.100.10");
    assert_eq!(stands(&sandbox), ["network"]);
}

#[test]
fn a_run_that_is_not_finished_refuses() {
    let (sandbox, _route53) = crate::runs::waiting();
    let told =
        sandbox.with_env("PATH", &std::env::var("PATH").unwrap()).run(&["rebuild", "plan.hcl", "--destroy", "--yes"]);
    told.exits(4).says("PL-R177").says("is not finished");
}
