//! Blocks to fields, by the table: what is there, what is missing, what does not belong.

use crate::content::Fields;
use crate::error::Problem;
use crate::expression::range_of;
use crate::name::nearest;
use crate::reader::Reader;
use crate::table::{AttributeRow, BlockRow, Need, Occurs};
use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, Body, Structure};
use std::ops::Range;

/// A block's labels after its kind.
pub(crate) struct Labels {
    /// As written.
    pub(crate) names: Vec<String>,
    /// Where each stands.
    pub(crate) ranges: Vec<Range<usize>>,
    /// The whole head.
    pub(crate) head: Range<usize>,
}

/// A block inside another one, with its row.
pub(crate) type Child<'b> = (&'static BlockRow, &'b Block);

impl Reader<'_> {
    /// The labels of a block. None where they are not as many as the row has.
    pub(crate) fn labels(&mut self, row: &'static BlockRow, block: &Block) -> Option<Labels> {
        let head = head_range(block);
        let skipped = usize::from(row.kind.is_some());
        if block.labels.len() != row.labels.len() + skipped {
            let wanted = match row.labels.len() + skipped {
                0 => "none is".to_owned(),
                1 => "1 is".to_owned(),
                many => format!("{many} are"),
            };
            self.fail(
                head,
                Problem::Labels {
                    block: row.name,
                    found: block.labels.len(),
                    wanted,
                    example: format!("{} {{ ... }}", row.head()),
                },
            );
            return None;
        }
        let labels = block.labels.iter().skip(skipped);
        Some(Labels {
            names: labels.clone().map(|label| label.as_str().to_owned()).collect(),
            ranges: labels.map(|label| label.span().unwrap_or_else(|| head.clone())).collect(),
            head,
        })
    }

    /// The blocks inside a block. Unknown ones, missing ones and repeated ones are noted.
    pub(crate) fn children<'b>(&mut self, row: &'static BlockRow, block: &'b Block, place: &str) -> Vec<Child<'b>> {
        let mut children: Vec<Child<'b>> = Vec::new();
        for inner in block.body.blocks() {
            let name = inner.ident.value().as_str();
            let Some(known) = row.blocks.iter().copied().find(|known| known.name == name) else {
                self.unknown_block(row, inner);
                continue;
            };
            if matches!(known.occurs, Occurs::Once | Occurs::Optional)
                && let Some((_, first)) = children.iter().find(|(other, _)| std::ptr::eq(*other, known))
            {
                let problem = Problem::Duplicate {
                    what: format!("the block {name:?} in {place}"),
                    first: self.line_of(head_range(first).start),
                };
                self.fail(head_range(inner), problem);
                continue;
            }
            children.push((known, inner));
        }
        for known in row.blocks {
            let there = children.iter().any(|(child, _)| std::ptr::eq(*child, *known));
            if matches!(known.occurs, Occurs::Once | Occurs::Some) && !there && !row_is_attribute(known, &block.body) {
                self.fail(
                    head_range(block),
                    Problem::Missing {
                        what: format!("the block {:?}", known.name),
                        place: place.to_owned(),
                        example: example_of_block(known),
                    },
                );
            }
        }
        children
    }

    /// The attributes of a block. Unknown ones, missing ones and wrong ones are noted.
    pub(crate) fn attributes(&mut self, row: &'static BlockRow, block: &Block, place: &str) -> Fields {
        let mut fields = Fields::default();
        for attribute in block.body.attributes() {
            let name = attribute.key.value().as_str();
            if let Some(known) = row.attributes.iter().find(|known| known.name == name) {
                self.read_into(&mut fields, known, &attribute.value);
            } else if row.any_attribute.is_some() {
                self.refuse_literal_secret(name, &attribute.value, true);
                if let Some(value) = self.literal(name, &attribute.value) {
                    fields.others.insert(name.to_owned(), value);
                }
            } else {
                self.unknown_attribute(row, attribute);
            }
        }
        let missing =
            |known: &AttributeRow| !block.body.has_attribute(known.name) && !block.body.has_blocks(known.name);
        self.fill(&mut fields, row.attributes, &missing, head_range(block), place);
        fields
    }

    /// Reads one value by its row; null counts as not given.
    pub(crate) fn read_into(&mut self, fields: &mut Fields, row: &'static AttributeRow, value: &Expression) {
        if matches!(value, Expression::Null(_)) {
            if matches!(row.need, Need::Required) {
                self.fail(
                    range_of(value),
                    Problem::Type {
                        what: format!("the attribute {:?}", row.name),
                        wanted: row.of.wanted(),
                        found: "null",
                        example: format!("{} = {}", row.name, row.example),
                    },
                );
            }
            return;
        }
        if let Some(content) = self.typed(row, value) {
            fields.insert(row.name, content, range_of(value));
        }
    }

    /// Notes what is missing, and puts in what stands for the rest.
    pub(crate) fn fill(
        &mut self,
        fields: &mut Fields,
        rows: &'static [AttributeRow],
        missing: &dyn Fn(&AttributeRow) -> bool,
        head: Range<usize>,
        place: &str,
    ) {
        for row in rows {
            match row.need {
                Need::Required if missing(row) => self.fail(
                    head.clone(),
                    Problem::Missing {
                        what: format!("the attribute {:?}", row.name),
                        place: place.to_owned(),
                        example: format!("{} = {}", row.name, row.example),
                    },
                ),
                Need::Default(text) if !fields.has(row.name) => {
                    // A test reads every default, so there is none that cannot be read.
                    if let Ok(value) = text.parse::<Expression>()
                        && let Some(content) = self.typed(row, &value)
                    {
                        fields.insert(row.name, content, head.clone());
                    }
                }
                Need::Required | Need::Optional | Need::Default(_) => {}
            }
        }
    }

    fn unknown_block(&mut self, row: &'static BlockRow, inner: &Block) {
        let name = inner.ident.value().as_str();
        if let Some(attribute) = row.attributes.iter().find(|known| known.name == name) {
            self.fail(
                head_range(inner),
                Problem::Type {
                    what: format!("{name:?}"),
                    wanted: "an attribute".to_owned(),
                    found: "a block",
                    example: format!("{name} = {}", attribute.example),
                },
            );
            return;
        }
        self.fail(
            head_range(inner),
            Problem::UnknownName {
                what: "the block",
                name: name.to_owned(),
                place: row.place(),
                suggestion: nearest(name, row.blocks.iter().map(|known| known.name)),
                known: names_in(row),
            },
        );
    }

    fn unknown_attribute(&mut self, row: &'static BlockRow, attribute: &Attribute) {
        let name = attribute.key.value().as_str();
        self.refuse_literal_secret(name, &attribute.value, false);
        let range = attribute.key.span().unwrap_or_else(|| range_of(&attribute.value));
        if let Some(block) = row.blocks.iter().find(|known| known.name == name) {
            self.fail(
                range,
                Problem::Type {
                    what: format!("{name:?}"),
                    wanted: "a block".to_owned(),
                    found: "an attribute",
                    example: example_of_block(block),
                },
            );
            return;
        }
        let home = row.blocks.iter().find(|inner| inner.attributes.iter().any(|known| known.name == name));
        if let Some(home) = home {
            self.fail(
                range,
                Problem::Misplaced {
                    name: name.to_owned(),
                    place: format!("in {}", row.place()),
                    home: format!("its {} block", home.name),
                },
            );
            return;
        }
        let known = row.attributes.iter().map(|known| known.name).chain(row.blocks.iter().map(|known| known.name));
        self.fail(
            range,
            Problem::UnknownName {
                what: "the attribute",
                name: name.to_owned(),
                place: row.place(),
                suggestion: nearest(name, known),
                known: names_in(row),
            },
        );
    }

    /// Notes a text under a secret's name: `password = "hunter2"`.
    pub(crate) fn refuse_literal_secret(&mut self, name: &str, value: &Expression, for_terraform: bool) {
        let literal = match value {
            Expression::String(text) => !text.value().trim().is_empty(),
            Expression::StringTemplate(template) => {
                template.iter().any(|element| element.as_literal().is_some_and(|text| !text.trim().is_empty()))
                    && !template.iter().any(|element| element.is_interpolation())
            }
            Expression::HeredocTemplate(heredoc) => !heredoc.template.iter().any(|element| element.is_interpolation()),
            _ => false,
        };
        if literal && crate::secret::is_secret_name(name) {
            self.fail(range_of(value), Problem::Secret { what: format!("value of {name:?}"), for_terraform });
        }
    }
}

/// From the block's name to its last label.
pub(crate) fn head_range(block: &Block) -> Range<usize> {
    let ident = block.ident.span().or_else(|| block.span()).unwrap_or_default();
    let end = block.labels.iter().filter_map(|label| label.span()).map(|span| span.end).max();
    ident.start..end.unwrap_or(ident.end)
}

fn names_in(row: &BlockRow) -> Vec<String> {
    let attributes = row.attributes.iter().map(|known| known.name);
    attributes.chain(row.blocks.iter().map(|known| known.name)).map(str::to_owned).collect()
}

/// Whether a block is written as an attribute, for which there is an error already.
fn row_is_attribute(row: &BlockRow, body: &Body) -> bool {
    body.iter().any(|structure| matches!(structure, Structure::Attribute(a) if a.has_key(row.name)))
}

fn example_of_block(row: &BlockRow) -> String {
    match row.attributes.iter().find(|attribute| matches!(attribute.need, Need::Required)) {
        Some(attribute) => format!("{} {{ {} = {} }}", row.head(), attribute.name, attribute.example),
        None => format!("{} {{ ... }}", row.head()),
    }
}
