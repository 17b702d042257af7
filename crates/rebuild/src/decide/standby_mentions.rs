//! What the source says of the standby region before it is there.

use super::json::{Json, JsonKind, Member};
use super::kept::both_sides;
use super::ranges::is_within;
use super::retarget::Work;
use super::self_copies::is_copier;
use super::sources::Parsed;
use super::syntax::{Syntax, attribute, blocks, labels, literal, place};
use hcl_edit::expr::{BinaryOp, BinaryOperator, Conditional, Expression};
use hcl_edit::visit::{self, Visit};
use pilotlight_findings::{Region, Severity, Subject, codes};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The region that AWS treats apart from all others: S3's location has no name for it, and what an account spends
/// is measured there.
const APART: &str = "us-east-1";

/// The domain of its machines.
const PRIVATE_DOMAIN: &str = "ec2.internal";

/// How many lines a note names before it says how many more there are.
const NAMED_LINES: usize = 8;

/// Notes where the standby has a part in the source already, and where the primary is compared with for what AWS
/// does there alone.
pub(crate) fn tell(work: &mut Work<'_>) {
    let files: Vec<PathBuf> = work.parsed.keys().cloned().collect();
    for file in &files {
        mentions(work, file);
        // Most files compare nothing with it.
        if work.input.primary.as_str() == APART && work.parsed[file].text.contains(APART) {
            comparisons(work, file);
        }
    }
    let documents: Vec<PathBuf> = work.json.keys().cloned().collect();
    for file in &documents {
        mentions_in_json(work, file);
    }
}

/// Whole texts that are the standby region, and ARNs in it: a second site or the target of copies, which is now the
/// stack itself.
fn mentions(work: &mut Work<'_>, file: &Path) {
    let standby = work.input.standby.clone();
    let parsed = &work.parsed[file];
    let named: Vec<Range<usize>> = parsed
        .syntax
        .literals
        .iter()
        .filter(|range| {
            parsed.text.get((*range).clone()).is_some_and(|text| text == standby.as_str() || is_arn_in(text, &standby))
        })
        .cloned()
        .collect();
    if named.is_empty() {
        return;
    }
    let told: Vec<Range<usize>> = told(work, parsed).into_iter().chain(work.removed_ranges(file)).collect();
    let is_told = |range: &Range<usize>| told.iter().any(|known| is_within(range, known));
    let found: Vec<Range<usize>> = named.into_iter().filter(|range| !is_told(range)).collect();
    note(work, file, &found);
}

/// The same in JSON.
fn mentions_in_json(work: &mut Work<'_>, file: &Path) {
    fn walk(work: &Work<'_>, value: &Json, found: &mut Vec<Range<usize>>) {
        let standby = work.input.standby;
        match &value.kind {
            JsonKind::Text(text) if text == standby.as_str() || is_arn_in(text, standby) => {
                found.push(value.range.clone());
            }
            JsonKind::Object(members) => {
                let is_primary = |member: &Member| member.value.text() == Some(work.input.primary.as_str());
                if members.iter().any(is_primary) || both_sides(&work.words, &value.words()).is_some() {
                    return;
                }
                let is_told = |key: &str| key == "validation" || is_copier(key);
                let others = members.iter().filter(|member| !is_told(&member.key));
                others.for_each(|member| walk(work, &member.value, found));
            }
            JsonKind::Array(items) if both_sides(&work.words, &value.words()).is_none() => {
                items.iter().for_each(|item| walk(work, item, found));
            }
            _ => {}
        }
    }
    let document = Arc::clone(&work.json[file]);
    let mut found = Vec::new();
    let told = |key: &str| ["provider", "terraform", "import", "//"].contains(&key);
    for member in document.json.members().into_iter().filter(|member| !told(&member.key)) {
        walk(work, &member.value, &mut found);
    }
    let gone = work.removed_ranges(file);
    found.retain(|range| !gone.iter().any(|gone| is_within(range, gone)));
    note(work, file, &found);
}

fn note(work: &mut Work<'_>, file: &Path, found: &[Range<usize>]) {
    let Some(first) = found.first().cloned() else { return };
    let (primary, standby) = (work.input.primary, work.input.standby);
    let mut lines: Vec<usize> = found.iter().map(|range| work.span(file, range.clone()).start.line).collect();
    lines.dedup();
    let mut shown: Vec<String> = lines.iter().take(NAMED_LINES).map(usize::to_string).collect();
    if lines.len() > NAMED_LINES {
        shown.push(format!("{} more", lines.len() - NAMED_LINES));
    }
    let message = format!(
        "the source names {standby} already (line {}): what is a second region to {primary} is the stack's own in the standby",
        shown.join(", ")
    );
    let subject = Subject::File { span: work.span(file, first) };
    work.note(codes::R_STANDBY_NAMED, Severity::Warning, subject, message);
}

/// `arn:aws:backup:eu-central-1:123456789012:backup-vault:copies`, or as much of it as stands before an interpolation.
fn is_arn_in(text: &str, region: &Region) -> bool {
    text.starts_with("arn:") && text.split(':').nth(3) == Some(region.as_str())
}

/// Where mentions of the standby are told of elsewhere: providers, backends, tables of both sides, and what copies.
fn told(work: &Work<'_>, Parsed { text, syntax, .. }: &Parsed) -> Vec<Range<usize>> {
    let mut told: Vec<Range<usize>> =
        ["provider", "terraform"].iter().flat_map(|kind| syntax.blocks(kind)).map(place).collect();
    let copiers = syntax.blocks("resource").filter(|block| labels(block).first().is_some_and(|kind| is_copier(kind)));
    told.extend(copiers.map(place));
    // What a region is compared with is no part of the stack.
    told.extend(Compared::with(work.input.standby.as_str(), syntax, &[]));
    // Which values a variable may have says nothing of what it has.
    let variables = syntax.blocks("variable").flat_map(|block| blocks(&block.body, "validation"));
    told.extend(variables.filter_map(|check| attribute(&check.body, "condition")).map(place));
    let quoted = format!("\"{}\"", work.input.primary);
    let both = syntax.tables.iter().filter(|table| {
        let has_primary = table.values.iter().any(|value| text.get(value.clone()) == Some(quoted.as_str()));
        has_primary || both_sides(&work.words, &table.words).is_some()
    });
    told.extend(both.map(|table| table.range.clone()));
    told
}

/// `var.region == "us-east-1"`: the name is replaced, and what was meant may have been AWS's own exception.
fn comparisons(work: &mut Work<'_>, file: &Path) {
    let compared = Compared::with(APART, &work.parsed[file].syntax, &[PRIVATE_DOMAIN]);
    let gone = work.removed_ranges(file);
    let is_gone = |range: &Range<usize>| gone.iter().any(|gone| is_within(range, gone));
    for range in compared.into_iter().filter(|range| !is_gone(range)) {
        let standby = work.input.standby.clone();
        let subject = Subject::File { span: work.span(file, range) };
        let message = format!(
            "something is compared with {APART} here, and with {standby} in the standby: right where it chooses what is this stack's own, and wrong where it means what AWS does in {APART} alone"
        );
        work.note(codes::R_COMPARED, Severity::Warning, subject, message);
    }
}

/// Comparisons with a region.
struct Compared<'a> {
    region: &'a str,
    /// None is looked for where it chooses one of these.
    but_for: &'a [&'a str],
    found: Vec<Range<usize>>,
}

impl<'a> Compared<'a> {
    fn with(region: &'a str, syntax: &Syntax, but_for: &'a [&'a str]) -> Vec<Range<usize>> {
        let mut compared = Self { region, but_for, found: Vec::new() };
        compared.visit_body(&syntax.body);
        compared.found
    }
}

impl Visit for Compared<'_> {
    fn visit_binary_op(&mut self, node: &BinaryOp) {
        let is_region = |side: &Expression| literal(side) == Some(self.region);
        let is_equality = matches!(*node.operator, BinaryOperator::Eq | BinaryOperator::NotEq);
        if is_equality && (is_region(&node.lhs_expr) || is_region(&node.rhs_expr)) {
            self.found.push(place(node));
        }
        visit::visit_binary_op(self, node);
    }

    fn visit_conditional(&mut self, node: &Conditional) {
        // The domain follows as the region does, so that the standby's is chosen.
        let is_but =
            |side: &Expression| literal(side).is_some_and(|text| self.but_for.iter().any(|known| text.contains(known)));
        if is_but(&node.true_expr) || is_but(&node.false_expr) {
            return;
        }
        visit::visit_conditional(self, node);
    }
}
