//! What the customer saw, counted.

use crate::client::attempt::Attempt;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A success that no failure follows for so long has lasted. Less than a record's TTL, so that customers who still know
/// an old address are no success that lasts; more than the app's own patience.
const LASTING: Duration = Duration::from_secs(6);

/// From the first failed order to the first success that lasted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outage {
    /// When the first order that failed was sent, UTC.
    pub from: String,
    /// When the success that lasted was sent, UTC; nothing, where there was none.
    pub to: Option<String>,
    /// From the one sent to the other's answer, or to the end of the watch.
    pub seconds: f64,
    /// How many attempts failed in it.
    pub failed: usize,
    /// The first failure's reason.
    pub error: String,
}

/// What the customer saw.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Different orders.
    pub orders: usize,
    /// All times that one was sent.
    pub attempts: usize,
    /// Orders that the shop promised to keep.
    pub acknowledged: usize,
    /// Of these, those that needed more than one attempt.
    pub retried: usize,
    /// Orders that were never acknowledged.
    pub failed_after_retry: Vec<String>,
    /// The time without service: all outages together.
    pub downtime_seconds: f64,
    /// Each outage.
    pub outages: Vec<Outage>,
    /// The longest time between two orders that were acknowledged one after the other.
    pub longest_gap_seconds: f64,
    /// How many orders each region acknowledged.
    pub regions: BTreeMap<String, usize>,
}

impl Summary {
    /// Counts the attempts of a watch that ended then.
    pub(super) fn of(attempts: &[Attempt], ended: Instant) -> Self {
        let mut sent: Vec<&Attempt> = attempts.iter().collect();
        sent.sort_by_key(|attempt| attempt.sent);
        let mut orders: BTreeMap<&str, (bool, u32)> = BTreeMap::new();
        let mut regions = BTreeMap::new();
        for attempt in &sent {
            let order = orders.entry(&attempt.record.order).or_default();
            order.0 |= attempt.record.acknowledged();
            order.1 = order.1.max(attempt.record.attempt);
            if let (true, Some(region)) = (attempt.record.acknowledged(), &attempt.record.region) {
                *regions.entry(region.clone()).or_insert(0) += 1;
            }
        }
        let outages = outages(&sent, ended);
        Self {
            orders: orders.len(),
            attempts: attempts.len(),
            acknowledged: orders.values().filter(|(acknowledged, _)| *acknowledged).count(),
            retried: orders.values().filter(|(acknowledged, attempts)| *acknowledged && *attempts > 1).count(),
            failed_after_retry: orders
                .iter()
                .filter(|(_, (acknowledged, _))| !acknowledged)
                .map(|(id, _)| (*id).to_owned())
                .collect(),
            downtime_seconds: rounded(outages.iter().map(|outage| outage.seconds).sum()),
            outages,
            longest_gap_seconds: rounded(longest_gap(attempts).as_secs_f64()),
            regions,
        }
    }
}

/// In the order in which they were sent: an answer that comes late belongs to its question.
fn outages(sent: &[&Attempt], ended: Instant) -> Vec<Outage> {
    let mut outages = Vec::new();
    let mut rest = sent;
    while let Some(first) = rest.iter().position(|attempt| !attempt.record.acknowledged()) {
        let failed = &rest[first..];
        let back = failed.iter().enumerate().find(|(at, attempt)| attempt.record.acknowledged() && lasts(failed, *at));
        let until = back.map_or(failed.len(), |(at, _)| at);
        let end = back.map_or(ended, |(_, attempt)| attempt.answered);
        outages.push(Outage {
            from: failed[0].record.time.clone(),
            to: back.map(|(_, attempt)| attempt.record.time.clone()),
            seconds: rounded(end.saturating_duration_since(failed[0].sent).as_secs_f64()),
            failed: failed[..until].iter().filter(|attempt| !attempt.record.acknowledged()).count(),
            error: failed[0].record.error.clone().unwrap_or_default(),
        });
        rest = &failed[until..];
    }
    outages
}

/// Whether no failure was sent within a while after this success.
fn lasts(sent: &[&Attempt], success: usize) -> bool {
    let until = sent[success].sent + LASTING;
    sent[success..].iter().take_while(|attempt| attempt.sent < until).all(|attempt| attempt.record.acknowledged())
}

fn longest_gap(attempts: &[Attempt]) -> Duration {
    let mut times: Vec<Instant> =
        attempts.iter().filter(|attempt| attempt.record.acknowledged()).map(|attempt| attempt.answered).collect();
    times.sort();
    times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::record::Record;

    /// An attempt sent at so many tenths of a second, and answered half a tenth later.
    fn at(start: Instant, tenths: u64, order: &str, attempt: u32, ok: bool) -> Attempt {
        let sent = start + Duration::from_millis(tenths * 100);
        Attempt {
            record: Record {
                time: format!("{tenths}"),
                order: order.into(),
                attempt,
                address: None,
                region: ok.then(|| "eu-west-1".into()),
                status: Some(if ok { 201 } else { 503 }),
                error: (!ok).then(|| "no".into()),
                latency_ms: 50.0,
            },
            sent,
            answered: sent + Duration::from_millis(50),
        }
    }

    #[test]
    fn an_outage_ends_with_the_success_that_lasts() {
        let start = Instant::now();
        let mut attempts: Vec<Attempt> = (0..20).map(|n| at(start, n, &format!("a{n}"), 1, true)).collect();
        attempts.extend((20..50).map(|n| at(start, n, &format!("a{n}"), 1, false)));
        // One address of two is back, for a moment: no success that lasts.
        attempts.push(at(start, 50, "a50", 1, true));
        attempts.push(at(start, 51, "a51", 1, false));
        attempts.extend((52..200).map(|n| at(start, n, &format!("a{n}"), 1, true)));
        attempts.extend((20..50).map(|n| at(start, n + 60, &format!("a{n}"), 2, true)));
        let summary = Summary::of(&attempts, start + Duration::from_secs(30));
        assert_eq!(summary.outages.len(), 1);
        let outage = &summary.outages[0];
        assert_eq!((outage.from.as_str(), outage.to.as_deref(), outage.failed), ("20", Some("52"), 31));
        assert!((outage.seconds - 3.25).abs() < 0.001, "{outage:?}");
        assert_eq!(summary.downtime_seconds, outage.seconds);
        assert!((summary.longest_gap_seconds - 3.1).abs() < 0.001, "{summary:?}");
        assert_eq!((summary.orders, summary.attempts, summary.acknowledged), (200, 230, 199));
        assert_eq!((summary.retried, summary.failed_after_retry), (30, vec!["a51".to_owned()]));
        assert_eq!(summary.regions, BTreeMap::from([("eu-west-1".to_owned(), 199)]));
    }

    #[test]
    fn two_outages_are_two_and_one_without_an_end_lasts_until_the_end() {
        let start = Instant::now();
        let attempts: Vec<Attempt> =
            (0..300).map(|n| at(start, n, &n.to_string(), 1, !(n == 10 || n >= 200))).collect();
        let summary = Summary::of(&attempts, start + Duration::from_secs(31));
        let told: Vec<_> = summary.outages.iter().map(|outage| (outage.from.as_str(), outage.to.as_deref())).collect();
        assert_eq!(told, [("10", Some("11")), ("200", None)]);
        assert!((summary.outages[1].seconds - 11.0).abs() < 0.001);
        assert!((summary.downtime_seconds - 11.15).abs() < 0.001, "{}", summary.downtime_seconds);
    }

    #[test]
    fn a_shop_that_always_answers_has_no_downtime() {
        let start = Instant::now();
        let attempts: Vec<Attempt> = (0..9).map(|n| at(start, n, &n.to_string(), 1, true)).collect();
        let summary = Summary::of(&attempts, start + Duration::from_secs(1));
        assert_eq!((summary.downtime_seconds, summary.outages.len()), (0.0, 0));
        assert!((summary.longest_gap_seconds - 0.1).abs() < 0.001);
    }
}
