//! Images and quotas: can the standby be launched, and turned up to its full size?

use super::scorecard::Scorecard;
use crate::failure::Failure;
use crate::project::States;
use pilotlight_cloud::Aws;
use pilotlight_findings::{AreaName, Finding, Severity, Side, Subject, codes};
use pilotlight_rebuild::{Prepared, QuotaCheck, Rebuild, RebuildError, RegionMap};
use pilotlight_tfstate::State;

/// Looks up machine types and images in the standby. What the map is told of machine types here is asked of the source
/// when it is prepared, so that it comes before.
pub(super) async fn machines_and_images(
    rebuild: &Rebuild<'_>,
    states: &States,
    aws: &Aws,
    map: &mut RegionMap,
) -> Result<Vec<Finding>, Failure> {
    let (catalog, primary) = (aws.catalog(), states.by_stack(Side::Primary));
    let mut findings = rebuild.look_up_machines(&catalog, map, &primary, codes::R_CAPACITY_UNREAD).await?;
    let mapped = rebuild.mapped_images(&catalog).await;
    let looked_up = rebuild.looked_up_images(&catalog, &primary).await.map(|(findings, _)| findings);
    for images in [mapped, looked_up] {
        findings.extend(images.or_else(|error| match error {
            RebuildError::Catalog(_) => Ok(vec![unread(rebuild, error)]),
            error => Err(error),
        })?);
    }
    Ok(findings)
}

/// That images could not be looked up, and what to do about it. It is no reason to end what else there is to say.
fn unread(rebuild: &Rebuild<'_>, error: RebuildError) -> Finding {
    let found = Failure::from(error).finding(Subject::Plan { name: rebuild.plan.name.clone() });
    Finding { code: codes::R_CAPACITY_UNREAD, severity: Severity::Warning, ..found }
}

/// Judges what was found of machine types and images, machine types that the standby would need and does not have, and
/// quotas that turning it up would exceed.
pub(super) async fn judge(
    rebuild: &Rebuild<'_>,
    prepared: &[Prepared],
    states: &States,
    aws: &Aws,
    offered: Vec<Finding>,
    card: &mut Scorecard,
) {
    let catalog = aws.catalog();
    let sheet = card.sheet(AreaName::Capacity);
    sheet.findings.extend(offered);
    let Some(first) = prepared.first() else { return sheet.skip("no stack is looked at") };
    let (plan, machines) = (rebuild.plan, &first.map.machines);
    let mut quotas = QuotaCheck::new(&catalog, &plan.standby, &plan.name, machines, codes::R_CAPACITY_UNREAD);
    let of_side = |side| states.side(side).collect::<Vec<&State>>();
    let (primaries, standbys) = (of_side(Side::Primary), of_side(Side::Standby));
    for one in prepared {
        // What only the state tells of machine types; the rest are questions of the source.
        let unwritten = one.retargeted.notes.iter().filter(|finding| finding.code == codes::R_MACHINE);
        sheet.findings.extend(unwritten.cloned());
        if let (Some(primary), Some(standby)) =
            (states.get(&one.stack, Side::Primary), states.get(&one.stack, Side::Standby))
        {
            let needs = rebuild.needs_to_turn_up(one, (primary, standby), (&primaries, &standbys));
            let subject = Subject::Stack { stack: one.stack.clone(), side: Some(Side::Standby) };
            sheet.findings.extend(quotas.check(&subject, &needs).await);
        }
    }
    let missing = machines.values().filter(|offer| offer.is_missing()).count();
    sheet.fact(match (machines.len(), missing) {
        (0, _) => "no machine types to look up".to_owned(),
        (all, 0) => format!("{all} machine types offered"),
        (all, missing) => format!("{} of {all} machine types offered", all - missing),
    });
    let short = sheet.findings.iter().filter(|finding| finding.code == codes::R_QUOTA).count();
    sheet.fact(match quotas.held() {
        (0, _) => "turning up needs no more of what has a quota".to_owned(),
        (all, known) => format!("of {all} quotas that turning up draws on {known} are known, {short} too small"),
    });
}
