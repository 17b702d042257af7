//! A descriptor for each code that is used, with the page that `pilotlight explain` prints.

use crate::codes::{page_markdown, part};
use crate::cut;
use pilotlight_findings::Code;
use serde_sarif::sarif::{MultiformatMessageString, PropertyBag, ReportingDescriptor};
use std::collections::HashMap;

/// Characters that GitHub shows of a description.
const DESCRIPTION: usize = 1_000;

/// The codes in the order in which they were first used.
#[derive(Default)]
pub(super) struct Rules {
    codes: Vec<Code>,
    places: HashMap<Code, usize>,
}

impl Rules {
    /// The code's place among the rules.
    pub(super) fn index(&mut self, code: Code) -> usize {
        *self.places.entry(code).or_insert_with(|| {
            self.codes.push(code);
            self.codes.len() - 1
        })
    }

    pub(super) fn done(self) -> Vec<ReportingDescriptor> {
        self.codes.into_iter().map(descriptor).collect()
    }
}

fn descriptor(code: Code) -> ReportingDescriptor {
    let page = code.page();
    let text = |text: String| MultiformatMessageString::builder().text(text).build();
    let help = MultiformatMessageString::builder().text(page.text).markdown(page_markdown(page)).build();
    let tags = vec![part(page).to_owned()];
    ReportingDescriptor::builder()
        .id(page.code)
        .short_description(text(page.title.to_owned()))
        .full_description(text(cut::one(page.text, DESCRIPTION)))
        .help(help)
        .properties(PropertyBag::builder().tags(tags).build())
        .build()
}
