//! JSON values as HCL, by hcl-rs.

use hcl::format::{Format as _, Formatter};
use serde_json::Value;

/// The value as an HCL expression on one line. Texts are texts: `${` in them is no template.
pub(crate) fn expression(value: &Value) -> String {
    let mut formatter = Formatter::builder().compact(true).prefer_ident_keys(true).build_vec();
    // JSON has nothing that HCL cannot hold, and a vector takes all that is written to it.
    hcl::to_expression(value).ok().and_then(|value| value.format_string(&mut formatter).ok()).unwrap_or_default()
}

/// A text as it stands between quotes.
pub(crate) fn quoted(text: &str) -> String {
    let whole = expression(&Value::String(text.to_owned()));
    whole.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_written_as_hcl_reads_them() {
        for (value, text) in [
            (json!("a \"b\" ${c} %{d} \\ \n"), r#""a \"b\" $${c} %%{d} \\ \n""#),
            (json!([1, true, null]), "[1, true, null]"),
            (json!({"a": 1, "b c": {}}), "{ a = 1, \"b c\" = {} }"),
            (json!(""), "\"\""),
        ] {
            assert_eq!(expression(&value), text);
            let body: Value = hcl::from_str(&format!("it = {text}")).expect("HCL");
            assert_eq!(body["it"], value);
        }
    }
}
