//! Before a failback: is the region that traffic goes back to as its Terraform says?

use crate::commands::drift::compare_plan;
use crate::failure::Failure;
use crate::project::{Project, States};
use pilotlight_cloud::Aws;
use pilotlight_findings::{Code, Evidence, Explain, Finding, Severity, Side, Subject, codes};
use pilotlight_plan::DrPlan;

/// How many resources a sentence names.
const NAMED: usize = 3;

/// Compares the primary's states with AWS. Gives what the run's notes say of it; a planned failback to a region that is
/// not as its Terraform says is refused, unless that was accepted.
pub(in crate::commands) async fn look(
    project: &Project,
    states: &States,
    aws: &Aws,
    goes_on: bool,
) -> Result<Option<Finding>, Failure> {
    let outcome = compare_plan(project, states, &|_, side| side == Side::Primary, aws).await?;
    let differing: Vec<&Finding> =
        outcome.findings.iter().filter(|finding| finding.severity >= Severity::Error).collect();
    if differing.is_empty() {
        let unread = outcome.counts.unread;
        return Ok((unread > 0).then(|| {
            let message =
                format!("{unread} resources there could not be read: whether they are as Terraform says is not known");
            note(&project.plan, message)
        }));
    }
    let error = NotAsTerraformSays::of(&project.plan, &differing);
    if goes_on {
        return Ok(Some(note(&project.plan, error.difference.clone()).with(Evidence::fact("resources", error.all))));
    }
    Err(Failure::from(error).exit(crate::exit::Exit::Refused))
}

fn note(plan: &DrPlan, message: String) -> Finding {
    let subject = Subject::Plan { name: plan.name.clone() };
    Finding::new(codes::F_TARGET_DRIFT, Severity::Warning, subject, format!("{}: {message}", plan.primary))
        .remedy("look at pilotlight drift PLAN --side primary")
}

/// The region has drifted while nobody was served by it.
#[derive(Debug, thiserror::Error)]
#[error("fail back to {region}: {difference}")]
struct NotAsTerraformSays {
    region: String,
    difference: String,
    all: String,
    sources: Vec<String>,
}

impl NotAsTerraformSays {
    fn of(plan: &DrPlan, differing: &[&Finding]) -> Self {
        let names: Vec<String> =
            differing.iter().map(|finding| format!("{} ({})", finding.subject, finding.code)).collect();
        let rest = names.len().saturating_sub(NAMED);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let are = if names.len() == 1 { "1 resource is" } else { &format!("{} resources are", names.len()) };
        let difference =
            format!("{are} not as Terraform says there: {}{more}", names[..names.len().min(NAMED)].join(", "));
        let stacks = differing.iter().filter_map(|finding| match &finding.subject {
            Subject::Resource { stack, .. } => plan.stack(stack),
            _ => None,
        });
        let mut sources: Vec<String> = stacks.map(|stack| stack.source.display().to_string()).collect();
        sources.sort();
        sources.dedup();
        Self { region: plan.primary.to_string(), difference, all: names.join(", "), sources }
    }
}

impl Explain for NotAsTerraformSays {
    fn code(&self) -> Code {
        codes::F_TARGET_DRIFT
    }

    fn remedy(&self) -> Option<String> {
        Some(format!(
            "pilotlight drift PLAN --side primary says what differs; repair it with terraform apply in {}, and fail back \
             then; --accept-drift goes back to it as it is",
            self.sources.join(", ")
        ))
    }
}
