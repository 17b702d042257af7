//! Which texts of a file of JSON can name the primary, and which of its tables name both sides.

use super::id_shapes::Shapes;
use super::json::{self, Json, JsonKind, Member};
use super::kept::{beside, both_sides, one_for_another, region_of};
use super::named_ids::shapes_of;
use super::ranges::is_within;
use super::replace::Literal;
use super::retarget::{Rule, Work};
use super::signs::Signs;
use super::sources::Document;
use super::syntax::{ERROR_MESSAGE, tables_of_template};
use crate::observe::FileKind;
use pilotlight_findings::{Code, Region, Severity, Subject, codes};
use std::ops::Range;
use std::path::Path;

/// Attributes of blocks in JSON that name what is declared elsewhere, or that no region decides.
const NAMES_IN_JSON: [&str; 8] =
    ["alias", "provider", "providers", "source", "version", "depends_on", "required_providers", "lifecycle"];

/// The texts of a file of JSON, without the names of its blocks and of variables.
pub(super) fn json_literals(work: &Work<'_>, file: &Path) -> Vec<Literal> {
    let Document { text, json: document } = &*work.json[file];
    let mut found = Vec::new();
    let mut collect = |member: &Member, rule, is_said: bool, is_of_aws: bool| {
        let is_said = is_said && member.key == "description";
        let shapes = shapes_of(&member.key, is_of_aws);
        values(work, text, &member.value, Like { rule, shapes, is_of_aws, is_said }, &mut found);
    };
    if FileKind::of(file) == FileKind::VarsJson {
        document.members().into_iter().for_each(|member| collect(member, None, false, false));
    } else {
        for (kind, labels, rule) in [
            ("resource", 2, None),
            ("data", 2, None),
            ("module", 1, None),
            ("provider", 1, Some(Rule::ProviderRegion)),
            ("terraform", 0, Some(Rule::Backend)),
            ("variable", 1, None),
            ("output", 1, None),
            ("check", 1, None),
            ("locals", 0, None),
            ("moved", 0, None),
            ("removed", 0, None),
        ] {
            for (labels, body) in document.blocks(kind, labels) {
                let is_of_aws = labels.first().is_some_and(|first| first.key.starts_with("aws_"));
                let members = body.members().into_iter();
                members
                    .filter(|member| !NAMES_IN_JSON.contains(&member.key.as_str()))
                    .for_each(|member| collect(member, rule, matches!(kind, "variable" | "output"), is_of_aws));
            }
        }
    }
    let kept = work.kept_of(file);
    found.retain(|literal: &Literal| !kept.iter().any(|kept| is_within(&literal.range, kept)));
    found
}

/// The values that are the primary region where another one beside them is the standby: with one region in both places
/// it says something else.
fn beside_the_standby<'a>(work: &Work<'_>, members: &'a [Member]) -> Vec<&'a Range<usize>> {
    let is = |member: &&Member, region: &Region| member.value.text() == Some(region.as_str());
    if !members.iter().any(|member| is(&member, work.input.standby)) {
        return Vec::new();
    }
    members.iter().filter(|member| is(member, work.input.primary)).map(|member| &member.value.range).collect()
}

/// Says which tables of a file of JSON name both sides, or the primary and others; as [`super::kept`] does of HCL.
pub(super) fn json_tables(work: &mut Work<'_>, file: &Path) {
    type Told = (Code, Severity, Range<usize>, String);
    fn walk(work: &Work<'_>, value: &Json, found: &mut Vec<Told>) {
        if let Some((word, new)) = sides_of(work, value) {
            let message = format!("left as it is: it names {word} and {new} side by side");
            found.push((codes::R_KEPT, Severity::Info, value.range.clone(), message));
            return;
        }
        let (primary, standby) = (work.input.primary, work.input.standby);
        if let JsonKind::Object(members) = &value.kind {
            let is_other = |key: &str| region_of(key).is_some_and(|region| region != primary.as_str());
            let ours = members.iter().find(|member| member.key == primary.as_str());
            if let Some(ours) = ours.filter(|_| members.iter().any(|member| is_other(&member.key))) {
                let message = one_for_another(primary, standby);
                found.push((codes::R_REGION_TABLE, Severity::Warning, ours.value.range.clone(), message));
            }
            for range in beside_the_standby(work, members) {
                found.push((codes::R_KEPT, Severity::Warning, range.clone(), beside(standby)));
            }
        }
        value.children().into_iter().for_each(|inner| walk(work, inner, found));
    }
    let mut found = Vec::new();
    walk(work, &work.json[file].json, &mut found);
    for (code, severity, range, message) in found {
        let subject = Subject::File { span: work.span(file, range) };
        work.note(code, severity, subject, message);
    }
}

/// What a table of both sides names: an object, a list, or a text with one in its template.
fn sides_of(work: &Work<'_>, value: &Json) -> Option<(String, String)> {
    match value.text() {
        Some(text) if json::is_template(text) && !work.words.find(text).is_empty() => {
            let template = text.parse().ok()?;
            tables_of_template(&template).iter().find_map(|table| both_sides(&work.words, &table.words))
        }
        _ => both_sides(&work.words, &value.words()),
    }
}

/// What a text of JSON has from what it stands in; see [`Literal`].
#[derive(Clone, Copy)]
struct Like {
    rule: Option<Rule>,
    shapes: Shapes,
    is_of_aws: bool,
    is_said: bool,
}

/// The texts of a value: those of its keys too.
fn values(work: &Work<'_>, text: &str, value: &Json, like: Like, found: &mut Vec<Literal>) {
    let Like { rule, shapes, is_of_aws, is_said } = like;
    let is_table = sides_of(work, value).is_some();
    if is_table && value.text().is_none() {
        return;
    }
    let mut add = |range: &Range<usize>| {
        let literals = json::literals(text, range.clone()).into_iter();
        // A table in a template is within its interpolations, whose texts begin with an escaped quote.
        let literals = literals.filter(|part| !is_table || !text[..part.start].ends_with("\\\""));
        let signs = |range: &Range<usize>| Signs::of(&text[range.clone()]);
        found.extend(literals.map(|range| Literal { signs: signs(&range), range, rule, shapes, is_said }));
    };
    match &value.kind {
        JsonKind::Text(_) => add(&value.range),
        JsonKind::Array(items) => items.iter().for_each(|item| values(work, text, item, like, found)),
        JsonKind::Object(members) => {
            members.iter().for_each(|member| add(&member.key_range));
            // What stands under another region's name is that region's.
            let other = |key: &str| region_of(key).is_some_and(|region| region != work.input.primary.as_str());
            let apart = beside_the_standby(work, members);
            let is_apart = |member: &Member| apart.contains(&&member.value.range);
            for member in members.iter().filter(|member| !other(&member.key) && !is_apart(member)) {
                let called = members.iter().find(|one| member.key == "value" && one.key == "name");
                let called = called.and_then(|one| one.value.text());
                let shapes = shapes_of(called.unwrap_or(&member.key), is_of_aws);
                let is_said = is_said || member.key == ERROR_MESSAGE;
                values(work, text, &member.value, Like { rule, shapes, is_of_aws, is_said }, found);
            }
        }
        JsonKind::Other => {}
    }
}
