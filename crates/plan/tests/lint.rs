//! What a plan may say and had better not.

use pilotlight_findings::Severity;
use pilotlight_plan::{Inputs, lint, parse};

fn findings(head: &str, ttl: &str, rest: &str) -> Vec<(String, Severity, String)> {
    let text = format!(
        r#"plan "shop" {{
  primary {{ region = "eu-west-1" }}
  standby {{ region = "eu-central-1" }}
{head}
}}
traffic "t" {{
  zone = "shop.test"
  record "app.shop.test" "A" {{
    primary = "192.0.2.1"
    standby = "192.0.2.2"
    ttl     = "{ttl}"
  }}
}}
{rest}"#
    );
    let plan = parse("p.hcl", &text, &Inputs::default()).unwrap_or_else(|errors| panic!("{errors}"));
    lint(&plan).into_iter().map(|f| (f.code.to_string(), f.severity, format!("{}: {}", f.subject, f.message))).collect()
}

const QUIET: &str =
    "stack \"a\" {\n  source = \"a\"\n  state = \"a.tfstate\"\n}\ncheck \"tcp\" \"c\" { address = \"a:1\" }\n";

fn rto(rto: &str) -> String {
    format!("  objectives {{\n    rto = \"{rto}\"\n  }}")
}

#[test]
fn a_plan_without_fault_is_quiet() {
    assert_eq!(findings("", "2d", QUIET), []);
    assert_eq!(findings(&rto("15m"), "14m", QUIET), []);
}

#[test]
fn a_ttl_has_to_fit_into_the_rto_beside_the_propagation() {
    let message = "app.shop.test A: its TTL of 14m1s does not fit into the RTO of 15m";
    assert_eq!(findings(&rto("15m"), "14m1s", QUIET), [("PL-P201".into(), Severity::Error, message.into())]);
    let message = "app.shop.test A: its TTL of 1s does not fit into the RTO of 30s";
    assert_eq!(findings(&rto("30s"), "1s", QUIET), [("PL-P201".into(), Severity::Error, message.into())]);
}

#[test]
fn a_record_without_a_ttl_expects_nothing() {
    let text = |ttl: &str| {
        format!(
            "plan \"p\" {{\n  primary {{ region = \"eu-west-1\" }}\n  standby {{ region = \"eu-central-1\" }}\n  objectives {{ \
             rto = \"30s\" }}\n}}\n{QUIET}traffic \"t\" {{\n  zone = \"z.test\"\n  record \"a.z.test\" \"A\" {{\n    primary = \
             \"192.0.2.1\"\n    standby = \"192.0.2.2\"\n{ttl}  }}\n}}\n"
        )
    };
    let read = |ttl: &str| parse("p.hcl", &text(ttl), &Inputs::default()).unwrap_or_else(|errors| panic!("{errors}"));
    let plan = read("");
    assert_eq!((plan.traffic[0].records[0].ttl, lint(&plan)), (None, vec![]));
    assert_eq!(lint(&read("    ttl = \"1s\"\n")).len(), 1);
}

#[test]
fn a_journal_of_the_primary_alone_is_seen_by_its_name() {
    let journal = |stores: &str| findings(&format!("  journal = [{stores}]"), "30s", QUIET);
    let [(code, severity, _)] = &journal("\"s3://dr-eu-west-1/p\"")[..] else { panic!("one finding") };
    assert_eq!((code.as_str(), *severity), ("PL-P202", Severity::Warning));
    assert_eq!(journal("\"s3://dr-eu-west-1/p\", \"file:.pilotlight\""), []);
    assert_eq!(journal("\"s3://dr-eu-central-1/p\""), []);
    assert_eq!(journal("\"s3://dr-eu-west-1-to-eu-central-1/p\""), []);
}

#[test]
fn a_standby_on_s3_needs_a_state_of_its_own() {
    let stack = "stack \"b\" {\n  source = \"b\"\n  state = \"s3://bucket/b\"\n}\n";
    let [(code, severity, message)] = &findings("", "30s", &format!("{QUIET}{stack}"))[..] else {
        panic!("one finding")
    };
    assert_eq!((code.as_str(), *severity), ("PL-P203", Severity::Error));
    assert_eq!(message, "b: primary and standby would share one state");
}

#[test]
fn traffic_wants_a_check_after_the_switch() {
    let stack = "stack \"a\" {\n  source = \"a\"\n  state = \"a.tfstate\"\n}\n";
    let before = "check \"tcp\" \"c\" {\n  address = \"a:1\"\n  when = [\"before\"]\n}\n";
    let found = findings("", "30s", &format!("{stack}{before}"));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0.as_str(), found[0].1), ("PL-P204", Severity::Warning));
}

#[test]
fn a_hold_outlasts_the_ttl() {
    let text = |hold: &str| {
        format!(
            "plan \"p\" {{\n  primary {{ region = \"eu-west-1\" }}\n  standby {{ region = \"eu-central-1\" }}\n}}\n{QUIET}\
             traffic \"t\" {{\n  zone = \"z.test\"\n  method = \"weighted\"\n  shift = [50, 100]\n  hold = \"{hold}\"\n  record \
             \"a.z.test\" \"A\" {{\n    primary = \"192.0.2.1\"\n    standby = \"192.0.2.2\"\n    ttl = \"30s\"\n  }}\n}}\n"
        )
    };
    let read = |hold: &str| parse("p.hcl", &text(hold), &Inputs::default()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(lint(&read("30s")), []);
    let [finding] = &lint(&read("29s"))[..] else { panic!("one finding") };
    assert_eq!((finding.code.as_str(), finding.severity), ("PL-P205", Severity::Warning));
    assert_eq!(finding.message, "resolvers may use an answer for 30s, and each weight is held for 29s only");
}
