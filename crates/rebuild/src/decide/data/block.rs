//! Edits of one resource's block: what it is given, what it must not have, what Terraform is to leave alone.

use super::super::overrides::insertion;
use super::super::retarget::{Rule, Work};
use super::super::syntax::{attribute, blocks, labels, place};
use super::{Holder, block_of};
use hcl_edit::expr::Expression;
use hcl_edit::structure::Structure;
use std::collections::BTreeSet;
use std::ops::Range;

/// What a block becomes.
pub(super) struct Change<'c> {
    /// Attributes with their expressions.
    pub(super) give: Vec<(&'c str, String)>,
    /// Attributes and blocks that go.
    pub(super) without: &'c [&'c str],
    /// Attributes whose later changes are none of Terraform's business.
    pub(super) ignore: Vec<&'c str>,
    pub(super) reason: String,
    /// Why what goes has to go.
    pub(super) unwanted: &'static str,
}

/// Makes the edits, and gives the names of the attributes that they touch.
pub(super) fn change(work: &mut Work<'_>, holder: &Holder, change: Change<'_>) -> BTreeSet<String> {
    let mut touched: BTreeSet<String> = BTreeSet::new();
    let mut edits: Vec<(Range<usize>, String, String)> = Vec::new();
    let mut kept = Vec::new();
    {
        let Some(block) = block_of(work, holder) else { return touched };
        let text = &work.parsed[&holder.file].text;
        for structure in block.body.iter() {
            let (name, range) = match structure {
                Structure::Attribute(attribute) => (attribute.key.as_str(), place(attribute)),
                Structure::Block(inner) => match (inner.ident.as_str(), &labels(inner)[..]) {
                    ("dynamic", [name]) => (*name, place(inner)),
                    (name, _) => (name, place(inner)),
                },
            };
            if change.without.contains(&name) && !change.give.iter().any(|(given, _)| *given == name) {
                touched.insert(name.to_owned());
                edits.push((whole_lines(text, range), String::new(), format!("{name}: {}", change.unwanted)));
            }
        }
        take_empty_lines(text, &mut edits);
        let mut added = Vec::new();
        for (name, value) in &change.give {
            touched.insert((*name).to_owned());
            match attribute(&block.body, name) {
                Some(present) if text[place(present)] == **value => kept.push(place(present)),
                Some(present) => edits.push((place(present), value.clone(), change.reason.clone())),
                None => added.push(format!("{name} = {value}")),
            }
        }
        if !added.is_empty() {
            let (range, lines) = insertion(text, block, &added);
            edits.push((range, lines, change.reason.clone()));
        }
        let why = "the standby lives on as what it became, also when it is promoted";
        edits.extend(ignoring(text, block, &change.ignore).map(|(range, text)| (range, text, why.to_owned())));
    }
    for range in kept {
        work.keep(&holder.file, range);
    }
    for (range, text, reason) in edits {
        work.edit(&holder.file, range, text, Rule::Data, reason);
    }
    touched
}

/// The edit that adds names to `lifecycle { ignore_changes }`; none where they are there.
fn ignoring(text: &str, block: &hcl_edit::structure::Block, names: &[&str]) -> Option<(Range<usize>, String)> {
    if names.is_empty() {
        return None;
    }
    let list = names.join(", ");
    let Some(lifecycle) = blocks(&block.body, "lifecycle").next() else {
        let end = place(block).end - 1;
        let start = text[..end].rfind('\n').map_or(0, |at| at + 1);
        let indent: String = text[start..end].chars().take_while(|letter| letter.is_whitespace()).collect();
        let addition = format!("\n{indent}  lifecycle {{\n{indent}    ignore_changes = [{list}]\n{indent}  }}\n");
        return Some((start..start, addition));
    };
    match attribute(&lifecycle.body, "ignore_changes") {
        None => Some(insertion(text, lifecycle, &[format!("ignore_changes = [{list}]")])),
        Some(Expression::Array(present)) => {
            let known: Vec<&str> = present.iter().map(|item| text[place(item)].trim()).collect();
            let new: Vec<&str> = names.iter().copied().filter(|name| !known.contains(name)).collect();
            match (new.is_empty(), present.iter().last()) {
                (true, _) => None,
                (false, Some(last)) => {
                    let end = place(last).end;
                    Some((end..end, format!(", {}", new.join(", "))))
                }
                (false, None) => Some((place(present), format!("[{list}]"))),
            }
        }
        // `all` ignores them too; what else may stand there Terraform refuses.
        Some(_) => None,
    }
}

/// The lines of a range, to their end.
fn whole_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
    start..end
}

/// Lines that go from between two empty ones take the second with them.
fn take_empty_lines(text: &str, removals: &mut [(Range<usize>, String, String)]) {
    let starts: Vec<usize> = removals.iter().map(|(range, ..)| range.start).collect();
    let mut run_start = None;
    for (range, ..) in removals {
        let start = *run_start.get_or_insert(range.start);
        if starts.contains(&range.end) {
            continue;
        }
        run_start = None;
        let above = text[..start].lines().next_back().unwrap_or_default().trim_end();
        let below = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
        if (above.is_empty() || above.ends_with('{')) && text[range.end..below].trim().is_empty() {
            range.end = below;
        }
    }
}
