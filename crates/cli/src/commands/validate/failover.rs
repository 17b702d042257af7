//! A dry run of a failover, and the checks that it would ask before its switch.

use super::scorecard::Scorecard;
use crate::args::Validate;
use crate::commands::Context;
use crate::commands::failover::compile_run;
use crate::failure::Failure;
use crate::project::{Project, States};
use pilotlight_cloud::Aws;
use pilotlight_failover::{
    Direction, Mode, NextApply, Run, SystemClock, database_readiness, dry_run_facts, dry_run_findings,
    managed_readiness, observe_signals, owners_as_errors, readiness, signal_readiness,
};
use pilotlight_findings::{AreaName, Finding, Severity, Subject, codes};
use pilotlight_integrity::NetworkProber;
use pilotlight_integrity::postgres::Databases;
use pilotlight_plan::Method;
use std::net::SocketAddr;
use std::sync::Arc;

/// Compiles a failover. One that does not compile is a finding here: the standby is not ready.
pub(super) async fn compiled(
    project: &Project,
    aws: &Aws,
    resolver: Option<SocketAddr>,
    context: Context<'_>,
    card: &mut Scorecard,
) -> Result<Option<Run>, Failure> {
    // What no graceful run would move is looked at as the run that would.
    let fenced = project.plan.managed.iter().all(pilotlight_plan::ManagedDatabase::can_be_fenced);
    let mode = if fenced { Mode::Graceful } else { Mode::Ungraceful };
    match compile_run(project, Direction::Failover, mode, aws, resolver, context).await {
        Ok(run) => {
            // What depends on another control plane is worth knowing, and no reason not to be ready. What is one
            // comes from the readiness.
            // What stands until a failback is nothing to see to before a failover.
            let told_elsewhere = [codes::F_NO_TARGET_CHECK, codes::F_SIZE_STANDS];
            let worth_knowing =
                |finding: &Finding| finding.severity < Severity::Error && !told_elsewhere.contains(&finding.code);
            for finding in dry_run_findings(&run).into_iter().filter(worth_knowing).map(owners_as_errors) {
                card.sheet(area_of(&finding)).findings.push(finding);
            }
            let managed = managed_readiness(&run, &aws.managed_databases()).await;
            let sheet = card.sheet(AreaName::Failover);
            sheet.facts.extend(dry_run_facts(&run));
            if run.owners.iter().any(|owner| owner.next_apply == NextApply::Unknown) {
                sheet.unknown("not known of every record whether its Terraform would undo a failover");
            }
            sheet.facts.extend(managed.facts);
            for why in managed.unknown {
                sheet.unknown(why);
            }
            sheet.findings.extend(managed.findings);
            Ok(Some(run))
        }
        // A zone that could not be read says nothing about the standby, and nothing against the rest of the verdict.
        Err(failure) if failure.code() == codes::F_OBSERVE => {
            let mut finding = failure.finding(Subject::Plan { name: project.plan.name.clone() });
            finding.severity = Severity::Warning;
            let sheet = card.sheet(AreaName::Failover);
            sheet.unknown("not compiled: what it begins with could not be read");
            sheet.findings.push(finding);
            Ok(None)
        }
        Err(failure) => match failure.into_finding(&project.plan.name) {
            Ok(finding) => {
                let sheet = card.sheet(AreaName::Failover);
                sheet.fact("it does not compile");
                sheet.findings.push(finding);
                Ok(None)
            }
            Err(failure) => Err(failure),
        },
    }
}

/// Whether the traffic sets that follow a signal would be moved by it: what a run asks nobody, as Route 53's control plane
/// may be down when it is needed.
pub(super) async fn signals(project: &Project, states: &States, aws: &Aws, card: &mut Scorecard) {
    if !project.plan.traffic.iter().any(|set| matches!(set.method, Method::Signal(_))) {
        return;
    }
    let dns = aws.dns(&project.plan.standby).await;
    let sheet = card.sheet(AreaName::Failover);
    match observe_signals(&project.plan, states, &dns).await {
        Ok(observed) => {
            let (facts, findings) = signal_readiness(&project.plan, states, &observed);
            sheet.facts.extend(facts);
            sheet.findings.extend(findings);
        }
        Err(error) => {
            let mut finding = Failure::from(error).finding(Subject::Plan { name: project.plan.name.clone() });
            finding.severity = Severity::Warning;
            sheet.unknown("whether the signal would move traffic: Route 53 could not be read");
            sheet.findings.push(finding);
        }
    }
}

/// Whether the databases could be failed over, and how far their standbys are behind.
pub(super) async fn databases(run: &Run, project: &Project, card: &mut Scorecard) {
    let environment = crate::vars::environment();
    let databases: Arc<dyn Databases> = Arc::new(crate::ports::databases(project, &environment));
    let clock = SystemClock::new();
    let told = database_readiness(run, project.plan.objectives.rpo, &databases, &environment, &clock).await;
    if told.looked_at > 0 {
        card.count("databases", told.looked_at);
    }
    let sheet = card.sheet(AreaName::Failover);
    sheet.facts.extend(told.facts);
    for why in told.unknown {
        sheet.unknown(why);
    }
    for finding in told.findings {
        card.sheet(area_of(&finding)).findings.push(finding);
    }
}

/// Probes the checks that would stop the run before its switch.
pub(super) async fn checks(run: &Run, project: &Project, args: &Validate, card: &mut Scorecard) {
    let prober = NetworkProber::new(args.resolver.resolver).in_directory(&project.folder);
    let environment = crate::vars::environment();
    let checked = readiness(run, &prober, &environment).await;
    card.count("checks", checked.probed);
    let not_green = checked.findings.iter().filter(|one| matches!(one.subject, Subject::Check { .. })).count() as u64;
    let green = checked.probed.saturating_sub(not_green);
    let later = project.plan.checks.len() as u64 - checked.probed.min(project.plan.checks.len() as u64);
    let sheet = card.sheet(AreaName::Checks);
    sheet.fact(format!("{} probed, {green} green", checked.probed));
    if later > 0 {
        sheet.fact(format!("{later} more ask for what is only there after the switch, or of the side that is left"));
    }
    for finding in checked.findings {
        let sheet = card.sheet(area_of(&finding));
        if finding.code == codes::P_TTL {
            // Told of the plan already: what the zone has is what counts.
            sheet.findings.retain(|other| (other.code, &other.subject) != (finding.code, &finding.subject));
        }
        sheet.findings.push(finding);
    }
}

/// Where a finding of the compiler or of a probe belongs.
pub(super) fn area_of(finding: &Finding) -> AreaName {
    let code = finding.code;
    if [codes::P_TTL, codes::V_LAG].contains(&code) {
        AreaName::Objectives
    } else if matches!(finding.subject, Subject::Check { .. })
        || [codes::F_NO_TARGET_CHECK, codes::P_NO_CHECK_AFTER].contains(&code)
    {
        AreaName::Checks
    } else if code == codes::P_JOURNAL_REGION {
        AreaName::Journal
    } else if code == codes::P_STANDBY_STATE {
        AreaName::Source
    } else {
        AreaName::Failover
    }
}
