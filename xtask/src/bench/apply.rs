//! `bench rebuild --only apply`: what pilotlight adds to Terraform's own apply, and what three stacks at once take.

use super::cloud::Cloud;
use super::figures::{Figures, Limit};
use super::services::{NAMES, Services, TimedTerraform, copy_root, rebuild, standby_root};
use crate::workspace::{Done, Workspace};
use std::path::Path;

/// Beside `terraform init` and `apply` of the same generated stack: issue 4.
const APPLY: Limit = Limit::AtMost(1.05);

/// Three independent stacks beside the slowest one alone: issue 4.
const AT_ONCE: Limit = Limit::AtMost(1.3);

pub(super) fn measure(workspace: &Workspace, pilotlight: &Path, figures: &mut Figures) -> Done<()> {
    let services = Services::apply_primary(workspace, pilotlight)?;
    let mut slowest: f64 = 0.0;
    for (number, name) in NAMES.into_iter().enumerate() {
        let cloud = services.cloud(&format!("rebuild-{name}"))?;
        let timed = TimedTerraform::of(&cloud)?;
        let whole = rebuild(&cloud, &[name], Some(&timed))?.seconds();
        slowest = slowest.max(whole);
        figures.add(format!("{name}: pilotlight rebuild --apply, with its proof"), whole, " s", Limit::None);
        if number == 0 {
            let applied = timed.until_applied()?;
            let bare = terraform(&services, &standby_root(&cloud, name), name)?;
            figures.add(
                format!("{name}: of it, from Terraform's init to the end of its apply"),
                applied,
                " s",
                Limit::None,
            );
            figures.add(format!("{name}: bare terraform init and apply"), bare, " s", Limit::None);
            figures.add(format!("{name}: apply by pilotlight / bare"), applied / bare, " x", APPLY);
            figures.add(format!("{name}: all of rebuild / bare"), whole / bare, " x", Limit::None);
        }
    }
    let cloud = services.cloud("rebuild-at-once")?;
    let at_once = rebuild(&cloud, &[], None)?.seconds();
    figures.add("three stacks: pilotlight rebuild --apply", at_once, " s", Limit::None);
    figures.add("three stacks / the slowest one alone", at_once / slowest, " x", AT_ONCE);
    Ok(())
}

/// Terraform alone, with the same files, in a cloud where nothing is made yet.
fn terraform(services: &Services<'_>, generated: &Path, name: &str) -> Done<f64> {
    let cloud: Cloud = services.cloud(&format!("terraform-{name}"))?;
    let root = cloud.folder().join("standby");
    copy_root(generated, &root)?;
    let init = cloud.terraform(&root, &["init", "-input=false", "-no-color"])?;
    let apply = cloud.terraform(&root, &["apply", "-input=false", "-auto-approve", "-no-color"])?;
    Ok(init.seconds() + apply.seconds())
}
