//! Numbers that each region counts for itself: the revision of a task definition, the version of a function.

use super::id_shapes::Shapes;
use super::named_ids::named_counts;
use super::own_ids::arns_with_number;
use super::retarget::Work;
use super::signs::Signs;
use pilotlight_findings::{Finding, Severity, Subject, codes};
use std::ops::Range;
use std::path::Path;

/// Services, how their resources begin that end in such a number, and what stands before it.
/// Source: Service Authorization Reference, "Resource types" of each service.
const COUNTED: [(&str, &str, char); 9] = [
    ("batch", "job-definition/", ':'),
    ("ecs", "task-definition/", ':'),
    ("imagebuilder", "component/", '/'),
    ("imagebuilder", "image/", '/'),
    ("lambda", "function:", ':'),
    ("sagemaker", "model-package/", '/'),
    ("ssm", "parameter/", ':'),
    ("states", "stateMachine:", ':'),
    ("bedrock", "prompt/", ':'),
];

/// Longer numbers are no counts: an account, a time.
const LONGEST: usize = 6;

/// Where such a number stands in an ARN that begins in a range of a text, with the name before it.
fn counted(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !text[within.clone()].contains("arn:") {
        return found;
    }
    let is_of = |service: &str| COUNTED.iter().any(|(known, ..)| *known == service);
    for (service, resource) in arns_with_number(text, within, is_of) {
        let (service, shown) = (&text[service], &text[resource.clone()]);
        let Some((_, begin, sign)) =
            COUNTED.iter().find(|(known, begin, _)| *known == service && shown.starts_with(begin))
        else {
            continue;
        };
        let name = &shown[begin.len()..];
        let Some((before, number)) = name.rsplit_once(*sign) else { continue };
        if is_count(number) && !before.is_empty() && !before.contains("${") && !before.contains('*') {
            found.push(resource.start + begin.len()..resource.end);
        }
    }
    found
}

/// Whether a text is such a number.
pub(crate) fn is_count(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Says of what a range of a text has that it is counted in each region; `signs` are those of the range.
pub(crate) fn tell(work: &mut Work<'_>, file: &Path, whole: &str, within: Range<usize>, signs: Signs) {
    let (text, start) = (&whole[within.clone()], within.start);
    if signs.has(Signs::COLON) {
        for range in counted(whole, within) {
            note(work, file, range);
        }
    }
    // An ARN goes on behind an interpolation, and so beyond the range; the others do not.
    if !signs.has(Signs::DIGIT) {
        return;
    }
    let mut found = Vec::new();
    let has_sign = || text.bytes().any(|byte| matches!(byte, b' ' | b'=' | b'"' | b'\n'));
    if text.len() >= SHORTEST_NAMED && has_sign() && NAMED.iter().any(|part| text.contains(part)) {
        found.extend(named_counts(text));
    }
    if text.contains(RESOLVED) {
        found.extend(resolved(text));
    }
    for range in found {
        note(work, file, start + range.start..start + range.end);
    }
}

/// Parts of the names that such numbers have; most texts have none of them.
const NAMED: [&str; 3] = ["efinition", "ualifier", "ersion"];

/// `QUALIFIER=7` is as short as a text is that has a name and a number.
const SHORTEST_NAMED: usize = 11;

/// How CloudFormation's templates refer to a parameter by its version.
const RESOLVED: &str = "{{resolve:ssm";

/// `/app/size:3` of `{{resolve:ssm:/app/size:3}}`
fn resolved(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(RESOLVED) {
        let Some((whole, _)) = text[at..].split_once("}}") else { continue };
        let Some((_, name)) = whole[RESOLVED.len()..].split_once(':') else { continue };
        if name.rsplit_once(':').is_some_and(|(before, number)| !before.is_empty() && is_count(number)) {
            found.push(at + whole.len() - name.len()..at + whole.len());
        }
    }
    found
}

/// The same of values that are such a number by what they are called, as in `function_version = "7"`.
pub(crate) fn tell_named(work: &mut Work<'_>, file: &Path, values: &[(Range<usize>, Shapes)]) {
    for (range, shapes) in values {
        if !shapes.may_be_counted() {
            continue;
        }
        let text = work.text_of(file, range.clone());
        let is_quoted = text.len() > 1 && text.starts_with('"') && text.ends_with('"');
        let inner = if is_quoted { range.start + 1..range.end - 1 } else { range.clone() };
        if shapes.is_counted(text.trim_matches('"')) {
            note(work, file, inner);
        }
    }
}

fn note(work: &mut Work<'_>, file: &Path, range: Range<usize>) {
    let taken = [work.asked_ranges(file), work.removed_ranges(file), work.kept_of(file)].concat();
    if taken.iter().any(|other| other.start < range.end && range.start < other.end) {
        return;
    }
    let text = work.text_of(file, range.clone());
    let is_mapped = |work: &Work<'_>| {
        let mut hits = work.words.find(&text).into_iter();
        hits.any(|hit| hit.range.end == text.len() && work.input.stack.standby.map.contains_key(&text[hit.range]))
    };
    if is_mapped(work) {
        return;
    }
    let subject = Subject::File { span: work.span(file, range) };
    let message = format!(
        "{text} is left as it is: {} counts its own, so that this number may be another one there, or none",
        work.input.standby
    );
    let remedy = match text.contains([':', '/']) {
        true => format!(
            "refer to the resource or leave the number out; or say which one stands for it: map = {{ \"{text}\" = \"…\" }}"
        ),
        false => "refer to the resource, so that it follows; or give the standby its own with set".to_owned(),
    };
    let finding = Finding::new(codes::R_COUNTED, Severity::Warning, subject, message).remedy(remedy);
    if !work.result.notes.contains(&finding) {
        work.result.notes.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_has_a_version() {
        let text = "é {{resolve:ssm:/app/size:3}} {{resolve:ssm-secure:key:12}} {{resolve:ssm:/app/size}}";
        let found: Vec<&str> = resolved(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["/app/size:3", "key:12"]);
        assert!(resolved("{{resolve:ssm").is_empty());
    }

    #[test]
    fn counts_end_the_arns_with_number_what_is_counted() {
        let found = |text: &'static str| -> Vec<&str> {
            counted(text, 0..text.len()).into_iter().map(|range| &text[range]).collect()
        };
        for (text, expected) in [
            ("arn:aws:ecs:eu-west-1:123456789012:task-definition/web:12", &["web:12"][..]),
            ("arn:aws:lambda:eu-west-1:123456789012:function:orders:7", &["orders:7"]),
            ("\"arn:aws:batch:${var.region}:123456789012:job-definition/nightly:3\"", &["nightly:3"]),
            ("arn:aws:imagebuilder:eu-west-1:1:component/base/1.0.0/2", &["base/1.0.0/2"]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        for text in [
            "arn:aws:ecs:eu-west-1:123456789012:task-definition/web",
            "arn:aws:ecs:eu-west-1:123456789012:task-definition/*:*",
            "arn:aws:lambda:eu-west-1:123456789012:function:orders:live",
            "arn:aws:lambda:eu-west-1:123456789012:function:${var.name}:7",
            "arn:aws:sqs:eu-west-1:123456789012:orders:7",
            "web:12",
            "",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
