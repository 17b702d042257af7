//! Comparing states with AWS: the readers, the ignores and the decision put together.

use super::gather::{Loaded, loaded, moved};
use super::ignores::{configurations, ignores};
use super::plugins::{Paced, program, reader};
use crate::failure::Failure;
use crate::project::{Project, States};
use pilotlight_cloud::Aws;
use pilotlight_drift::ignore::{Ignores, StackConfiguration};
use pilotlight_drift::{
    DriftInput, DriftOutcome, LiveReader, MovedRecord, Readers, Routing, StackState, decide, observe, wanted,
};
use pilotlight_findings::{Finding, Severity, Side, Subject, codes};
use std::path::Path;

/// How states are compared.
pub(super) struct Comparing<'a> {
    /// What is read by list calls and what by plugins.
    pub(super) reader: crate::args::Reader,
    /// Whether what no state knows is looked for.
    pub(super) unmanaged: bool,
    /// What the records of the traffic sets answer.
    pub(super) moved: &'a [MovedRecord],
    /// Patterns of what is not looked at.
    pub(super) ignores: &'a Ignores,
    /// The terraform or tofu program that installs a plugin which is nowhere on this machine.
    pub(super) terraform: Option<&'a Path>,
    /// What the HCL says.
    pub(super) configurations: &'a [StackConfiguration],
}

/// The readers of this choice, the one by list calls first.
fn readers<'r>(choice: crate::args::Reader, native: &'r dyn LiveReader, plugins: &'r dyn LiveReader) -> Readers<'r> {
    use crate::args::Reader;
    Readers {
        native: (choice != Reader::Provider).then_some(native),
        provider: (choice != Reader::Native).then_some(plugins),
    }
}

/// Compares the states of a plan that were read, those that `judged` chooses, as `drift PLAN` does where nobody chose
/// otherwise. What the HCL does not tell is among the findings, before the others.
pub(in crate::commands) async fn compare_plan(
    project: &Project,
    states: &States,
    judged: &dyn Fn(&str, Side) -> bool,
    aws: &Aws,
) -> Result<DriftOutcome, Failure> {
    let loaded = loaded(project, states, judged);
    let ignores = ignores(None, &project.folder, Some(&project.plan), &[])?;
    let (configurations, mut warnings) = configurations(&loaded);
    let moved = moved(&project.plan, states);
    let how = Comparing {
        reader: crate::args::Reader::Auto,
        unmanaged: false,
        moved: &moved,
        ignores: &ignores,
        terraform: None,
        configurations: &configurations,
    };
    let mut outcome = compare(&loaded, &how, aws).await?;
    warnings.append(&mut outcome.findings);
    outcome.findings = warnings;
    Ok(outcome)
}

/// Compares the states with AWS, all together: parts of one object may stand in several of them.
pub(super) async fn compare(loaded: &[Loaded], how: &Comparing<'_>, aws: &Aws) -> Result<DriftOutcome, Failure> {
    let stacks: Vec<StackState<'_>> = loaded
        .iter()
        .map(|one| StackState {
            stack: one.stack.clone(),
            side: one.side,
            region: one.region.clone(),
            role: one.role.clone(),
            state: &one.state,
            judged: one.judged,
        })
        .collect();
    let native = aws.live_reader();
    let mut plugins = Paced { aws: aws.clone(), reader: reader(loaded, None, aws) };
    let routing = Routing::of(&stacks, &readers(how.reader, &native, &plugins));
    let queries = wanted(&stacks, &routing, how.unmanaged);
    if !queries.provider.is_empty() {
        // Looked for only where a plugin may have to be installed: asking its version takes a while.
        plugins.reader = reader(loaded, program(how.terraform).await, aws);
    }
    let readers = readers(how.reader, &native, &plugins);
    if let Some(place) = queries.places().first() {
        // Without credentials each type would be unread: one clear error says more.
        aws.check_credentials(&place.region).await?;
    }
    let live = observe(&readers, &queries).await;
    let input = DriftInput {
        moved: how.moved,
        ignores: how.ignores,
        configurations: how.configurations,
        ..DriftInput::of(&stacks, &routing, &live)
    };
    let mut outcome = decide(&input);
    outcome.findings.extend(plugins.reader.notes().await);
    if aws.budget_exhausted() {
        let subject = Subject::Host { host: "AWS".into() };
        let message = "the limit of --max-calls was reached before everything was read";
        outcome.findings.push(
            Finding::new(codes::D_LIMIT, Severity::Warning, subject, message)
                .remedy("raise --max-calls, or compare fewer stacks at a time with --stack"),
        );
    }
    Ok(outcome)
}
