//! Two people, one pager, the same command.

use crate::{PLAN, Shop};
use pilotlight_tests::Rehearsal;

pub(crate) fn one_wins(lab: &Rehearsal, shop: &Shop) {
    for (direction, target) in [("failover", &shop.addresses.standby), ("failback", &shop.addresses.primary)] {
        let before = lab.runs();
        let running = [(); 2].map(|()| lab.spawn(&[direction, PLAN, "--yes"]));
        let mut ended = running.map(pilotlight_tests::Running::end);
        ended.sort_by_key(|ended| ended.code);
        let [winner, loser] = ended;
        assert_eq!(winner.code, Some(0), "{}\n{}", winner.story(), loser.story());
        assert_eq!(loser.code, Some(4), "{}\n{}", winner.story(), loser.story());
        let runs: Vec<String> = lab.runs().into_iter().filter(|run| !before.contains(run)).collect();
        assert_eq!(runs.len(), 1, "exactly one run in the journal: {runs:?}");
        assert!(loser.stderr.contains(&runs[0]), "it names the run that is at work: {}", loser.story());
        assert_eq!(lab.last_event(&runs[0]).expect("an event")["what"]["body"]["outcome"], "succeeded");
        lab.expect_dns(target);
    }
}
