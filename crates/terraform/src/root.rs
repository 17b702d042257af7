use crate::Program;
use pilotlight_findings::Side;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A root module's directory and what runs in it.
#[derive(Debug, Clone)]
pub struct Root {
    /// The program.
    pub program: Program,
    /// The directory; places in findings begin with it, so pass it as the user should read it.
    pub dir: PathBuf,
    /// Set for the program beside the environment that it inherits: `TF_VAR_…`, `AWS_REGION`.
    pub env: BTreeMap<String, String>,
    /// The stack's name, for findings without a place.
    pub stack: String,
    /// Which side's root it is, for the same.
    pub side: Option<Side>,
}

impl Root {
    /// A root with nothing added to the environment.
    pub fn new(program: Program, stack: impl Into<String>, dir: impl Into<PathBuf>) -> Self {
        Self { program, dir: dir.into(), env: BTreeMap::new(), stack: stack.into(), side: None }
    }

    /// `terraform plan -json …`, to show and to repeat by hand.
    pub(crate) fn command_text(&self, args: &[String]) -> String {
        let mut text = self.program.name().to_owned();
        for arg in args {
            text.push(' ');
            if arg.contains([' ', '"', '$', '\'']) {
                text.push_str(&format!("'{}'", arg.replace('\'', r"'\''")));
            } else {
                text.push_str(arg);
            }
        }
        text
    }
}
