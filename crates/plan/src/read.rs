//! A plan's text to a plan.

mod check;
mod data;
mod database;
mod drift;
mod head;
mod managed;
mod method;
mod observe;
mod scale;
mod stack;
mod step;
mod traffic;
mod zone;

use crate::dr_plan::DrPlan;
use crate::error::{PlanErrors, Problem};
use crate::fields::head_range;
use crate::inputs::Inputs;
use crate::name::nearest;
use crate::reader::{Reader, Regions, Seen};
use crate::table::{BLOCKS, BlockRow};
use crate::{order, syntax};
use hcl_edit::Span as _;
use hcl_edit::structure::{Block, Body, Structure};
use std::path::PathBuf;

/// Reads a plan. `file` is named in errors, and relative paths start at its folder; `text` is its content.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file; a text that is no HCL has one error alone.
pub fn parse(file: &str, text: &str, inputs: &Inputs) -> Result<DrPlan, PlanErrors> {
    let mut reader = Reader::new(file, text, inputs);
    let plan = match hcl_edit::parser::parse_body(text) {
        Ok(body) => reader.plan(&body),
        Err(error) => {
            let (range, problem) = syntax::problem(text, &error);
            reader.fail(range, problem);
            None
        }
    };
    match PlanErrors::new(file, reader.errors) {
        Some(errors) => Err(errors),
        // No plan without an error would be a mistake of this crate; it must not pass for a plan.
        None => plan
            .ok_or_else(|| PlanErrors::one(file, Problem::Syntax { message: "no plan was found".into(), hint: None })),
    }
}

impl Reader<'_> {
    fn plan(&mut self, body: &Body) -> Option<DrPlan> {
        let blocks = self.sort(body);
        self.stacks = blocks
            .iter()
            .filter(|(row, _)| row.name == "stack")
            .filter_map(|(_, block)| block.labels.first().map(|label| label.as_str().to_owned()))
            .collect();

        let head = self.head(&blocks);
        if let Regions::BeingRead = self.regions {
            self.regions = Regions::Unknown;
        }

        let mut stacks = Vec::new();
        let mut traffic = Vec::new();
        let mut scaled: Vec<scale::Scaled> = Vec::new();
        let mut checks = Vec::new();
        let mut steps = Vec::new();
        let mut approvals = Vec::new();
        let mut databases = Vec::new();
        let mut managed = Vec::new();
        let mut seen = [
            ("stack", Seen::new("name of a stack")),
            ("traffic", Seen::new("name of a traffic set")),
            ("check", Seen::new("name of a check")),
            ("database", Seen::new("name of a database")),
            ("step", Seen::new("name of a step")),
            ("approval", Seen::new("name of an approval")),
        ];
        for (row, block) in &blocks {
            if row.name == "scale" {
                // Its label is an address, which another stack may have as well.
                let labels = self.labels(row, block);
                scaled.extend(labels.and_then(|labels| self.scale(row, block, labels, &scaled)));
            }
            let Some((_, names)) = seen.iter_mut().find(|(name, _)| *name == row.name) else {
                continue; // The head, which was read, and what has no name.
            };
            let Some(labels) = self.labels(row, block) else {
                continue;
            };
            if let (Some(name), Some(range)) = (labels.names.first(), labels.ranges.first()) {
                self.check_name(name, range.clone());
                names.add(self, name, range.clone());
            }
            match row.name {
                "stack" => stacks.extend(self.stack(row, block, labels)),
                "traffic" => traffic.extend(self.traffic(row, block, labels).into_iter().flatten()),
                "database" if row.kind == Some("postgres") => databases.extend(self.database(row, block, labels)),
                "database" => managed.extend(self.managed_database(row, block, labels)),
                "check" => checks.extend(self.check(row, block, labels)),
                "step" => steps.extend(self.command_step(row, block, labels)),
                _ => approvals.extend(self.approval(row, block, labels)),
            }
        }
        if !blocks.iter().any(|(row, _)| row.name == "stack") {
            self.missing_block("stack", "stack \"app\" { ... }");
        }
        let (mut scale, mut resize) = (Vec::new(), Vec::new());
        for one in scaled {
            match one {
                scale::Scaled::Group(group) => scale.push(group),
                scale::Scaled::Other(other) => resize.push(other),
            }
        }
        let drift = self.drift(&blocks);
        let observe = self.observe(&blocks);
        order::check(self, &stacks);
        self.check_states(&stacks);
        self.check_records(&traffic);

        let head = head?;
        Some(DrPlan {
            name: head.name,
            description: head.description,
            file: PathBuf::from(self.file),
            primary: head.primary,
            standby: head.standby,
            objectives: head.objectives,
            journal: head.journal,
            stacks,
            traffic,
            databases,
            managed,
            scale,
            resize,
            checks,
            steps,
            approvals,
            observe,
            drift,
            span: head.span,
        })
    }

    /// The blocks of the file with their rows. What does not belong there is noted.
    fn sort<'b>(&mut self, body: &'b Body) -> Vec<(&'static BlockRow, &'b Block)> {
        let mut blocks = Vec::new();
        for structure in body {
            match structure {
                Structure::Block(block) => blocks.extend(self.row_of(block).map(|row| (row, block))),
                Structure::Attribute(attribute) => {
                    let name = attribute.key.value().as_str();
                    let range = attribute.key.span().or_else(|| attribute.span()).unwrap_or_default();
                    let home = BLOCKS.iter().find(|row| row.attributes.iter().any(|known| known.name == name));
                    let problem = match home {
                        Some(row) => Problem::Misplaced {
                            name: name.to_owned(),
                            place: "at the top of a plan".to_owned(),
                            home: row.place(),
                        },
                        None => Problem::UnknownName {
                            what: "the attribute",
                            name: name.to_owned(),
                            place: "the top of a plan".to_owned(),
                            suggestion: None,
                            known: top_names(),
                        },
                    };
                    self.fail(range, problem);
                    self.refuse_literal_secret(name, &attribute.value, false);
                }
            }
        }
        blocks
    }

    fn row_of(&mut self, block: &Block) -> Option<&'static BlockRow> {
        let name = block.ident.value().as_str();
        let rows: Vec<&'static BlockRow> = BLOCKS.iter().copied().filter(|row| row.name == name).collect();
        if rows.is_empty() {
            self.fail(
                head_range(block),
                Problem::UnknownName {
                    what: "the block",
                    name: name.to_owned(),
                    place: "the plan language".to_owned(),
                    suggestion: nearest(name, BLOCKS.iter().map(|row| row.name)),
                    known: top_names(),
                },
            );
            return None;
        }
        let kinds: Vec<&str> = rows.iter().filter_map(|row| row.kind).collect();
        let Some(kind) = block.labels.first().filter(|_| !kinds.is_empty()) else {
            return rows.first().copied();
        };
        let found = rows.iter().copied().find(|row| row.kind == Some(kind.as_str()));
        if found.is_none() {
            self.fail(
                kind.span().unwrap_or_else(|| head_range(block)),
                Problem::UnknownName {
                    what: "the kind",
                    name: kind.as_str().to_owned(),
                    place: if name == "approval" { "an" } else { "a" }.to_owned() + " " + name + " block",
                    suggestion: nearest(kind.as_str(), kinds.iter().copied()),
                    known: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
                },
            );
        }
        found
    }

    /// Notes that the file lacks a block: at its end, where it could be added.
    fn missing_block(&mut self, name: &str, example: &str) {
        let end = self.text.trim_end().len();
        self.fail(
            end..end,
            Problem::Missing {
                what: format!("the block {name:?}"),
                place: "the plan".to_owned(),
                example: example.to_owned(),
            },
        );
    }
}

/// The names of the blocks, each once.
fn top_names() -> Vec<String> {
    let mut names: Vec<String> = BLOCKS.iter().map(|row| row.name.to_owned()).collect();
    names.dedup();
    names
}
