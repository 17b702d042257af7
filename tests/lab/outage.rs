//! The worst hour, at random: customers order, the primary region may be dark, and pilotlight is killed at random
//! moments and resumed. In the end one database takes writes, DNS leads to it, and the report says what customers saw.

use crate::{PLAN, Shop};
use pilotlight_lab::client::{Client, Customer};
use pilotlight_lab::{Lag, PRIMARY_REGION, STANDBY_REGION};
use pilotlight_tests::{Ended, Random, Rehearsal};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// Kills of each run, at most: one that ends before its next kill is not killed any more.
const KILLS: u32 = 4;

/// From its start to a kill, at most: a run works for some ten seconds before it waits for customers.
const LIVES_MS: u64 = 4_000;

/// After a run, customers go on until every resolver has the new answer.
const TTL_AND_MORE: Duration = Duration::from_secs(38);

/// How far the report's recovery time may be from what customers saw, with a machine under load between them.
const AGREEMENT_SECONDS: f64 = 2.0;

pub(crate) fn survives_random_kills(lab: &Rehearsal, shop: &Shop) {
    let mut random = Random::seeded(lab);
    let planned = under_load(lab, &mut random, &["failover", PLAN, "--mode", "graceful"], || {});
    planned.moved_to(lab, STANDBY_REGION, &shop.addresses.standby);
    planned.lost_nothing();
    planned.agrees(lab);
    let home = under_load(lab, &mut random, &["failback", PLAN], || {});
    home.moved_to(lab, PRIMARY_REGION, &shop.addresses.primary);
    home.lost_nothing();

    // Nobody knows of the orders that the standby never received, until the old primary is back.
    let cut_off = Duration::from_millis(random.below(3_000));
    let away = under_load(lab, &mut random, &["failover", PLAN, "--mode", "ungraceful"], || {
        lab.wait(lab.lab().lag(Lag::Block)).expect("the standby is cut off");
        std::thread::sleep(cut_off);
        lab.wait(lab.lab().blackout(PRIMARY_REGION, false)).expect("the region is dark");
    });
    away.moved_to(lab, STANDBY_REGION, &shop.addresses.standby);
    assert_eq!(away.report["databases"][0]["lost_writes"], "unknown", "{:#}", away.report);
    let apart = away.recovery() - away.customer.summary.downtime_seconds;
    let most = cut_off.as_secs_f64() + AGREEMENT_SECONDS;
    assert!((-AGREEMENT_SECONDS..=most).contains(&apart), "{apart} s apart, cut off for {cut_off:?}");

    lab.wait(lab.lab().restore(PRIMARY_REGION, true)).expect("the region is back");
    let home = under_load(lab, &mut random, &["failback", PLAN], || {});
    home.moved_to(lab, PRIMARY_REGION, &shop.addresses.primary);
    home.lost_nothing();
    // What customers miss, and no more, is what the failback kept before it was discarded.
    let missed: BTreeSet<&String> = away.kept().lost.iter().collect();
    let kept = &home.report["databases"][0]["kept"];
    let orders = kept["tables"].as_array().into_iter().flatten().find(|table| table["table"] == "orders");
    assert_eq!(
        orders.expect("orders were compared")["only_old"].as_u64().unwrap_or(0),
        missed.len() as u64,
        "{kept:#}"
    );
    let file = std::fs::read_to_string(kept["file"].as_str().expect("a file")).expect("the kept rows");
    let rows = file.lines().map(|line| serde_json::from_str::<Value>(line).expect("a row"));
    let lost = rows.filter(|row| row["table"] == "public.orders" && row["kept"].is_null());
    let lost: Vec<String> = lost.map(|row| row["key"]["id"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(lost.iter().collect::<BTreeSet<_>>(), missed);
    lab.say(&format!("{} orders were lost with the region, and each is kept", missed.len()));
}

/// What customers saw of a run that was killed and resumed, and what its report says.
struct Told {
    customer: Customer,
    report: Value,
}

fn under_load(lab: &Rehearsal, random: &mut Random, arguments: &[&str], meanwhile: impl FnOnce()) -> Told {
    let log = lab.path("customers.jsonl");
    let client = Client { rate: 10, log: Some(log), ..Client::of(lab.lab()) };
    let client = lab.wait(async { client.start() }).expect("customers");
    std::thread::sleep(Duration::from_secs(3));
    meanwhile();
    killed_and_resumed(lab, random, arguments);
    std::thread::sleep(TTL_AND_MORE);
    client.stop();
    let customer = lab.wait(client.end()).expect("customers");
    let run = lab.last_claim().expect("a run");
    Told { customer, report: lab.report_of(PLAN, &run) }
}

fn killed_and_resumed(lab: &Rehearsal, random: &mut Random, arguments: &[&str]) {
    let claims = lab.claims();
    let begin = [arguments, &["--yes"]].concat();
    let mut next = begin.clone();
    for kill in 1..=KILLS {
        let mut running = lab.spawn(&next);
        let after = Duration::from_millis(random.below(LIVES_MS));
        std::thread::sleep(after);
        if running.has_ended() {
            return ended(running.end());
        }
        running.kill();
        // Killed before it had claimed the plan, there is nothing to resume.
        let begun = lab.claims() > claims;
        lab.say(&format!("{} killed ({kill}) after {after:?}, {}", next[0], if begun { "begun" } else { "not begun" }));
        next = if begun { vec!["run", "resume", PLAN] } else { begin.clone() };
    }
    ended(lab.spawn(&next).end());
}

fn ended(run: Ended) {
    // Resumed after its last event: there is nothing left to do.
    assert_eq!(run.code, Some(0), "{}", run.story());
}

impl Told {
    fn kept(&self) -> &pilotlight_lab::client::Kept {
        let verdict = &self.customer.verdict;
        verdict.kept.as_ref().unwrap_or_else(|| panic!("not known what was kept: {verdict:?}"))
    }

    /// One database takes writes, and every DNS server leads there.
    fn moved_to(&self, lab: &Rehearsal, region: &str, addresses: &[String]) {
        assert_eq!(self.report["outcome"], "succeeded", "{:#}", self.report);
        assert_eq!(self.customer.verdict.writers, [region]);
        lab.expect_dns(addresses);
        assert!(!lab.path("plans/.pilotlight/batch-paused").exists(), "the batch jobs still rest");
    }

    fn lost_nothing(&self) {
        assert_eq!(self.kept().lost, Vec::<String>::new());
        assert_eq!(self.kept().unpaid, Vec::<String>::new());
        assert_eq!(self.customer.summary.failed_after_retry, Vec::<String>::new());
        assert_eq!(self.report["databases"][0]["lost_writes"], "none", "{:#}", self.report);
    }

    fn recovery(&self) -> f64 {
        self.report["recovery_time"]["measured_ms"].as_f64().expect("a recovery time") / 1000.0
    }

    fn agrees(&self, lab: &Rehearsal) {
        let (recovery, downtime) = (self.recovery(), self.customer.summary.downtime_seconds);
        lab.say(&format!("customers were away for {downtime:.1} s, the report says {recovery:.1} s"));
        let told = &self.report["recovery_time"];
        assert!((recovery - downtime).abs() <= AGREEMENT_SECONDS, "{told:#} and {:#?}", self.customer.summary.outages);
    }
}
