//! Outputs of both sides: other stacks, and the plan's records and checks, take their values from there.

use super::parity::{Known, ParityInput};
use super::written::Written;
use pilotlight_findings::{Evidence, Finding, SENSITIVE, Severity, Side, Subject, codes};
use pilotlight_tfstate::State;
use serde_json::Value;

/// Outputs that the standby lacks, and those in which the sides differ by what the source wrote.
pub(super) fn outputs(primary: &State, standby: &State, input: &ParityInput<'_>, known: &Known<'_>) -> Vec<Finding> {
    let written = Written { known, source: &input.retargeted.configured };
    let subject = || Subject::Stack { stack: input.retarget.stack.name.clone(), side: Some(Side::Standby) };
    let mut findings = Vec::new();
    for (name, ours) in primary.outputs() {
        let finding = match standby.outputs().get(name) {
            None if is_declared(input, name) => {
                let message = format!("the standby does not have the output {name}");
                Finding::new(codes::R_PARITY_MISSING, Severity::Error, subject(), message).remedy("rebuild the standby")
            }
            Some(theirs) if written.differs(&ours.value, &theirs.value) => {
                let hidden = ours.sensitive || theirs.sensitive;
                let shown = |value: &Value| if hidden { SENSITIVE.into() } else { value.clone() };
                let message = format!("its output {name} differs from the primary's");
                Finding::new(codes::R_PARITY, Severity::Error, subject(), message)
                    .with(Evidence::change(name.clone(), shown(&ours.value), shown(&theirs.value)))
                    .remedy("rebuild the standby")
            }
            _ => continue,
        };
        findings.push(finding);
    }
    findings
}

/// Whether the standby's source has the output: one that is all about what the plan leaves out is taken out with it.
fn is_declared(input: &ParityInput<'_>, name: &str) -> bool {
    let declaration = format!("output \"{name}\"");
    let in_root = |path: &std::path::Path| path.parent().is_none_or(|folder| folder.as_os_str().is_empty());
    let files = input.retargeted.files.iter().filter(|(path, _)| in_root(path));
    files.into_iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains(&declaration))
}
