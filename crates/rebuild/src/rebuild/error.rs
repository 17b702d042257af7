use crate::apply::WriteError;
use crate::decide::source_lines::GENERATED;
use crate::observe::{CatalogError, SourceError};
use pilotlight_findings::{Code, Evidence, Explain, Severity, Span, codes};
use pilotlight_plan::PlanError;
use pilotlight_terraform::RunError;
use pilotlight_tfstate::{PlanJsonError, StateError};

/// Why a stack's standby was not made.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The plan has no such stack.
    #[error("find stack {0} in the plan")]
    NoStack(String),
    /// The plan gives both sides one state.
    #[error("tell the states of both sides apart")]
    Plan(#[source] Box<PlanError>),
    /// The source could not be read.
    #[error("read the source of stack {stack}")]
    Source {
        /// Which stack.
        stack: String,
        /// Why.
        source: Box<SourceError>,
    },
    /// A region did not say what it offers.
    #[error("learn what the regions offer")]
    Catalog(#[source] CatalogError),
    /// The standby root could not be written.
    #[error("write the standby of stack {stack}")]
    Write {
        /// Which stack.
        stack: String,
        /// Why.
        source: Box<WriteError>,
    },
    /// The standby root that is there could not be read.
    #[error("read the standby root of stack {stack}")]
    Generated {
        /// Which stack.
        stack: String,
        /// Why.
        source: Box<WriteError>,
    },
    /// Terraform failed.
    #[error("run Terraform for the standby of stack {stack}")]
    Terraform {
        /// Which stack.
        stack: String,
        /// Why.
        source: Box<RunError>,
    },
    /// Terraform's plan could not be read.
    #[error("read Terraform's plan for stack {stack}")]
    PlanJson {
        /// Which stack.
        stack: String,
        /// Why.
        source: Box<PlanJsonError>,
    },
    /// The standby's state could not be read.
    #[error("read the state of the standby of stack {stack}")]
    State {
        /// Which stack.
        stack: String,
        /// Why.
        source: Box<StateError>,
    },
    /// A question is open.
    #[error("write the standby of stack {stack}: {count} {} to be decided first", if *count == 1 { "question is" } else { "questions are" })]
    Open {
        /// Which stack.
        stack: String,
        /// How many.
        count: usize,
    },
}

impl RebuildError {
    fn inner(&self) -> Option<&dyn Explain> {
        match self {
            Self::NoStack(_) | Self::Catalog(_) | Self::Open { .. } => None,
            Self::Plan(source) => Some(&**source),
            Self::Source { source, .. } => Some(&**source),
            Self::Write { source, .. } | Self::Generated { source, .. } => Some(&**source),
            Self::Terraform { source, .. } => Some(&**source),
            Self::PlanJson { source, .. } => Some(&**source),
            Self::State { source, .. } => Some(&**source),
        }
    }
}

impl Explain for RebuildError {
    fn code(&self) -> Code {
        match self {
            Self::NoStack(_) => codes::U_USAGE,
            Self::Catalog(_) => codes::R_CATALOG,
            Self::Open { .. } => codes::R_OPEN_QUESTION,
            _ => self.inner().map_or(codes::R_SOURCE, Explain::code),
        }
    }

    fn span(&self) -> Option<&Span> {
        self.inner().and_then(Explain::span)
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::NoStack(_) => Some("name a stack of the plan".to_owned()),
            Self::Catalog(error) => error.remedy.clone(),
            Self::Open { .. } => Some("answer each question in the stack's standby block".to_owned()),
            Self::Terraform { stack, source } if is_full(source) => Some(format!(
                "make room where the standby root of stack {stack} is and in the folder for temporary files, then run \
                 pilotlight rebuild again: what was made is kept"
            )),
            Self::Terraform { stack, source } if is_newer_state(source) => Some(format!(
                "name a Terraform that reads the state of stack {stack}'s standby with --terraform, as the one that wrote \
                 it, or bring an older version of that state back; nothing of the stack was changed"
            )),
            Self::Terraform { source, .. } if source.code() == codes::T_NO_PROVIDER => {
                Some(super::missing_provider::REMEDY.to_owned())
            }
            // The saved plan is gone by then, so Terraform's own command cannot be repeated.
            Self::Terraform { stack, source } if source.code() == codes::T_DIAGNOSTIC => Some(format!(
                "correct it in the source of stack {stack}, not in the generated root{}, and run pilotlight rebuild \
                 again: what was made is kept",
                generated_place(source).map(|place| format!(" ({place})")).unwrap_or_default()
            )),
            Self::Terraform { stack, source } if matches!(**source, RunError::Failed { .. }) => Some(format!(
                "see that the same command works in the source of stack {stack}, and run pilotlight rebuild again: \
                 what was made is kept"
            )),
            _ => self.inner().and_then(Explain::remedy),
        }
    }
}

/// Whether Terraform had no room to write. Its saved plan is then cut short, which it only finds out when it reads it.
fn is_full(error: &RunError) -> bool {
    says(error, &["no space left on device", "disk quota exceeded", "file too large", "zip: not a valid zip file"])
}

/// Whether the standby's state has a format that this Terraform does not know. A newer Terraform alone is none: releases
/// from 1.0 on read each other's.
fn is_newer_state(error: &RunError) -> bool {
    says(error, &["Unsupported state file format", "state snapshot was created by Terraform"])
}

fn says(error: &RunError, words: &[&str]) -> bool {
    let RunError::Failed { findings, output, .. } = error else { return false };
    let mut said = std::iter::once(output.as_str()).chain(findings.iter().map(|finding| finding.message.as_str()));
    said.any(|said| words.iter().any(|word| said.contains(word)))
}

/// Where the first error stands in the generated root, of one that is told by its place in the source.
fn generated_place(error: &RunError) -> Option<&str> {
    let first = error.findings().iter().find(|finding| finding.severity >= Severity::Error)?;
    first.evidence.iter().find_map(|evidence| match evidence {
        Evidence::Fact { name, value } if name == GENERATED => Some(value.as_str()),
        _ => None,
    })
}
