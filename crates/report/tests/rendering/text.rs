//! The text, as it is read on a terminal or in a log.

use crate::samples::{every_shape, reports, runs};
use pilotlight_failover::{AT_THEIR_TARGET, Call, Intervention, RunReport, StepReport};
use pilotlight_findings::{Evidence, Finding, Job, Severity, Subject, Verdict, codes};
use pilotlight_report::{TextOptions, render_explain, report_text, run_text};
use serde_json::json;

const PLAN: Option<&str> = Some("plans/shop.hcl");

fn plain() -> TextOptions {
    TextOptions { width: 100, ..TextOptions::default() }
}

fn colored() -> TextOptions {
    TextOptions { color: true, ..plain() }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Takes ANSI sequences out, to compare what a reader without colour sees.
fn without_color(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').expect("a colour sequence ends with m").1);
    }
    plain
}

#[test]
fn clean_is_one_line() {
    let text = report_text(&reports::drift_clean(), plain());
    assert_eq!(text, "drift: none in 27 resources, 14 API calls, 2.1 s\n");
}

#[test]
fn drift_reads_from_the_worst_down() {
    let expected = r#"drift: 3 findings in 27 resources (24 in sync, 2 changed, 1 missing), 14 API calls, 2.1 s

network, primary
  ✘ critical  aws_security_group.web (sg-0f3a9c2e41b7d6c55)  PL-D103
    port 22 is open to the world: an ingress rule is not in the state
    ~ ingress  + { cidr_blocks = ["0.0.0.0/0"], from_port = 22, protocol = "tcp", self = false, to_port = 22 }
                 (1 unchanged)
    remedy: run terraform apply in infra/shop/network to close it, or write the rule into the HCL if
            it is meant

app, primary
  ~ changed  aws_route53_record.app (Z0123456789ABC_app.shop.test_A)  PL-D101
    attributes differ from the state
    ~ records      - "127.0.1.11"
                   + "192.0.2.66"
                     (1 unchanged)
    ~ ttl          30 -> 300
      answered by  route53 ListResourceRecordSets, zone shop.test
    remedy: run terraform apply in infra/shop/app

  - missing  aws_instance.web["eu-west-1b"] (i-0a7d3f1be29c84d06)  PL-D102
    the instance does not exist any more
      last known state  terminated
    remedy: run terraform apply in infra/shop/app to make it again

For more about a code, try `pilotlight explain PL-D103`.
"#;
    assert_eq!(report_text(&reports::drift(), plain()), expected);
}

#[test]
fn groups_and_findings_are_sorted_by_severity_whatever_the_order_of_the_report() {
    let mut report = reports::drift();
    let sorted = report_text(&report, plain());
    report.findings.rotate_left(1);
    let rotated = report_text(&report, plain());
    assert_eq!(first_line(&sorted), first_line(&rotated));
    let place = |text: &str, what: &str| text.find(what).expect("is there");
    assert!(place(&rotated, "network, primary") < place(&rotated, "app, primary"));
}

#[test]
fn incomplete_says_what_is_unread_and_is_never_clean() {
    let text = report_text(&reports::drift_incomplete(), plain());
    assert_eq!(first_line(&text), "drift: incomplete, 1 unread in 27 resources (26 in sync), 14 API calls, 2.1 s");
    assert!(
        text.contains(
            "unread: nothing is known of these\n  ? network, standby: aws_vpc.main (vpc-0b1c2d3e)  PL-D105\n"
        )
    );
    assert!(text.contains("UnauthorizedOperation"));
}

#[test]
fn validate_says_ready_or_not_in_words() {
    let text = report_text(&reports::validate_not_ready(), plain());
    assert!(
        first_line(&text).starts_with("validate: not ready, 3 findings, 1 warning, 1 unread in 27 resources"),
        "{text}"
    );
    assert!(text.contains("        - export REGION=eu-central-1\n        + export REGION=eu-west-1\n"), "{text}");
    let mut ready = reports::validate_not_ready();
    ready.verdict = Verdict::Clean;
    ready.findings.retain(|finding| finding.severity == Severity::Warning && !finding.code.is_unread());
    assert!(first_line(&report_text(&ready, plain())).starts_with("validate: ready, 1 warning in 27 resources"));
}

#[test]
fn calls_by_api_come_with_verbose() {
    let verbose = TextOptions { verbose: true, ..plain() };
    assert!(!report_text(&reports::drift(), plain()).contains("DescribeVpcs"));
    assert!(
        report_text(&reports::drift(), verbose)
            .contains("\ncalls by API\n  2  ec2:DescribeInstances           eu-west-1\n")
    );
    // Clean is one line for a scheduler's mail, and with -v what it cost.
    assert!(report_text(&reports::drift_clean(), verbose).contains("route53:ListHostedZones"));
}

#[test]
fn colour_adds_nothing_and_takes_nothing() {
    for report in [
        reports::drift_clean(),
        reports::drift(),
        reports::drift_incomplete(),
        reports::validate_not_ready(),
        every_shape::report(),
    ] {
        let text = report_text(&report, plain());
        assert!(!text.contains('\u{1b}'));
        let colored = report_text(&report, colored());
        assert!(colored.contains('\u{1b}'));
        assert_eq!(without_color(&colored), text);
    }
    for run in runs::all() {
        assert_eq!(without_color(&run_text(&run, PLAN, colored())), run_text(&run, PLAN, plain()));
    }
}

#[test]
fn every_kind_of_subject_is_named() {
    let text = report_text(&every_shape::report(), plain());
    for subject in every_shape::subjects() {
        let name = match &subject {
            Subject::Resource { address, .. } => address.clone(),
            other => other.to_string(),
        };
        assert!(text.contains(&name), "{name}");
    }
}

#[test]
fn escape_sequences_from_the_cloud_do_not_reach_the_terminal() {
    let evil = "x\u{1b}[2J\u{202e}y";
    let mut report = reports::drift_clean();
    report.verdict = Verdict::Findings;
    report.findings = vec![
        Finding::new(codes::D_CHANGED, Severity::Error, Subject::Plan { name: evil.into() }, evil)
            .with(Evidence::change(evil, json!(evil), json!([evil])))
            .with(Evidence::change("map", json!({evil: 1}), json!({evil: 2})))
            .with(Evidence::change("rules", json!([]), json!([{evil: evil}])))
            .with(Evidence::fact(evil, evil))
            .with(Evidence::Diff { title: evil.into(), text: format!("--- {evil}\n+++ {evil}\n-{evil}\n {evil}\n") })
            .remedy(evil),
    ];
    let text = report_text(&report, plain());
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
    let mut run = runs::stopped();
    run.detail = evil.into();
    run.operator = evil.into();
    run.phases[0].steps[0].title = evil.into();
    run.phases[0].steps[0].detail = evil.into();
    run.phases[0].phase = evil.into();
    run.records[0].name = evil.into();
    run.records[0].after = vec![evil.into()];
    run.checks[0].detail = evil.into();
    run.checks[0].name = evil.into();
    run.interventions[0].by = evil.into();
    run.outcome = evil.into();
    let text = run_text(&run, Some(evil), TextOptions { verbose: true, ..plain() });
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
}

#[test]
fn sentences_are_wrapped_and_values_are_not() {
    let mut report = reports::drift();
    report.findings[0].message = "word ".repeat(60);
    let long = "v".repeat(300);
    report.findings[1].evidence = vec![Evidence::change("records", json!(long), json!("short"))];
    let text = report_text(&report, TextOptions { width: 60, ..TextOptions::default() });
    assert!(text.contains(&long), "a value can be copied whole");
    let wrapped = text.lines().filter(|line| line.trim_start().starts_with("word")).collect::<Vec<_>>();
    assert!(wrapped.len() >= 5 && wrapped.iter().all(|line| line.chars().count() <= 60), "{wrapped:?}");
}

#[test]
fn a_long_diff_is_cut_and_whole_with_verbose() {
    let lines: String = (0..100).map(|n| format!("+line {n}\n")).collect();
    let mut report = reports::drift();
    report.findings[0].evidence = vec![Evidence::Diff { title: "policy".into(), text: lines }];
    let text = report_text(&report, plain());
    assert!(text.contains("… 76 more lines, shown with -v") && !text.contains("line 99"), "{text}");
    assert!(report_text(&report, TextOptions { verbose: true, ..plain() }).contains("+ line 99\n"));
}

#[test]
fn a_run_opens_with_its_outcome() {
    let line = |run| first_line(&run_text(&run, PLAN, plain())).to_owned();
    assert_eq!(
        line(runs::succeeded()),
        "failover succeeded: app.shop.test answers with eu-central-1; recovery time 42.1 s of 15 m"
    );
    assert_eq!(
        line(runs::rolled_back()),
        "failover failed and was rolled back: app.shop.test still answers with eu-west-1"
    );
    assert_eq!(
        line(runs::stopped()),
        "failover stopped and waits for a person: app.shop.test answers with eu-central-1"
    );
    assert_eq!(
        line(runs::taken_over()),
        "failover succeeded: app.shop.test answers with eu-central-1; recovery time 40 m 30 s, over its objective of 15 m"
    );
    assert_eq!(line(runs::unfinished()), "failover has not ended: whether app.shop.test moved is not known");
}

#[test]
fn where_traffic_is_is_only_said_where_it_is_known() {
    // A switch that failed may have met records that somebody else had changed.
    let mut run = runs::rolled_back();
    run.phases[5].steps[0].status = "failed".into();
    run.phases[5].steps[0].attempts = 1;
    assert!(first_line(&run_text(&run, PLAN, plain())).ends_with("app.shop.test was not seen to move"));
    run.phases[5].steps[0].status = "undone".into();
    assert!(first_line(&run_text(&run, PLAN, plain())).ends_with("app.shop.test still answers with eu-west-1"));
    // Somebody had moved them before this run, which failed at something else.
    let mut moved_before = run.clone();
    let looks = moved_before.phases[0].steps.iter_mut().filter(|step| step.step.starts_with("preflight/records/"));
    for look in looks {
        look.detail = AT_THEIR_TARGET.into();
    }
    let said = first_line(&run_text(&moved_before, PLAN, plain())).to_owned();
    assert!(said.ends_with("app.shop.test answers with eu-central-1, as before"), "{said}");
    let other = StepReport { step: "preflight/records/api".into(), ..run.phases[0].steps[0].clone() };
    moved_before.phases[0].steps.push(other);
    assert!(first_line(&run_text(&moved_before, PLAN, plain())).ends_with("no record was moved"));
    // Between two weights its name servers are asked and a time is held: that stays done.
    let changes = every_shape::run().phases[0].steps[0].calls[0].clone();
    run.phases[5].steps[0].calls = vec![Call { operation: "ChangeResourceRecordSets".into(), ..changes }];
    let held = StepReport { step: "switch/hold/1".into(), status: "done".into(), ..run.phases[5].steps[0].clone() };
    run.phases[5].steps.push(StepReport { calls: Vec::new(), ..held });
    assert!(first_line(&run_text(&run, PLAN, plain())).ends_with("app.shop.test still answers with eu-west-1"));
    run.phases[5].steps[0].status = "done".into();
    assert!(first_line(&run_text(&run, PLAN, plain())).ends_with("app.shop.test was not seen to move"));
    // What somebody else has changed may answer with anything.
    assert_eq!(first_line(&run_text(&runs::refused(), PLAN, plain())), "failover was refused: it moved no record");
    let mut half = runs::stopped();
    let mut other = half.records[0].clone();
    other.name = "api.shop.test".into();
    other.moved = false;
    half.records.push(other);
    assert!(
        first_line(&run_text(&half, PLAN, plain()))
            .ends_with("app.shop.test answers with eu-central-1, but api.shop.test was not seen to move")
    );
}

#[test]
fn the_first_line_tells_of_a_database_that_nobody_can_write_to() {
    let mut run = runs::stopped();
    run.databases = every_shape::run().databases;
    (run.databases[0].fence, run.databases[0].promoted) = ("proven".into(), true);
    let line = |run: &RunReport| first_line(&run_text(run, PLAN, plain())).to_owned();
    assert!(!line(&run).contains("fenced"), "it is promoted: {}", line(&run));
    run.databases[0].promoted = false;
    assert!(
        line(&run).ends_with("; database orders is fenced in eu-west-1, and nothing is promoted in eu-central-1"),
        "{}",
        line(&run)
    );
}

#[test]
fn what_next_is_ready_to_copy() {
    let text = run_text(&runs::stopped(), PLAN, plain());
    let run = "plans/shop.hcl 01934c1e-7a52-7c31-9d0e-5b8f2a6c4e10";
    for command in [
        format!("      pilotlight run resume {run}\n"),
        format!("      pilotlight run skip {run} --step verify/check/storefront --reason \"…\"\n"),
        format!("      pilotlight run abort {run} --reason \"…\"\n"),
    ] {
        assert!(text.contains(&command), "{command} in {text}");
    }
    let text = run_text(&runs::waits_for_approval(), PLAN, plain());
    assert!(
        text.contains(&format!(
            "pilotlight run approve {run} --step switch/approval/incident-commander --reason \"…\"\n"
        ))
    );
    assert!(!text.contains("run skip"), "nothing failed that could be left out");
    let text = run_text(&runs::unfinished(), None, plain());
    assert!(text.contains("pilotlight run resume PLAN 01934c1e-7a52-7c31-9d0e-5b8f2a6c4e10 --takeover\n"));
    let mut back = runs::rolled_back();
    assert!(run_text(&back, PLAN, plain()).contains("pilotlight failover plans/shop.hcl\n"));
    let subject = Subject::Plan { name: "shop".into() };
    back.findings.push(Finding::new(codes::F_UNPROTECTED, Severity::Warning, subject, "nothing follows it"));
    let text = run_text(&back, PLAN, plain());
    assert!(text.contains("pilotlight explain PL-F239\n"), "{text}");
    assert!(!text.contains("pilotlight failover plans/shop.hcl\n"), "the next one is refused: {text}");
    let text = run_text(&runs::succeeded(), Some("my plans/shop.hcl"), plain());
    assert!(text.ends_with(
        "\nlater\n  move the traffic back, when the primary is well\n      pilotlight failback 'my plans/shop.hcl'\n"
    ));
}

#[test]
fn what_it_means_to_leave_a_step_out_is_said_and_what_is_refused_is_not_offered() {
    let stopped_at = |step: &str, status: &str, undone: bool| {
        let mut run = runs::stopped();
        (run.phases[6].steps[1].step, run.phases[6].steps[1].status) = (step.into(), status.into());
        if undone {
            let rollback = Intervention { what: "rollback".into(), ..run.interventions[0].clone() };
            run.interventions.push(rollback);
        }
        let subject = Subject::Step { run: run.run.clone(), step: step.into() };
        run.findings = vec![Finding::new(codes::F_STOPPED, Severity::Warning, subject, "it waits")];
        run_text(&run, PLAN, plain())
    };
    for (step, status, undone, offered) in [
        ("promote/release/orders", "failed", false, Some("nobody can write until you let that server")),
        ("verify/database/orders", "failed", false, Some("look yourself whether that server takes writes")),
        ("promote/database/orders", "done", true, Some("(the reason says what it costs)")),
        ("finish/resync/orders", "in_doubt", true, Some("by your word that its program has ended")),
        ("finish/resync/orders", "done", true, None),
    ] {
        let text = stopped_at(step, status, undone);
        assert_eq!(text.contains(&format!("--step {step}")), offered.is_some(), "{step}: {text}");
        assert!(offered.is_none_or(|words| text.contains(words)), "{step}: {text}");
    }
}

#[test]
fn a_run_shows_phases_steps_records_checks_and_interventions() {
    let text = run_text(&runs::taken_over(), PLAN, plain());
    for line in [
        "  ✓ promote       11.8 s        ███████████▌\n",
        "  ✓ switch      40 m 9 s",
        "the bars leave out waits such as 40 m 1 s",
        "    ✓ already done     350 ms  Run ./scripts/scale.sh 6: 6 of 6 instances are in service\n",
        "    » skipped           10 ms  Run ./scripts/watch.sh 10: skipped by bo@laptop: seen by hand\n",
        "Wait until Route 53 has the change everywhere (2 attempts): INSYNC\n",
        "  ✓ moved  app.shop.test A  zone shop.test, TTL 30 s\n      before  127.0.1.10, 127.0.1.11\n      after   127.0.2.10, 127.0.2.11\n",
        "  ✓ green    after   storefront  http    48 ms  200 OK from eu-central-1\n",
        "  03:40:25  ! takeover  by bo@laptop: from executor 01934c1e-7a53 of ana@bastion\n",
        "  03:40:25  ▸ resumed   by bo@laptop\n",
    ] {
        assert!(text.contains(line), "{line:?} in\n{text}");
    }
}

#[test]
fn an_alias_has_no_time_of_its_own() {
    let mut run = every_shape::run();
    run.records[0].ttl = None;
    let text = run_text(&run, PLAN, plain());
    assert!(text.contains("app.shop.test A  zone shop.test, TTL of its alias target\n"), "{text}");
}

#[test]
fn words_of_a_later_version_are_shown_as_they_are() {
    let mut run = runs::succeeded();
    run.phases[0].steps[0].status = "half_done".into();
    run.checks[0].status = "purple".into();
    run.outcome = "postponed".into();
    let text = run_text(&run, PLAN, plain());
    assert!(first_line(&text).starts_with("failover: postponed: "), "{text}");
    assert!(text.contains("• half done") && text.contains("• purple"), "{text}");
}

#[test]
fn a_report_over_other_things_counts_them_by_their_names() {
    let mut report = reports::validate_not_ready();
    report.summary.retain(|count| count.name != "resources");
    let text = report_text(&report, plain());
    assert!(
        first_line(&text)
            .starts_with("validate: not ready, 3 findings, 1 warning, 1 unread (25 at parity, 3 checks), "),
        "{text}"
    );
}

#[test]
fn a_rebuild_without_findings_is_clean() {
    let mut report = reports::drift_clean();
    report.job = Job::Rebuild;
    assert!(report_text(&report, plain()).starts_with("rebuild: clean (27 in sync), 14 API calls"));
}

#[test]
fn a_code_is_explained() {
    let text = render_explain(codes::D_UNREAD.page(), 60);
    assert!(text.starts_with("PL-D105: a resource could not be read\n\n"), "{text}");
    assert!(text.lines().skip(1).all(|line| line.chars().count() <= 60), "{text}");
    assert!(text.replace('\n', " ").contains("the verdict is incomplete (exit 3), never clean"), "{text}");
}

#[test]
fn databases_say_who_writes_and_what_was_lost() {
    let mut run = every_shape::run();
    let text = run_text(&run, None, plain());
    for line in [
        "! promoted  orders  at most the last 2 ms of writes are lost (1 byte of log)",
        "fence of the old server failed",
        "on the old server alone, or otherwise than here, run r found 1 row, kept in f",
        "1 row kept in f",
        "table orders: differs, old 1 row, new 1 row: 1 only old, 1 only new, 1 differing",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let database = &mut run.databases[0];
    database.lost_writes = "unknown".into();
    (database.missing_bytes, database.missing_ms) = (None, None);
    let text = run_text(&run, None, plain());
    let lost = "whether writes were lost is not known; of those before its promotion at most the last 3 ms (its last commit is \
                of ";
    assert!(text.contains(lost) && text.contains("), and none is known of after it"), "{text}");
    run.databases[0].last_commit_age_ms = None;
    assert!(run_text(&run, None, plain()).contains("whether writes were lost is not known; its last commit is of"));
    assert!(text.contains("recovery time at most 2 ms, which may be over its objective of 1 ms"), "{text}");
    run.recovery_time.at_most = false;
    assert!(run_text(&run, None, plain()).contains("recovery time 2 ms, over its objective of 1 ms"));
    run.databases[0].left_behind_rows = Some(674);
    let text = run_text(&run, None, plain());
    assert!(text.contains("674 rows, written there since its promotion, were left behind"), "{text}");
    run.databases.clear();
    assert!(!run_text(&run, None, plain()).contains("databases"));
}

#[test]
fn what_was_watched_is_told_against_before_the_switch() {
    let mut run = every_shape::run();
    let text = run_text(&run, None, plain());
    for line in [
        "observed  1 of 2 probes failed, and 1% may, over 1 ms",
        "✗ failed   c  1 of 2 green, 2 ms (1 ms before, slower than allowed), counts 4 (3 before, more apart than allowed); \
         last failure red: d",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let seen = run.observation.as_mut().expect("an observation");
    (seen.errors, seen.within) = (0, true);
    let check = &mut seen.checks[0];
    (check.errors, check.last_error, check.slower, check.other_count) = (0, None, false, false);
    check.status_before = None;
    let text = run_text(&run, None, plain());
    assert!(text.contains("observed  none of 2 probes failed, 1% may, over 1 ms"), "{text}");
    assert!(
        text.contains(
            "✓ steady   c  2 of 2 green, 2 ms (1 ms before), counts 4 (3 before), not asked before the switch"
        )
    );
    run.observation = None;
    assert!(!run_text(&run, None, plain()).contains("observed"));
}
