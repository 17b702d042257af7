//! Primary against standby: what was generated, what is there, and what of the primary is left in it.

use super::scorecard::Scorecard;
use super::{Looked, capacity};
use crate::commands::rebuild::{find_copies, prepare};
use crate::failure::Failure;
use crate::project::{Project, States};
use pilotlight_cloud::Aws;
use pilotlight_findings::{AreaName, Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_plan::Stack;
use pilotlight_rebuild::{OpenQuestion, Rebuild, RebuildError};
use std::collections::BTreeSet;

pub(super) async fn judge(
    project: &Project,
    states: &States,
    looked: &Looked,
    aws: &Aws,
    card: &mut Scorecard,
) -> Result<(), Failure> {
    let rebuild = Rebuild::new(&project.plan, project.into.clone());
    let (mut map, notes) = match rebuild.region_map(&aws.catalog()).await {
        Ok(map) => map,
        // Without the standby's zones nobody knows what the source would be there; the other areas do not need it. Where
        // nothing of AWS answers, they would all wait for the same error.
        Err(error @ RebuildError::Catalog(_)) if aws.has_answered() => {
            let mut finding = Failure::from(error).finding(Subject::Plan { name: project.plan.name.clone() });
            finding.severity = Severity::Warning;
            let not_known = format!("not looked at: what {} offers is not known", project.plan.standby);
            for name in [AreaName::Parity, AreaName::Source, AreaName::Capacity] {
                card.sheet(name).unknown(not_known.clone());
            }
            card.sheet(AreaName::Source).findings.push(finding);
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let stacks: Vec<&Stack> = project.stacks(&[])?.into_iter().filter(|stack| looked.at(&stack.name)).collect();
    let primaries: Vec<_> = states.side(Side::Primary).collect();
    let (mut compared, mut in_parity, mut differing, mut residues) = (0, 0, 0, 0);
    let (mut as_generated, mut not_here) = (0, Vec::new());
    // What the region does not have belongs to the source that names it: the question that is open there says so.
    let source = card.sheet(AreaName::Source);
    source.findings.extend(notes);
    source.findings.extend(find_copies(project, &stacks, states, aws, &mut map).await?);
    // What the map is told here of machine types is asked of the source when it is prepared.
    let offered = capacity::machines_and_images(&rebuild, states, aws, &mut map).await?;
    let prepared = prepare(&rebuild, project, &stacks, &map, states)?;
    capacity::judge(&rebuild, &prepared, states, aws, offered.clone(), card).await;
    for one in prepared {
        let mut source: Vec<Finding> = one.retargeted.open.iter().map(OpenQuestion::finding).collect();
        let of_source = [codes::R_GLOBAL_POLICY, codes::R_UNDECLARED];
        source.extend(one.retargeted.notes.iter().filter(|finding| of_source.contains(&finding.code)).cloned());
        let (Some(primary), Some(standby)) =
            (states.get(&one.stack, Side::Primary), states.get(&one.stack, Side::Standby))
        else {
            card.sheet(AreaName::Source).findings.extend(source);
            continue;
        };
        source.extend(rebuild.as_generated(&one, &offered)?);
        if source.iter().any(|finding| finding.code == codes::R_NOT_HERE) {
            not_here.push(one.stack.clone());
        } else if source.iter().all(|finding| finding.severity < Severity::Error) {
            as_generated += 1;
        }
        // That its HCL cannot be read, as files of it are gone, is the same cause.
        if source.iter().any(|finding| finding.code == codes::R_EDITED) {
            let subject = Subject::Stack { stack: one.stack.clone(), side: Some(Side::Standby) };
            let unread = [codes::R_SOURCE, codes::R_SOURCE_SYNTAX];
            let drift = &mut card.sheet(AreaName::Drift).findings;
            drift.retain(|finding| !(finding.subject == subject && unread.contains(&finding.code)));
        }
        card.sheet(AreaName::Source).findings.extend(source);

        let mut residue = rebuild.state_residue(&one, standby, &primaries)?;
        residue.retain(|finding| finding.severity >= Severity::Error);
        let parity = rebuild.parity(&one, primary, standby)?;
        compared += 1;
        in_parity += parity.in_parity;
        differing += parity.differing;
        residues += residue.len();
        let sheet = card.sheet(AreaName::Parity);
        sheet.findings.extend(parity.findings.into_iter().filter(|finding| !is_told(finding, &residue)));
        sheet.findings.extend(residue);
    }
    card.count("in parity", in_parity);
    let parity = card.sheet(AreaName::Parity);
    if compared > 0 {
        parity.fact(format!("{in_parity} of {} resources in parity", in_parity + differing));
        parity.fact(match residues {
            0 => "nothing of the primary left in the standby".to_owned(),
            left => format!("{left} values name the primary"),
        });
    }
    let source = card.sheet(AreaName::Source);
    // Of a stack that was never built there is nothing to compare.
    let here = compared - not_here.len();
    if here > 0 {
        source.fact(format!("{as_generated} of {here} stacks are what a rebuild would write now"));
    }
    if !not_here.is_empty() {
        source.fact(format!("the standby's HCL of {} is not here to be compared", not_here.join(", ")));
    }
    Ok(())
}

/// Whether residue says all that a difference between the sides says: of the same resource, the same attributes.
fn is_told(finding: &Finding, residue: &[Finding]) -> bool {
    if finding.code != codes::R_PARITY || residue.is_empty() {
        return false;
    }
    let of_it = residue.iter().filter(|other| other.subject == finding.subject);
    let named: BTreeSet<&str> = of_it
        .flat_map(|other| &other.evidence)
        .filter_map(|evidence| match evidence {
            Evidence::Fact { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    finding.evidence.iter().all(|evidence| match evidence {
        // `tags_all` repeats `tags`.
        Evidence::Change { attribute, .. } => {
            named.contains(attribute.as_str()) || named.contains(attribute.replacen("tags_all", "tags", 1).as_str())
        }
        _ => false,
    })
}
