//! A file of configuration or variables, parsed.

use super::json::{Json, JsonKind};
use super::syntax::{BYTE_ORDER_MARK, ModuleCall, Syntax, json_module_calls, module_calls};
use crate::observe::{FileKind, SourceError};
use pilotlight_findings::Span;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// A file of HCL.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) text: String,
    pub(crate) syntax: Syntax,
}

/// A file of JSON.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) json: Json,
}

/// A file that Terraform parses. What was parsed is shared: a tree and what is made of it read the same.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Hcl(Arc<Parsed>),
    Json(Arc<Document>),
}

impl Source {
    /// Parses a file; `shown` is its name in the error.
    pub(crate) fn parse(shown: &str, file: &Path, bytes: &[u8]) -> Result<Self, SourceError> {
        match FileKind::of(file) {
            FileKind::Json | FileKind::VarsJson => {
                let text = utf8(shown, bytes)?;
                let json = match text.strip_prefix(BYTE_ORDER_MARK) {
                    // White space of the mark's own length: places stay.
                    Some(rest) => Json::parse(shown, &format!("{}{rest}", " ".repeat(BYTE_ORDER_MARK.len())))?,
                    None => Json::parse(shown, text)?,
                };
                let range = not_an_object(&json, FileKind::of(file) == FileKind::Json);
                if let Some(range) = range {
                    let message = "Terraform takes an object here, { … }".to_owned();
                    return Err(SourceError::Syntax { span: Span::of(shown, text, range), message });
                }
                Ok(Self::Json(Arc::new(Document { text: text.to_owned(), json })))
            }
            _ => {
                let (text, syntax) = Syntax::parse(shown, bytes)?;
                Ok(Self::Hcl(Arc::new(Parsed { text, syntax })))
            }
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Hcl(parsed) => &parsed.text,
            Self::Json(document) => &document.text,
        }
    }

    pub(crate) fn module_calls(&self) -> Vec<ModuleCall> {
        match self {
            Self::Hcl(parsed) => module_calls(&parsed.syntax),
            Self::Json(document) => json_module_calls(&document.json),
        }
    }
}

/// What Terraform wants as objects: the file itself, and the blocks of a configuration. A configuration may have lists
/// of them as well.
/// Source: Terraform documentation, "JSON Configuration Syntax".
fn not_an_object(json: &Json, is_configuration: bool) -> Option<Range<usize>> {
    const BLOCKS: [&str; 8] = ["data", "locals", "module", "output", "provider", "resource", "terraform", "variable"];
    let wrong = |value: &Json| match &value.kind {
        JsonKind::Object(_) => None,
        JsonKind::Array(items) if is_configuration => {
            items.iter().find(|item| !matches!(item.kind, JsonKind::Object(_))).map(|item| item.range.clone())
        }
        // `"variable": {"a": null}` is none, and so is `"variable": null`.
        JsonKind::Other if is_configuration && value.range != json.range => None,
        _ => Some(value.range.clone()),
    };
    wrong(json).or_else(|| {
        let blocks = json.members().into_iter().filter(|member| BLOCKS.contains(&member.key.as_str()));
        blocks.filter(|_| is_configuration).find_map(|member| wrong(&member.value))
    })
}

/// The text of a file; the error names the line of the first byte that is none.
pub(crate) fn utf8<'a>(shown: &str, bytes: &'a [u8]) -> Result<&'a str, SourceError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let span = Span::of(shown, &valid, valid.len()..valid.len());
        SourceError::Syntax { span, message: "the file is not UTF-8".to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_objects_where_terraform_wants_them() {
        let parse = |file: &str, text: &str| Source::parse(file, Path::new(file), text.as_bytes());
        for (file, text) in [
            ("a.tf.json", "[{\"locals\": [{}, {}]}, {\"variable\": {\"a\": {}}, \"//\": \"why\"}]"),
            ("a.tf.json", "{\"provider\": null, \"resource\": []}"),
            ("a.tfvars.json", "{\"resource\": \"a\"}"),
        ] {
            assert!(parse(file, text).is_ok(), "{text}");
        }
        for (file, text) in [
            ("a.tfvars.json", "[{}]"),
            ("a.tfvars.json", "7"),
            ("a.tf.json", "{\"output\": [[{}]]}"),
            ("a.tf.json", "7"),
        ] {
            let error = parse(file, text).expect_err(text);
            assert!(error.to_string().contains("Terraform takes an object here"), "{error}");
        }
    }
}
