//! What the safety rules refuse.

use crate::{PLAN, Shop};
use pilotlight_tests::{Moment, Rehearsal, Tap};
use std::process::Command;

/// What somebody else sets the record to: an address for documentation, RFC 5737.
const ELSEWHERE: &str = "192.0.2.77";

/// A saved run, from the lab's folder.
const SAVED: &str = "run.json";

/// Somebody changes the record after the run was compiled: between save and run, and, worse, between the
/// run's own look at it and its change.
pub(crate) fn changed_records(lab: &Rehearsal, shop: &Shop) {
    let elsewhere = [ELSEWHERE.to_owned()];
    lab.pilotlight(&["failover", PLAN, "--save", SAVED]).expect(0);
    lab.set_record(&shop.zone, &elsewhere);
    let tap = Tap::new(&lab.lab().handle().aws_endpoint);
    let refused = lab.pilotlight_through(&tap, &["failover", "--run", SAVED, "--yes"]).expect(4);
    assert!(refused.output().contains(ELSEWHERE), "it shows what it found: {}", refused.story());
    assert!(!tap.calls().is_empty() && !tap.calls().iter().any(|call| call.changes_records()), "no change is sent");
    lab.expect_dns(&elsewhere);
    lab.set_record(&shop.zone, &shop.addresses.primary);

    let somebody = change_record(lab, &shop.zone);
    let tap = Tap::looking(&lab.lab().handle().aws_endpoint, move |call, moment| {
        if call.changes_records() && moment == Moment::Request {
            let made = somebody.lock().expect("one at a time").status().expect("the AWS CLI");
            assert!(made.success(), "somebody's change is made");
        }
        true
    });
    let refused = lab.pilotlight_through(&tap, &["failover", PLAN, "--yes"]).expect(4);
    let sent = tap.calls().iter().filter(|call| call.changes_records()).count();
    assert_eq!(sent, 1, "sent once, refused by Route 53, and not tried again blind");
    assert!(refused.output().contains(ELSEWHERE), "it shows what it found: {}", refused.story());
    assert!(!lab.path("plans/.pilotlight/batch-paused").exists(), "the freeze was undone");
    lab.expect_dns(&elsewhere);
    lab.set_record(&shop.zone, &shop.addresses.primary);
    lab.expect_dns(&shop.addresses.primary);
}

/// Only what was shown is applied.
pub(crate) fn altered_run(lab: &Rehearsal, shop: &Shop) {
    lab.pilotlight(&["failover", PLAN, "--save", SAVED]).expect(0);
    let runs = lab.runs();
    let text = std::fs::read_to_string(lab.path(SAVED)).expect("the saved run");
    let altered = text.replace(&shop.addresses.standby[0], ELSEWHERE);
    assert_ne!(text, altered, "the run holds the addresses that it moves to");
    std::fs::write(lab.path(SAVED), altered).expect("the saved run");
    let refused = lab.pilotlight(&["failover", "--run", SAVED, "--yes"]).expect(4);
    assert!(refused.stderr.contains(SAVED), "it names the file: {}", refused.story());
    assert_eq!(lab.runs(), runs, "no run began");
    lab.expect_dns(&shop.addresses.primary);
    // And it is the change that was refused, not the file.
    std::fs::write(lab.path(SAVED), text).expect("the saved run");
    lab.pilotlight(&["failover", "--run", SAVED, "--yes"]).expect(0);
    lab.expect_dns(&shop.addresses.standby);
    lab.pilotlight(&["failback", PLAN, "--yes"]).expect(0);
    lab.expect_dns(&shop.addresses.primary);
}

/// The AWS CLI as somebody else runs it, to be started from the tap.
fn change_record(lab: &Rehearsal, zone: &str) -> std::sync::Mutex<Command> {
    let batch = format!(
        r#"{{"Changes":[{{"Action":"UPSERT","ResourceRecordSet":{{"Name":"app.shop.test","Type":"A","TTL":30,"ResourceRecords":[{{"Value":"{ELSEWHERE}"}}]}}}}]}}"#
    );
    let arguments = ["route53", "change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", &batch];
    let mut command = lab.other("aws", &arguments);
    command.stdout(std::process::Stdio::null());
    std::sync::Mutex::new(command)
}
