//! The reference of the language, written from the table.

use crate::table::{AttributeRow, BLOCKS, BlockRow, Need, Occurs, Type};
use std::fmt::Write;

const HEAD: &str = "# The plan file

A plan says which Terraform stacks make a service, which DNS records carry its traffic, and what proves that it works. \
Pilotlight reads it before everything else; what is wrong in it is told with file, line and remedy, all at once, and \
nothing is touched.

This page is generated from the table that the parser itself reads by. Change `crates/plan/src`, then run \
`cargo xtask docs`.

## Form

The file is HCL, as Terraform's. Blocks may stand in any order. Unknown blocks and attributes are errors: nothing is \
ignored. A block on one line holds one attribute at most. Relative paths are relative to the plan file. Names are \
letters, digits, `-` and `_`, a letter first.

## Values

| type | what may stand there |
|---|---|
| text | a text in double quotes, which may hold `${...}`; also a heredoc |
| duration | whole numbers with units, the larger first: `90s`, `15m`, `1h30m`, `2d` |
| region | a region's code, `eu-central-1` |
| value | a text that may also name the outputs of stacks |

Expressions:

| expression | its value | where |
|---|---|---|
| `env(\"NAME\")` | the environment variable. One that is not set is an error where its value is needed: in texts, numbers and durations at once; in values, such as a database's URL, for the commands alone that use them | everywhere but in `backend`, `map` and `set` of a stack's standby, which are written into Terraform's files |
| `var.x`, `var.x[0]`, `var.x.y` | what `--var x=VALUE` or `--var-file` gives; a text counts as a number where one is wanted | everywhere |
| `region.primary`, `region.standby` | the regions' codes | everywhere but where they are told |
| `stack.app.output.ips`, `...ips[0]`, `...ips[\"a\"]` | an output, from the state of the side that is meant | in values |

Plans do not compute: there are no operators, conditions, loops or other functions. What needs computing belongs in \
Terraform, as an output.

Secrets come from `env` and never stand in the file. A literal password, token or key is an error, by its name \
(`password = \"...\"`) as by its form (`postgres://user:password@host`). What came from `env` is redacted in reports where \
it is a value; regions, URLs of states and other texts are shown.

## Blocks
";

/// The reference as Markdown: the whole content of `docs/plan.md`.
pub fn reference_markdown() -> String {
    let mut out = HEAD.to_owned();
    for row in BLOCKS {
        block(&mut out, row, 3, "");
    }
    out
}

fn block(out: &mut String, row: &BlockRow, level: usize, within: &str) {
    let place = if within.is_empty() { String::new() } else { format!(" in `{within}`") };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "\n{} `{}`{place}\n\n{} {}", "#".repeat(level), row.head(), row.doc, often(row.occurs));
    if !row.attributes.is_empty() || row.any_attribute.is_some() {
        out.push_str("\n| attribute | type | default | meaning |\n|---|---|---|---|\n");
        for attribute in row.attributes {
            attribute_row(out, "", attribute);
        }
        if let Some(doc) = row.any_attribute {
            let _ = writeln!(out, "| any | any literal | | {doc} |");
        }
    }
    if !row.example.is_empty() {
        let _ = writeln!(out, "\n```hcl\n{}\n```", row.example);
    }
    for inner in row.blocks {
        let within = if within.is_empty() { row.name.to_owned() } else { format!("{}` of `{within}", row.name) };
        block(out, inner, level + 1, &within);
    }
}

fn attribute_row(out: &mut String, prefix: &str, row: &AttributeRow) {
    let need = match row.need {
        Need::Required => "required".to_owned(),
        Need::Optional => String::new(),
        Need::Default(text) => format!("`{text}`"),
    };
    let example = match row.of {
        Type::Object(_) => String::new(),
        _ => format!(" Example: `{}`", row.example),
    };
    let _ = writeln!(out, "| `{prefix}{}` | {} | {need} | {}{example} |", row.name, kind(&row.of), row.doc);
    if let Type::Object(rows) | Type::ValueOrMap(rows) = row.of {
        for inner in rows {
            attribute_row(out, &format!("{prefix}{}.", row.name), inner);
        }
    }
}

fn often(occurs: Occurs) -> &'static str {
    match occurs {
        Occurs::Once => "*Once.*",
        Occurs::Optional => "*At most once.*",
        Occurs::Any => "*Any number.*",
        Occurs::Some => "*One or more.*",
    }
}

fn kind(of: &Type) -> String {
    let words = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match of {
        Type::Text => "text".to_owned(),
        Type::Region => "region".to_owned(),
        Type::Duration { .. } => "duration".to_owned(),
        Type::Integer { least, most } => format!("whole number, {least} to {most}"),
        Type::Integers { least, most } => format!("list of whole numbers, {least} to {most}"),
        Type::Flag => "`true`, `false`".to_owned(),
        Type::Word(of) => words(of),
        Type::Words(of) => format!("list of {}", words(of)),
        Type::Texts => "list of texts".to_owned(),
        Type::TextMap => "map of texts".to_owned(),
        Type::Map => "map of literals".to_owned(),
        Type::Value => "value".to_owned(),
        Type::ValueOrMap(_) => "value, or map".to_owned(),
        Type::Values => "list of values".to_owned(),
        Type::ValueMap => "map of values".to_owned(),
        Type::Object(_) => "map".to_owned(),
    }
}
