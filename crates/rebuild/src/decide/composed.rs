//! Names of the primary that functions and templates put together from parts, none of which tells it:
//! `format("%s-%s-%d", "eu", "west", 1)`, `"${local.area}-west-1"`.
//!
//! What is constant is computed as Terraform would, with every literal as retargeting leaves it: where the result still
//! names the primary, it is told. This looks at modules alone that write out a part of the region's name or an id
//! without its beginning. What is not constant here (a module's inputs, `for`, a data source) is found in Terraform's
//! plan, by the search for residue.

mod functions;
mod value;

use super::id_shapes::{Shapes, is_uuid};
use super::modules::Instances;
use super::own_ids::Kind;
use super::retarget::Work;
use super::signs::Signs;
use super::syntax::{attribute, labels, place};
use crate::observe::FileKind;
use hcl_edit::expr::Expression;
use hcl_edit::structure::Structure;
use hcl_edit::visit::{self, Visit};
use pilotlight_findings::{Severity, Subject, codes};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use value::{Constants, Literals, fold};

/// Which literals may be a part of the region's name.
#[derive(Debug, Clone)]
pub(crate) struct Fragments {
    /// `euwest1`, and the same backwards.
    names: [String; 2],
    /// Which bytes the name has, small and large.
    of_name: [bool; 256],
}

/// Longer texts are no part of a region's name.
const LONGEST: usize = 16;

impl Fragments {
    pub(crate) fn of(primary: &str) -> Self {
        let name: String = primary.split('-').collect();
        let backwards = name.chars().rev().collect();
        let mut of_name = [false; 256];
        for byte in name.bytes() {
            of_name[usize::from(byte)] = true;
            of_name[usize::from(byte.to_ascii_uppercase())] = true;
        }
        Self { names: [name, backwards], of_name }
    }

    /// Whether a literal without any word of the region is `eu`, `west-`, `eu/west/1`; or an id without its beginning.
    pub(crate) fn is_one(&self, text: &str) -> bool {
        let length = text.len();
        if !(2..=LONGEST).contains(&length) {
            return matches!(length, 17 | 36) && is_tail(text);
        }
        let (mut squeezed, mut end, mut letters) = ([0; LONGEST], 0, 0);
        for byte in text.bytes() {
            if self.of_name[usize::from(byte)] {
                squeezed[end] = byte.to_ascii_lowercase();
                letters += usize::from(byte.is_ascii_alphabetic());
                end += 1;
            } else if byte.is_ascii_alphanumeric() || !byte.is_ascii_graphic() && byte != b' ' {
                return false;
            }
        }
        let name = std::str::from_utf8(&squeezed[..end]).unwrap_or_default();
        letters > 1 && self.names.iter().any(|known| known.contains(name))
    }
}

/// Seventeen digits of an id, or a UUID.
fn is_tail(text: &str) -> bool {
    let is_hexadecimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hexadecimal && text.len() == 17 || is_uuid(text)
}

/// What was put together.
struct Found {
    file: PathBuf,
    range: Range<usize>,
    /// `join()`, or a template.
    by: String,
    name: String,
    is_id: bool,
}

/// Tells what is put together in the modules that have a part of the region's name ([`Work::composing`]).
pub(crate) fn tell(work: &mut Work<'_>, instances: &Instances) {
    let folders: BTreeSet<PathBuf> =
        std::mem::take(&mut work.composing).into_iter().filter(|folder| instances.contains_key(folder)).collect();
    let mut found = Vec::new();
    for folder in folders {
        let constants = constants(work, &folder);
        for (file, parsed) in work.parsed.iter().filter(|(file, _)| is_of(file, &folder)) {
            let gone = [work.removed_ranges(file), work.kept_of(file), parsed.syntax.said.clone()].concat();
            let mut search = Search { work, constants: &constants, file, gone: &gone, found: Vec::new() };
            search.visit_body(&parsed.syntax.body);
            found.append(&mut search.found);
        }
    }
    for Found { file, range, by, name, is_id } in found {
        let span = work.span(&file, range);
        // What was said of a part of it says less.
        let is_part = |subject: &Subject| match subject {
            Subject::File { span: part } => {
                part.file == span.file && span.bytes.0 <= part.bytes.0 && part.bytes.1 <= span.bytes.1
            }
            _ => false,
        };
        work.result.notes.retain(|note| note.code != codes::R_SPELLING || !is_part(&note.subject));
        let (primary, standby) = (work.input.primary, work.input.standby);
        let message = match is_id {
            false => format!(
                "{by} makes {name} here, of parts that do not follow {primary}: it stays; take the region from a variable or data.aws_region, or write its name out"
            ),
            true => format!(
                "{by} makes {name} here, which AWS gave out in {primary}: it stays; write it out in one text, so that map can say what stands for it in {standby}"
            ),
        };
        work.note(codes::R_COMPOSED, Severity::Warning, Subject::File { span }, message);
    }
}

fn is_of(file: &Path, folder: &Path) -> bool {
    FileKind::of(file) == FileKind::Hcl && file.parent() == Some(folder)
}

/// Locals and variables of a module by name, with the expression that is their value.
fn constants<'w>(work: &'w Work<'_>, folder: &Path) -> Constants<'w> {
    let mut constants = Constants { locals: BTreeMap::new(), variables: BTreeMap::new() };
    for (_, parsed) in work.parsed.iter().filter(|(file, _)| is_of(file, folder)) {
        for block in parsed.syntax.blocks("locals") {
            for structure in block.body.iter() {
                if let Structure::Attribute(one) = structure {
                    constants.locals.insert(one.key.as_str(), &one.value);
                }
            }
        }
        for block in parsed.syntax.blocks("variable") {
            if let (Some(name), Some(value)) = (labels(block).first(), attribute(&block.body, "default")) {
                constants.variables.insert(name, value);
            }
        }
    }
    if folder.as_os_str().is_empty() {
        for (_, parsed) in work.parsed.iter().filter(|(file, _)| FileKind::of(file) == FileKind::Vars) {
            for structure in parsed.syntax.body.iter() {
                if let Structure::Attribute(one) = structure {
                    constants.variables.insert(one.key.as_str(), &one.value);
                }
            }
        }
    }
    constants
}

/// Goes through a file's expressions, the outer ones first.
struct Search<'a, 'w> {
    work: &'a Work<'w>,
    constants: &'a Constants<'a>,
    file: &'a Path,
    gone: &'a [Range<usize>],
    found: Vec<Found>,
}

impl Visit for Search<'_, '_> {
    fn visit_expr(&mut self, node: &Expression) {
        let by = match node {
            Expression::FuncCall(call) => format!("{}()", call.name.name.as_str()),
            Expression::StringTemplate(_) => "a template".to_owned(),
            _ => return visit::visit_expr(self, node),
        };
        let range = place(node);
        if self.gone.iter().any(|gone| gone.start < range.end && range.start < gone.end) {
            return visit::visit_expr(self, node);
        }
        match self.judge(node) {
            Some((name, is_id)) => self.found.push(Found { file: self.file.to_owned(), range, by, name, is_id }),
            None => visit::visit_expr(self, node),
        }
    }
}

impl Search<'_, '_> {
    /// What of the primary's an expression makes, that no literal of it has.
    fn judge(&self, node: &Expression) -> Option<(String, bool)> {
        let words = &self.work.words;
        let retarget = |text: &str| words.replace(text);
        let names = |text: &str| words.find(text).into_iter().find(|hit| !hit.stays(text)).map(|hit| hit.range);
        // What names it as it is, is told where it is.
        let literals = Literals { read: &retarget, is_told: &|text| names(text).is_some() };
        let now = fold(node, self.constants, &literals)?;
        let now = now.text()?;
        if let Some(range) = names(&now) {
            return Some((now[range].to_owned(), false));
        }
        let own = |text: &str| {
            let named = !words.find(text).is_empty();
            self.work.own_ids.find(text, 0..text.len(), named, Shapes::NONE, Signs::of(text))
        };
        let seen = std::cell::RefCell::new(Vec::new());
        let read = |text: &str| {
            seen.borrow_mut().push(text.to_owned());
            text.to_owned()
        };
        let literals = Literals { read: &read, is_told: &|text| !own(text).is_empty() };
        let then = fold(node, self.constants, &literals)?;
        let then = then.text()?;
        let answered = |name: &str| {
            words.find(name).iter().any(|hit| !matches!(hit.rule, super::Rule::Region | super::Rule::Zone))
        };
        let made = own(&then).into_iter().find(|own| {
            let name = &then[own.range.clone()];
            // A literal that has all of it, or its id, is asked about where it is.
            let is_whole = seen.borrow().iter().any(|literal| literal.contains(name) || is_asked(self.work, literal));
            own.kind != Kind::Host && !is_whole && !answered(name)
        });
        made.map(|own| (then[own.range].to_owned(), true))
    }
}

/// Whether a literal of this text is asked about somewhere.
fn is_asked(work: &Work<'_>, literal: &str) -> bool {
    work.result.open.iter().any(|open| open.what.starts_with(literal) && !literal.is_empty())
}
