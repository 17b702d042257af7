//! A resource of the source as far as its name is concerned, the same for HCL and JSON.

use crate::decide::json::{Json, is_template};
use crate::decide::retarget::Work;
use crate::decide::syntax::{
    Reference, attribute, blocks, labels, literal, place, references_in, references_of_template, sets,
};
use hcl_edit::expr::Expression;
use hcl_edit::structure::Block;
use std::ops::Range;
use std::path::Path;

/// A `resource` block, and where it stands.
pub(super) struct Resource<'a> {
    pub(super) file: &'a Path,
    /// In JSON that of its body, whose key is on the same line.
    pub(super) range: Range<usize>,
    pub(super) resource_type: &'a str,
    pub(super) name: &'a str,
    body: Body<'a>,
}

#[derive(Clone, Copy)]
enum Body<'a> {
    Hcl(&'a Block),
    Json(&'a Json),
}

/// What an argument is set to.
pub(super) enum Said<'a> {
    /// A text that is written out, and where.
    Text(&'a str, Range<usize>),
    /// It shows in the plan.
    Computed,
}

/// Every resource of the source, in the order of the files.
pub(super) fn resources<'a>(work: &'a Work<'_>) -> impl Iterator<Item = Resource<'a>> {
    let of_hcl = work.parsed.iter().flat_map(|(file, parsed)| {
        parsed.syntax.blocks("resource").filter_map(|block| match labels(block)[..] {
            [resource_type, name] => {
                Some(Resource { file, range: place(block), resource_type, name, body: Body::Hcl(block) })
            }
            _ => None,
        })
    });
    let of_json = work.json.iter().flat_map(|(file, document)| {
        document.json.blocks("resource", 2).into_iter().filter_map(|(labels, body)| match labels[..] {
            [resource_type, name] => {
                let (resource_type, name) = (resource_type.key.as_str(), name.key.as_str());
                Some(Resource { file, range: body.range.clone(), resource_type, name, body: Body::Json(body) })
            }
            _ => None,
        })
    });
    of_hcl.chain(of_json)
}

impl<'a> Resource<'a> {
    pub(super) fn folder(&self) -> &'a Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// What an argument directly in it is set to.
    pub(super) fn said(&self, name: &str) -> Option<Said<'a>> {
        match self.body {
            Body::Hcl(block) => Some(match attribute(&block.body, name)? {
                text @ Expression::String(value) => Said::Text(value.as_str(), place(text)),
                _ => Said::Computed,
            }),
            Body::Json(body) => {
                let value = body.member(name)?;
                let text = value.text().filter(|text| !is_template(text));
                Some(text.map_or(Said::Computed, |text| Said::Text(text, value.range.clone())))
            }
        }
    }

    /// What an argument refers to.
    pub(super) fn references(&self, name: &str) -> Vec<Reference> {
        match self.body {
            Body::Hcl(block) => attribute(&block.body, name).map(references_in).unwrap_or_default(),
            Body::Json(body) => {
                let template = body.member(name).and_then(Json::text).and_then(|text| text.parse().ok());
                template.as_ref().map(references_of_template).unwrap_or_default()
            }
        }
    }

    /// Whether it has a block, or an argument, of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        match self.body {
            Body::Hcl(block) => sets(&block.body, name),
            Body::Json(body) => body.sets(name),
        }
    }

    /// Whether a list in blocks of it has a text that is not `word`, or one that is computed.
    pub(super) fn lists_other(&self, block_type: &str, list: &str, word: &str) -> bool {
        match self.body {
            Body::Hcl(block) => blocks(&block.body, block_type).any(|inner| {
                matches!(attribute(&inner.body, list), Some(Expression::Array(items))
                    if items.iter().any(|item| literal(item).is_none_or(|item| item != word)))
            }),
            Body::Json(body) => body
                .blocks(block_type, 0)
                .iter()
                .filter_map(|(_, inner)| inner.member(list))
                .any(|items| items.words().iter().any(|item| item != word)),
        }
    }
}
