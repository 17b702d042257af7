//! The `plan` block, read first: others name its regions.

use crate::dr_plan::Objectives;
use crate::error::Problem;
use crate::location;
use crate::reader::{Reader, Regions};
use crate::table::BlockRow;
use crate::{fields, head as table};
use hcl_edit::structure::Block;
use pilotlight_findings::{Region, Span};

/// What the `plan` block says.
pub(super) struct Head {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) primary: Region,
    pub(super) standby: Region,
    pub(super) objectives: Objectives,
    pub(super) journal: Vec<String>,
    pub(super) span: Span,
}

impl Reader<'_> {
    pub(super) fn head(&mut self, blocks: &[(&'static BlockRow, &Block)]) -> Option<Head> {
        let mut heads = blocks.iter().filter(|(row, _)| std::ptr::eq(*row, &table::PLAN));
        let Some((row, block)) = heads.next() else {
            self.missing_block("plan", "plan \"name\" { ... } with a primary and a standby block");
            return None;
        };
        for (_, again) in heads {
            let problem = Problem::Duplicate {
                what: "the block \"plan\" in one file".to_owned(),
                first: self.line_of(fields::head_range(block).start),
            };
            self.fail(fields::head_range(again), problem);
        }

        let children = self.children(row, block, "the plan block");
        let mut regions = [None, None];
        let mut standby_range = fields::head_range(block);
        let mut objectives = Objectives::default();
        for (child, inner) in children {
            let place = format!("the {} block of the plan", child.name);
            self.labels(child, inner);
            self.children(child, inner, &place);
            let mut values = self.attributes(child, inner, &place);
            match child.name {
                "primary" => regions[0] = values.region("region"),
                "standby" => {
                    standby_range = values.range("region");
                    regions[1] = values.region("region");
                }
                _ => {
                    objectives = Objectives { rto: values.duration("rto"), rpo: values.duration("rpo") };
                }
            }
        }
        let [primary, standby] = regions;
        self.regions = match (primary.clone(), standby.clone()) {
            (Some(primary), Some(standby)) => Regions::Known { primary, standby },
            _ => Regions::Unknown,
        };
        if let (Some(primary), Some(standby)) = (&primary, &standby)
            && primary == standby
        {
            self.fail(standby_range, Problem::SameRegion(standby.clone()));
        }

        let labels = self.labels(row, block);
        let mut values = self.attributes(row, block, "the plan block");
        let description = values.text("description");
        let journal = self.journal(&mut values);
        let labels = labels?;
        let name = labels.names.first()?.clone();
        self.check_name(&name, labels.ranges.first()?.clone());
        Some(Head {
            name,
            description,
            primary: primary?,
            standby: standby?,
            objectives,
            journal: journal?,
            span: self.span(labels.head),
        })
    }

    fn journal(&mut self, values: &mut crate::content::Fields) -> Option<Vec<String>> {
        let whole = values.range("journal");
        let stores = values.texts("journal")?;
        let mut problem = |range, value: String, reason: &str, remedy: &str| {
            let value = self.shown(&value, &range);
            self.fail(
                range,
                Problem::Value {
                    what: "the attribute \"journal\"".to_owned(),
                    value,
                    reason: reason.to_owned(),
                    remedy: remedy.to_owned(),
                },
            );
        };
        if stores.is_empty() {
            problem(
                whole,
                "[]".to_owned(),
                "a run has to be recorded somewhere",
                "name at least one store, as in [\"file:.pilotlight\"]",
            );
            return None;
        }
        let mut urls: Vec<String> = Vec::new();
        for (url, range) in stores {
            if let Some(reason) = location::wrong_with_journal(&url) {
                problem(range, format!("{url:?}"), reason, "write it as in s3://bucket/prefix or file:.pilotlight");
            } else if urls.iter().any(|other| location::same_place(other, &url)) {
                problem(range, format!("{url:?}"), "it is in the list already", "name each store once");
            }
            urls.push(url);
        }
        Some(urls)
    }
}
