//! Is the standby ready?

use crate::{PLAN, Shop};
use pilotlight_tests::{Ended, Found, Rehearsal, Root, Tap, found};

pub(crate) fn ready_or_why_not(lab: &Rehearsal, shop: &Shop) {
    let ready = validate(lab).expect(0).json();
    assert_eq!((found(&ready), ready["verdict"].as_str()), (vec![], Some("clean")), "{ready:#}");
    // Every area was looked at, and none is called ready that was not.
    let areas: Vec<(&str, &str)> = ready["areas"]
        .as_array()
        .expect("a scorecard")
        .iter()
        .map(|area| (area["name"].as_str().expect("a name"), area["verdict"].as_str().expect("a verdict")))
        .collect();
    let names: Vec<&str> = areas.iter().map(|(name, _)| *name).collect();
    let all = "drift parity source capacity objectives checks journal failover permissions";
    assert_eq!(names, all.split(' ').collect::<Vec<_>>());
    assert!(areas.iter().all(|(name, verdict)| *verdict == "ready" || *name == "capacity"), "{areas:?}");

    // The first in Terraform's order: that is the one which the plan's check asks.
    let addresses = lab.output(Root::StandbyApp, "public_ips");
    let address = addresses[0].as_str().and_then(|address| address.parse().ok()).expect("an IPv4 address");
    lab.wait(lab.lab().break_app(address)).expect("the lab answers");
    let broken = validate(lab).expect(2).json();
    assert_eq!(found(&broken), [pair("PL-I101", "target-serves")], "{broken:#}");
    // And a failover does not move customers there. It gives the check all of its time, so it is given little.
    let impatient = ("expect = { status = 200 }\n  side   = \"target\"", "timeout = \"2s\"\n  side   = \"target\"");
    let plan = lab.plan_like("impatient", &[impatient]);
    let refused = lab.pilotlight(&["failover", &plan, "--yes"]).expect(4);
    assert!(refused.output().contains("target-serves"), "it names the check: {}", refused.story());
    lab.expect_dns(&shop.addresses.primary);
    lab.wait(lab.lab().repair_app(address)).expect("the lab answers");

    // Somebody mends the standby alone, and somebody the primary alone.
    let generated = lab.path("plans/.pilotlight/shop/standby/network/main.tf");
    let text = std::fs::read_to_string(&generated).expect("a generated file");
    std::fs::write(&generated, format!("{text}# by hand\n")).expect("written");
    let edited = validate(lab).expect(2).json();
    assert_eq!(found(&edited), [pair("PL-R150", "standby network")], "{edited:#}");
    std::fs::write(&generated, text).expect("written");

    let group = lab.text(Root::StandbyNetwork, "web_security_group_id");
    let rule = |verb: &str| {
        let verb = format!("{verb}-security-group-ingress");
        // With its description, so that what is put back is what Terraform made.
        let rule = "IpProtocol=tcp,FromPort=8080,ToPort=8080,IpRanges=[{CidrIp=0.0.0.0/0,Description=The shop}]";
        lab.aws(&["ec2", &verb, "--region", "eu-central-1", "--group-id", &group, "--ip-permissions", rule]);
    };
    rule("revoke");
    let closed = validate(lab).expect(2).json();
    assert_eq!(found(&closed), [pair("PL-D102", "standby aws_security_group_rule.web_http")], "{closed:#}");
    rule("authorize");
    validate(lab).expect(0);
}

/// Of the sample's plan.
fn validate(lab: &Rehearsal) -> Ended {
    validate_with(lab, PLAN, &[])
}

/// It changes nothing: seen on the wire.
pub(crate) fn validate_with(lab: &Rehearsal, plan: &str, more: &[&str]) -> Ended {
    let tap = Tap::new(&lab.lab().handle().aws_endpoint);
    let ended = lab.pilotlight_through(&tap, &[&["validate", plan, "--format", "json"], more].concat());
    let calls = tap.calls();
    assert!(calls.iter().any(|call| call.operation() == "DescribeInstances"), "the tap sees nothing: {calls:?}");
    let changing: Vec<String> = calls.iter().filter(|call| !call.reads()).map(|call| call.operation()).collect();
    assert_eq!(changing, Vec::<String>::new(), "validate changes nothing");
    ended
}

pub(crate) fn pair(code: &str, about: &str) -> Found {
    (code.to_owned(), about.to_owned())
}
