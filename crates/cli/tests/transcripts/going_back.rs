//! A failback to a primary that is not as its Terraform says.

use crate::owners::{estate, owning};

#[test]
fn traffic_goes_back_to_a_region_that_is_as_its_terraform_says() {
    let (sandbox, server, _route53) = estate();
    let resolver = ["--resolver", server.address.as_str()];
    let run = |arguments: &[&str]| sandbox.run(&[arguments, &resolver].concat());
    run(&["failover", "plan.hcl", "--yes"]).exits(0);

    // What the region lost meanwhile: a record of another stack.
    let whole = std::fs::read_to_string(sandbox.path("net/terraform.tfstate")).unwrap();
    let old = owning("192.0.2.1").replace("app.shop.test", "old.shop.test").replace("\"app\",", "\"old\",");
    sandbox.write("net/terraform.tfstate", old);
    let refused = run(&["failback", "plan.hcl", "--yes"]);
    refused
        .exits(4)
        .says("PL-F290")
        .says(
            "fail back to eu-west-1: 1 resource is not as Terraform says there: net: aws_route53_record.old (PL-D102)",
        )
        .says("repair it with terraform apply in net, and fail back then");
    run(&["failback", "plan.hcl", "--dry-run"]).exits(4);
    let told = run(&["failback", "plan.hcl", "--dry-run", "--accept-drift"]);
    told.exits(0).shows("[PL-F290]").shows("aws_route53_record.old (PL-D102)");
    run(&["failback", "plan.hcl", "--dry-run", "--mode", "ungraceful"]).exits(0).shows("[PL-F290]");
    run(&["failover", "plan.hcl", "--dry-run", "--accept-drift"]).exits(1).says("leave out --accept-drift");

    // Repaired.
    sandbox.write("net/terraform.tfstate", whole);
    let told = run(&["failback", "plan.hcl", "--yes"]);
    told.exits(0);
    assert!(!told.stdout.contains("PL-F290"), "{}", told.stdout);
}
