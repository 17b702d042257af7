//! `failover --primary-down`: compiled from the recovery kit, with not one call to the primary region.

use crate::commands::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::groups::Groups;
use crate::owners::Sources;
use crate::ports::name_servers;
use crate::project::{Project, States};
use crate::standby_roots::find_sizes;
use jiff::Timestamp;
use pilotlight_cloud::Aws;
use pilotlight_failover::{
    Direction, Mode, Run, compile_in_mode, observe, observe_groups, observe_managed, refuse_direction,
    refuse_primary_calls, with_owners, without_primary_checks,
};
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_journal::{EventStore, JournalStores};
use pilotlight_rebuild::{FoundKit, find_kit};
use std::net::SocketAddr;
use std::sync::Arc;

/// Compiles the run, an ungraceful one: what answers nobody cannot be waited for. `aws` is one without the primary
/// region.
pub(super) async fn compile_run(
    project: &Project,
    direction: Direction,
    aws: &Aws,
    resolver: Option<SocketAddr>,
    journal: &[String],
    context: Context<'_>,
) -> Result<Run, Failure> {
    let refused = |error| Failure::from(error).exit(Exit::Refused);
    refuse_direction(direction, &project.plan).map_err(refused)?;
    let mut states = States::default();
    project.read_side(&mut states, Side::Standby, aws).await?;
    let mut notes = kept_states(project, aws, journal, &mut states, context).await?;
    aws.check_credentials(&project.plan.standby).await?;
    let dns = aws.dns(&project.plan.standby).await;
    let (plan, left_out) = without_primary_checks(&project.plan_for_runs()?);
    notes.extend(left_out);
    let mut observed = observe(&plan, &dns, &*name_servers(resolver)).await?;
    observed.primary_down = true;
    // The groups of the standby: a failover asks for no other.
    observed.groups = observe_groups(&plan, direction, &Groups::new(&plan, &states), &aws.capacity()).await?;
    observed.sizes = find_sizes(project, direction, &states)?;
    observed.managed = observe_managed(&plan, direction, false, &states, &aws.managed_databases()).await?;
    let mut run =
        compile_in_mode(&plan, direction, Mode::Ungraceful, &observed, &states).map_err(super::not_compiled)?;
    refuse_primary_calls(&run).map_err(refused)?;
    notes.append(&mut run.notes);
    run.notes = notes;
    let sources = Sources::new(project, &states).unread(Side::Primary, "no recovery kit has it, and it is not asked");
    Ok(with_owners(run, &plan, &sources))
}

/// Adds the primary's states as the newest kit has them. Nothing is asked for them, wherever the plan says they are.
async fn kept_states(
    project: &Project,
    aws: &Aws,
    journal: &[String],
    states: &mut States,
    context: Context<'_>,
) -> Result<Vec<Finding>, Failure> {
    let stores =
        if journal.is_empty() { project.recovery_stores(aws).await? } else { project.journal(journal, aws).await? };
    let search = find_kit(&stores, &project.plan).await;
    for finding in &search.findings {
        context.screen.note(format!("warning: {}: {} [{}]", finding.subject, finding.message, finding.code));
    }
    let Some(found) = search.found else { return Ok(vec![no_kit(project, &stores)]) };
    for (stack, state) in &found.states {
        states.add(stack, Side::Primary, state.clone());
    }
    Ok(vec![told(project, &found)])
}

fn told(project: &Project, found: &FoundKit) -> Finding {
    let plan = &project.plan;
    let stacks: Vec<&str> = found.states.keys().map(String::as_str).collect();
    let message = format!(
        "{} is not asked (--primary-down): the primary's states of {} come from the recovery kit of {}",
        plan.primary,
        stacks.join(", "),
        found.kit.told_age(Timestamp::now())
    );
    let subject = Subject::Plan { name: plan.name.clone() };
    let finding = Finding::new(codes::R_KIT, Severity::Warning, subject, message)
        .with(Evidence::fact("recovery kit", &found.url))
        .remedy("what was applied in the primary since then is not known to this run: compare the records that it would move");
    found.kit.states.iter().fold(finding, |finding, kept| {
        let which = format!("serial {}, lineage {}, from {}", kept.serial, kept.lineage, kept.url);
        finding.with(Evidence::fact(format!("state of {}", kept.stack), which))
    })
}

/// A run can do without: what the records have now is read from Route 53, and each that is moved so is noted.
fn no_kit(project: &Project, stores: &JournalStores) -> Finding {
    let plan = &project.plan;
    let all: Vec<&Arc<dyn EventStore>> = std::iter::once(&stores.first).chain(&stores.copies).collect();
    let urls: Vec<String> = all.iter().map(|store| store.url()).collect();
    let message = format!(
        "{} is not asked (--primary-down), and no recovery kit that verifies is in {}: the primary's outputs are not known",
        plan.primary,
        urls.join(", ")
    );
    Finding::new(codes::R_NO_KIT, Severity::Warning, Subject::Plan { name: plan.name.clone() }, message)
        .remedy("pilotlight rebuild PLAN --apply keeps one with the journal, while the primary answers")
}
