//! A file of configuration or variables, parsed.

use super::json::Json;
use super::syntax::{BYTE_ORDER_MARK, ModuleCall, Syntax, json_module_calls, module_calls};
use crate::observe::{FileKind, SourceError};
use pilotlight_findings::Span;
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
                let document = match text.strip_prefix(BYTE_ORDER_MARK) {
                    // White space of the mark's own length: places stay.
                    Some(rest) => Json::parse(shown, &format!("{}{rest}", " ".repeat(BYTE_ORDER_MARK.len())))?,
                    None => Json::parse(shown, text)?,
                };
                Ok(Self::Json(Arc::new(Document { text: text.to_owned(), json: document })))
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

/// The text of a file; the error names the line of the first byte that is none.
pub(crate) fn utf8<'a>(shown: &str, bytes: &'a [u8]) -> Result<&'a str, SourceError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let span = Span::of(shown, &valid, valid.len()..valid.len());
        SourceError::Syntax { span, message: "the file is not UTF-8".to_owned() }
    })
}
