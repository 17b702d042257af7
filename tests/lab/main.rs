//! The whole cycle, once, on real parts: Terraform, its AWS provider, an AWS API, DNS and the shop's apps,
//! with the released program and nothing private. One lab, made once, and the chapters one after another:
//! each leaves the estate as it found it, with customers in the primary region.
//!
//! What is true is asked of Terraform, the AWS CLI, the DNS servers and the wire to AWS, not of Pilotlight.

mod agreement;
mod broken;
mod drift;
mod drilled;
mod interrupted;
mod killed;
mod moved;
mod outage;
mod rebuild;
mod refused;
mod secret;
mod two_at_once;
mod validate;

use pilotlight_tests::{Addresses, Rehearsal, Root};

/// The plan of the sample estate, from the lab's folder.
const PLAN: &str = "plans/shop.hcl";

/// What the chapters need to know of the estate, asked of Terraform.
struct Shop {
    /// The hosted zone's id.
    zone: String,
    /// Where the app is.
    addresses: Addresses,
}

#[test]
fn the_whole_cycle_on_real_parts() {
    let lab = Rehearsal::start("test");
    // Dozens of runs, of which none needs the data: each would wait for customers who do not come.
    let whole = lab.plan_without_databases();
    lab.chapter("the estate in the primary region, by Terraform", || lab.apply_primary());
    lab.chapter("drift: each change behind Terraform's back, and no other", || drift::found_and_repaired(&lab));
    lab.chapter("rebuild: the standby is made, and a second time nothing is", || rebuild::made_once(&lab));

    let shop = Shop { zone: lab.text(Root::App, "zone_id"), addresses: lab.addresses() };
    lab.expect_dns(&shop.addresses.primary);
    lab.chapter("drift: clean on both sides", || drift::clean(&lab, "both"));
    lab.chapter("validate: ready, and what is broken by name", || validate::ready_or_why_not(&lab, &shop));
    lab.chapter("validate: a standby broken in many ways, each by its name", || broken::each_by_its_name(&lab));
    lab.chapter("a change after compile: refused, and nothing changed", || refused::changed_records(&lab, &shop));
    lab.chapter("a saved run that was altered: refused", || refused::altered_run(&lab, &shop));
    let expected = lab.chapter("failover and failback", || moved::there_and_back(&lab, &shop));
    lab.chapter("killed at many moments, and resumed", || killed::ends_as_if_not_killed(&lab, &shop, &expected));
    lab.chapter("two at once: one run", || two_at_once::one_wins(&lab, &shop));
    lab.chapter("Ctrl-C: stops between steps", || interrupted::stops_and_goes_on(&lab, &shop));
    lab.chapter("a secret is nowhere to be read", || secret::is_nowhere(&lab, &shop));

    whole();
    lab.chapter("a live drill under load", || drilled::there_and_back(&lab, &shop));
    lab.chapter("killed at random, under load, the region dark", || outage::survives_random_kills(&lab, &shop));

    lab.expect_dns(&shop.addresses.primary);
    lab.chapter("home: no drift, and Terraform has nothing to change", || {
        drift::clean(&lab, "both");
        lab.expect_no_changes(&Root::ALL);
    });
    lab.stop();
}
