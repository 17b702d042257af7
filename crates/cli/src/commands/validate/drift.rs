//! State against live, on both sides.

use super::Looked;
use super::scorecard::Scorecard;
use crate::commands::drift::compare_plan;
use crate::failure::Failure;
use crate::project::{Project, States};
use pilotlight_cloud::Aws;
use pilotlight_findings::{AreaName, Count};

pub(super) async fn judge(
    project: &Project,
    states: &States,
    looked: &Looked,
    aws: &Aws,
    card: &mut Scorecard,
) -> Result<(), Failure> {
    let outcome = compare_plan(project, states, &|stack, _| looked.at(stack), aws).await?;
    let counts = outcome.counts;
    let resources = counts.in_sync + counts.changed + counts.moved + counts.missing + counts.unread;
    card.summary.insert(0, Count { name: "resources".into(), count: resources });
    card.count("in sync", counts.in_sync);
    card.silenced.extend(outcome.silenced);
    let parts = [
        (counts.in_sync, "in sync"),
        (counts.changed, "changed"),
        (counts.missing, "missing"),
        (counts.moved, "moved by a failover"),
        (counts.unread, "unread"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let sheet = card.sheet(AreaName::Drift);
    sheet.fact(match parts.is_empty() {
        true => "no resources of a cloud on either side".to_owned(),
        false => format!("{resources} resources on both sides: {}", parts.join(", ")),
    });
    sheet.findings.extend(outcome.findings);
    Ok(())
}
