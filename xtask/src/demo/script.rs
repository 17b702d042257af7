//! The steps of the demo, in order.

use super::changes::{close_ssh, close_standby, expect_findings, lead_customers, move_record, open_ssh, terminate};
use super::outage;
use super::shell::Shell;
use super::table::Table;
use crate::lab::Steps;
use crate::workspace::Done;
use pilotlight_lab::Lab;
use pilotlight_lab::dns::query;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio::runtime::Runtime;

const PLAN: &str = "plans/shop.hcl";
const NETWORK: &str = "infra/shop/network";
const APP: &str = "infra/shop/app";
const STANDBY_NETWORK: &str = "plans/.pilotlight/shop/standby/network";
const STANDBY_APP: &str = "plans/.pilotlight/shop/standby/app";

/// What the demo leaves to look at, below the lab's folder.
pub(super) const REPORTS: [(&str, &str); 3] = [
    ("drift report", "reports/drift.html"),
    ("failover report", "reports/failover.html"),
    ("failback report", "reports/failback.html"),
];

pub(super) fn play(shell: &Shell<'_>, lab: &Lab, runtime: &Runtime, table: &mut Table) -> Done<()> {
    primary(shell, lab, runtime, table)?;
    drift(shell, table)?;
    rebuild(shell, table)?;
    validate(shell, table)?;
    let sides = Sides::read(shell)?;
    sides.expect(shell, lab, runtime, "eu-west-1")?;
    shell.heading("Failover: first what it would do");
    table.step("failover: dry run", || shell.pilotlight(&format!("failover {PLAN} --dry-run"), 0))?;
    let away = outage::away(shell, lab, runtime, PLAN, table)?;
    shell.pilotlight(&format!("run report {PLAN} --format html --out reports/failover.html"), 0)?;
    sides.expect(shell, lab, runtime, "eu-central-1")?;
    outage::home(shell, lab, runtime, PLAN, &away, table)?;
    shell.pilotlight(&format!("run report {PLAN} --format html --out reports/failback.html"), 0)?;
    sides.expect(shell, lab, runtime, "eu-west-1")?;
    home(shell, table)
}

fn primary(shell: &Shell<'_>, lab: &Lab, runtime: &Runtime, table: &mut Table) -> Done<()> {
    shell.heading("The shop in eu-west-1, applied by Terraform");
    for root in [NETWORK, APP] {
        anstream::println!("$ terraform -chdir={root} init && terraform -chdir={root} apply -auto-approve");
    }
    let steps = Steps::new();
    table.step("terraform apply: network and app in eu-west-1", || {
        runtime.block_on(lab.apply_primary(&|progress| steps.show(progress)))
    })?;
    Ok(())
}

fn drift(shell: &Shell<'_>, table: &mut Table) -> Done<()> {
    shell.heading("Drift: clean after apply");
    table.step("drift: clean", || shell.pilotlight(&format!("drift {PLAN}"), 0))?;

    shell.heading("Drift: three changes behind Terraform's back, each found and no other");
    let group = text(&shell.output(NETWORK, "web_security_group_id")?)?;
    let zone = text(&shell.output(APP, "zone_id")?)?;
    let instance = text(&shell.output(APP, "instance_ids")?["eu-west-1a"])?;
    table.step("drift: three changes found", || -> Done<()> {
        let mut wanted = vec![open_ssh(shell, &group)?];
        expect_findings(&shell.pilotlight_json(&format!("drift {PLAN}"), 2)?, &wanted)?;
        wanted.push(move_record(shell, &zone)?);
        expect_findings(&shell.pilotlight_json(&format!("drift {PLAN}"), 2)?, &wanted)?;
        wanted.push(terminate(shell, &instance)?);
        expect_findings(&shell.pilotlight_json(&format!("drift {PLAN}"), 2)?, &wanted)?;
        shell.holds("each change was found, and no other");
        shell.pilotlight(&format!("drift {PLAN} --format html --out reports/drift.html"), 2)?;
        shell.pilotlight(&format!("drift {PLAN}"), 2)
    })?;

    shell.heading("Drift: repaired, and clean again");
    table.step("repair with terraform apply", || -> Done<()> {
        close_ssh(shell, &group)?;
        shell.quiet("terraform", &format!("-chdir={APP} apply -auto-approve -input=false -no-color"), 0)?;
        let addresses: Vec<String> = serde_json::from_value(shell.output(APP, "public_ips")?)?;
        lead_customers(shell, &zone, &addresses)
    })?;
    table.step("drift: clean again", || shell.pilotlight(&format!("drift {PLAN}"), 0))
}

fn rebuild(shell: &Shell<'_>, table: &mut Table) -> Done<()> {
    shell.heading("Rebuild: the standby in eu-central-1 from the primary's own Terraform");
    table.step("rebuild: the source diff", || shell.pilotlight(&format!("rebuild {PLAN} --diff"), 0))?;
    table.step("rebuild: plan, apply, parity", || shell.pilotlight(&format!("rebuild {PLAN} --apply --yes"), 0))?;
    table.step("terraform plan of the standby: no changes", || no_changes(shell, &[STANDBY_NETWORK, STANDBY_APP]))
}

fn validate(shell: &Shell<'_>, table: &mut Table) -> Done<()> {
    shell.heading("Validate: is the standby ready?");
    table.step("validate: ready", || shell.pilotlight(&format!("validate {PLAN}"), 0))?;

    shell.heading("Validate: one thing broken in the standby");
    let group = text(&shell.output(STANDBY_NETWORK, "web_security_group_id")?)?;
    table.step("validate: not ready, and says why", || -> Done<()> {
        let wanted = [close_standby(shell, &group)?];
        expect_findings(&shell.pilotlight_json(&format!("validate {PLAN}"), 2)?, &wanted)?;
        shell.holds("the broken rule was named, and nothing else");
        shell.pilotlight(&format!("validate {PLAN}"), 2)
    })?;
    table.step("repair with rebuild", || {
        shell.pilotlight(&format!("rebuild {PLAN} --stack network --apply --yes"), 0)
    })?;
    table.step("validate: ready again", || shell.pilotlight(&format!("validate {PLAN}"), 0))
}

fn home(shell: &Shell<'_>, table: &mut Table) -> Done<()> {
    shell.heading("Home again: no drift, and Terraform has nothing to change");
    table.step("drift: clean at the end", || shell.pilotlight(&format!("drift {PLAN} --side both"), 0))?;
    table.step("terraform plan of both regions: no changes", || {
        no_changes(shell, &[NETWORK, APP, STANDBY_NETWORK, STANDBY_APP])
    })
}

/// Terraform's own word: exit code 0 of `-detailed-exitcode` is "No changes".
fn no_changes(shell: &Shell<'_>, roots: &[&str]) -> Done<()> {
    for root in roots {
        shell.quiet("terraform", &format!("-chdir={root} plan -detailed-exitcode -input=false -no-color"), 0)?;
    }
    shell.holds("Terraform says: No changes");
    Ok(())
}

/// The addresses of both regions, as Terraform has them.
struct Sides(BTreeMap<&'static str, Vec<String>>);

impl Sides {
    fn read(shell: &Shell<'_>) -> Done<Self> {
        let mut sides = BTreeMap::new();
        for (region, root) in [("eu-west-1", APP), ("eu-central-1", STANDBY_APP)] {
            let mut addresses: Vec<String> = serde_json::from_value(shell.output(root, "public_ips")?)?;
            addresses.sort();
            sides.insert(region, addresses);
        }
        Ok(Self(sides))
    }

    /// Asks the resolver and every name server of the zone.
    fn expect(&self, shell: &Shell<'_>, lab: &Lab, runtime: &Runtime, region: &str) -> Done<()> {
        let wanted = &self.0[region];
        let servers = std::iter::once(lab.handle().resolver).chain(lab.handle().name_servers.iter().copied());
        let mut asked = 0;
        for server in servers {
            let answer = runtime.block_on(query::ask(server, "app.shop.test", "A"))?;
            if answer.values != *wanted {
                return Err(
                    format!("see {server} answer with {wanted:?} of {region}: it says {:?}", answer.values).into()
                );
            }
            asked += 1;
        }
        shell.holds(&format!("app.shop.test is in {region}: {} ({asked} DNS servers asked)", wanted.join(", ")));
        Ok(())
    }
}

fn text(value: &Value) -> Done<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("read {value} as a text").into())
}
