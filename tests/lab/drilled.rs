//! A live drill under load: customers order all the time, go to the standby and come back, and lose nothing. What the
//! drill's report says of both ways is held against what they saw.

use crate::{PLAN, Shop};
use pilotlight_lab::PRIMARY_REGION;
use pilotlight_lab::client::{Client, Customer};
use pilotlight_tests::Rehearsal;
use serde_json::Value;
use std::time::Duration;

/// How far the report's recovery times may be from what customers saw, of each way: as in the outage.
const AGREEMENT_SECONDS: f64 = 2.0;

/// Customers order before anything happens, and once more when they are home.
const BEFORE_AND_AFTER: Duration = Duration::from_secs(3);

pub(crate) fn there_and_back(lab: &Rehearsal, shop: &Shop) {
    let client = Client { rate: 10, log: Some(lab.path("drilled.jsonl")), ..Client::of(lab.lab()) };
    let client = lab.wait(async { client.start() }).expect("customers");
    std::thread::sleep(BEFORE_AND_AFTER);
    let told = lab.pilotlight(&["drill", "live", PLAN, "--yes", "--stay", "8s", "--format", "json"]).expect(0).json();
    std::thread::sleep(BEFORE_AND_AFTER);
    client.stop();
    let customer = lab.wait(client.end()).expect("customers");

    assert_eq!((&told["outcome"], &told["traffic"]), (&"done".into(), &"home".into()), "{told:#}");
    assert!(told["stay"]["lasted_ms"].as_u64().is_some_and(|ms| ms >= 8_000), "{told:#}");
    assert_eq!(told["fix"], Value::Array(Vec::new()), "nothing is wrong with the estate");
    let again = lab.pilotlight(&["drill", "report", PLAN, "--format", "json"]).expect(0).json();
    assert_eq!(told, again, "what a drill tells at its end is what its journal tells");

    lab.expect_dns(&shop.addresses.primary);
    assert_eq!(customer.verdict.writers, [PRIMARY_REGION]);
    lost_nothing(&customer);
    let ways = told["runs"].as_array().expect("two runs");
    let recovery: Vec<f64> = ways
        .iter()
        .map(|run| run["report"]["recovery_time"]["measured_ms"].as_f64().expect("a recovery time") / 1000.0)
        .collect();
    for run in ways {
        assert_eq!(run["report"]["databases"][0]["lost_writes"], "none", "{run:#}");
    }
    let (told, seen) = (recovery.iter().sum::<f64>(), customer.summary.downtime_seconds);
    lab.say(&format!(
        "customers were away for {seen:.1} s in both ways together, the report says {told:.1} s: {recovery:.1?}"
    ));
    let both = AGREEMENT_SECONDS * recovery.len() as f64;
    assert!((told - seen).abs() <= both, "{:#?}", customer.summary.outages);
}

fn lost_nothing(customer: &Customer) {
    let kept =
        customer.verdict.kept.as_ref().unwrap_or_else(|| panic!("not known what was kept: {:?}", customer.verdict));
    assert_eq!((&kept.lost, &kept.unpaid), (&Vec::new(), &Vec::new()));
    assert_eq!(customer.summary.failed_after_retry, Vec::<String>::new());
}
