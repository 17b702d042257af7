//! Who approves, and who watches.

use super::World;
use crate::{ApprovalAnswer, ApprovalQuestion, Approver, Step, Watcher};
use async_trait::async_trait;
use pilotlight_journal::Event;
use std::time::Duration;

/// How long a person thinks.
const THINKS: Duration = Duration::from_secs(2);

#[async_trait]
impl Approver for World {
    async fn ask(&self, _question: &ApprovalQuestion) -> ApprovalAnswer {
        self.pass(THINKS).await;
        let yes = || ApprovalAnswer::Approved { by: "ada@ops".into(), reason: "go".into() };
        self.with(|state| state.answers.pop_front().unwrap_or_else(yes))
    }
}

impl Watcher for World {
    fn event(&self, event: &Event) {
        self.with(|state| state.tell(event));
    }

    fn waiting(&self, step: &Step, detail: &str) {
        self.with(|state| state.waits.push(format!("{}: {detail}", step.id)));
    }
}
