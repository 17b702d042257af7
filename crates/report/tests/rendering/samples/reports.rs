use pilotlight_findings::{
    ApiCalls, Count, Evidence, Finding, Job, REPORT_SCHEMA_VERSION, Report, Severity, Side, Silenced, Span, Subject,
    Verdict, codes,
};
use serde_json::{Value, json};

fn resource(stack: &str, side: Side, address: &str, id: &str) -> Subject {
    Subject::Resource { stack: stack.into(), side: Some(side), address: address.into(), id: Some(id.into()) }
}

fn counts(counts: &[(&str, u64)]) -> Vec<Count> {
    counts.iter().map(|(name, count)| Count { name: (*name).into(), count: *count }).collect()
}

fn calls(region: &str) -> Vec<ApiCalls> {
    [
        ("ec2", region, "DescribeInstances", 2),
        ("ec2", region, "DescribeSecurityGroupRules", 3),
        ("ec2", region, "DescribeVpcs", 1),
        ("ec2", region, "DescribeSubnets", 1),
        ("route53", "global", "ListResourceRecordSets", 4),
        ("route53", "global", "ListHostedZones", 3),
    ]
    .map(|(service, region, operation, count)| ApiCalls {
        service: service.into(),
        region: region.into(),
        operation: operation.into(),
        count,
    })
    .to_vec()
}

fn rule(port: u16, cidr: &str, description: &str) -> Value {
    json!({
        "cidr_blocks": [cidr], "description": description, "from_port": port, "ipv6_cidr_blocks": [],
        "prefix_list_ids": [], "protocol": "tcp", "security_groups": [], "self": false, "to_port": port,
    })
}

pub(crate) fn drift_clean() -> Report {
    Report {
        schema_version: REPORT_SCHEMA_VERSION,
        job: Job::Drift,
        plan: Some("shop".into()),
        started_at: "2026-11-21T02:58:07.120Z".into(),
        duration_ms: 2_149,
        verdict: Verdict::Clean,
        summary: counts(&[("in sync", 27), ("changed", 0), ("missing", 0), ("unread", 0)]),
        areas: vec![],
        findings: vec![],
        silenced: vec![],
        calls: calls("eu-west-1"),
    }
}

/// The demo's three changes behind Terraform's back.
pub(crate) fn drift() -> Report {
    let opened = Finding::new(
        codes::D_OPENED,
        Severity::Critical,
        resource("network", Side::Primary, "aws_security_group.web", "sg-0f3a9c2e41b7d6c55"),
        "port 22 is open to the world: an ingress rule is not in the state",
    )
    .with(Evidence::change(
        "ingress",
        json!([rule(8080, "0.0.0.0/0", "shop")]),
        json!([rule(8080, "0.0.0.0/0", "shop"), rule(22, "0.0.0.0/0", "")]),
    ))
    .remedy("run terraform apply in infra/shop/network to close it, or write the rule into the HCL if it is meant");
    let record = Finding::new(
        codes::D_CHANGED,
        Severity::Error,
        resource("app", Side::Primary, "aws_route53_record.app", "Z0123456789ABC_app.shop.test_A"),
        "attributes differ from the state",
    )
    .with(Evidence::change("records", json!(["127.0.1.10", "127.0.1.11"]), json!(["127.0.1.10", "192.0.2.66"])))
    .with(Evidence::change("ttl", json!(30), json!(300)))
    .with(Evidence::fact("answered by", "route53 ListResourceRecordSets, zone shop.test"))
    .remedy("run terraform apply in infra/shop/app");
    let terminated = Finding::new(
        codes::D_MISSING,
        Severity::Error,
        resource("app", Side::Primary, "aws_instance.web[\"eu-west-1b\"]", "i-0a7d3f1be29c84d06"),
        "the instance does not exist any more",
    )
    .with(Evidence::fact("last known state", "terminated"))
    .remedy("run terraform apply in infra/shop/app to make it again");
    Report {
        verdict: Verdict::Findings,
        summary: counts(&[("in sync", 24), ("changed", 2), ("missing", 1), ("unread", 0)]),
        findings: vec![opened, record, terminated],
        ..drift_clean()
    }
}

/// The demo's changes, and what rules took for no drift.
pub(crate) fn drift_with_silenced() -> Report {
    let silenced = |address: &str, id: &str, attribute: &str, new: Value, rule: &str, reason: &str| Silenced {
        subject: resource("network", Side::Primary, address, id),
        attribute: attribute.into(),
        old: Value::Null,
        new,
        rule: rule.into(),
        reason: reason.into(),
    };
    let echo = silenced(
        "aws_security_group.web",
        "sg-0f3a9c2e41b7d6c55",
        "ingress",
        json!([rule(443, "10.0.0.0/8", "from the load balancer")]),
        "echo-of-rule",
        "aws_security_group_rule.web owns this rule, and a group without inline rules leaves it alone",
    );
    let empty = (0..8).map(|n| {
        let reason = "the provider writes null where AWS answers with an empty map";
        silenced(&format!("aws_vpc.main_{n}"), &format!("vpc-{n}"), "tags", json!({}), "empty-is-absent", reason)
    });
    Report { silenced: empty.chain([echo]).collect(), ..drift() }
}

/// Nothing is wrong with what was read, but not all was.
pub(crate) fn drift_incomplete() -> Report {
    let denied = Finding::new(
        codes::D_UNREAD,
        Severity::Warning,
        resource("network", Side::Standby, "aws_vpc.main", "vpc-0b1c2d3e"),
        "aws_vpc: UnauthorizedOperation: You are not authorized to perform: ec2:DescribeVpcs",
    )
    .remedy("allow ec2:DescribeVpcs to the role that runs pilotlight");
    Report {
        verdict: Verdict::Incomplete,
        summary: counts(&[("in sync", 26), ("changed", 0), ("missing", 0), ("unread", 1)]),
        findings: vec![denied],
        ..drift_clean()
    }
}

/// A standby with residue, a red check, a policy that differs and a TTL that is too long.
pub(crate) fn validate_not_ready() -> Report {
    let text = "plan \"shop\" {\n}\n";
    let policy = |action: &str| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
            .to_string()
    };
    Report {
        job: Job::Validate,
        verdict: Verdict::Findings,
        duration_ms: 31_420,
        summary: counts(&[("resources", 27), ("at parity", 25), ("checks", 3)]),
        findings: vec![
            Finding::new(
                codes::I_RED,
                Severity::Error,
                Subject::Check { name: "storefront".into() },
                "red: 503 Service Unavailable, expected 200",
            )
            .with(Evidence::fact("asked", "GET http://127.0.2.10:8080/health"))
            .with(Evidence::fact("answered", "503 Service Unavailable\ndatabase: connection refused"))
            .remedy("start the application in eu-central-1; pilotlight rebuild shows what differs"),
            Finding::new(
                codes::R_RESIDUE,
                Severity::Error,
                resource("app", Side::Standby, "aws_instance.web[\"eu-central-1a\"]", "i-0ffc1122"),
                "user_data still names eu-west-1",
            )
            .with(Evidence::change(
                "user_data",
                json!("#!/bin/sh\nexport REGION=eu-central-1\nexport QUEUE=orders\nexec shop\n"),
                json!("#!/bin/sh\nexport REGION=eu-west-1\nexport QUEUE=orders\nexec shop\n"),
            ))
            .remedy("add the value to map in the stack's standby block, or allow it by name"),
            Finding::new(
                codes::R_RESIDUE,
                Severity::Error,
                resource("app", Side::Standby, "aws_iam_role_policy.web", "web:shop"),
                "the policy differs from the primary's",
            )
            .with(Evidence::change("policy", json!(policy("s3:GetObject")), json!(policy("s3:*")))),
            Finding::new(
                codes::P_TTL,
                Severity::Warning,
                Subject::File { span: Span::of("plans/shop.hcl", text, 0..4) },
                "the TTL of 300 s is a third of the recovery time objective",
            )
            .with(Evidence::Diff {
                title: "suggested".into(),
                text: "--- plans/shop.hcl\n+++ plans/shop.hcl\n@@ -12,3 +12,3 @@\n   record \"app.shop.test\" \"A\" {\n-    ttl = \"300s\"\n+    ttl = \"30s\"\n   }\n".into(),
            }),
            Finding::new(
                codes::D_UNREAD,
                Severity::Warning,
                resource("app", Side::Standby, "aws_route53_health_check.app", "hc-1"),
                "no reader knows the type aws_route53_health_check",
            ),
        ],
        ..drift_clean()
    }
}
