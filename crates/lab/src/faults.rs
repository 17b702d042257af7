//! Faults at the edge of the emulated AWS API: what a call meets before, or instead of, the emulator.
//!
//! `rule` says which calls a fault is for, `operation` how a call's operation is called, `refusal` how each of AWS's
//! protocols says that it throttles or fails.

mod operation;
mod refusal;
mod rule;

pub use rule::{Effect, Fault, Standing};

use crate::tap::{Act, Call};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The faults that stand now.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    next: u64,
    standing: Vec<Standing>,
    /// The regions whose API is dead, and whether it is silent rather than closed.
    dark: BTreeMap<String, bool>,
}

impl Faults {
    /// Adds a fault, and gives its number.
    pub(crate) fn add(&self, fault: Fault) -> u64 {
        let mut book = self.book();
        book.next += 1;
        let id = book.next;
        book.standing.push(Standing { id, hits: 0, fault });
        id
    }

    /// Takes one away, or all; how many there were.
    pub(crate) fn clear(&self, id: Option<u64>) -> usize {
        let mut book = self.book();
        let before = book.standing.len();
        book.standing.retain(|standing| id.is_some_and(|id| standing.id != id));
        before - book.standing.len()
    }

    /// Those that stand, with how often each was met.
    pub(crate) fn standing(&self) -> Vec<Standing> {
        self.book().standing.clone()
    }

    /// Ends the API of a region, or lets it answer again.
    pub(crate) fn set_dark(&self, region: &str, dark: Option<bool>) {
        match dark {
            Some(silent) => drop(self.book().dark.insert(region.to_owned(), silent)),
            None => drop(self.book().dark.remove(region)),
        }
    }

    /// The regions whose API is dead.
    pub(crate) fn dark(&self) -> Vec<String> {
        self.book().dark.keys().cloned().collect()
    }

    /// What this call meets. Sleeps for its latency.
    pub(crate) fn meet(&self, call: &Call) -> Act {
        let (latency, act) = self.decide(call);
        if !latency.is_zero() {
            std::thread::sleep(latency);
        }
        act
    }

    /// Every latency counts; of all else the oldest fault that stands.
    fn decide(&self, call: &Call) -> (Duration, Act) {
        let mut book = self.book();
        let region = rule::region(call);
        match book.dark.get(region) {
            Some(true) => return (Duration::ZERO, Act::Hold),
            Some(false) => return (Duration::ZERO, Act::Close),
            None => {}
        }
        let operation = operation::name(call);
        let mut latency = Duration::ZERO;
        let mut act = Act::Pass;
        for standing in &mut book.standing {
            let spent = standing.fault.times.is_some_and(|times| standing.hits >= u64::from(times));
            if spent || !standing.fault.is_for(call, region, &operation) {
                continue;
            }
            if let Effect::Latency { milliseconds } = standing.fault.effect {
                latency += Duration::from_millis(milliseconds.into());
            } else if matches!(act, Act::Pass) {
                act = match standing.fault.effect {
                    Effect::Throttle => Act::Answer(refusal::throttled(call)),
                    Effect::Error { status } => Act::Answer(refusal::failed(call, status)),
                    Effect::Drop => Act::Drop,
                    Effect::Refuse => Act::Close,
                    Effect::Silence | Effect::Latency { .. } => Act::Hold,
                };
            } else {
                continue;
            }
            standing.hits += 1;
        }
        (latency, act)
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_global_service_is_dark_with_its_control_plane() {
        let faults = Faults::default();
        // Signed for the program's own region, as an endpoint of one's own makes the SDKs do.
        let change = Call { service: "route53".into(), ..call("eu-west-1", "") };
        faults.set_dark("eu-west-1", Some(false));
        assert_eq!(acts(&faults, &change).1, "pass");
        faults.set_dark("us-east-1", Some(false));
        assert_eq!(acts(&faults, &change).1, "close");
    }

    fn call(region: &str, body: &str) -> Call {
        Call { region: region.into(), service: "ec2".into(), body: body.into(), ..Call::default() }
    }

    fn fault(text: &str) -> Fault {
        serde_json::from_str(text).expect(text)
    }

    fn acts(faults: &Faults, call: &Call) -> (u128, &'static str) {
        let (latency, act) = faults.decide(call);
        let act = match act {
            Act::Pass => "pass",
            Act::Hold => "hold",
            Act::Close => "close",
            Act::Drop => "drop",
            Act::Answer(_) => "answer",
        };
        (latency.as_millis(), act)
    }

    #[test]
    fn a_fault_is_met_by_its_calls_as_often_as_it_says() {
        let faults = Faults::default();
        let (describe, run) = (call("eu-west-1", "Action=DescribeInstances"), call("eu-west-1", "Action=RunInstances"));
        let elsewhere = call("eu-central-1", "Action=DescribeInstances");
        assert_eq!(acts(&faults, &describe), (0, "pass"));
        let twice = faults.add(fault(
            r#"{"region": "eu-west-1", "action": "Describe*", "effect": {"kind": "throttle"}, "times": 2}"#,
        ));
        faults.add(fault(r#"{"effect": {"kind": "latency", "milliseconds": 30}}"#));
        faults.add(fault(r#"{"region": "eu-west-1", "effect": {"kind": "drop"}}"#));
        assert_eq!(acts(&faults, &describe), (30, "answer"));
        assert_eq!(acts(&faults, &run), (30, "drop"));
        assert_eq!(acts(&faults, &elsewhere), (30, "pass"));
        assert_eq!(acts(&faults, &describe), (30, "answer"));
        assert_eq!(acts(&faults, &describe), (30, "drop"), "the throttling is spent");
        let hits: Vec<u64> = faults.standing().iter().map(|standing| standing.hits).collect();
        assert_eq!(hits, [2, 5, 2]);
        assert_eq!((faults.clear(Some(twice)), faults.clear(None)), (1, 2));
        assert_eq!(acts(&faults, &describe), (0, "pass"));
    }

    #[test]
    fn a_dark_region_answers_nothing_and_the_others_do() {
        let faults = Faults::default();
        let (here, there) = (call("eu-west-1", "Action=A"), call("eu-central-1", "Action=A"));
        faults.set_dark("eu-west-1", Some(false));
        assert_eq!((acts(&faults, &here).1, acts(&faults, &there).1), ("close", "pass"));
        faults.set_dark("eu-west-1", Some(true));
        assert_eq!((acts(&faults, &here).1, faults.dark()), ("hold", vec!["eu-west-1".to_owned()]));
        faults.set_dark("eu-west-1", None);
        assert_eq!(acts(&faults, &here).1, "pass");
    }
}
