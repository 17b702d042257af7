//! What Terraform would ask of the primary region by the standby's own HCL.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

use pilotlight_plan::Inputs;
use pilotlight_rebuild::{Rebuild, RegionMap};
use std::path::PathBuf;

/// The messages and lines for a stack of these files, of a plan from us-east-1 to us-west-2.
fn calls(backend: &str, files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("app")).unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join("app").join(name), text).unwrap();
    }
    let plan = format!(
        "plan \"shop\" {{\n  primary {{ region = \"us-east-1\" }}\n  standby {{ region = \"us-west-2\" }}\n}}\n\
         stack \"app\" {{\n  source = \"app\"\n  state  = \"s3://states/app.tfstate\"\n  standby {{\n{backend}\n  }}\n}}\n"
    );
    let file = folder.path().join("shop.hcl").display().to_string();
    let plan = pilotlight_plan::parse(&file, &plan, &Inputs::default()).unwrap();
    let rebuild = Rebuild::new(&plan, PathBuf::from("out"));
    let prepared = rebuild.prepare("app", &RegionMap::default(), None).unwrap();
    let findings = rebuild.primary_calls(&prepared).unwrap();
    let line = |finding: &pilotlight_findings::Finding| {
        let place = finding.subject.to_string();
        let place = place.rsplit_once("app/").unwrap().1.to_owned();
        format!("{place} {}", finding.message.split(" leads to").next().unwrap())
    };
    findings.iter().map(line).collect()
}

const OWN_BUCKET: &str = "    backend = { bucket = \"states-us-west-2\", region = \"us-west-2\" }";

#[test]
fn a_standby_that_stands_alone_asks_nothing() {
    let main = "terraform {\n  backend \"s3\" {\n    bucket = \"states\"\n    key    = \"app.tfstate\"\n    region = \"us-east-1\"\n  }\n}\n\n\
                provider \"aws\" {\n  region = \"us-east-1\"\n  default_tags {\n    tags = { origin = \"us-east-1\" }\n  }\n}\n";
    assert_eq!(calls(OWN_BUCKET, &[("main.tf", main)]), [""; 0]);
}

#[test]
fn a_state_in_the_primarys_bucket_is_named() {
    let main = "terraform {\n  backend \"s3\" {\n    bucket = \"states\"\n    key    = \"app.tfstate\"\n    region = \"us-east-1\"\n  }\n}\n";
    let own_key = "    backend = { key = \"standby/app.tfstate\" }";
    assert_eq!(calls(own_key, &[("main.tf", main)]), ["main.tf:2:3 backend \"s3\""]);
    let json =
        r#"{"terraform": {"backend": {"s3": {"bucket": "states", "key": "app.tfstate", "region": "us-east-1"}}}}"#;
    assert_eq!(calls(own_key, &[("main.tf.json", json)]), ["main.tf.json:1:34 backend \"s3\""]);
}

#[test]
fn a_pinned_provider_counts_where_it_is_used() {
    let backend = "terraform {\n  backend \"s3\" {\n    bucket = \"states\"\n    key    = \"app.tfstate\"\n  }\n}\n";
    let edge = "provider \"aws\" {\n  region = \"us-east-1\"\n}\n\nprovider \"aws\" {\n  alias  = \"virginia\"\n  region = \"us-east-1\"\n}\n";
    let used =
        "resource \"aws_acm_certificate\" \"cdn\" {\n  provider    = aws.virginia\n  domain_name = \"shop.test\"\n}\n";
    let all = [("backend.tf", backend), ("edge.tf", edge), ("cdn.tf", used)];
    assert_eq!(calls(OWN_BUCKET, &all), ["edge.tf:5:1 provider aws.virginia"]);
    assert_eq!(calls(OWN_BUCKET, &all[..2]), [""; 0], "nothing uses it, and Terraform does not start it");
    // Left out of the standby, what used it is gone from there.
    let excluded = format!("{OWN_BUCKET}\n    exclude = [\"aws_acm_certificate.cdn\"]");
    assert_eq!(calls(&excluded, &all), [""; 0]);
}
