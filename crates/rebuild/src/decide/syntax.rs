//! What retargeting needs to know of a file: where its literals, references and blocks stand.
//!
//! Edits are made on the file's own bytes, at the places that the syntax tree gives, so that what is not
//! edited stays as it is to the byte.

mod collector;
mod parse;

use super::id_shapes::Shapes;
use super::json::Json;
use super::ranges::is_within;
use super::sources::utf8;
use crate::observe::{SourceError, normalize};
pub(crate) use collector::ERROR_MESSAGE;
use collector::{Collector, References};
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body, Structure};
use hcl_edit::template::Template;
use hcl_edit::visit::Visit as _;
pub(crate) use parse::BYTE_ORDER_MARK;
use parse::parse_body;
use pilotlight_findings::Span;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A parsed file of HCL.
#[derive(Debug)]
pub(crate) struct Syntax {
    pub(crate) body: Body,
    /// Bytes of text inside quotes and heredocs, between interpolations; and bare keys of objects.
    pub(crate) literals: Vec<Range<usize>>,
    pub(crate) references: Vec<Reference>,
    /// Expressions that name a file, or may.
    pub(crate) paths: Vec<FilePath>,
    /// Objects and lists, with their literal keys or elements.
    pub(crate) tables: Vec<Table>,
    /// Names in references that look into a value: `euw1` of `local.cidrs.euw1`.
    pub(crate) inner_names: Vec<Range<usize>>,
    /// Literal keys that are names of outputs: `outputs["vpc_eu_west_1"]`.
    pub(crate) output_names: Vec<Range<usize>>,
    /// Values of what is called a key, or another id of a region: `kms_key_id = "…"`, `rest_api_id = "…"`; in the order
    /// of the text.
    pub(crate) keys: Vec<(Range<usize>, Shapes)>,
    /// Texts for a person that plan nothing: descriptions of variables and outputs, messages of conditions.
    pub(crate) said: Vec<Range<usize>>,
    /// Interpolations of a region, with the text around them.
    pub(crate) joints: Vec<Joint>,
    /// Whole numbers, as they are written.
    pub(crate) numbers: Vec<Range<usize>>,
    /// Calls of `substr` with numbers that are written out.
    pub(crate) cuts: Vec<Cut>,
}

/// `substr(var.zone, 0, 9)`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) range: Range<usize>,
    pub(crate) from: u64,
    pub(crate) length: u64,
}

/// An object or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) range: Range<usize>,
    /// Its literal keys or elements.
    pub(crate) words: Vec<String>,
    /// Where the value of each key stands; none of a list.
    pub(crate) values: Vec<Range<usize>>,
}

impl Table {
    /// The literal keys of an object, each with the place of its value.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&str, &Range<usize>)> {
        self.words.iter().map(String::as_str).zip(&self.values)
    }
}

/// `"s3-website-${var.region}"`, `"${var.region}a"`: where a text makes a name with the region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Joint {
    /// The literal right before it.
    pub(crate) before: Option<Range<usize>>,
    pub(crate) interpolation: Range<usize>,
    /// The literal right after it.
    pub(crate) after: Option<Range<usize>>,
    /// Whether another interpolation comes right after it: `"${var.region}${each.key}"`.
    pub(crate) is_joined: bool,
}

/// An expression that names a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilePath {
    pub(crate) range: Range<usize>,
    pub(crate) at: FileAt,
    /// Whether `at` is all of it; else it is the text before the first part that is computed, up to its last `/`.
    pub(crate) is_whole: bool,
    /// The literal that has `at` as its text, with the `/` before it.
    pub(crate) literal: Option<Range<usize>>,
    /// Whether it is the path of a function that reads files; any other text may name one by chance.
    pub(crate) is_read: bool,
}

/// From where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileAt {
    /// `"${path.module}/…"`: from the folder of its own file.
    Module(String),
    /// `"${path.root}/…"`, `"${path.cwd}/…"` and plain texts: from the root, where Terraform runs.
    Root(String),
    /// It cannot be known from the text.
    Computed,
}

/// `aws_vpc.main.id`, where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The bytes of the expression.
    pub(crate) span: Range<usize>,
    /// The bytes of `${…}` around it, where it is all that is in there.
    pub(crate) interpolation: Option<Range<usize>>,
    pub(crate) path: Vec<Step>,
}

/// One step of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Name(String),
    Key(String),
    Index(u64),
    /// `[*]` or `.*`
    Splat,
    /// A key that is computed: it cannot be followed in the text.
    Computed,
}

impl Reference {
    /// The step at `at`, where it is a name.
    pub(crate) fn name(&self, at: usize) -> Option<&str> {
        match self.path.get(at) {
            Some(Step::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// `path.module`, `path.root`, `path.cwd`
    fn is_path_root(&self) -> bool {
        self.name(0) == Some("path")
    }
}

impl Syntax {
    /// Parses a file; `shown` is its name in the error.
    pub(crate) fn parse(shown: &str, bytes: &[u8]) -> Result<(String, Self), SourceError> {
        let text = utf8(shown, bytes)?;
        let body = parse_body(text).map_err(|error| SourceError::Syntax {
            span: Span::of(shown, text, error.location().offset()..error.location().offset()),
            message: error.message().to_owned(),
        })?;
        let mut collector = Collector::for_text(text.len());
        collector.visit_body(&body);
        let Collector { literals, mut references, mut paths, tables, .. } = collector;
        references.sort_by_key(|reference| reference.span.start);
        let Collector { inner_names, output_names, mut keys, said, joints, numbers, cuts, .. } = collector;
        // A variable's default comes before what is above it.
        keys.sort_by_key(|(range, _)| range.start);
        // `path.module` beside a path that is known as a whole: `join("/", [path.module, var.file])`.
        let loose = references.iter().filter(|reference| reference.is_path_root());
        let loose = loose
            .map(|reference| reference.span.clone())
            .filter(|span| !paths.iter().any(|known| known.at != FileAt::Computed && is_within(span, &known.range)));
        let loose: Vec<_> = loose
            .map(|range| FilePath { range, at: FileAt::Computed, is_whole: false, literal: None, is_read: false })
            .collect();
        paths.extend(loose);
        let syntax = Self {
            body,
            literals,
            references,
            paths,
            tables,
            inner_names,
            output_names,
            keys,
            said,
            joints,
            numbers,
            cuts,
        };
        Ok((text.to_owned(), syntax))
    }

    /// The blocks of this kind at the top, `resource`.
    pub(crate) fn blocks<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        blocks(&self.body, kind)
    }
}

/// The blocks of this kind directly in `body`.
pub(crate) fn blocks<'a>(body: &'a Body, kind: &'a str) -> impl Iterator<Item = &'a Block> {
    body.iter().filter_map(move |structure| match structure {
        Structure::Block(block) if block.ident.as_str() == kind => Some(block),
        _ => None,
    })
}

/// The labels of a block as text.
pub(crate) fn labels(block: &Block) -> Vec<&str> {
    block.labels.iter().map(|label| label.as_str()).collect()
}

/// The attribute's expression directly in `body`.
pub(crate) fn attribute<'a>(body: &'a Body, name: &str) -> Option<&'a Expression> {
    body.iter().find_map(|structure| match structure {
        Structure::Attribute(attribute) if attribute.key.as_str() == name => Some(&attribute.value),
        _ => None,
    })
}

/// Whether a body has a block, or an argument, of this name; also one that is `dynamic`.
pub(crate) fn sets(body: &Body, name: &str) -> bool {
    body.iter().any(|structure| match structure {
        Structure::Block(inner) => inner.ident.as_str() == name || labels(inner) == [name],
        Structure::Attribute(attribute) => attribute.key.as_str() == name,
    })
}

/// Where a node stands. The parser gives every node its place; a node without one was not parsed.
pub(crate) fn place(node: &impl hcl_edit::Span) -> Range<usize> {
    node.span().unwrap_or_default()
}

/// The text of an expression that is nothing but a literal string.
pub(crate) fn literal(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::String(text) => Some(text.as_str()),
        _ => None,
    }
}

/// References anywhere in an expression.
pub(crate) fn references_in(expression: &Expression) -> Vec<Reference> {
    let mut references = References::default();
    references.visit_expr(expression);
    references.0
}

/// References anywhere in a template.
pub(crate) fn references_of_template(template: &Template) -> Vec<Reference> {
    let mut references = References::default();
    references.visit_template(template);
    references.0
}

/// Objects and lists anywhere in a template.
pub(crate) fn tables_of_template(template: &Template) -> Vec<Table> {
    let mut collector = Collector::default();
    collector.visit_template(template);
    collector.tables
}

/// A `module` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModuleCall {
    pub(crate) name: String,
    pub(crate) source: String,
    /// Where the block stands.
    pub(crate) range: Range<usize>,
}

impl ModuleCall {
    /// The folder of a local module that is called from `caller`.
    pub(crate) fn folder(&self, caller: &Path) -> Option<PathBuf> {
        let local = self.source.starts_with("./") || self.source.starts_with("../");
        local.then(|| normalize(&caller.join(&self.source)))
    }
}

/// The modules that a parsed file of HCL calls.
pub(crate) fn module_calls(syntax: &Syntax) -> Vec<ModuleCall> {
    let calls = syntax.blocks("module").filter_map(|block| {
        let source = literal(attribute(&block.body, "source")?)?.to_owned();
        Some(ModuleCall { name: (*labels(block).first()?).to_owned(), source, range: place(block) })
    });
    calls.collect()
}

/// The same of a file of JSON: `{"module": {"web": {"source": "./web"}}}`.
pub(crate) fn json_module_calls(document: &Json) -> Vec<ModuleCall> {
    let calls = document.blocks("module", 1).into_iter().filter_map(|(labels, body)| {
        let source = body.member("source")?.text()?.to_owned();
        Some(ModuleCall { name: labels.first()?.key.clone(), source, range: body.range.clone() })
    });
    calls.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# été
resource "aws_x" "eu-west-1" {
  plain    = "eu-west-1"
  template = "é-${aws_vpc.main.id}-x"
  table    = { eu-west-1 = 1, "k" = aws_subnet.s["a"].id }
  heredoc  = <<-EOT
    first ${aws_vpc.main.cidr}
    last
  EOT
  all      = aws_subnet.s[*].id
}
"#;

    #[test]
    fn literals_and_references_stand_where_they_stand() {
        let (text, syntax) = Syntax::parse("main.tf", TEXT.as_bytes()).unwrap();
        let literals: Vec<&str> = syntax.literals.iter().map(|span| &text[span.clone()]).collect();
        assert_eq!(literals, ["eu-west-1", "é-", "-x", "eu-west-1", "k", "a", "    first ", "\n    last\n"]);
        let references: Vec<_> = syntax.references.iter().map(|found| &text[found.span.clone()]).collect();
        assert_eq!(
            references,
            ["aws_vpc.main.id", "aws_subnet.s[\"a\"].id", "aws_vpc.main.cidr", "aws_subnet.s[*].id"]
        );
        assert_eq!(&text[syntax.references[0].interpolation.clone().unwrap()], "${aws_vpc.main.id}");
        assert_eq!(syntax.references[1].interpolation, None);
        assert_eq!(syntax.references[3].path[2], Step::Splat);
    }

    #[test]
    fn blocks_end_at_their_brace() {
        let (text, syntax) = Syntax::parse("main.tf", TEXT.as_bytes()).unwrap();
        let block = syntax.blocks("resource").next().unwrap();
        let span = place(block);
        assert!(text[span.clone()].starts_with("resource") && text[span].ends_with('}'));
        assert_eq!(labels(block), ["aws_x", "eu-west-1"]);
        let value = attribute(&block.body, "plain").unwrap();
        assert_eq!(&text[place(value)], "\"eu-west-1\"");
    }
}
