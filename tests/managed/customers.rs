//! Customers of the till, who order all the time.

use crate::estate::{RECORD, Till};
use pilotlight_lab::PRIMARY_REGION;
use pilotlight_lab::client::{Client, Customer, Running};
use std::time::Duration;

/// Until every resolver has the new answer, and customers have come by it.
const TTL_AND_MORE: Duration = Duration::from_secs(8);

pub(crate) fn begin(till: &Till<'_>) -> Running {
    let lab = till.lab;
    let log = Some(lab.path("customers.jsonl"));
    let client = Client { name: RECORD.to_owned(), rate: 5, log, ..Client::of(lab.lab()) };
    let ordering = lab.wait(async { client.start() }).expect("customers");
    std::thread::sleep(Duration::from_secs(2));
    ordering
}

/// They are served in the primary region, by the one database that takes writes.
pub(crate) fn came_home(till: &Till<'_>, ordering: Running) -> Customer {
    std::thread::sleep(TTL_AND_MORE);
    ordering.stop();
    let customer = till.lab.wait(ordering.end()).expect("customers");
    assert_eq!(customer.verdict.writers, [PRIMARY_REGION], "{:?}", customer.verdict);
    assert_eq!(customer.summary.failed_after_retry, Vec::<String>::new());
    let outages = &customer.summary.outages;
    till.lab.say(&format!("customers were away for {:.1} s in all: {outages:.1?}", customer.summary.downtime_seconds));
    customer
}

/// And each of their orders is there.
pub(crate) fn lost_nothing(till: &Till<'_>, ordering: Running) {
    let customer = came_home(till, ordering);
    let verdict = &customer.verdict;
    let kept = verdict.kept.as_ref().unwrap_or_else(|| panic!("not known what was kept: {verdict:?}"));
    assert_eq!((&kept.lost, &kept.unpaid), (&Vec::new(), &Vec::new()));
}
