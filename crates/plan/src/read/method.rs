//! How a traffic set moves: its `method`, and what belongs to it.

use crate::content::Fields;
use crate::error::Problem;
use crate::fields::head_range;
use crate::reader::Reader;
use crate::traffic::{Method, Shift};
use hcl_edit::structure::Block;
use std::ops::Range;

/// Where a shift ends: all of the traffic.
const ALL: i64 = 100;

impl Reader<'_> {
    /// The method with its settings; none where they have an error, which was noted.
    pub(super) fn method(&mut self, block: &Block, values: &mut Fields, place: &str) -> Option<Method> {
        let method = values.text("method")?;
        let at = values.range("shift");
        let (hold_at, shift, hold) = (values.range("hold"), values.integers("shift"), values.duration("hold"));
        if method != "weighted" {
            for (name, range) in [("shift", at), ("hold", hold_at)] {
                if block.body.has_attribute(name) {
                    let written = self.text.get(range.clone()).unwrap_or_default().to_owned();
                    let reason = format!("method is {method:?}");
                    self.wrong(name, &written, &reason, "leave it out, or write method = \"weighted\"", range);
                }
            }
            return Some(Method::Record);
        }
        for (name, example) in [("shift", "shift = [10, 50, 100]"), ("hold", "hold = \"45s\"")] {
            if !block.body.has_attribute(name) {
                let problem = Problem::Missing {
                    what: format!("the attribute {name:?}"),
                    place: format!("{place}, whose method is \"weighted\""),
                    example: example.to_owned(),
                };
                self.fail(head_range(block), problem);
            }
        }
        let percents = self.shift(shift?, at)?;
        Some(Method::Weighted(Shift { percents, hold: hold? }))
    }

    fn shift(&mut self, shift: Vec<(i64, Range<usize>)>, at: Range<usize>) -> Option<Vec<u8>> {
        let remedy = "write percent that rise to 100, as in [10, 50, 100]";
        let Some((last, last_at)) = shift.last().cloned() else {
            self.wrong("shift", "[]", "nothing would move", remedy, at);
            return None;
        };
        if let Some(pair) = shift.windows(2).find(|pair| pair[1].0 <= pair[0].0) {
            let reason = format!("it is not more than the {} before it", pair[0].0);
            self.wrong("shift", &pair[1].0.to_string(), &reason, remedy, pair[1].1.clone());
            return None;
        }
        if last != ALL {
            self.wrong("shift", &last.to_string(), "the last step has to be 100", remedy, last_at);
            return None;
        }
        shift.into_iter().map(|(percent, _)| u8::try_from(percent).ok()).collect()
    }
}
