//! Changes behind Terraform's back, made with the AWS CLI, and what drift has to say of each.

use super::shell::Shell;
use crate::workspace::Done;
use serde_json::{Value, json};

/// What a finding of drift is about: its code and the resource's address.
pub(super) type Finding = (&'static str, &'static str);

/// Opens port 22 of the web group to the world.
pub(super) fn open_ssh(shell: &Shell<'_>, group: &str) -> Done<Finding> {
    ingress(shell, "authorize", group)?;
    Ok(("PL-D103", "aws_security_group.web"))
}

/// Takes it back.
pub(super) fn close_ssh(shell: &Shell<'_>, group: &str) -> Done<()> {
    ingress(shell, "revoke", group)
}

fn ingress(shell: &Shell<'_>, verb: &str, group: &str) -> Done<()> {
    let line =
        format!("ec2 {verb}-security-group-ingress --group-id {group} --protocol tcp --port 22 --cidr 0.0.0.0/0");
    shell.quiet("aws", &line, 0).map(drop)
}

/// Takes port 8080 of the web group in the standby away.
pub(super) fn close_standby(shell: &Shell<'_>, group: &str) -> Done<Finding> {
    let line = format!(
        "ec2 revoke-security-group-ingress --region eu-central-1 --group-id {group} --protocol tcp --port 8080 --cidr 0.0.0.0/0"
    );
    shell.quiet("aws", &line, 0)?;
    Ok(("PL-D102", "aws_security_group_rule.web_http"))
}

/// Points the record that names the region somewhere else. The one that customers use is the plan's since it was made:
/// until there is a standby, nobody knows what else it might answer.
pub(super) fn move_record(shell: &Shell<'_>, zone: &str) -> Done<Finding> {
    let set = json!({
        "Name": "eu-west-1.app.shop.test", "Type": "A", "TTL": 60,
        "ResourceRecords": [{ "Value": "192.0.2.66" }],
    });
    let batch = json!({ "Changes": [{ "Action": "UPSERT", "ResourceRecordSet": set }] });
    std::fs::write(shell.folder().join("change.json"), format!("{batch:#}\n"))?;
    let line = format!("route53 change-resource-record-sets --hosted-zone-id {zone} --change-batch file://change.json");
    shell.quiet("aws", &line, 0)?;
    Ok(("PL-D104", "aws_route53_record.regional"))
}

/// Ends an instance.
pub(super) fn terminate(shell: &Shell<'_>, instance: &str) -> Done<Finding> {
    shell.quiet("aws", &format!("ec2 terminate-instances --instance-ids {instance}"), 0)?;
    Ok(("PL-D102", "aws_instance.app[\"eu-west-1a\"]"))
}

/// Holds a report's findings against what has to be in it: each, and no other. Notes are no findings.
pub(super) fn expect_findings(report: &Value, wanted: &[Finding]) -> Done<()> {
    let none = Vec::new();
    let findings = report["findings"].as_array().unwrap_or(&none);
    let mut found: Vec<(&str, &str)> = findings
        .iter()
        .filter(|finding| finding["severity"] == "error" || finding["severity"] == "critical")
        .map(|finding| (finding["code"].as_str().unwrap_or(""), finding["subject"]["address"].as_str().unwrap_or("")))
        .collect();
    let mut wanted = wanted.to_vec();
    found.sort_unstable();
    wanted.sort_unstable();
    if found == wanted {
        return Ok(());
    }
    Err(format!("find {wanted:?} and no other: the report has {found:?}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_and_no_other() {
        let finding = |code: &str, address: &str, severity: &str| json!({"code": code, "severity": severity, "subject": {"kind": "resource", "address": address}});
        let report = json!({"findings": [finding("PL-D102", "a.b", "error"), finding("PL-R143", "c.d", "info")]});
        assert!(expect_findings(&report, &[("PL-D102", "a.b")]).is_ok());
        assert!(expect_findings(&report, &[]).is_err(), "one too many");
        assert!(expect_findings(&report, &[("PL-D102", "a.b"), ("PL-D103", "x")]).is_err(), "one too few");
        assert!(expect_findings(&json!({}), &[]).is_ok());
    }
}
