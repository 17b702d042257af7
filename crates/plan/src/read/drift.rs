//! The `drift` block.

use crate::drift::{self, DriftOptions, IgnorePattern};
use crate::error::Problem;
use crate::fields::head_range;
use crate::reader::Reader;
use crate::table::BlockRow;
use hcl_edit::structure::Block;

impl Reader<'_> {
    /// What the plan says of drift; nothing where there is no such block.
    pub(super) fn drift(&mut self, blocks: &[(&'static BlockRow, &Block)]) -> DriftOptions {
        let mut found = blocks.iter().filter(|(row, _)| std::ptr::eq(*row, &drift::DRIFT));
        let Some((row, block)) = found.next() else { return DriftOptions::default() };
        for (_, again) in found {
            let first = self.line_of(head_range(block).start);
            let what = "the block \"drift\" in one file".to_owned();
            self.fail(head_range(again), Problem::Duplicate { what, first });
        }
        self.labels(row, block);
        self.children(row, block, "the drift block");
        let mut values = self.attributes(row, block, "the drift block");
        let mut options = DriftOptions::default();
        for (text, range) in values.texts("ignore").unwrap_or_default() {
            if text.trim().is_empty() {
                let problem = Problem::Value {
                    what: "the attribute \"ignore\"".to_owned(),
                    value: format!("{text:?}"),
                    reason: "it is no pattern".to_owned(),
                    remedy: "write it as in \"aws_iam_role.AWSServiceRole*\", or remove it".to_owned(),
                };
                self.fail(range, problem);
            } else {
                options.ignore.push(IgnorePattern { text, span: self.span(range) });
            }
        }
        options
    }
}
