//! Images and quotas: can the standby be launched, and turned up to its full size?

use super::scorecard::Sheet;
use crate::failure::Failure;
use crate::project::States;
use pilotlight_cloud::Aws;
use pilotlight_findings::{Finding, Side, Subject, codes};
use pilotlight_rebuild::{Prepared, QuotaCheck, Rebuild, RegionMap};
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
    findings.extend(rebuild.mapped_images(&catalog).await?);
    findings.extend(rebuild.looked_up_images(&catalog, &primary).await.map(|(findings, _)| findings).or_else(
        // Where the primary does not answer, that its images are not known is told by the region map.
        |error| match error {
            pilotlight_rebuild::RebuildError::Catalog(_) => Ok(Vec::new()),
            error => Err(error),
        },
    )?);
    Ok(findings)
}

/// Machine types that the standby would need and does not have, and quotas that turning it up would exceed.
pub(super) async fn capacity(
    rebuild: &Rebuild<'_>,
    prepared: &[Prepared],
    states: &States,
    aws: &Aws,
    sheet: &mut Sheet,
) {
    let catalog = aws.catalog();
    let Some(first) = prepared.first() else { return };
    let plan = rebuild.plan;
    let mut quotas =
        QuotaCheck::new(&catalog, &plan.standby, &plan.name, &first.map.machines, codes::R_CAPACITY_UNREAD);
    let of_side = |side| states.side(side).collect::<Vec<&State>>();
    let (primaries, standbys) = (of_side(Side::Primary), of_side(Side::Standby));
    let machines = &first.map.machines;
    if !machines.is_empty() {
        let offered = machines.values().filter(|machine| !machine.is_missing()).count();
        sheet.fact(format!("{offered} of {} machine types offered", machines.len()));
    }
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
    sheet.fact(match quotas.held() {
        (0, _) => "turning up needs no more of what has a quota".to_owned(),
        (all, known) => format!("{known} of {all} quotas known that turning up draws on"),
    });
}
