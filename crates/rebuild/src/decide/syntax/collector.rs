//! Collects from the syntax tree, in the order of the text.

use super::super::id_shapes::Shapes;
use super::super::named_ids::shapes_of;
use super::{Cut, FileAt, FilePath, Joint, Reference, Step, Table, attribute, literal, place};
use hcl_edit::Span as _;
use hcl_edit::expr::{Array, Expression, FuncCall, Object, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::structure::{Attribute, Block};
use hcl_edit::template::{Element, ForTemplateExpr, StringTemplate, Template};
use hcl_edit::visit::{self, Visit};
use std::ops::Range;

/// Functions whose first argument is a file's path.
const READERS: [&str; 11] = [
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
    "abspath",
];

/// What `validation`, `precondition`, `postcondition` and `assert` say to a person.
pub(crate) const ERROR_MESSAGE: &str = "error_message";

/// What was found.
#[derive(Default)]
pub(super) struct Collector {
    pub(super) literals: Vec<Range<usize>>,
    pub(super) references: Vec<Reference>,
    pub(super) paths: Vec<FilePath>,
    pub(super) tables: Vec<Table>,
    pub(super) inner_names: Vec<Range<usize>>,
    pub(super) output_names: Vec<Range<usize>>,
    pub(super) keys: Vec<(Range<usize>, Shapes)>,
    pub(super) said: Vec<Range<usize>>,
    pub(super) joints: Vec<Joint>,
    pub(super) numbers: Vec<Range<usize>>,
    pub(super) cuts: Vec<Cut>,
    /// Whether what is visited is in a block of a resource or data source of AWS.
    is_of_aws: bool,
}

/// References alone: what the rules ask of one expression.
#[derive(Default)]
pub(super) struct References(pub(super) Vec<Reference>);

impl Visit for References {
    fn visit_traversal(&mut self, node: &Traversal) {
        if let Some(path) = path_of(node) {
            self.0.push(Reference { span: place(node), interpolation: None, path });
        }
        visit::visit_traversal(self, node);
    }

    // hcl-edit passes over what a `%{for}` goes through.
    fn visit_for_template_expr(&mut self, node: &ForTemplateExpr) {
        self.visit_expr(&node.collection_expr);
        visit::visit_for_template_expr(self, node);
    }
}

/// Blocks with a number that each region counts for itself, and what it is called there.
const COUNTED: [(&str, &str); 4] = [
    ("launch_template", "version"),
    ("launch_template_specification", "version"),
    ("configuration", "revision"),
    ("configuration_info", "revision"),
];

/// How the types of AWS's resources and data sources begin.
const OF_AWS: &str = "aws_";

impl Visit for Collector {
    fn visit_block(&mut self, node: &Block) {
        if node.ident.as_str() == "variable"
            && let Some(name) = node.labels.first()
            && let Some(value) = attribute(&node.body, "default")
        {
            self.key(name.as_str(), value, false);
        }
        if matches!(node.ident.as_str(), "variable" | "output") {
            self.said.extend(attribute(&node.body, "description").map(place));
        }
        let is_outer = matches!(node.ident.as_str(), "resource" | "data");
        if is_outer {
            self.is_of_aws = node.labels.first().is_some_and(|kind| kind.as_str().starts_with(OF_AWS));
        }
        if self.is_of_aws
            && let Some((_, name)) = COUNTED.iter().find(|(block, _)| *block == node.ident.as_str())
            && let Some(value) = attribute(&node.body, name)
        {
            self.keys.push((place(value), Shapes::COUNT));
        }
        visit::visit_block(self, node);
        if is_outer {
            self.is_of_aws = false;
        }
    }

    fn visit_attr(&mut self, node: &Attribute) {
        self.key(node.key.as_str(), &node.value, self.is_of_aws);
        if node.key.as_str() == ERROR_MESSAGE {
            self.said.push(place(&node.value));
        }
        visit::visit_attr(self, node);
    }

    fn visit_string_template(&mut self, node: &StringTemplate) {
        self.join(&node.iter().collect::<Vec<_>>());
        visit::visit_string_template(self, node);
    }

    fn visit_template(&mut self, node: &Template) {
        self.join(&node.iter().collect::<Vec<_>>());
        visit::visit_template(self, node);
    }

    fn visit_expr(&mut self, node: &Expression) {
        if let Expression::String(_) = node {
            let span = place(node);
            // Between the quotes.
            if span.len() >= 2 {
                self.literals.push(span.start + 1..span.end - 1);
            }
        }
        if let Expression::Number(number) = node
            && number.value().as_u64().is_some()
        {
            self.numbers.push(place(node));
        }
        let path = file_path(node, false);
        if path.at != FileAt::Computed {
            self.paths.push(path);
        }
        visit::visit_expr(self, node);
    }

    // hcl-edit passes over what a `%{for}` goes through.
    fn visit_for_template_expr(&mut self, node: &ForTemplateExpr) {
        self.visit_expr(&node.collection_expr);
        visit::visit_for_template_expr(self, node);
    }

    fn visit_literal(&mut self, node: &hcl_edit::Spanned<String>) {
        self.literals.push(place(node));
    }

    fn visit_object(&mut self, node: &Object) {
        let (mut words, mut values) = (Vec::with_capacity(node.len()), Vec::with_capacity(node.len()));
        // `{ name = "KMS_KEY_ID", value = "…" }`, as containers have their environment.
        let (mut called, mut given) = (None, None);
        for (key, value) in node {
            let key = match key {
                ObjectKey::Ident(name) => {
                    self.literals.push(place(name));
                    Some(name.as_str())
                }
                ObjectKey::Expression(key) => literal(key),
            };
            let Some(key) = key else { continue };
            // What is in an object may be for anybody: the environment of a function.
            self.key(key, value.expr(), false);
            match key {
                "name" => called = literal(value.expr()),
                "value" => given = Some(value.expr()),
                _ => {}
            }
            words.push(key.to_owned());
            values.push(place(value.expr()));
        }
        if let (Some(name), Some(value)) = (called, given) {
            self.key(name, value, false);
        }
        self.tables.push(Table { range: place(node), words, values });
        visit::visit_object(self, node);
    }

    fn visit_array(&mut self, node: &Array) {
        let words = node.iter().filter_map(literal).map(str::to_owned).collect();
        self.tables.push(Table { range: place(node), words, values: Vec::new() });
        visit::visit_array(self, node);
    }

    fn visit_func_call(&mut self, node: &FuncCall) {
        if node.name.namespace.is_empty()
            && READERS.contains(&node.name.name.as_str())
            && let Some(path) = node.args.iter().next()
        {
            self.paths.push(file_path(path, true));
        }
        if node.name.namespace.is_empty() && node.name.name.as_str() == "substr" {
            let number = |at: usize| match node.args.iter().nth(at) {
                Some(Expression::Number(number)) => number.value().as_u64(),
                _ => None,
            };
            if let (Some(from), Some(length)) = (number(1), number(2)) {
                self.cuts.push(Cut { range: place(node), from, length });
            }
        }
        visit::visit_func_call(self, node);
    }

    fn visit_traversal(&mut self, node: &Traversal) {
        if let Some(path) = path_of(node) {
            self.look_in(node, &path);
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

/// Bytes of HCL for each literal or reference: fewer than most files have, so that few lists have to grow.
const BYTES_EACH: usize = 40;

impl Collector {
    /// One for a text of so many bytes.
    pub(super) fn for_text(bytes: usize) -> Self {
        let room = bytes / BYTES_EACH;
        let (literals, references) = (Vec::with_capacity(room), Vec::with_capacity(room));
        Self { literals, references, paths: Vec::with_capacity(room), ..Self::default() }
    }

    /// Takes in a value that is an id by what it is called.
    fn key(&mut self, name: &str, value: &Expression, is_of_aws: bool) {
        // What refers to something else has no literal of its own.
        if matches!(value, Expression::Traversal(_) | Expression::Variable(_) | Expression::Bool(_)) {
            return;
        }
        let shapes = shapes_of(name, is_of_aws);
        if !shapes.is_none() {
            self.keys.push((place(value), shapes));
        }
    }

    /// Finds the names of a reference that are keys of a value. Those before them are declared somewhere.
    fn look_in(&mut self, node: &Traversal, path: &[Step]) {
        let name = |at: usize| match path.get(at) {
            Some(Step::Name(name)) => Some(name.as_str()),
            _ => None,
        };
        // Steps that name what is declared, keys of instances apart.
        let is_key = |at: usize| usize::from(!matches!(path.get(at), Some(Step::Name(_)) | None));
        let declared = match name(0) {
            Some("local" | "var" | "each" | "path" | "terraform" | "count" | "self") => 2,
            Some("module") => 3 + is_key(2),
            Some("data" | "ephemeral") => {
                let attribute = 3 + is_key(3);
                let outputs = name(1) == Some("terraform_remote_state") && name(attribute) == Some("outputs");
                attribute + 1 + usize::from(outputs)
            }
            // A type of resource has its provider's name before it; else it is a variable of `for` or `dynamic`.
            Some(first) if !first.contains('_') => 1,
            _ => 3 + is_key(2),
        };
        for (at, operator) in node.operators.iter().enumerate().map(|(at, operator)| (at + 1, operator.value())) {
            match operator {
                TraversalOperator::GetAttr(inner) if at >= declared => self.inner_names.push(place(inner)),
                TraversalOperator::Index(key @ Expression::String(_))
                    if at + 1 == declared && name(at - 1) == Some("outputs") =>
                {
                    let quoted = place(key);
                    self.output_names.push(quoted.start + 1..quoted.end.saturating_sub(1));
                }
                _ => {}
            }
        }
    }

    /// Finds interpolations of a region among the elements of a template.
    fn join(&mut self, elements: &[&Element]) {
        for (at, element) in elements.iter().enumerate() {
            let Element::Interpolation(interpolation) = element else { continue };
            let Expression::Traversal(traversal) = &interpolation.expr else { continue };
            if !is_region(traversal) {
                continue;
            }
            let literal_at = |at: Option<usize>| match elements.get(at?) {
                Some(Element::Literal(literal)) => Some(place(literal)),
                _ => None,
            };
            self.joints.push(Joint {
                before: literal_at(at.checked_sub(1)),
                interpolation: place(interpolation),
                after: literal_at(Some(at + 1)),
                is_joined: matches!(elements.get(at + 1), Some(Element::Interpolation(_))),
            });
        }
    }
}

/// The path that an expression is, if it is one.
fn file_path(expression: &Expression, is_read: bool) -> FilePath {
    let range = place(expression);
    let computed = FilePath { range: range.clone(), at: FileAt::Computed, is_whole: false, literal: None, is_read };
    match expression {
        Expression::String(text) => FilePath {
            at: FileAt::Root(text.as_str().to_owned()),
            is_whole: true,
            literal: Some(range.start + 1..range.end.saturating_sub(1)),
            ..computed
        },
        Expression::StringTemplate(template) => below(template, &computed).unwrap_or(computed),
        _ => computed,
    }
}

/// `boot.sh` of `"${path.module}/boot.sh"`, and `policies/` of `"${path.module}/policies/${var.name}.json"`.
fn below(template: &StringTemplate, computed: &FilePath) -> Option<FilePath> {
    let mut elements = template.iter();
    let (from, literal) = match elements.next()? {
        Element::Interpolation(first) => {
            let Expression::Traversal(traversal) = &first.expr else { return None };
            let [Step::Name(path), Step::Name(from)] = &path_of(traversal)?[..] else { return None };
            let Element::Literal(literal) = elements.next()? else { return None };
            (Some(from.clone()).filter(|_| path == "path")?, literal)
        }
        // Only what has a folder is taken for a path.
        Element::Literal(literal) if literal.contains('/') => ("root".to_owned(), literal),
        _ => return None,
    };
    let is_whole = elements.next().is_none();
    let text = if is_whole { literal.as_str() } else { literal.get(..=literal.rfind('/')?)? };
    let start = place(literal).start;
    let literal = Some(start..start + text.len());
    let text = text.trim_start_matches('/').to_owned();
    let at = match from.as_str() {
        "module" => FileAt::Module(text),
        "root" | "cwd" => FileAt::Root(text),
        _ => return None,
    };
    // Without a path before it, a text with a part that is computed is most often no path.
    let is_known = is_whole || computed.is_read || matches!(template.iter().next(), Some(Element::Interpolation(_)));
    is_known.then(|| FilePath { at, is_whole, literal, ..computed.clone() })
}

/// Whether a reference's last name says that it is a region: `var.aws_region`, `data.aws_region.current.name`.
fn is_region(traversal: &Traversal) -> bool {
    let Expression::Variable(first) = &traversal.expr else { return false };
    let mut names = traversal.operators.iter().filter_map(|operator| match operator.value() {
        TraversalOperator::GetAttr(name) => Some(name.as_str()),
        _ => None,
    });
    let last = names.clone().next_back().unwrap_or(first.as_str());
    first.as_str() == "data" && names.next() == Some("aws_region")
        || last == "region"
        || last.ends_with("_region")
        || last.starts_with("region_name")
}

fn path_of(traversal: &Traversal) -> Option<Vec<Step>> {
    let Expression::Variable(first) = &traversal.expr else { return None };
    let mut path = Vec::with_capacity(1 + traversal.operators.len());
    path.push(Step::Name(first.as_str().to_owned()));
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
