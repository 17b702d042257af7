//! Whether the identity that fails over may make every call of it.

use super::scorecard::Scorecard;
use crate::failure::Failure;
use crate::project::Project;
use pilotlight_cloud::Aws;
use pilotlight_failover::{
    Action, Permission, PolicySimulator as _, Run, SimulationError, bucket_permissions, denied, principal_of,
    run_permissions,
};
use pilotlight_findings::{AreaName, Finding, Severity, Side, Subject, codes};
use pilotlight_store::StateUrl;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) async fn judge(
    project: &Project,
    run: &Run,
    principal: Option<&str>,
    aws: &Aws,
    card: &mut Scorecard,
) -> Result<(), Failure> {
    let needed = needed(project, run)?;
    let simulator = aws.simulator(&project.plan.standby).await;
    let sheet = card.sheet(AreaName::Permissions);
    let sizes = run.steps().filter(|step| matches!(step.action, Action::Resize(_))).count();
    if sizes > 0 {
        sheet.fact(format!("what Terraform's provider calls for {sizes} sizes is not asked"));
    }
    let principal = match principal {
        Some(named) => Some(named.to_owned()),
        None => match simulator.caller().await {
            Ok(caller) => principal_of(&caller),
            Err(error) => {
                sheet.fact(format!("{} permissions not asked", needed.len()));
                sheet.findings.push(unknown(project, "whose credentials these are", &error));
                return Ok(());
            }
        },
    };
    let Some(principal) = principal else {
        sheet.fact(format!(
            "{} permissions, asked as the account's root user, whom no policy of it limits",
            needed.len()
        ));
        return Ok(());
    };
    let mut by_resource: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for permission in &needed {
        by_resource.entry(&permission.resource).or_default().push(permission.action.clone());
    }
    let mut decisions = Vec::new();
    for (resource, actions) in by_resource {
        match simulator.simulate(&principal, resource, &actions).await {
            Ok(decided) => decisions.extend(decided),
            Err(SimulationError::NotOffered(_)) => {
                sheet.skip(format!("this endpoint has no policy simulator: {} permissions not asked", needed.len()));
                return Ok(());
            }
            Err(error) => {
                sheet.fact(format!("{} permissions of {principal}, not all of them asked", needed.len()));
                sheet.findings.push(unknown(project, &format!("what {principal} may do"), &error));
                return Ok(());
            }
        }
    }
    let allowed = decisions.iter().filter(|decision| decision.allowed).count();
    sheet.fact(format!("{principal} has {allowed} of {} permissions", needed.len()));
    sheet.findings.extend(denied(&needed, &decisions, &principal));
    Ok(())
}

fn unknown(project: &Project, what: &str, error: &SimulationError) -> Finding {
    let subject = Subject::Plan { name: project.plan.name.clone() };
    Finding::new(codes::V_UNKNOWN, Severity::Warning, subject, format!("{what} is not known: failed to {error}"))
        .remedy(
            "allow iam:SimulatePrincipalPolicy, or name a principal whose permissions may be asked with --principal",
        )
}

/// What the run needs, with the journal that it is written to and the states of the side that it moves to.
fn needed(project: &Project, run: &Run) -> Result<Vec<Permission>, Failure> {
    let region = &project.plan.standby;
    let mut needed = run_permissions(run);
    for url in &project.plan.journal {
        if let Some((bucket, prefix)) = object(url) {
            let objects = if prefix.is_empty() { "*".to_owned() } else { format!("{prefix}/*") };
            needed.extend(bucket_permissions(region, bucket, &objects, true, "the journal"));
        }
    }
    for stack in &project.plan.stacks {
        let url = project.state_url(stack, Side::Standby)?;
        let shown = StateUrl::parse(&url, Path::new("."), None).map(|parsed| parsed.shown().to_owned()).unwrap_or(url);
        if let Some((bucket, key)) = object(&shown) {
            needed.extend(bucket_permissions(region, bucket, key, false, "reading the standby's states"));
        }
    }
    needed.sort();
    needed.dedup_by(|a, b| (&a.action, &a.resource) == (&b.action, &b.resource));
    Ok(needed)
}

/// The bucket and the key of a URL on S3.
fn object(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("s3://")?;
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    Some((bucket, key.trim_matches('/')))
}
