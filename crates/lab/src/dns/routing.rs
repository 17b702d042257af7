//! Which of several record sets with one name and type answers, as Route 53 chooses.
//!
//! From the developer guide, "How Amazon Route 53 chooses records when health checking is configured".

use crate::route53::{Policy, RecordSet};

/// Multivalue answers hold at most eight healthy records.
const MOST_VALUES: usize = 8;

/// The sets' policy is one that the lab doesn't know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownPolicy(pub(crate) String);

/// Chooses among `sets`, all of one name and type. `pick(n)` gives a number below `n`.
pub(crate) fn choose<'a>(
    sets: &[&'a RecordSet],
    healthy: &dyn Fn(&RecordSet) -> bool,
    pick: &mut dyn FnMut(u64) -> u64,
) -> Result<Vec<&'a RecordSet>, UnknownPolicy> {
    if let Some(reason) = sets.iter().find_map(|set| match &set.policy {
        Policy::Unknown(reason) => Some(reason.clone()),
        _ => None,
    }) {
        return Err(UnknownPolicy(reason));
    }
    let Some(first) = sets.first() else { return Ok(Vec::new()) };
    Ok(match first.policy {
        Policy::Simple | Policy::Unknown(_) => vec![*first],
        Policy::Weighted(_) => weighted(sets, healthy, pick).into_iter().collect(),
        Policy::Primary | Policy::Secondary => failover(sets, healthy).into_iter().collect(),
        Policy::MultiValue => multivalue(sets, healthy),
    })
}

/// A healthy set by weight; where every set with a weight is unhealthy, a healthy one of weight zero;
/// where none at all is healthy, all count as healthy.
fn weighted<'a>(
    sets: &[&'a RecordSet],
    healthy: &dyn Fn(&RecordSet) -> bool,
    pick: &mut dyn FnMut(u64) -> u64,
) -> Option<&'a RecordSet> {
    let (weighty, weightless): (Vec<&RecordSet>, Vec<&RecordSet>) =
        sets.iter().copied().partition(|set| weight(set) > 0);
    let well = |sets: &[&'a RecordSet]| sets.iter().copied().filter(|set| healthy(set)).collect::<Vec<_>>();
    let candidates = [well(&weighty), well(&weightless), weighty, weightless];
    let candidates = candidates.into_iter().find(|candidates| !candidates.is_empty())?;
    let total: u64 = candidates.iter().map(|set| weight(set)).sum();
    if total == 0 {
        // Only weights of zero: each is as likely.
        let index = usize::try_from(pick(candidates.len() as u64)).unwrap_or(0);
        return candidates.get(index).copied();
    }
    let mut place = pick(total);
    candidates.into_iter().find(|set| {
        let inside = place < weight(set);
        place = place.saturating_sub(weight(set));
        inside
    })
}

fn weight(set: &RecordSet) -> u64 {
    match set.policy {
        Policy::Weighted(weight) => weight,
        _ => 0,
    }
}

/// The primary while it is healthy; then a healthy secondary; when neither is, the primary.
fn failover<'a>(sets: &[&'a RecordSet], healthy: &dyn Fn(&RecordSet) -> bool) -> Option<&'a RecordSet> {
    let find = |policy: &Policy| sets.iter().copied().find(|set| &set.policy == policy);
    let (primary, secondary) = (find(&Policy::Primary), find(&Policy::Secondary));
    primary.filter(|set| healthy(set)).or(secondary.filter(|set| healthy(set))).or(primary).or(secondary)
}

fn multivalue<'a>(sets: &[&'a RecordSet], healthy: &dyn Fn(&RecordSet) -> bool) -> Vec<&'a RecordSet> {
    let well: Vec<_> = sets.iter().copied().filter(|set| healthy(set)).collect();
    let mut chosen = if well.is_empty() { sets.to_vec() } else { well };
    chosen.truncate(MOST_VALUES);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(value: &str, policy: Policy) -> RecordSet {
        RecordSet {
            name: "app.shop.test.".into(),
            record_type: "A".into(),
            ttl: Some(30),
            values: vec![value.into()],
            alias: None,
            policy,
            health_check: None,
        }
    }

    fn chosen(sets: &[RecordSet], unhealthy: &[&str], picked: u64) -> Vec<String> {
        let sets: Vec<&RecordSet> = sets.iter().collect();
        let healthy = |set: &RecordSet| !unhealthy.contains(&set.values[0].as_str());
        let found = choose(&sets, &healthy, &mut |below| picked % below).expect("a known policy");
        found.into_iter().map(|set| set.values[0].clone()).collect()
    }

    #[test]
    fn failover_prefers_a_healthy_primary_and_falls_back_to_it() {
        let sets = [set("standby", Policy::Secondary), set("home", Policy::Primary)];
        assert_eq!(chosen(&sets, &[], 0), ["home"]);
        assert_eq!(chosen(&sets, &["standby"], 0), ["home"]);
        assert_eq!(chosen(&sets, &["home"], 0), ["standby"]);
        assert_eq!(chosen(&sets, &["home", "standby"], 0), ["home"], "both ill: the primary");
        assert_eq!(chosen(&sets[..1], &["standby"], 0), ["standby"], "the only one");
    }

    #[test]
    fn weights_divide_the_answers() {
        let sets = [set("a", Policy::Weighted(10)), set("b", Policy::Weighted(90)), set("c", Policy::Weighted(0))];
        let count = |unhealthy: &[&str], value: &str| {
            (0..100).filter(|picked| chosen(&sets, unhealthy, *picked) == [value]).count()
        };
        assert_eq!((count(&[], "a"), count(&[], "b"), count(&[], "c")), (10, 90, 0));
        assert_eq!(count(&["b"], "a"), 100);
        assert_eq!(count(&["a", "b"], "c"), 100, "zero serves when every other is unhealthy");
        assert_eq!((count(&["a", "b", "c"], "a"), count(&["a", "b", "c"], "b")), (10, 90), "none healthy: all are");
    }

    #[test]
    fn only_zero_weights_share_alike() {
        let sets = [set("a", Policy::Weighted(0)), set("b", Policy::Weighted(0))];
        assert_eq!([0, 1, 2, 3].map(|picked| chosen(&sets, &[], picked).concat()).concat(), "abab");
    }

    #[test]
    fn multivalue_gives_the_healthy_and_no_more_than_eight() {
        let sets: Vec<_> = (0..10).map(|n| set(&n.to_string(), Policy::MultiValue)).collect();
        assert_eq!(chosen(&sets, &["0"], 0), ["1", "2", "3", "4", "5", "6", "7", "8"]);
        let all: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        assert_eq!(chosen(&sets, &all, 0).len(), 8);
    }

    #[test]
    fn a_policy_that_needs_the_clients_place_is_not_guessed() {
        let sets = [set("a", Policy::Simple), set("b", Policy::Unknown("routing by Region".into()))];
        let sets: Vec<&RecordSet> = sets.iter().collect();
        let error = choose(&sets, &|_| true, &mut |_| 0).expect_err("unknown");
        assert_eq!(error, UnknownPolicy("routing by Region".into()));
    }
}
