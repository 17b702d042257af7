//! Replicas whose source the source itself names: they follow that, in either region.

use super::{Holder, block_of};
use crate::decide::modules::Instances;
use crate::decide::providers::root_values;
use crate::decide::retarget::Work;
use crate::decide::syntax::{attribute, labels, literal, references_in};
use hcl_edit::expr::Expression;
use std::path::Path;

/// What names the source of each type's replicas.
const OWN_SOURCES: [(&str, &str); 4] = [
    ("aws_db_instance", "replicate_source_db"),
    ("aws_rds_cluster", "replication_source_identifier"),
    ("aws_docdb_cluster", "global_cluster_identifier"),
    ("aws_neptune_cluster", "replication_source_identifier"),
];

/// Which of a holder's addresses the source makes from another database. A module that makes both gives its block
/// a variable, and each call says by it which of the two it is.
pub(super) fn followers(work: &Work<'_>, holder: &Holder, instances: &Instances) -> Vec<String> {
    let Some((_, name)) = OWN_SOURCES.iter().find(|(known, _)| *known == holder.resource_type) else {
        return Vec::new();
    };
    let Some(source) = block_of(work, holder).and_then(|block| attribute(&block.body, name)) else { return Vec::new() };
    let folder = holder.file.parent().unwrap_or(Path::new(""));
    let paths = instances.get(folder).map(Vec::as_slice).unwrap_or_default();
    let follows = |path: &[String]| is_given(work, instances, folder, path, source);
    let both = holder.addresses.iter().zip(paths);
    both.filter(|(_, path)| follows(path)).map(|(address, _)| address.clone()).collect()
}

/// Whether an expression has a value in the module at `path`: `null` and `""` are none, and a variable has what the
/// call passes, or its default.
fn is_given(work: &Work<'_>, instances: &Instances, folder: &Path, path: &[String], value: &Expression) -> bool {
    let references = references_in(value);
    let variables: Vec<&str> = references
        .iter()
        .filter(|reference| reference.name(0) == Some("var"))
        .filter_map(|reference| reference.name(1))
        .collect();
    if variables.is_empty() || variables.len() < references.len() {
        return !matches!(value, Expression::Null(_)) && literal(value) != Some("");
    }
    variables.into_iter().any(|name| is_passed(work, instances, folder, path, name))
}

fn is_passed(work: &Work<'_>, instances: &Instances, folder: &Path, path: &[String], name: &str) -> bool {
    let Some((call, above)) = path.split_last() else {
        return root_values(work).get(name).is_some_and(|value| value.as_ref().is_some_and(|text| !text.is_empty()));
    };
    let callers = instances.iter().filter(|(_, paths)| paths.iter().any(|known| known == above));
    let passed = callers.into_iter().find_map(|(caller, _)| {
        let block = blocks_of(work, caller, "module", call)?;
        Some(attribute(&block.body, name).map(|value| is_given(work, instances, caller, above, value)))
    });
    let default = || blocks_of(work, folder, "variable", name).and_then(|block| attribute(&block.body, "default"));
    match passed {
        Some(Some(given)) => given,
        // What is no literal, as a list, is a value.
        _ => default().is_some_and(|value| !matches!(value, Expression::Null(_)) && literal(value) != Some("")),
    }
}

/// The block of a kind and name in a folder.
fn blocks_of<'w>(
    work: &'w Work<'_>,
    folder: &Path,
    kind: &'w str,
    name: &str,
) -> Option<&'w hcl_edit::structure::Block> {
    let files = work.parsed.iter().filter(|(file, _)| file.parent() == Some(folder));
    files.flat_map(|(_, parsed)| parsed.syntax.blocks(kind)).find(|block| labels(block) == [name])
}
