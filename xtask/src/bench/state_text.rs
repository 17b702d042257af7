//! A large state as Terraform writes it, made of resources that the AWS provider 5.100 wrote.
//!
//! The resources under `state_text/` are the sample's; in each copy `%N%` is its number, `%H%` the 17 digits of an EC2
//! id, `%U%` those of an IAM id, `%B%` and `%C%` parts of an address, and `%G%` one of a thousand groups. The
//! tests of the state loader include this file, so it uses nothing but the standard library.

use std::fmt::Write;

/// What the sample estate of 1,000 has, in proportion: instances, security groups and records in equal numbers, and a
/// policy for each third one.
const RESOURCES: [&str; 10] = [INSTANCE, GROUP, RECORD, INSTANCE, GROUP, RECORD, INSTANCE, GROUP, RECORD, POLICY];

const INSTANCE: &str = include_str!("state_text/aws_instance.json");
const GROUP: &str = include_str!("state_text/aws_security_group.json");
const RECORD: &str = include_str!("state_text/aws_route53_record.json");
const POLICY: &str = include_str!("state_text/aws_iam_policy.json");

/// A state of at least so many bytes.
pub(crate) fn state_text(bytes_at_least: usize) -> String {
    write(|length, _| length >= bytes_at_least)
}

/// A state of so many resources, each with one instance.
pub(crate) fn state_with(resources: usize) -> String {
    write(|_, written| written >= resources)
}

fn write(is_enough: impl Fn(usize, usize) -> bool) -> String {
    let mut text = String::from(
        r#"{
  "version": 4,
  "terraform_version": "1.11.4",
  "serial": 1942,
  "lineage": "7c2f3a52-0d2e-9d2b-5d0f-0a6f3a7c0d11",
  "outputs": {
    "endpoint": {
      "value": "app.shop.test",
      "type": "string"
    }
  },
  "resources": ["#,
    );
    let mut written = 0;
    while !is_enough(text.len(), written) {
        text.push_str(if written == 0 { "\n" } else { ",\n" });
        fill(&mut text, RESOURCES[written % RESOURCES.len()].trim_end(), written);
        written += 1;
    }
    text.push_str("\n  ],\n  \"check_results\": null\n}\n");
    text
}

/// Copies a template with its places filled.
fn fill(text: &mut String, template: &str, number: usize) {
    // An odd factor spreads the numbers over the digits, and no two get the same.
    let spread = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for (index, piece) in template.split('%').enumerate() {
        // Writing to a string does not fail.
        let _ = match (index % 2, piece) {
            (1, "N") => write!(text, "{number}"),
            (1, "H") => write!(text, "0{spread:016x}"),
            (1, "U") => write!(text, "{spread:016X}"),
            (1, "B") => write!(text, "{}", number / 256 % 256),
            (1, "C") => write!(text, "{}", number % 256),
            (1, "G") => write!(text, "{}", number % 1000),
            _ => text.write_str(piece),
        };
    }
}
