//! The `observe` block.

use crate::content::Fields;
use crate::error::Problem;
use crate::fields::head_range;
use crate::observe::{self, Observe, Percent};
use crate::reader::Reader;
use crate::table::BlockRow;
use hcl_edit::structure::Block;

impl Reader<'_> {
    /// What a run watches after the switch; none where there is no such block.
    pub(super) fn observe(&mut self, blocks: &[(&'static BlockRow, &Block)]) -> Option<Observe> {
        let mut found = blocks.iter().filter(|(row, _)| std::ptr::eq(*row, &observe::OBSERVE));
        let (row, block) = found.next()?;
        for (_, again) in found {
            let first = self.line_of(head_range(block).start);
            let what = "the block \"observe\" in one file".to_owned();
            self.fail(head_range(again), Problem::Duplicate { what, first });
        }
        let labels = self.labels(row, block);
        self.children(row, block, "the observe block");
        let mut values = self.attributes(row, block, "the observe block");
        let errors = self.percent("errors", &mut values);
        let (latency, count) = (self.percent("latency", &mut values), self.percent("count", &mut values));
        let span = self.span(labels?.head);
        let (duration, every) = (values.duration("for")?, values.duration("every")?);
        Some(Observe { duration, every, errors: errors?, latency: latency?, count: count?, span })
    }

    fn percent(&mut self, attribute: &str, values: &mut Fields) -> Option<Percent> {
        let range = values.range(attribute);
        let text = values.text(attribute)?;
        let percent = Percent::parse(&text);
        if percent.is_none() {
            let remedy = "write it as in \"1%\" or \"0.5%\"";
            self.wrong(attribute, &format!("{text:?}"), "it is no share in percent", remedy, range);
        }
        percent
    }
}
