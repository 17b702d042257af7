//! The fixture roots as the real program sees their standby: formatted where the source was, and valid to the real
//! AWS provider, whose data sources are also the judge of the numbers that AWS has in each region.
//!
//! It needs terraform on PATH and the AWS provider in a mirror on this machine.

mod fixtures;
mod real;
mod world;

use fixtures::FIXTURES;
use pilotlight_rebuild::SourceTree;
use real::{terraform, words, write};
use std::path::Path;

#[test]
fn the_standby_is_formatted_where_the_source_was_and_valid() {
    for fixture in &FIXTURES {
        let folder = tempfile::tempdir().unwrap();
        let (source, result) = fixture.retargeted();
        let before = terraform(folder.path(), &["fmt", "-check", "-recursive", &source.root.display().to_string()]);
        assert!(before.status.success(), "{} is a formatted source: {}", fixture.name, words(&before));
        for (path, bytes) in &result.files {
            write(folder.path(), path, bytes);
        }
        let after = terraform(folder.path(), &["fmt", "-check", "-recursive", "-diff"]);
        assert!(after.status.success(), "{}: {}", fixture.name, words(&after));
        let init = terraform(folder.path(), &["init", "-backend=false", "-input=false", "-no-color"]);
        assert!(init.status.success(), "{}: {}", fixture.name, words(&init));
        let valid = terraform(folder.path(), &["validate", "-no-color"]);
        assert!(valid.status.success(), "{}: {}", fixture.name, words(&valid));
    }
}

/// Retargets a text that names each number of the primary, and compares with what the provider says.
#[test]
fn numbers_of_aws_are_those_that_the_provider_knows() {
    const KINDS: [(&str, &str); 6] = [
        ("aws_elb_service_account", ""),
        ("aws_cloudtrail_service_account", ""),
        ("aws_redshift_service_account", ""),
        ("aws_lb_hosted_zone_id", ""),
        ("aws_lb_hosted_zone_id", "load_balancer_type = \"network\""),
        ("aws_elastic_beanstalk_hosted_zone", ""),
    ];
    let regions =
        ["eu-west-1", "eu-central-1", "us-east-1", "us-west-2", "ap-northeast-1", "sa-east-1", "ca-central-1"];
    let mut main = "terraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n    }\n  }\n}\n\
                    provider \"aws\" {\n  region = \"eu-west-1\"\n  access_key = \"x\"\n  secret_key = \"x\"\n  \
                    skip_credentials_validation = true\n  skip_requesting_account_id = true\n  skip_metadata_api_check = true\n}\n"
        .to_owned();
    let mut outputs = String::new();
    for (number, (kind, more)) in KINDS.iter().enumerate() {
        for region in regions {
            main += &format!("data \"{kind}\" \"n{number}-{region}\" {{\n  region = \"{region}\"\n  {more}\n}}\n");
            outputs += &format!("    \"{number} {region}\" = data.{kind}.n{number}-{region}.id\n");
        }
    }
    main += &format!("output \"all\" {{\n  value = {{\n{outputs}  }}\n}}\n");
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), Path::new("main.tf"), main.as_bytes());
    for arguments in
        [&["init", "-input=false", "-no-color"][..], &["apply", "-auto-approve", "-input=false", "-no-color"]]
    {
        let output = terraform(folder.path(), arguments);
        assert!(output.status.success(), "{}", words(&output));
    }
    let output = terraform(folder.path(), &["output", "-json", "all"]);
    let known: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let of = |number: usize, region: &str| known[&format!("{number} {region}")].as_str().unwrap().to_owned();
    let mut compared = 0;
    for pair in regions.windows(2) {
        let fixture = fixtures::Fixture { primary: pair[0], standby: pair[1], ..fixtures::of("table", None) };
        let line =
            |region: &str| (0..KINDS.len()).map(|number| of(number, region)).collect::<Vec<_>>().join("\"\n  , \"");
        let text = |region: &str| format!("locals {{\n  all = [\"{}\"]\n}}\n", line(region));
        let source = SourceTree::from_files("app", [("main.tf".into(), text(pair[0]).into_bytes())]).unwrap();
        let result = fixture.retarget(&source);
        assert_eq!(String::from_utf8_lossy(&result.files[Path::new("main.tf")]), text(pair[1]));
        compared += result.edits.len();
    }
    assert_eq!(compared, KINDS.len() * (regions.len() - 1));
}
