//! Comparing states with AWS: the readers, the ignores and the decision put together.

use super::gather::Loaded;
use super::plugins::{Paced, reader};
use crate::failure::Failure;
use pilotlight_cloud::Aws;
use pilotlight_drift::ignore::{Ignores, StackConfiguration};
use pilotlight_drift::{
    DriftInput, DriftOutcome, LiveReader, MovedRecord, Readers, Routing, StackState, decide, observe, wanted,
};
use pilotlight_findings::{Finding, Severity, Subject, codes};
use std::path::Path;

/// How states are compared.
pub(in crate::commands) struct Comparing<'a> {
    /// What is read by list calls and what by plugins.
    pub(in crate::commands) reader: crate::args::Reader,
    /// Whether what no state knows is looked for.
    pub(in crate::commands) unmanaged: bool,
    /// What the records of the traffic sets answer.
    pub(in crate::commands) moved: &'a [MovedRecord],
    /// Patterns of what is not looked at.
    pub(in crate::commands) ignores: &'a Ignores,
    /// The terraform or tofu program that installs a plugin which is nowhere on this machine.
    pub(in crate::commands) terraform: Option<&'a Path>,
    /// What the HCL says.
    pub(in crate::commands) configurations: &'a [StackConfiguration],
}

/// Compares the states with AWS, all together: parts of one object may stand in several of them.
pub(in crate::commands) async fn compare(
    loaded: &[Loaded],
    how: &Comparing<'_>,
    aws: &Aws,
) -> Result<DriftOutcome, Failure> {
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
    let provider = Paced { aws: aws.clone(), reader: reader(loaded, how.terraform, aws).await };
    let (native_reader, plugins) = (&native, &provider);
    let (native, provider): (Option<&dyn LiveReader>, Option<&dyn LiveReader>) = match how.reader {
        crate::args::Reader::Auto => (Some(native_reader), Some(plugins)),
        crate::args::Reader::Native => (Some(native_reader), None),
        crate::args::Reader::Provider => (None, Some(plugins)),
    };
    let readers = Readers { native, provider };
    let routing = Routing::of(&stacks, &readers);
    let queries = wanted(&stacks, &routing, how.unmanaged);
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
