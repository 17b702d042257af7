//! The comment of a pull request: short, and nothing in a value is more than text.

use crate::samples::{every_shape, reports};
use pilotlight_findings::{Evidence, Finding, Report, Severity, Subject, Verdict, codes};
use pilotlight_report::report_markdown;
use serde_json::json;

fn many(n: usize, evidence: &str) -> Report {
    let mut report = reports::drift();
    let finding = |n: usize| {
        let subject = Subject::Resource {
            stack: format!("stack-{}", n % 7),
            side: None,
            address: format!("aws_instance.web[{n}]"),
            id: Some(format!("i-{n:08}")),
        };
        let code = if n.is_multiple_of(3) { codes::D_MISSING } else { codes::D_CHANGED };
        Finding::new(code, Severity::Error, subject, "attributes differ from the state").with(Evidence::change(
            "user_data",
            json!(evidence),
            json!(evidence.replace('a', "b")),
        ))
    };
    report.findings.extend((0..n).map(finding));
    report
}

#[test]
fn drift_reads_as_a_comment() {
    let expected = r#"### ✗ Drift: 3 findings in 27 resources (24 in sync, 2 changed, 1 missing)

Plan `shop`. AWS is not as Terraform recorded it.

| | What | Finding |
|---|---|---|
| ✘&nbsp;critical | `aws_security_group.web (sg-0f3a9c2e41b7d6c55)`<br>network, primary | port 22 is open to the world: an ingress rule is not in the state<br><sub>PL-D103</sub> |
| ~&nbsp;changed | `aws_route53_record.app (Z0123456789ABC_app.shop.test_A)`<br>app, primary | attributes differ from the state<br><sub>PL-D101</sub> |
| -&nbsp;missing | `aws_instance.web["eu-west-1b"] (i-0a7d3f1be29c84d06)`<br>app, primary | the instance does not exist any more<br><sub>PL-D102</sub> |

<details>
<summary>What was seen, and what to do</summary>

<b>network, primary:</b> `aws_security_group.web (sg-0f3a9c2e41b7d6c55)`

```diff
@@ ingress @@
+ { cidr_blocks = ["0.0.0.0/0"], from_port = 22, protocol = "tcp", self = false, to_port = 22 }
  (1 unchanged)
```

What to do: run terraform apply in infra/shop/network to close it, or write the rule into the HCL if it is meant

<b>app, primary:</b> `aws_route53_record.app (Z0123456789ABC_app.shop.test_A)`

```diff
@@ records @@
- "127.0.1.11"
+ "192.0.2.66"
  (1 unchanged)
@@ ttl @@
- 30
+ 300
  answered by: route53 ListResourceRecordSets, zone shop.test
```

What to do: run terraform apply in infra/shop/app

<b>app, primary:</b> `aws_instance.web["eu-west-1b"] (i-0a7d3f1be29c84d06)`

```diff
  last known state: terminated
```

What to do: run terraform apply in infra/shop/app to make it again

</details>

<sub>14 API calls, 2.1 s (ec2 7, route53 7)</sub>
"#;
    assert_eq!(report_markdown(&reports::drift()), expected);
}

#[test]
fn clean_is_a_heading_and_what_it_cost() {
    assert_eq!(
        report_markdown(&reports::drift_clean()),
        "### ✓ Drift: none in 27 resources\n\nPlan `shop`. Everything that was read in AWS is as Terraform recorded \
         it.\n\n<sub>14 API calls, 2.1 s (ec2 7, route53 7)</sub>\n"
    );
}

#[test]
fn what_was_silenced_is_counted() {
    let text = report_markdown(&reports::drift_with_silenced());
    assert!(
        text.ends_with("<sub>14 API calls, 2.1 s (ec2 7, route53 7); 9 differences silenced by 2 rules</sub>\n"),
        "{text}"
    );
}

#[test]
fn the_worst_are_shown_and_the_rest_is_counted() {
    let mut report = many(54, "a");
    report.findings.reverse();
    let text = report_markdown(&report);
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ") && line.contains("PL-D")).collect();
    assert_eq!(rows.len(), 20);
    assert!(rows[0].starts_with("| ✘&nbsp;critical |"), "{}", rows[0]);
    assert!(text.contains("\n…and 37 more: "), "{text}");
}

/// GitHub refuses a comment of more than 65,536 characters.
#[test]
fn it_is_always_shorter_than_a_comment_may_be() {
    let script = format!("#!/bin/sh\n{}", format!("echo a{}\n", "\u{1f525}` 東京 ".repeat(100)).repeat(200));
    let mut reports = vec![many(1_000, "a"), many(20, &script), many(20, &"`|a".repeat(20_000))];
    let long = "|`*@#<&".repeat(10_000);
    let mut endless = many(30, "a");
    endless.plan = None;
    for finding in &mut endless.findings {
        finding.message = long.clone();
        finding.remedy = Some(long.clone());
        finding.subject =
            Subject::Resource { stack: long.clone(), side: None, address: long.clone(), id: Some("i".into()) };
    }
    reports.push(endless);
    for report in &reports {
        let text = report_markdown(report);
        assert!(text.chars().count() < 65_536 && text.len() < 65_536, "{}", text.len());
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        assert!(text.ends_with("</sub>\n"));
    }
    assert!(report_markdown(&reports[1]).contains("is left out: a comment holds 65,536 characters."));
}

#[test]
fn values_are_text() {
    let evil = "a|b\n<script>alert(1)</script> @ana ![x](http://x.test/y.png) `code` #1 www.x.test </details> \u{1b}[2J\u{202e}";
    let mut report = reports::drift_clean();
    report.verdict = Verdict::Findings;
    report.plan = Some(evil.into());
    report.summary[0].name = evil.into();
    report.calls[0].service = evil.into();
    report.findings = [codes::D_CHANGED, codes::D_UNREAD]
        .map(|code| {
            let subject = Subject::Resource { stack: evil.into(), side: None, address: evil.into(), id: None };
            Finding::new(code, Severity::Error, subject, evil)
                .with(Evidence::change(evil, json!(evil), json!([evil])))
                .with(Evidence::fact(evil, format!("{evil}\n```\n</details>")))
                .with(Evidence::Diff { title: evil.into(), text: format!("--- {evil}\n+++ b\n+{evil}\n") })
                .remedy(evil)
        })
        .to_vec();
    let text = report_markdown(&report);
    assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
    // Outside of code, whose text is not read.
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if line == open => fence = None,
            Some(_) => continue,
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                for markup in ["<script", "![", "[x]", "@ana", "http://", "#1 ", "www.x"] {
                    assert!(!line.contains(markup), "{markup} in {line}");
                }
                if line.starts_with("| ") && line.contains("PL-D") {
                    let bars = line.match_indices('|').filter(|(at, _)| *at == 0 || line.as_bytes()[at - 1] != b'\\');
                    assert_eq!(bars.count(), 4, "{line}");
                }
            }
        }
    }
    assert_eq!(fence, None, "each block ends");
    assert_eq!(text.lines().filter(|line| *line == "</details>").count(), 1, "its own; one in a block is indented");
    assert!(!report_markdown(&every_shape::report()).is_empty());
}
