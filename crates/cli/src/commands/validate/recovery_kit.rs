//! Whether a rebuild could do without the primary region, and how old what it would use is.

use super::scorecard::Sheet;
use crate::project::{Project, States};
use jiff::Timestamp;
use pilotlight_findings::{Finding, Severity, Side, Subject, codes};
use pilotlight_journal::JournalStores;
use pilotlight_rebuild::find_kit;

/// Every finding is a warning: the standby can be ready without a kit, and only not be rebuilt in that hour. Of the
/// `silent` stores it is said already that they cannot be read.
pub(super) async fn judge(
    project: &Project,
    states: &States,
    stores: &JournalStores,
    silent: &[Subject],
    sheet: &mut Sheet,
) {
    let plan = &project.plan;
    let search = find_kit(stores, plan).await;
    sheet.findings.extend(search.findings.into_iter().filter(|finding| !silent.contains(&finding.subject)));
    let subject = || Subject::Plan { name: plan.name.clone() };
    let again = "run pilotlight rebuild PLAN --apply while the primary answers: it keeps one at its end";
    let Some(found) = search.found else {
        sheet.fact("no recovery kit");
        let message =
            format!("the standby cannot be rebuilt without {}: no journal store has a recovery kit", plan.primary);
        sheet.findings.push(Finding::new(codes::V_NO_KIT, Severity::Warning, subject(), message).remedy(again));
        return;
    };
    let age = found.kit.told_age(Timestamp::now());
    sheet.fact(format!("recovery kit of {age}"));
    let is_behind = |stack: &&str| {
        let Some(now) = states.get(stack, Side::Primary) else { return false };
        let kept = found.kit.states.iter().find(|kept| kept.stack == **stack);
        kept.is_none_or(|kept| (kept.serial, &kept.lineage) != (now.serial, &now.lineage))
    };
    let behind: Vec<&str> = plan.stacks.iter().map(|stack| stack.name.as_str()).filter(is_behind).collect();
    if !behind.is_empty() {
        let message = format!("the recovery kit of {age} has an older state of {} than the primary", behind.join(", "));
        sheet.findings.push(Finding::new(codes::V_KIT_BEHIND, Severity::Warning, subject(), message).remedy(again));
    }
}
