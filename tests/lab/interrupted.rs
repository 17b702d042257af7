//! Ctrl-C in the middle of a step.

use crate::Shop;
use pilotlight_tests::{Ended, Rehearsal};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

/// The freeze of the plan's copy: it says that it is at work, and works until it is told to end.
const SLOW: &str = "#!/bin/sh\ncd \"$(dirname \"$0\")\"\ntouch slow-began\nwhile [ ! -e slow-end ]; do sleep 0.02; done\necho >> slow-ended\n";

/// The step begins within a second or two.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn stops_and_goes_on(lab: &Rehearsal, shop: &Shop) {
    let script = lab.path("plans/scripts/slow.sh");
    std::fs::write(&script, SLOW).expect("a script");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let plan = lab.plan_like("slow", &[("./scripts/pause-batch.sh", "./scripts/slow.sh")]);
    let file = |name: &str| lab.path("plans/scripts").join(name);

    let mut running = lab.spawn(&["failover", &plan, "--yes"]);
    let deadline = Instant::now() + PATIENCE;
    while !file("slow-began").exists() {
        assert!(
            !running.has_ended() && Instant::now() < deadline,
            "the freeze did not begin: {}",
            running.kill().story()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    running.interrupt();
    // The step is not cut off: long after the Ctrl-C it is still at work.
    std::thread::sleep(Duration::from_millis(300));
    assert!(!file("slow-ended").exists());
    std::fs::write(file("slow-end"), "").expect("a file");
    let stopped = running.end().expect(6);

    let run = lab.runs().pop().expect("a run");
    let last = lab.last_event(&run).expect("an event");
    assert_eq!(last["what"]["kind"], "stopped", "{last:#}\n{}", stopped.story());
    let ended = || std::fs::read_to_string(file("slow-ended")).expect("its mark").lines().count();
    assert_eq!(ended(), 1, "the step was let end");
    lab.expect_dns(&shop.addresses.primary);
    assert!(stopped.output().contains("resume"), "it says how to go on: {}", stopped.story());

    // From another folder than the run began in: the plan's programs are where the plan is.
    let mut resume = lab.command(&["run", "resume", "slow.hcl"]);
    resume.current_dir(lab.path("plans"));
    Ended::of(resume).expect(0);
    assert_eq!(ended(), 1, "a step that is done is not done again");
    lab.expect_dns(&shop.addresses.standby);
    lab.move_traffic("failback", crate::PLAN);
    lab.expect_dns(&shop.addresses.primary);
}
