//! The code of each problem and what to do about it.

use super::{PlanError, Problem};
use pilotlight_findings::{Code, Explain, Side, Span, codes};

impl Explain for PlanError {
    fn code(&self) -> Code {
        match &self.0.problem {
            Problem::Syntax { .. } => codes::P_SYNTAX,
            Problem::UnknownName { .. } | Problem::Misplaced { .. } => codes::P_UNKNOWN_NAME,
            Problem::Missing { .. } => codes::P_MISSING,
            Problem::Labels { .. } | Problem::Name { .. } | Problem::Type { .. } | Problem::Value { .. } => {
                codes::P_VALUE
            }
            Problem::Duration { .. } => codes::P_DURATION,
            Problem::Duplicate { .. } => codes::P_DUPLICATE,
            Problem::NoStack { .. } => codes::P_NO_STACK,
            Problem::Cycle { .. } | Problem::Tiers { .. } => codes::P_ORDER,
            Problem::SameRegion(_) => codes::P_SAME_REGION,
            Problem::Secret { .. } => codes::P_SECRET,
            Problem::NoEnv(_) => codes::P_NO_ENV,
            Problem::NoVar { .. } => codes::P_NO_VAR,
            Problem::Record { .. } => codes::P_RECORD,
            Problem::Expression { .. } => codes::P_EXPRESSION,
            Problem::NoOutput { .. } | Problem::NoSuchElement { .. } | Problem::OutputNotText { .. } => codes::P_OUTPUT,
            Problem::StandbyState { .. } => codes::P_STANDBY_STATE,
        }
    }

    fn span(&self) -> Option<&Span> {
        self.0.span.as_ref()
    }

    fn remedy(&self) -> Option<String> {
        match &self.0.problem {
            Problem::Syntax { hint, .. } => hint.map(str::to_owned),
            Problem::UnknownName {
                suggestion, known, ..
            } => Some(suggest(suggestion.as_deref(), known)),
            Problem::Labels { example, .. }
            | Problem::Missing { example, .. }
            | Problem::Type { example, .. } => Some(format!("write {example}")),
            Problem::Misplaced { home, .. } => Some(format!("move it into {home}")),
            Problem::Name { .. } => Some(
                "take letters, digits, - and _, with a letter first, as in order-api".to_owned(),
            ),
            Problem::Value { remedy, .. }
            | Problem::Record { remedy, .. }
            | Problem::Expression { remedy, .. } => Some(remedy.clone()),
            Problem::Duration { .. } => Some("write it as in 90s, 15m or 1h30m".to_owned()),
            Problem::Duplicate { .. } => Some("give each its own, or remove one of them".to_owned()),
            Problem::NoStack {
                suggestion, known, ..
            } if known.is_empty() && suggestion.is_none() => {
                Some("add a stack block; the plan has none".to_owned())
            }
            Problem::NoStack {
                suggestion, known, ..
            } => Some(suggest(suggestion.as_deref(), known)),
            Problem::Cycle { .. } => {
                Some("remove one of these dependencies, or move what both need into a stack of its own".to_owned())
            }
            Problem::Tiers { .. } => {
                Some("lower tiers recover first: give the dependency the same tier or a lower one".to_owned())
            }
            Problem::SameRegion(_) => Some("name another region in one of the two blocks".to_owned()),
            Problem::Secret { for_terraform: true, .. } => Some(
                "leave it out, use a Terraform variable, and set it with TF_VAR_name where pilotlight runs".to_owned(),
            ),
            Problem::Secret { .. } => Some(
                "write env(\"NAME\") in its place, set that variable where pilotlight runs, and change the secret if the file was shared".to_owned(),
            ),
            Problem::NoEnv(name) => Some(format!("set it where pilotlight runs: export {name}=...")),
            Problem::NoVar { name, suggestion } => Some(match suggestion {
                Some(near) => format!("did you mean var.{near}? Otherwise give it with --var {name}=VALUE"),
                None => format!("give it with --var {name}=VALUE, or in a file with --var-file"),
            }),
            Problem::NoOutput { stack, name, side } => Some(match side {
                Side::Primary => format!(
                    "declare output {name:?} in the source of stack {stack:?} and apply it, or correct the name"
                ),
                Side::Standby => format!(
                    "run pilotlight rebuild, so that the standby of stack {stack:?} has what the primary has"
                ),
            }),
            Problem::NoSuchElement { .. } | Problem::OutputNotText { .. } => {
                Some("compare the expression with terraform output in the stack's folder".to_owned())
            }
            Problem::StandbyState { .. } => Some(
                "write backend = { bucket = \"...\" } in the stack's standby block, with a bucket in the standby region".to_owned(),
            ),
        }
    }
}

fn suggest(suggestion: Option<&str>, known: &[String]) -> String {
    match suggestion {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("the names here are {}", known.join(", ")),
    }
}
