//! Findings in the order to read them: by stack and side, or what else they are about, the worst first.

use crate::clean;
use pilotlight_findings::{Finding, Subject};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Findings that are about one thing.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    /// `network, primary`
    pub(crate) title: String,
    /// The most severe first, else in the report's order.
    pub(crate) findings: Vec<&'a Finding>,
}

/// All findings but the unread, in groups: the group with the most severe finding first.
pub(crate) fn groups(findings: &[Finding]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for finding in findings.iter().filter(|finding| !finding.code.is_unread()) {
        let title = title(&finding.subject);
        match places.get(&title) {
            Some(at) => groups[*at].findings.push(finding),
            None => {
                places.insert(title.clone(), groups.len());
                groups.push(Group { title, findings: vec![finding] });
            }
        }
    }
    for group in &mut groups {
        group.findings.sort_by_key(|finding| Reverse(finding.severity));
    }
    groups.sort_by_key(|group| Reverse(group.findings.first().map(|finding| finding.severity)));
    groups
}

/// What could not be read, in the report's order.
pub(crate) fn unread(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.code.is_unread()).collect()
}

/// What a subject's group is called: its stack and side, or what kind of thing it is.
pub(crate) fn title(subject: &Subject) -> String {
    clean::line(&match subject {
        Subject::Resource { stack, side, .. } | Subject::Stack { stack, side } => match side {
            Some(side) => format!("{stack}, {side}"),
            None => stack.clone(),
        },
        Subject::File { span } => span.file.clone(),
        Subject::Record { zone, .. } => format!("zone {zone}"),
        Subject::Check { .. } => "checks".to_owned(),
        Subject::Host { .. } => "hosts".to_owned(),
        Subject::CloudObject { region: Some(region), .. } => format!("no stack, {region}"),
        Subject::CloudObject { region: None, .. } => "no stack, global".to_owned(),
        Subject::Step { .. } => "the run".to_owned(),
        Subject::Journal { .. } => "journal".to_owned(),
        Subject::Plan { name } => format!("plan {name}"),
    })
}

/// The subject inside its group: what the title has said is not said again.
pub(crate) fn name(subject: &Subject) -> String {
    clean::line(&match subject {
        Subject::Resource { address, id: Some(id), .. } if !address.contains(id.as_str()) => {
            format!("{address} ({id})")
        }
        Subject::Resource { address, .. } => address.clone(),
        Subject::Stack { stack, .. } => format!("stack {stack}"),
        Subject::File { span } => span.to_string(),
        Subject::Record { .. }
        | Subject::Check { .. }
        | Subject::Host { .. }
        | Subject::CloudObject { .. }
        | Subject::Step { .. }
        | Subject::Journal { .. }
        | Subject::Plan { .. } => subject.to_string(),
    })
}

/// The subject on its own: `network, primary: aws_vpc.main (vpc-0a1b)`.
pub(crate) fn full_name(subject: &Subject) -> String {
    match subject {
        Subject::Resource { .. } => format!("{}: {}", title(subject), name(subject)),
        Subject::Stack { side: Some(side), .. } => format!("{}, {side}", name(subject)),
        _ => name(subject),
    }
}
