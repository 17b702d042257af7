//! Walks a list call from its first page to its last.

use crate::error::{Call, CallError, CallErrorKind};

/// The pages of one list so far, and where the next one begins.
///
/// A list is taken whole or not at all: what was not read would be shown as deleted.
#[derive(Debug)]
pub(crate) struct Pages<T, M = String> {
    call: Call,
    items: Vec<T>,
    next: Option<M>,
    ended: bool,
}

impl<T, M: Clone + PartialEq> Pages<T, M> {
    /// A list from its beginning.
    pub(crate) fn of(call: &Call) -> Self {
        Self { call: call.clone(), items: Vec::new(), next: None, ended: false }
    }

    /// A list from a place in its middle.
    pub(crate) fn starting_at(call: &Call, marker: M) -> Self {
        Self { next: Some(marker), ..Self::of(call) }
    }

    /// Whether there is a page to ask for.
    pub(crate) fn is_open(&self) -> bool {
        !self.ended
    }

    /// Where it begins; none for the first.
    pub(crate) fn marker(&self) -> Option<M> {
        self.next.clone()
    }

    /// Adds a page that was read, and the marker of the one after it.
    ///
    /// # Errors
    /// The page names itself as the next one.
    pub(crate) fn push(&mut self, items: impl IntoIterator<Item = T>, next: Option<M>) -> Result<(), CallError> {
        self.items.extend(items);
        self.ended = next.is_none();
        if !self.ended && next == self.next {
            return Err(CallError {
                call: self.call.clone(),
                kind: CallErrorKind::Unclear,
                code: None,
                message: "the list does not end: a page names itself as the next one".into(),
            });
        }
        self.next = next;
        Ok(())
    }

    /// Everything that was read.
    pub(crate) fn into_items(self) -> Vec<T> {
        self.items
    }
}

impl<T> Pages<T> {
    /// As [`Pages::push`], for the APIs that leave out an empty list and end with an empty marker.
    ///
    /// # Errors
    /// As [`Pages::push`].
    pub(crate) fn add(&mut self, items: Option<Vec<T>>, next: Option<String>) -> Result<(), CallError> {
        self.push(items.unwrap_or_default(), next.filter(|marker| !marker.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Call {
        Call { service: "ec2", region: "eu-west-1".into(), operation: "DescribeVpcs" }
    }

    #[test]
    fn a_list_is_open_until_a_page_has_no_marker() {
        let mut pages = Pages::of(&call());
        let mut asked = Vec::new();
        for next in [Some("1".to_owned()), Some("2".to_owned()), Some(String::new())] {
            assert!(pages.is_open());
            asked.push(pages.marker());
            pages.add(Some(vec![asked.len()]), next).expect("page");
        }
        assert!(!pages.is_open());
        assert_eq!(asked, [None, Some("1".into()), Some("2".into())]);
        assert_eq!(pages.into_items(), [1, 2, 3]);
    }

    #[test]
    fn a_list_without_end_is_an_error() {
        let mut pages = Pages::of(&call());
        pages.add(Some(vec![1]), Some("same".into())).expect("page");
        let error = pages.add(Some(vec![1]), Some("same".into())).expect_err("no end");
        assert_eq!(error.kind, CallErrorKind::Unclear);
    }
}
