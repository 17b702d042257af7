//! What retargeting needs to know of a file: where its literals, references and blocks stand.
//!
//! Edits are made on the file's own bytes, at the places that the syntax tree gives, so that what is not
//! edited stays as it is to the byte.

use crate::observe::{FileKind, SourceError, normalize};
use hcl_edit::Span as _;
use hcl_edit::expr::{Array, Expression, FuncCall, Object, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::structure::{Block, Body, Structure};
use hcl_edit::template::{Element, StringTemplate};
use hcl_edit::visit::{self, Visit};
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
    pub(crate) tables: Vec<(Range<usize>, Vec<String>)>,
}

/// Functions whose first argument is a file's path.
const READERS: [&str; 10] = [
    "file",
    "filebase64",
    "filebase64sha256",
    "filebase64sha512",
    "fileexists",
    "filemd5",
    "fileset",
    "filesha1",
    "filesha256",
    "templatefile",
];

/// An expression that names a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilePath {
    pub(crate) range: Range<usize>,
    pub(crate) at: FileAt,
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
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            SourceError::Syntax {
                span: Span::of(shown, &valid, valid.len()..valid.len()),
                message: "the file is not UTF-8".to_owned(),
            }
        })?;
        let body: Body = text.parse().map_err(|error: hcl_edit::parser::Error| SourceError::Syntax {
            span: Span::of(shown, text, error.location().offset()..error.location().offset()),
            message: error.message().to_owned(),
        })?;
        let mut collector = Collector::default();
        collector.visit_body(&body);
        let Collector { literals, references, mut paths, tables } = collector;
        // `path.module` beside a path that is known as a whole: `join("/", [path.module, var.file])`.
        let loose = references.iter().filter(|reference| reference.is_path_root());
        let loose = loose.map(|reference| reference.span.clone()).filter(|span| {
            !paths.iter().any(|known| {
                known.at != FileAt::Computed && known.range.start <= span.start && span.end <= known.range.end
            })
        });
        let loose: Vec<_> = loose.map(|range| FilePath { range, at: FileAt::Computed, is_read: false }).collect();
        paths.extend(loose);
        Ok((text.to_owned(), Self { body, literals, references, paths, tables }))
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
    let mut collector = Collector::default();
    collector.visit_expr(expression);
    collector.references
}

/// Collects in the order of the text.
#[derive(Default)]
struct Collector {
    literals: Vec<Range<usize>>,
    references: Vec<Reference>,
    paths: Vec<FilePath>,
    tables: Vec<(Range<usize>, Vec<String>)>,
}

impl Visit for Collector {
    fn visit_expr(&mut self, node: &Expression) {
        if let Expression::String(_) = node {
            let span = place(node);
            // Between the quotes.
            if span.len() >= 2 {
                self.literals.push(span.start + 1..span.end - 1);
            }
        }
        if let at @ (FileAt::Module(_) | FileAt::Root(_)) = file_at(node) {
            self.paths.push(FilePath { range: place(node), at, is_read: false });
        }
        visit::visit_expr(self, node);
    }

    fn visit_literal(&mut self, node: &hcl_edit::Spanned<String>) {
        self.literals.push(place(node));
    }

    fn visit_object(&mut self, node: &Object) {
        let mut keys = Vec::new();
        for (key, _) in node {
            match key {
                ObjectKey::Ident(name) => {
                    self.literals.push(place(name));
                    keys.push(name.as_str().to_owned());
                }
                ObjectKey::Expression(key) => keys.extend(literal(key).map(str::to_owned)),
            }
        }
        self.tables.push((place(node), keys));
        visit::visit_object(self, node);
    }

    fn visit_array(&mut self, node: &Array) {
        let elements = node.iter().filter_map(literal).map(str::to_owned).collect();
        self.tables.push((place(node), elements));
        visit::visit_array(self, node);
    }

    fn visit_func_call(&mut self, node: &FuncCall) {
        if node.name.namespace.is_empty()
            && READERS.contains(&node.name.name.as_str())
            && let Some(path) = node.args.iter().next()
        {
            self.paths.push(FilePath { range: place(path), at: file_at(path), is_read: true });
        }
        visit::visit_func_call(self, node);
    }

    fn visit_traversal(&mut self, node: &Traversal) {
        if let Some(path) = path_of(node) {
            self.references.push(Reference { span: place(node), interpolation: None, path });
        }
        visit::visit_traversal(self, node);
    }

    fn visit_element(&mut self, node: &Element) {
        let known = self.references.len();
        visit::visit_element(self, node);
        if let Element::Interpolation(interpolation) = node
            && matches!(interpolation.expr, Expression::Traversal(_))
            && let Some(reference) = self.references.get_mut(known)
        {
            reference.interpolation = interpolation.span();
        }
    }
}

/// Where the path leads that an expression is, if it is one.
fn file_at(expression: &Expression) -> FileAt {
    match expression {
        Expression::String(text) => FileAt::Root(text.as_str().to_owned()),
        Expression::StringTemplate(template) => below(template).unwrap_or(FileAt::Computed),
        _ => FileAt::Computed,
    }
}

/// `boot.sh` of `"${path.module}/boot.sh"`.
fn below(template: &StringTemplate) -> Option<FileAt> {
    let mut elements = template.iter();
    let Element::Interpolation(first) = elements.next()? else { return None };
    let Expression::Traversal(traversal) = &first.expr else { return None };
    let [Step::Name(path), Step::Name(from)] = &path_of(traversal)?[..] else { return None };
    let Element::Literal(rest) = elements.next()? else { return None };
    if path != "path" || elements.next().is_some() {
        return None;
    }
    let rest = rest.trim_start_matches('/').to_owned();
    match from.as_str() {
        "module" => Some(FileAt::Module(rest)),
        "root" | "cwd" => Some(FileAt::Root(rest)),
        _ => None,
    }
}

fn path_of(traversal: &Traversal) -> Option<Vec<Step>> {
    let Expression::Variable(first) = &traversal.expr else { return None };
    let mut path = vec![Step::Name(first.as_str().to_owned())];
    for operator in &traversal.operators {
        path.push(match operator.value() {
            TraversalOperator::GetAttr(name) => Step::Name(name.as_str().to_owned()),
            TraversalOperator::Index(Expression::String(key)) => Step::Key(key.as_str().to_owned()),
            TraversalOperator::Index(Expression::Number(number)) => {
                number.value().as_u64().map_or(Step::Computed, Step::Index)
            }
            TraversalOperator::LegacyIndex(index) => Step::Index(*index.value()),
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => Step::Splat,
            TraversalOperator::Index(_) => Step::Computed,
        });
    }
    Some(path)
}

/// A `module` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModuleCall {
    pub(crate) name: String,
    pub(crate) source: String,
}

impl ModuleCall {
    /// The folder of a local module that is called from `caller`.
    pub(crate) fn folder(&self, caller: &Path) -> Option<PathBuf> {
        let local = self.source.starts_with("./") || self.source.starts_with("../");
        local.then(|| normalize(&caller.join(&self.source)))
    }
}

/// The modules that a file of configuration calls.
pub(crate) fn module_calls(shown: &str, file: &Path, bytes: &[u8]) -> Result<Vec<ModuleCall>, SourceError> {
    if FileKind::of(file) == FileKind::Json {
        return Ok(json_module_calls(bytes));
    }
    let (_, syntax) = Syntax::parse(shown, bytes)?;
    let calls = syntax.blocks("module").filter_map(|block| {
        let source = literal(attribute(&block.body, "source")?)?.to_owned();
        Some(ModuleCall { name: (*labels(block).first()?).to_owned(), source })
    });
    Ok(calls.collect())
}

/// `{"module": {"web": {"source": "./web"}}}`, where objects may also stand in lists.
fn json_module_calls(bytes: &[u8]) -> Vec<ModuleCall> {
    fn objects(value: &serde_json::Value) -> Vec<&serde_json::Map<String, serde_json::Value>> {
        match value {
            serde_json::Value::Object(object) => vec![object],
            serde_json::Value::Array(items) => items.iter().flat_map(objects).collect(),
            _ => Vec::new(),
        }
    }
    let document: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let mut calls = Vec::new();
    for (name, block) in objects(&document["module"]).into_iter().flatten() {
        for body in objects(block) {
            if let Some(source) = body.get("source").and_then(serde_json::Value::as_str) {
                calls.push(ModuleCall { name: name.clone(), source: source.to_owned() });
            }
        }
    }
    calls
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
