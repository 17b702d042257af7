//! Failover and failback as they are on a good day: what every other run is held against.

use crate::{PLAN, Shop};
use pilotlight_tests::{Addresses, Rehearsal, normalised};
use serde_json::Value;

/// The two directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Failover,
    Failback,
}

impl Direction {
    /// There and back.
    pub(crate) const BOTH: [Self; 2] = [Self::Failover, Self::Failback];

    /// The command.
    pub(crate) fn command(self) -> &'static str {
        match self {
            Self::Failover => "failover",
            Self::Failback => "failback",
        }
    }

    /// Where customers are afterwards.
    pub(crate) fn target(self, addresses: &Addresses) -> &[String] {
        match self {
            Self::Failover => &addresses.standby,
            Self::Failback => &addresses.primary,
        }
    }
}

/// The reports of runs that nobody disturbed, normalised.
pub(crate) struct Expected {
    failover: Value,
    failback: Value,
}

impl Expected {
    pub(crate) fn of(&self, direction: Direction) -> &Value {
        match direction {
            Direction::Failover => &self.failover,
            Direction::Failback => &self.failback,
        }
    }
}

/// Once each way. Traffic has to have been moved before: Terraform may write a record's values in another
/// order than Pilotlight does, and a run holds the order that it found.
pub(crate) fn there_and_back(lab: &Rehearsal, shop: &Shop) -> Expected {
    let [failover, failback] = Direction::BOTH.map(|direction| moved(lab, shop, direction));
    Expected { failover, failback }
}

fn moved(lab: &Rehearsal, shop: &Shop, direction: Direction) -> Value {
    let told = lab.move_traffic(direction.command(), PLAN);
    lab.expect_dns(direction.target(&shop.addresses));
    expect_succeeded(&told);
    let run = told["run"].as_str().expect("a run's id");
    let report = lab.report_of(PLAN, run);
    assert_eq!(told, report, "what a run tells at its end is what its journal tells");
    normalised(&report)
}

/// Every phase has its time, customers arrived, and the checks after are green.
pub(crate) fn expect_succeeded(report: &Value) {
    assert_eq!(report["outcome"], "succeeded", "{report:#}");
    assert!(report["recovery_time"]["measured_ms"].as_u64().is_some_and(|ms| ms > 0), "{report:#}");
    let all = |list: &str, is: fn(&Value) -> bool| {
        let list = report[list].as_array().expect("a list");
        assert!(!list.is_empty() && list.iter().all(is), "{report:#}");
    };
    all("phases", |phase| phase["duration_ms"].is_u64());
    all("records", |record| record["moved"] == true);
    all("checks", |check| check["status"] == "green");
}
