//! What stands behind an error.

use std::error::Error;

/// The causes of an error, each after a colon; empty where it has none. Its own text goes before them.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    text
}
