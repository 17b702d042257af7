//! A standby that was never built: not ready, which is a verdict and no error.

use crate::sandbox::{Sandbox, state_with_vpc};

#[test]
fn validate_says_not_ready_names_the_stack_and_asks_no_api() {
    let told = Sandbox::new().run(&["validate", "plan.hcl"]);
    told.exits(2);
    assert_eq!(told.stderr, "");
    snapbox::assert_data_eq!(
        told.stdout,
        "validate: not ready, 1 finding (1 not built), 0 API calls, [..]

  ? drift        unknown    not looked at: the standby is not built
  ✗ parity       not ready  1 of 1 stacks are not built  PL-U105
  ? source       unknown    not looked at: the standby is not built
  ? capacity     unknown    not looked at: the standby is not built
  ? objectives   unknown    not looked at: the standby is not built
  ? checks       unknown    not looked at: the standby is not built
  ? journal      unknown    not looked at: the standby is not built
  ? failover     unknown    not looked at: the standby is not built
  ? permissions  unknown    not looked at: the standby is not built

app, standby
  ✗ error  stack app  PL-U105
    the standby was not built: there is no state at .pilotlight/web/standby/app/terraform.tfstate
    remedy: build the standby: pilotlight rebuild plan.hcl --apply

For more about a code, try `pilotlight explain PL-U105`.
"
    );
}

#[test]
fn a_standby_that_was_destroyed_is_not_built_either() {
    let sandbox = Sandbox::new();
    let primary = sandbox.read("app/terraform.tfstate");
    assert!(primary.contains("terraform_data"), "the primary has something: {primary}");
    // What Terraform leaves behind.
    let empty =
        r#"{"version": 4, "terraform_version": "1.11.4", "serial": 9, "lineage": "l", "outputs": {}, "resources": []}"#;
    sandbox.write(".pilotlight/web/standby/app/terraform.tfstate", empty);
    let told = sandbox.run(&["validate", "plan.hcl"]);
    told.exits(2).shows("PL-U105").shows("1 of 1 stacks are not built").shows("the standby is not built: the state at");
}

#[test]
fn a_standby_whose_state_is_the_primarys_is_told_once() {
    let sandbox = Sandbox::new();
    let arn = "\"arn\": \"arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0a1b2c3d4e5f60718\", \"id\"";
    let primary = state_with_vpc().replace("\"id\"", arn);
    assert!(primary.contains(":vpc/"), "{primary}");
    sandbox.write("app/terraform.tfstate", &primary);
    sandbox.write(".pilotlight/web/standby/app/terraform.tfstate", &primary);
    let told = sandbox.run(&["validate", "plan.hcl"]);
    told.exits(2).shows("not ready, 1 finding (1 not built), 0 API calls").shows("PL-V145");
    told.shows("its state has the primary's objects and none of its own");
}

#[test]
fn a_primary_that_is_not_there_is_an_error() {
    let sandbox = Sandbox::new();
    std::fs::remove_file(sandbox.path("app/terraform.tfstate")).unwrap();
    let told = sandbox.run(&["validate", "plan.hcl"]);
    told.exits(1).says("failed to find the primary state of stack \"app\"");
}

#[test]
fn drift_of_it_says_how_to_build_it() {
    for side in ["standby", "both"] {
        Sandbox::new().run(&["drift", "plan.hcl", "--side", side]).is_error(
            1,
            "PL-U105\n\n  × failed to find the standby state of stack \"app\": there is none at \
             .pilotlight/web/standby/app/terraform.tfstate\n  \
             help: build the standby: pilotlight rebuild plan.hcl --apply\n",
        );
    }
}

#[test]
fn a_failover_to_it_does_not_compile() {
    let route53 = crate::route53::Route53::with("192.0.2.10");
    let sandbox = Sandbox::new().with_aws(&route53.url);
    let told = sandbox.run(&["failover", "plan.hcl", "--dry-run"]);
    told.exits(1).says("PL-P115").says("stack.app.output.ips").says("pilotlight rebuild");
    assert_eq!(route53.changes(), [""; 0]);
}
