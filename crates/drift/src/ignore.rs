//! Everything that may tell drift to look away.
//!
//! # Patterns
//! [`Ignores`] holds those of `.driftignore`, of the plan's `drift` block and of the command line. The grammar is
//! driftctl's, which is that of a `.gitignore` held against one text, `TYPE.ID` for an object and `TYPE.ID.PATH` for
//! an attribute of it:
//!
//! - One pattern a line. Empty lines and lines that begin with `#` are nothing; there is no comment behind a pattern.
//!   Spaces around a pattern are not part of it, but for a last one that is escaped.
//! - `*` stands for any text, dots and slashes included, `?` for one character, `[abc]`, `[a-z]` and `[!a]` for one of
//!   a set. A backslash takes the meaning from what follows: `\*`, `\?`, `\[`, `\#`, `\!`, `\\`. Ids need no other
//!   escape: dots, colons and slashes stand for themselves, and `\.` is a dot.
//! - A pattern matches the text as a whole, or up to a dot of it: `aws_instance` is all of the type,
//!   `aws_instance.i-0abc` one object with all of its attributes, `aws_instance.*.tags` the tags of each.
//! - `!` in front takes back what earlier patterns ignore. The last pattern that matches decides; those of the plan
//!   come after those of the file, and those of the command line after both.
//! - Indices and keys of a path are parts with dots, `ingress.0.from_port` and `tags.Team`.
//!
//! Beyond driftctl, a pattern is also held against the resource's Terraform address, if there is no wildcard before
//! its first dot: `aws_instance.web`, `module.app.aws_instance.web[0]`, `module.app`, `module.*.aws_iam_role.app.tags`.
//! There, and in paths, brackets are Terraform's indices, and a match may end before one: `aws_instance.web` is every
//! instance of the resource. So each pattern has two readings, and it matches if one of them does:
//!
//! | reading | held against | `[…]` is |
//! |---|---|---|
//! | driftctl's | `TYPE.ID`, with the path in dots behind it | a set of characters |
//! | Terraform's | the address, with the path in Terraform's notation behind it; and `TYPE.ID` with such a path, where the pattern has a bracket | an index: `[0]`, `["eu-*"]` |
//!
//! A pattern whose first part has a wildcard, as `*role.*Amazon*`, is driftctl's alone, so that a file that was
//! written for driftctl ignores by its wildcards what it ignored there. What is no pattern, as an open bracket, is an
//! error with its line, where driftctl would ignore nothing in silence. A pattern that is about nothing is a finding.
//!
//! Source: driftctl, `pkg/filter/driftignore.go`, and go-git's `plumbing/format/gitignore`, which it calls.
//!
//! # HCL
//! [`Configuration`] has what a stack's HCL says: `ignore_changes`, the provider's `ignore_tags`, `moved`. The crate
//! that reads HCL makes it. [`LookAway`] joins both for one object.

mod apply;
mod changes;
mod configuration;
mod error;
mod glob;
mod ignores;
mod index;
mod names;
mod pattern;
mod tags;

pub use apply::{IgnoredBy, LookAway, Seen};
pub use changes::{IgnoreChanges, IgnoredPath};
pub use configuration::{
    Configuration, ConfiguredResource, Moved, ProviderConfiguration, ProviderKey, StackConfiguration, UnreadModule,
};
pub use error::{IgnoreError, IgnoreProblem};
pub use ignores::{Ignores, PatternRef};
pub use names::ObjectName;
pub use pattern::Pattern;
pub use tags::{DefaultTags, IgnoreTags};
