//! Every mistake has one clear error: its code, its place, its sentence and its remedy.

mod blocks;
mod data;
mod managed;
mod methods;
mod observe;
mod syntax;
mod values;

use pilotlight_findings::Explain;
use pilotlight_plan::{Inputs, parse};
use serde_json::json;

/// What a mistake is told as: `line:column code sentence | remedy`, one line an error.
pub(crate) fn told(text: &str) -> String {
    let inputs = Inputs {
        env: [("ORDERS_URL".to_owned(), "postgres://secret-host/orders".to_owned())].into(),
        vars: [("size".to_owned(), json!("6")), ("zones".to_owned(), json!(["a", "b"]))].into(),
    };
    match parse("plan.hcl", text, &inputs) {
        Ok(_) => "no error".to_owned(),
        Err(errors) => errors
            .iter()
            .map(|error| {
                let span = error.span().expect("a place");
                assert_eq!(span.file, "plan.hcl");
                format!(
                    "{}:{} {} {error} | {}",
                    span.start.line,
                    span.start.column,
                    error.code(),
                    error.remedy().unwrap_or_else(|| "-".to_owned())
                )
            })
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

const HEAD: &str = "plan \"shop\" {
  primary { region = \"eu-west-1\" }
  standby { region = \"eu-central-1\" }
}
stack \"app\" {
  source = \"app\"
  state  = \"app.tfstate\"
}
";

/// As [`told`], of a text after a head of eight lines that is right.
pub(crate) fn after_head(body: &str) -> String {
    told(&format!("{HEAD}{body}\n"))
}
