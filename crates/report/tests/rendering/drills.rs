//! Live drills: what a person reads first, and that text, page and ticket say the same.

use crate::samples::drills;
use pilotlight_report::{TextOptions, drill_html, drill_markdown, drill_text};

const PLAN: Option<&str> = Some("plans/shop.hcl");

fn text(drill: &pilotlight_failover::live_drill::DrillReport) -> String {
    drill_text(drill, PLAN, TextOptions { width: 100, ..TextOptions::default() })
}

#[test]
fn a_drill_with_nothing_to_fix() {
    let expected = "\
drill done: traffic was on eu-central-1 and is back on eu-west-1
  eu-west-1 (primary) to eu-central-1 (standby) and back, 2026-11-21 03:00:00 UTC, 12 m 40 s, begun by ana@bastion

objectives
  ✓ met           failover  recovery time  42.1 s  of 15 m  40.0 s and TTL 30.0 s by 3 past runs
  ✓ met           failback  recovery time  42.1 s  of 15 m  no past run

stay
  10 m of 10 m on the standby; none of 120 probes failed, 1% may, over 10 m
  ✓ stop rule kept
    the failover may take 15 m, and 1% of the probes may fail

deviations
  none

what to fix
  nothing

later
  see every step of the failover
      pilotlight run report plans/shop.hcl 01934c1e-7a52-7c31-9d0e-5b8f2a6c4e10
  see every step of the failback
      pilotlight run report plans/shop.hcl 01934c2f-0000-7000-8000-000000000001
";
    assert_eq!(text(&drills::done()), expected);
}

#[test]
fn a_drill_that_was_stopped_early_says_why_and_what_to_fix() {
    let told = text(&drills::stopped_early());
    let first = "drill stopped early, and went home: traffic was on eu-central-1 and is back on eu-west-1\n";
    assert!(told.starts_with(first), "{told}");
    for words in [
        "✗ stop rule struck",
        "03:01:02 at observe/checks; the failover may take 15 m",
        "! failover  promote/command/db took 2 m 10 s, usually 11.8 s",
        "! failover  check storefront: 3 of 9 probes were not green, last red: status 503",
        "i failover  ana@bastion approved: switch/approval/incident-commander: go",
        "PL-F253",
        "remedy: repair what the checks saw",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn where_traffic_is_still_away_the_way_home_comes_first() {
    let told = text(&drills::between());
    assert!(told.starts_with("drill waits for a person: TRAFFIC IS STILL ON eu-central-1\n"), "{told}");
    let next = told.find("what next\n  bring traffic home\n      pilotlight drill live plans/shop.hcl --resume\n");
    assert!(next < told.find("objectives"), "{told}");
    let page = drill_html(&drills::between(), PLAN);
    assert!(page.find("What next") < page.find("Objectives"), "the page as well");
}

#[test]
fn lost_writes_stand_beside_their_objective() {
    let told = text(&drills::lost());
    assert!(told.contains("✓ met           failover  data           at most 1.2 s  of 1 m"), "{told}");
}

#[test]
fn page_and_ticket_say_the_same() {
    for drill in drills::all() {
        let (page, ticket) = (drill_html(&drill, PLAN), drill_markdown(&drill, PLAN));
        let words = text(&drill);
        let first = words.lines().next().expect("a line").trim_start_matches("drill ");
        assert!(page.contains(first), "{first}");
        assert!(ticket.lines().next().expect("a line").contains(first), "{first}: {ticket}");
        assert_eq!(page.matches("<svg class=\"chart\"").count(), drill.runs.len(), "a timeline for each run");
        assert!(page.matches("id=\"fold\"").count() <= 1, "one pattern does for all");
    }
}

#[test]
fn the_ticket_of_a_drill() {
    let ticket = drill_markdown(&drills::stopped_early(), PLAN);
    assert!(ticket.starts_with("### ✗ Live drill stopped early, and went home: "), "{ticket}");
    assert!(
        ticket.contains(
            "| ✓&nbsp;met | failover, recovery time | 15 m | 42.1 s | 40.0 s and TTL 30.0 s by 3 past runs |"
        ),
        "{ticket}"
    );
    assert!(ticket.contains("\n- [ ] ✗ "), "what to fix can be ticked off: {ticket}");
    assert!(ticket.contains("`pilotlight run report plans/shop.hcl "), "{ticket}");
}
