//! Many findings of one kind, in a few lines: what AWS has and no state knows, and what could not be read, come by
//! the thousand where they come at all.

use super::TextOptions;
use super::ink::Ink;
use crate::clean;
use crate::group::name;
use crate::theme::{self, Tone};
use crate::words::number;
use pilotlight_findings::{Code, Finding, Subject, codes};

/// More findings of one kind and type than this are folded, unless everything is asked for.
const WHOLE: usize = 3;

/// Names of a folded kind that are shown.
const NAMES: usize = 3;

/// Findings that say the same of several objects.
struct Kind<'a> {
    code: Code,
    what: String,
    findings: Vec<&'a Finding>,
}

/// Splits findings into those that are shown whole and those that are folded.
fn split<'a>(findings: &[&'a Finding], options: TextOptions) -> (Vec<&'a Finding>, Vec<Kind<'a>>) {
    let mut kinds: Vec<Kind<'a>> = Vec::new();
    let mut whole = Vec::new();
    for finding in findings.iter().copied() {
        let Some(what) = what(finding).filter(|_| !options.verbose) else {
            whole.push(finding);
            continue;
        };
        match kinds.iter_mut().find(|kind| kind.code == finding.code && kind.what == what) {
            Some(kind) => kind.findings.push(finding),
            None => kinds.push(Kind { code: finding.code, what, findings: vec![finding] }),
        }
    }
    let (few, many): (Vec<_>, Vec<_>) = kinds.into_iter().partition(|kind| kind.findings.len() <= WHOLE);
    whole.extend(few.into_iter().flat_map(|kind| kind.findings));
    (whole, many)
}

/// What a finding says of its object, where it may say the same of many: the type, and the cause.
fn what(finding: &Finding) -> Option<String> {
    match &finding.subject {
        Subject::CloudObject { resource_type, .. } if finding.code == codes::D_UNMANAGED => {
            Some(format!("{resource_type}: no given state has them"))
        }
        _ if finding.code == codes::D_UNREAD => {
            Some(no_answer(&finding.message).unwrap_or_else(|| finding.message.clone()))
        }
        _ => None,
    }
}

/// What is said before the reason where AWS gave none: of each type it is another call, and one cause.
const NO_ANSWER: &str = "no answer: ";

/// The one cause of all that was not read because AWS did not answer.
fn no_answer(message: &str) -> Option<String> {
    let (_, reason) = message.split_once(NO_ANSWER)?;
    // One that is told in brackets ends with theirs.
    let is_open = reason.matches(')').count() > reason.matches('(').count();
    let reason = reason.strip_suffix(')').filter(|_| is_open).unwrap_or(reason);
    Some(format!("AWS was asked for them and gave {NO_ANSWER}{reason}"))
}

/// The findings, each kind of which there are many in one entry.
pub(super) fn findings(findings: &[&Finding], options: TextOptions, one: impl Fn(&Finding) -> String) -> Vec<String> {
    let (whole, many) = split(findings, options);
    let mut entries: Vec<String> = whole.into_iter().map(one).collect();
    entries.extend(many.iter().map(|kind| folded(kind, options)));
    entries
}

fn folded(kind: &Kind<'_>, options: TextOptions) -> String {
    let ink = Ink::new(options);
    let (Some(first), count) = (kind.findings.first(), kind.findings.len()) else { return String::new() };
    let mark = theme::of_finding(first);
    let mut out = format!(
        "  {}  {}  {}\n",
        ink.strong(mark.tone, &format!("{} {}", mark.symbol, mark.word)),
        ink.bold(&format!("{} objects", number(count as u64))),
        ink.dim(kind.code.as_str()),
    );
    out.push_str(&ink.wrap(4, 0, &clean::line(&kind.what)));
    for finding in kind.findings.iter().take(NAMES) {
        out.push_str(&format!("    · {}\n", name(&finding.subject)));
    }
    let rest = format!("… {} more, all of them with -v and with --format json", number((count - NAMES) as u64));
    out.push_str(&format!("    {}\n", ink.dim(&rest)));
    if let Some(remedy) = &first.remedy {
        let text = ink.wrap(4, 8, &format!("remedy: {}", clean::line(remedy)));
        out.push_str(&text.replacen("remedy:", &ink.tone(Tone::Info, "remedy:"), 1));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilotlight_findings::Severity;

    fn unmanaged(kind: &str, id: usize) -> Finding {
        let subject = Subject::CloudObject { resource_type: kind.into(), id: format!("id-{id}"), region: None };
        Finding::new(codes::D_UNMANAGED, Severity::Error, subject, "no given state has it").remedy("import it")
    }

    #[test]
    fn a_silent_aws_is_one_entry_whatever_was_asked() {
        let unread = |index: usize, reason: &str| {
            let address = format!("aws_x{index}.a");
            let subject = Subject::Resource { stack: "app".into(), side: None, address, id: None };
            Finding::new(codes::D_UNREAD, Severity::Warning, subject, format!("aws_x{index} was not read: {reason}"))
        };
        let all = [
            unread(0, "DescribeVpcs of ec2 in eu-west-1: no answer: none within 15 seconds"),
            unread(1, "call DescribeAvailabilityZones of ec2 in eu-west-1 (no answer: none within 15 seconds)"),
            unread(2, "ListResourceRecordSets of route53: no answer: none within 15 seconds"),
            unread(3, "DescribeSubnets of ec2 in eu-west-1: no answer: none within 15 seconds"),
            unread(4, "AccessDenied"),
        ];
        let entries = findings(&all.iter().collect::<Vec<_>>(), TextOptions::default(), |one| one.message.clone());
        assert_eq!(entries.len(), 2, "{entries:#?}");
        assert_eq!(entries[0], "aws_x4 was not read: AccessDenied");
        assert!(entries[1].contains("4 objects"), "{}", entries[1]);
        assert!(entries[1].contains("gave no answer: none within 15 seconds\n"), "{}", entries[1]);
        let refused = "call DescribeVpcs of ec2 (no answer: Connection refused (os error 111))";
        assert!(no_answer(refused).unwrap().ends_with("no answer: Connection refused (os error 111)"));
    }

    #[test]
    fn a_thousand_objects_of_a_type_are_one_entry_and_three_are_three() {
        let all: Vec<Finding> =
            (0..1000).map(|id| unmanaged("aws_a", id)).chain((0..3).map(|id| unmanaged("aws_b", id))).collect();
        let all: Vec<&Finding> = all.iter().collect();
        let entries = findings(&all, TextOptions::default(), |finding| format!("whole {}", finding.subject));
        assert_eq!(entries.len(), 4);
        assert_eq!(entries[0], "whole aws_b id-0");
        assert!(entries[3].contains("1,000 objects") && entries[3].contains("997 more"), "{}", entries[3]);
        let verbose = TextOptions { verbose: true, ..TextOptions::default() };
        assert_eq!(findings(&all, verbose, |_| String::new()).len(), 1003);
    }
}
