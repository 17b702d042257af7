//! The table of the language: every block and attribute with its type, default and description.
//!
//! The parser reads by it, and the reference is written from it; there is no second list. Each block's
//! row stands in the module of that block.

use crate::{check, database, drift, head, managed, observe, scale, stack, step, traffic};

/// The blocks of a plan, in the order of the reference.
pub(crate) static BLOCKS: &[&BlockRow] = &[
    &head::PLAN,
    &stack::STACK,
    &traffic::TRAFFIC,
    &scale::SCALE,
    &database::POSTGRES,
    &managed::RDS,
    &managed::AURORA_GLOBAL,
    &check::HTTP,
    &check::TCP,
    &check::DNS,
    &check::COMMAND,
    &observe::OBSERVE,
    &step::COMMAND,
    &step::APPROVAL,
    &drift::DRIFT,
];

/// A block of the language.
#[derive(Debug)]
pub(crate) struct BlockRow {
    /// `stack`
    pub(crate) name: &'static str,
    /// The first label, where it is a fixed word that tells the kind: `http` of `check "http" "x"`.
    pub(crate) kind: Option<&'static str>,
    /// What the labels after the kind are: `name`.
    pub(crate) labels: &'static [&'static str],
    /// How often it may stand.
    pub(crate) occurs: Occurs,
    /// What it is for.
    pub(crate) doc: &'static str,
    /// A whole block that parses; none for blocks inside others.
    pub(crate) example: &'static str,
    /// Its attributes.
    pub(crate) attributes: &'static [AttributeRow],
    /// What other attributes mean, where it takes any.
    pub(crate) any_attribute: Option<&'static str>,
    /// The blocks in it.
    pub(crate) blocks: &'static [&'static BlockRow],
}

/// How often a block may stand where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occurs {
    /// Exactly once.
    Once,
    /// Not at all or once.
    Optional,
    /// Any number of times.
    Any,
    /// Once or more.
    Some,
}

/// An attribute of a block.
#[derive(Debug)]
pub(crate) struct AttributeRow {
    /// `depends_on`
    pub(crate) name: &'static str,
    /// What may stand there.
    pub(crate) of: Type,
    /// Whether it has to be there, and what stands for it where it does not.
    pub(crate) need: Need,
    /// What it means.
    pub(crate) doc: &'static str,
    /// A value as the plan writes it.
    pub(crate) example: &'static str,
}

/// Whether an attribute has to be there.
#[derive(Debug)]
pub(crate) enum Need {
    /// It has.
    Required,
    /// It has not, and there is nothing in its place.
    Optional,
    /// It has not, and this stands in its place, written as in a plan.
    Default(&'static str),
}

/// The type of an attribute.
#[derive(Debug)]
pub(crate) enum Type {
    /// A text that is known without any state.
    Text,
    /// A region's code.
    Region,
    /// A duration, in seconds from least to most.
    Duration { least: u64, most: u64 },
    /// A whole number.
    Integer { least: i64, most: i64 },
    /// A list of whole numbers.
    Integers { least: i64, most: i64 },
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of these words.
    Words(&'static [&'static str]),
    /// A list of texts that are known without any state.
    Texts,
    /// A map of such texts.
    TextMap,
    /// A map of any literals.
    Map,
    /// A text that may name outputs, or a list where the place takes one.
    Value,
    /// As `Value`, or a map with these attributes.
    ValueOrMap(&'static [AttributeRow]),
    /// A list of texts that may name outputs.
    Values,
    /// A map of texts that may name outputs.
    ValueMap,
    /// A map with these attributes.
    Object(&'static [AttributeRow]),
}

impl Type {
    /// What is wanted, with its article.
    pub(crate) fn wanted(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Region => "a region".to_owned(),
            Self::Duration { .. } => "a duration".to_owned(),
            Self::Integer { .. } => "a whole number".to_owned(),
            Self::Integers { .. } => "a list of whole numbers".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Words(words) => format!("a list of {}", words.join(", ")),
            Self::Texts => "a list of texts".to_owned(),
            Self::TextMap => "a map of texts".to_owned(),
            Self::Map => "a map".to_owned(),
            Self::Value | Self::ValueOrMap(_) => "a value".to_owned(),
            Self::Values => "a list of values".to_owned(),
            Self::ValueMap => "a map of values".to_owned(),
            Self::Object(rows) => {
                format!("a map with {}", rows.iter().map(|row| row.name).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl BlockRow {
    /// How its head is written: `check "http" "name"`.
    pub(crate) fn head(&self) -> String {
        let mut head = self.name.to_owned();
        for label in self.kind.iter().chain(self.labels) {
            head.push_str(&format!(" \"{label}\""));
        }
        head
    }

    /// How it is spoken of in errors: `a check "http" block`.
    pub(crate) fn place(&self) -> String {
        let article = if self.name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        match self.kind {
            Some(kind) => format!("{article} {} {kind:?} block", self.name),
            None => format!("{article} {} block", self.name),
        }
    }
}
