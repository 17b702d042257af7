//! What looks like a reference and is none: names that `for` and `dynamic` bind, and addresses that are no values. And
//! where Terraform does not judge one, or only by a value.
//!
//! It is asked only of a file that has something undeclared, so it may cost a walk.

use crate::decide::ranges::is_within;
use crate::decide::syntax::{attribute, labels, literal, place};
use hcl_edit::expr::{Conditional, Expression, ForExpr, FuncCall};
use hcl_edit::structure::{Attribute, Block};
use hcl_edit::template::{ForDirective, ForTemplateExpr};
use hcl_edit::visit::{self, Visit};
use std::collections::HashSet;
use std::ops::Range;

/// Blocks at the top whose addresses may be of what is not there (any more, or yet).
const ADDRESSES: [&str; 4] = ["moved", "removed", "import", "terraform"];
/// Attributes whose elements are configurations of providers, or names of the resource's own attributes.
const NAMES: [&str; 4] = ["provider", "providers", "configuration_aliases", "ignore_changes"];

/// The list of a `lifecycle` block whose changes replace its resource.
const TRIGGERS: &str = "replace_triggered_by";

/// Functions that have another answer where an argument has none.
const ATTEMPTS: [&str; 2] = ["try", "can"];

#[derive(Default)]
pub(super) struct Scopes {
    /// Names that are bound anywhere in the file: what is bound in one place is not judged in another.
    bound: HashSet<String>,
    addresses: Vec<Range<usize>>,
    /// What `try` and `can` attempt, and a condition chooses from: what is missing there may be meant to be.
    attempted: Vec<Range<usize>>,
    /// Lists of what replaces a resource: Terraform looks for the resources in them when it plans, and finds none
    /// without a word.
    triggers: Vec<Range<usize>>,
    /// Provider configurations, with their names and aliases: of one that nothing uses Terraform reads nothing.
    providers: Vec<(Range<usize>, String, Option<String>)>,
}

/// Whether a range lies in one of these.
fn is_within_any<'r>(outer: impl IntoIterator<Item = &'r Range<usize>>, range: &Range<usize>) -> bool {
    outer.into_iter().any(|outer| is_within(range, outer))
}

impl Scopes {
    pub(super) fn of(body: &hcl_edit::structure::Body) -> Self {
        let mut scopes = Self::default();
        scopes.visit_body(body);
        scopes
    }

    /// Whether a reference at this place is none.
    pub(super) fn explain(&self, text: &str, range: &Range<usize>) -> bool {
        let first = text[range.clone()].split(['.', '[']).next().unwrap_or_default().trim();
        self.bound.contains(first) || is_within_any(&self.addresses, range)
    }

    /// Whether a value decides if what is there has to exist.
    pub(super) fn is_attempted(&self, range: &Range<usize>) -> bool {
        is_within_any(&self.attempted, range)
    }

    /// Whether Terraform takes a resource at this place that is nowhere.
    pub(super) fn is_trigger(&self, range: &Range<usize>) -> bool {
        is_within_any(&self.triggers, range)
    }

    /// The provider configuration that a place is in: its name and alias.
    pub(super) fn provider(&self, range: &Range<usize>) -> Option<(&str, Option<&str>)> {
        let (_, name, alias) = self.providers.iter().find(|(outer, ..)| is_within_any([outer], range))?;
        Some((name, alias.as_deref()))
    }
}

impl Visit for Scopes {
    fn visit_block(&mut self, node: &Block) {
        match (node.ident.as_str(), &labels(node)[..]) {
            ("dynamic", [label]) => {
                self.bound.insert((*label).to_owned());
                if let Some(Expression::Variable(name)) = attribute(&node.body, "iterator") {
                    self.bound.insert(name.as_str().to_owned());
                }
                self.bound.extend(attribute(&node.body, "iterator").and_then(literal).map(str::to_owned));
            }
            ("provider", [name]) => {
                let alias = attribute(&node.body, "alias").and_then(literal).map(str::to_owned);
                self.providers.push((place(node), (*name).to_owned(), alias));
            }
            (kind, _) if ADDRESSES.contains(&kind) => self.addresses.push(place(node)),
            _ => {}
        }
        visit::visit_block(self, node);
    }

    fn visit_attr(&mut self, node: &Attribute) {
        if NAMES.contains(&node.key.as_str()) {
            self.addresses.push(place(&node.value));
        }
        if node.key.as_str() == TRIGGERS {
            self.triggers.push(place(&node.value));
        }
        visit::visit_attr(self, node);
    }

    fn visit_func_call(&mut self, node: &FuncCall) {
        if !node.name.is_namespaced() && ATTEMPTS.contains(&node.name.name.as_str()) {
            self.attempted.push(place(node));
        }
        visit::visit_func_call(self, node);
    }

    fn visit_conditional(&mut self, node: &Conditional) {
        self.attempted.extend([place(&node.true_expr), place(&node.false_expr)]);
        visit::visit_conditional(self, node);
    }

    fn visit_for_expr(&mut self, node: &ForExpr) {
        self.bound.extend(node.intro.key_var.as_ref().map(|name| name.as_str().to_owned()));
        self.bound.insert(node.intro.value_var.as_str().to_owned());
        visit::visit_for_expr(self, node);
    }

    fn visit_for_directive(&mut self, node: &ForDirective) {
        self.bound.extend(node.for_expr.key_var.as_ref().map(|name| name.as_str().to_owned()));
        self.bound.insert(node.for_expr.value_var.as_str().to_owned());
        visit::visit_for_directive(self, node);
    }

    // hcl-edit passes over what a `%{for}` goes through.
    fn visit_for_template_expr(&mut self, node: &ForTemplateExpr) {
        self.visit_expr(&node.collection_expr);
        visit::visit_for_template_expr(self, node);
    }
}
