//! Two people, one pager, the same command: from one folder, where the executor's lock tells them apart, and
//! from two copies of the plan with one journal, where only its create-only appends do.

use crate::{PLAN, Shop};
use pilotlight_tests::{Rehearsal, Running};

/// The other person's copy of the plans.
const COPY: &str = "elsewhere";

pub(crate) fn one_wins(lab: &Rehearsal, shop: &Shop) {
    let args = |direction| vec![direction, PLAN, "--yes"];
    let (run, first, second) = race(lab, [args("failover"), args("failover")]);
    assert!(second.said.contains(&format!("process {} is at work", first.process)), "{}", second.said);
    assert_eq!(lab.last_event(&run).expect("an event")["what"]["body"]["outcome"], "succeeded");
    lab.expect_dns(&shop.addresses.standby);

    copy_plans(lab);
    let plan = format!("{COPY}/shop.hcl");
    let journal = format!("file:{}", lab.path("plans/.pilotlight").display());
    let other = vec!["failback", &*plan, "--yes", "--journal", &*journal];
    let (run, _, second) = race(lab, [args("failback"), other]);
    assert!(second.said.contains(&run), "it names the run that is at work: {}", second.said);
    assert_eq!(lab.last_event(&run).expect("an event")["what"]["body"]["outcome"], "succeeded");
    lab.expect_dns(&shop.addresses.primary);
}

/// One of the two, when it is over.
struct Racer {
    process: u32,
    said: String,
}

/// Starts both at once. Exactly one run is the outcome, and who began it; then the other.
fn race(lab: &Rehearsal, commands: [Vec<&str>; 2]) -> (String, Racer, Racer) {
    let before = lab.runs();
    let running = commands.map(|command| lab.spawn(&command));
    let processes = running.each_ref().map(Running::id);
    let [one, two] = running.map(Running::end);
    let story = format!("{}\n{}", one.story(), two.story());
    let [one_said, two_said] = [&one, &two].map(|ended| ended.stderr.clone());
    let one_racer = Racer { process: processes[0], said: one_said };
    let two_racer = Racer { process: processes[1], said: two_said };
    let (first, second) = match (one.code, two.code) {
        (Some(0), Some(4)) => (one_racer, two_racer),
        (Some(4), Some(0)) => (two_racer, one_racer),
        codes => panic!("one wins and one is refused: {codes:?}\n{story}"),
    };
    let mut runs: Vec<String> = lab.runs().into_iter().filter(|run| !before.contains(run)).collect();
    assert_eq!(runs.len(), 1, "exactly one run in the journal: {runs:?}\n{story}");
    (runs.remove(0), first, second)
}

fn copy_plans(lab: &Rehearsal) {
    let to = lab.path(COPY);
    std::fs::create_dir_all(to.join("scripts")).expect("a folder");
    for file in ["shop.hcl", "scripts/pause-batch.sh", "scripts/resume-batch.sh"] {
        std::fs::copy(lab.path("plans").join(file), to.join(file)).expect("a copy");
    }
}
