//! The `drift` block: what drift is to leave alone.

use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};
use pilotlight_findings::Span;

/// What drift is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DriftOptions {
    /// Patterns in the grammar of `.driftignore`, in their order. What a pattern may be is known to the part that
    /// matches them: whoever reads the plan for it gives them there with their places, so that a bad one is an error
    /// with its line.
    pub ignore: Vec<IgnorePattern>,
}

/// One pattern of the `ignore` list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnorePattern {
    /// As it is written, and not empty.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

pub(crate) static DRIFT: BlockRow = BlockRow {
    name: "drift",
    kind: None,
    labels: &[],
    occurs: Occurs::Optional,
    doc: "What drift detection is to leave alone, for every stack of the plan. `.driftignore` files and `--ignore` are \
          read beside it; later patterns win: those of the file come first, then these, then those of the command line. \
          A pattern that is about nothing is reported.",
    example: r#"drift {
  ignore = [
    "aws_iam_role.AWSServiceRole*",
    "aws_autoscaling_group.*.desired_capacity",
    "module.legacy",
  ]
}"#,
    attributes: &[AttributeRow {
        name: "ignore",
        of: Type::Texts,
        need: Need::Optional,
        doc: "Patterns in the grammar of `.driftignore`: `TYPE.ID`, `TYPE.ID.PATH`, or a resource address with or without \
              a path. `*` is any text, `?` one character, `[abc]` one of a set, `\\\\` takes the meaning from what follows \
              (a plan's text needs it twice), `!` in front takes back what earlier patterns ignore.",
        example: r#"["aws_iam_role.AWSServiceRole*", "!aws_iam_role.AWSServiceRoleForRDS"]"#,
    }],
    any_attribute: None,
    blocks: &[],
};
