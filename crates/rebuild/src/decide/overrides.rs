//! The plan's `set`: attributes that have another value in the standby.

use super::literal;
use super::modules::{Instances, address};
use super::retarget::{Rule, Work};
use super::syntax::{attribute, blocks, labels, place};
use hcl_edit::structure::Block;
use pilotlight_findings::{Severity, Subject, codes};
use serde_json::Value;
use std::ops::Range;
use std::path::Path;

pub(crate) fn set(work: &mut Work<'_>, instances: &Instances) {
    for set in &work.input.stack.standby.set {
        let mut found = false;
        let mut changes = Vec::new();
        let mut shared = None;
        for (file, parsed) in &work.parsed {
            let folder = file.parent().map(Path::to_owned).unwrap_or_default();
            for block in parsed.syntax.blocks("resource") {
                let [resource_type, name] = labels(block)[..] else { continue };
                let paths = instances.get(&folder).map(Vec::as_slice).unwrap_or_default();
                if !paths.iter().any(|path| address(path, resource_type, name) == set.address) {
                    continue;
                }
                found = true;
                if paths.len() > 1 {
                    shared = Some((file.clone(), place(block)));
                }
                for (range, text) in assign(&parsed.text, block, &set.attributes) {
                    changes.push((file.clone(), range, text));
                }
            }
        }
        if let Some((file, range)) = shared {
            let what = format!("{} is set, and its module is called more than once", set.address);
            work.ask(&file, range, what, "give the module a variable for it: one block serves every call", None);
            continue;
        }
        for (file, range, text) in changes {
            work.edit(&file, range, text, Rule::Set, format!("the plan sets it for {}", set.address));
        }
        if !found {
            let subject = Subject::File { span: set.span.clone() };
            let message = format!("set names {}, which the source does not have", set.address);
            work.note(codes::R_OPTION_UNUSED, Severity::Error, subject, message);
        }
    }
}

/// The edits that give a block these attributes. What has the value already is left as it is.
pub(crate) fn assign<'a>(
    text: &str,
    block: &Block,
    attributes: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Vec<(Range<usize>, String)> {
    let mut edits = Vec::new();
    let mut added = Vec::new();
    for (name, value) in attributes {
        let nested: Vec<&Block> = blocks(&block.body, name).collect();
        match (attribute(&block.body, name), value, &nested[..]) {
            (Some(expression), value, _) => {
                let new = literal::expression(value);
                if !same(&text[place(expression)], &new) {
                    edits.push((place(expression), new));
                }
            }
            (None, Value::Object(inner), [one]) => edits.extend(assign(text, one, inner)),
            (None, value, _) => added.push(format!("{name} = {}", literal::expression(value))),
        }
    }
    if !added.is_empty() {
        edits.push(insertion(text, block, &added));
    }
    edits
}

/// Whether two expressions are the same but for white space.
fn same(a: &str, b: &str) -> bool {
    a == b
        || matches!((a.parse::<hcl_edit::expr::Expression>(), b.parse::<hcl_edit::expr::Expression>()), (Ok(a), Ok(b)) if a == b)
}

/// Puts lines at the head of a block, apart from what follows so that no column moves.
pub(crate) fn insertion(text: &str, block: &Block, lines: &[String]) -> (Range<usize>, String) {
    let span = place(block);
    let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let indent: String =
        text[line_start..span.start].chars().take_while(|letter| *letter == ' ' || *letter == '\t').collect();
    let open = block_open(text, block);
    let body = text[open..span.end - 1].to_owned();
    let width = lines.iter().filter_map(|line| line.find(" = ")).max().unwrap_or(0);
    let lines: String = lines
        .iter()
        .map(|line| {
            let (name, value) = line.split_once(" = ").unwrap_or((line, ""));
            format!("{indent}  {name:width$} = {value}\n")
        })
        .collect();
    if let Some(end) = body.find('\n') {
        let follows = body[end + 1..].lines().next().unwrap_or_default().trim();
        let apart = if follows.is_empty() && !body[end + 1..].trim().is_empty() || body[end + 1..].trim().is_empty() {
            ""
        } else {
            "\n"
        };
        return (open + end + 1..open + end + 1, format!("{lines}{apart}"));
    }
    // `{}` and `{ region = "x" }` are opened up.
    let inner = body.trim();
    let rest = if inner.is_empty() { String::new() } else { format!("\n{indent}  {inner}\n") };
    (open..span.end - 1, format!("\n{lines}{rest}{indent}"))
}

/// The byte after the block's opening brace.
fn block_open(text: &str, block: &Block) -> usize {
    let head = block.labels.last().map_or_else(|| place(&block.ident), place);
    let end = if head.is_empty() { place(block).start } else { head.end };
    text[end..].find('{').map_or(end, |at| end + at + 1)
}
