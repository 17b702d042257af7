//! The `step` and `approval` blocks.

use crate::fields::Labels;
use crate::reader::Reader;
use crate::step::{Approval, CommandStep, Phase};
use crate::table::BlockRow;
use hcl_edit::structure::Block;

impl Reader<'_> {
    pub(super) fn command_step(
        &mut self,
        row: &'static BlockRow,
        block: &Block,
        labels: Labels,
    ) -> Option<CommandStep> {
        let name = labels.names.into_iter().next()?;
        let place = format!("step {name:?}");
        self.children(row, block, &place);
        let mut values = self.attributes(row, block, &place);
        let run = self.command("run", &mut values);
        let undo = if values.has("undo") { Some(self.command("undo", &mut values)?) } else { None };
        Some(CommandStep {
            name,
            phase: phase(&values.text("phase")?)?,
            run: run?,
            undo,
            timeout: values.duration("timeout")?,
            span: self.span(labels.head),
        })
    }

    pub(super) fn approval(&mut self, row: &'static BlockRow, block: &Block, labels: Labels) -> Option<Approval> {
        let name = labels.names.into_iter().next()?;
        let place = format!("approval {name:?}");
        self.children(row, block, &place);
        let mut values = self.attributes(row, block, &place);
        Some(Approval { name, before: phase(&values.text("before")?)?, span: self.span(labels.head) })
    }
}

/// The table lets no other word pass.
fn phase(word: &str) -> Option<Phase> {
    Phase::ALL.into_iter().find(|phase| phase.as_str() == word)
}
