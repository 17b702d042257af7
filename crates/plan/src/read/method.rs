//! How a traffic set moves: its `method`, and what belongs to it.

use crate::content::Fields;
use crate::error::Problem;
use crate::fields::head_range;
use crate::reader::Reader;
use crate::table::BlockRow;
use crate::traffic::{Method, Shift, Signal};
use hcl_edit::structure::Block;
use std::ops::Range;

/// Where a shift ends: all of the traffic.
const ALL: i64 = 100;

impl Reader<'_> {
    /// The method with its settings; none where they have an error, which was noted.
    pub(super) fn method(
        &mut self,
        block: &Block,
        values: &mut Fields,
        place: &str,
        signal: Option<(Option<Signal>, Range<usize>)>,
    ) -> Option<Method> {
        let method = values.text("method")?;
        if let (Some((_, head)), false) = (&signal, method == "signal") {
            let remedy = "leave the block out, or write method = \"signal\"";
            self.wrong("signal", "a block", &format!("method is {method:?}"), remedy, head.clone());
        }
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
            return match (method.as_str(), signal) {
                ("signal", Some((signal, _))) => signal.map(|signal| Method::Signal(Box::new(signal))),
                ("signal", None) => {
                    let problem = Problem::Missing {
                        what: "the block \"signal\"".to_owned(),
                        place: format!("{place}, whose method is \"signal\""),
                        example: "signal { url = \"s3://bucket-in-the-standby-region/key\" }".to_owned(),
                    };
                    self.fail(head_range(block), problem);
                    None
                }
                _ => Some(Method::Record),
            };
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

    /// The `signal` block; none where something is wrong with it, which was noted.
    pub(super) fn signal(&mut self, row: &'static BlockRow, block: &Block, set: &str) -> Option<Signal> {
        let place = format!("the signal of traffic {set:?}");
        let labels = self.labels(row, block);
        self.children(row, block, &place);
        let mut values = self.attributes(row, block, &place);
        let at = values.range("url");
        let (url, health_check) = (values.text("url"), values.value("health_check"));
        let head = labels?.head;
        let url = url?;
        let parts = url.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        let plain = |text: &str| !text.is_empty() && !text.contains(['?', '#', '@', ' ']) && !text.contains("//");
        match parts {
            Some((bucket, key)) if plain(bucket) && plain(key) && !key.starts_with('/') && !key.ends_with('/') => {
                let (bucket, key) = (bucket.to_owned(), key.to_owned());
                Some(Signal { url, bucket, key, health_check: health_check?, span: self.span(head) })
            }
            _ => {
                let remedy = "write the object's URL, as in s3://shop-dr-eu-central-1/signal/standby-serves";
                self.wrong("url", &format!("{url:?}"), "it names no object of a bucket", remedy, at);
                None
            }
        }
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
