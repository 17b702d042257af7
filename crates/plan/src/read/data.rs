//! The `data` blocks of a stack's `standby`.

use crate::data::{ALL_DATA, DataChoice, DataFrom, data_choices, holders, type_of};
use crate::error::Problem;
use crate::name::nearest;
use crate::reader::{Reader, Seen};
use crate::table::BlockRow;
use hcl_edit::structure::Block;

use super::stack::wrong_with_address;

impl Reader<'_> {
    /// One block; none where something is wrong with it, which was noted.
    pub(super) fn data_choice(
        &mut self,
        row: &'static BlockRow,
        block: &Block,
        stack: &str,
        addresses: &mut Seen,
    ) -> Option<DataChoice> {
        let place = format!("a data block of stack {stack:?}");
        let labels = self.labels(row, block);
        self.children(row, block, &place);
        let mut values = self.attributes(row, block, &place);
        let from_range = values.range("from");
        let from = values.text("from").and_then(|word| DataFrom::of(&word));
        let snapshot_range = values.range("snapshot");
        let snapshot = values.text("snapshot");
        let key_range = values.range("kms_key_id");
        let kms_key_id = values.text("kms_key_id");
        let labels = labels?;
        let (address, range) = (labels.names.first()?.clone(), labels.ranges.first()?.clone());
        addresses.add(self, &address, range.clone());
        let choices = if address == ALL_DATA {
            &[DataFrom::Empty, DataFrom::Elsewhere][..]
        } else {
            let kind = type_of(&address).unwrap_or_default();
            let problem = wrong_with_address(&address)
                .map(|reason| (reason.to_owned(), "write it as Terraform does, as in aws_db_instance.main".to_owned()))
                .or_else(|| {
                    address.contains('[').then(|| {
                        let remedy = "write it without the key: a choice is for all instances of a resource";
                        ("only a whole resource can be named".to_owned(), remedy.to_owned())
                    })
                })
                .or_else(|| {
                    data_choices(kind).is_none().then(|| {
                        let remedy = match nearest(kind, holders()) {
                            Some(near) => format!("did you mean {near:?}?"),
                            None => "leave it out: only what holds data needs a choice".to_owned(),
                        };
                        (format!("Pilotlight knows of no data that an {kind} holds"), remedy)
                    })
                });
            if let Some((reason, remedy)) = problem {
                self.wrong("data", &format!("{address:?}"), &reason, &remedy, range);
                return None;
            }
            data_choices(kind)?
        };
        let from = from?;
        if !choices.contains(&from) {
            let words: Vec<String> = choices.iter().map(|choice| format!("{:?}", choice.as_str())).collect();
            let what = if address == ALL_DATA { "whatever no other block names" } else { address.as_str() };
            let reason = format!("{what} cannot be filled that way");
            let at = from_range;
            self.wrong("from", &format!("{:?}", from.as_str()), &reason, &format!("write {}", words.join(" or ")), at);
            return None;
        }
        for (name, value, range, with) in [
            ("snapshot", &snapshot, snapshot_range, DataFrom::Snapshot),
            ("kms_key_id", &kms_key_id, key_range, DataFrom::Replica),
        ] {
            if let Some(value) = value
                && from != with
            {
                let reason = format!("from is {:?}", from.as_str());
                let remedy = format!("leave it out, or write from = {:?}", with.as_str());
                self.wrong(name, &format!("{value:?}"), &reason, &remedy, range);
                return None;
            }
        }
        if snapshot.as_deref().is_some_and(|snapshot| snapshot.trim().is_empty()) {
            let problem = Problem::Missing {
                what: "the snapshot".to_owned(),
                place: format!("data {address:?}"),
                example: "leave snapshot out to have the newest copy".to_owned(),
            };
            self.fail(labels.head, problem);
            return None;
        }
        Some(DataChoice { address, from, snapshot, kms_key_id, span: self.span(labels.head) })
    }
}
