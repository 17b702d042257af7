//! The `stack` blocks.

use crate::data::DATA;
use crate::error::Problem;
use crate::fields::Labels;
use crate::location;
use crate::reader::{Reader, Seen};
use crate::role;
use crate::stack::{SetOverride, Stack, StandbyOptions};
use crate::table::BlockRow;
use hcl_edit::structure::Block;
use std::ops::Range;
use std::path::PathBuf;

const STATE_REMEDY: &str = "write it as in s3://bucket/key, https://host/state, pull:../app or file:terraform.tfstate";
const ROLE_REMEDY: &str = "write it as in arn:aws:iam::123456789012:role/drift-reader";

impl Reader<'_> {
    pub(super) fn stack(&mut self, row: &'static BlockRow, block: &Block, labels: Labels) -> Option<Stack> {
        let name = labels.names.into_iter().next()?;
        let place = format!("stack {name:?}");
        let children = self.children(row, block, &place);
        let mut values = self.attributes(row, block, &place);

        let source_range = values.range("source");
        let source = values.text("source");
        if source.as_deref().is_some_and(|source| source.trim().is_empty()) {
            self.wrong("source", "\"\"", "it is empty", "name the folder of the root module", source_range);
        }
        let state_range = values.range("state");
        let state = values.text("state");
        if let Some(state) = &state {
            self.check_state_url("state", state, state_range);
        }
        let role_range = values.range("role");
        let role = values.text("role");
        if let Some(role) = &role
            && let Some(reason) = role::wrong_with_role(role)
        {
            self.wrong("role", &format!("{role:?}"), reason, ROLE_REMEDY, role_range);
        }
        let depends_on = self.depends_on(&name, values.texts("depends_on"));
        let tier = values.integer("tier").and_then(|tier| u32::try_from(tier).ok());
        let mut standby = Some(StandbyOptions::default());
        for (child, inner) in children {
            standby = self.standby(child, inner, &name);
        }
        Some(Stack {
            source: PathBuf::from(source?),
            state: state?,
            role,
            depends_on: depends_on?,
            tier: tier?,
            standby: standby?,
            span: self.span(labels.head),
            name,
        })
    }

    fn depends_on(&mut self, stack: &str, texts: Option<Vec<(String, Range<usize>)>>) -> Option<Vec<String>> {
        let mut names: Vec<String> = Vec::new();
        for (name, range) in texts? {
            if !self.stacks.contains(&name) {
                let problem = self.no_stack(&name, format!("the depends_on of stack {stack:?}"));
                self.fail(range, problem);
            } else if names.contains(&name) {
                self.wrong(
                    "depends_on",
                    &format!("{name:?}"),
                    "it is in the list already",
                    "name each stack once",
                    range,
                );
            }
            names.push(name);
        }
        Some(names)
    }

    fn standby(&mut self, row: &'static BlockRow, block: &Block, stack: &str) -> Option<StandbyOptions> {
        let place = format!("the standby block of stack {stack:?}");
        self.labels(row, block);
        let children = self.children(row, block, &place);
        let mut values = self.attributes(row, block, &place);
        let state_range = values.range("state");
        let state = values.text("state");
        if let Some(state) = &state {
            self.check_state_url("state", state, state_range);
        }
        let mut addresses = Seen::new("set block of");
        let mut set = Vec::new();
        let (mut data, mut chosen) = (Vec::new(), Seen::new("data block of"));
        for (child, inner) in children {
            if child.name == DATA.name {
                data.extend(self.data_choice(child, inner, stack, &mut chosen));
                continue;
            }
            let place = format!("a set block of stack {stack:?}");
            let labels = self.labels(child, inner);
            self.children(child, inner, &place);
            let values = self.attributes(child, inner, &place);
            let Some(labels) = labels else { continue };
            let (Some(address), Some(range)) = (labels.names.first(), labels.ranges.first()) else {
                continue;
            };
            if let Some(reason) = wrong_with_address(address) {
                self.wrong(
                    "set",
                    &format!("{address:?}"),
                    reason,
                    "write it as Terraform does, as in aws_autoscaling_group.web",
                    range.clone(),
                );
            }
            addresses.add(self, address, range.clone());
            if inner.body.is_empty() {
                self.fail(
                    labels.head.clone(),
                    Problem::Missing {
                        what: "an attribute".to_owned(),
                        place: format!("set {address:?}"),
                        example: "desired_capacity = 1, or what else the standby has otherwise".to_owned(),
                    },
                );
            }
            set.push(SetOverride { address: address.clone(), attributes: values.others, span: self.span(labels.head) });
        }
        let exclude = values.texts("exclude")?;
        for (address, range) in &exclude {
            if let Some(reason) = wrong_with_address(address) {
                self.wrong(
                    "exclude",
                    &format!("{address:?}"),
                    reason,
                    "write it as Terraform does, as in aws_route53_record.app",
                    range.clone(),
                );
            }
        }
        let map_at = values.range("map");
        let map = values.text_map("map")?;
        if map.contains_key("") {
            let remedy = "write what stands in the source, as in map = { \"ami-0aaaaaaaaaaaaaaaa\" = \"ami-0bbbbbbbbbbbbbbbb\" }";
            self.wrong("map", "\"\"", "an empty text names nothing of the source", remedy, map_at);
        }
        Some(StandbyOptions {
            backend: values.map("backend")?,
            state,
            set,
            data,
            exclude: exclude.into_iter().map(|(address, _)| address).collect(),
            map,
            allow: values.texts("allow")?.into_iter().map(|(value, _)| value).collect(),
        })
    }

    fn check_state_url(&mut self, attribute: &str, url: &str, range: Range<usize>) {
        if let Some(reason) = location::wrong_with_state(url) {
            self.wrong(attribute, &format!("{url:?}"), reason, STATE_REMEDY, range);
        }
    }

    /// Notes states that several stacks, or both sides of one, would write.
    pub(super) fn check_states(&mut self, stacks: &[Stack]) {
        let mut places: Vec<(String, String, &Stack)> = Vec::new();
        for stack in stacks {
            let owner = format!("the primary of stack {:?}", stack.name);
            places.push((stack.state.clone(), owner, stack));
            if let Some(state) = &stack.standby.state {
                let owner = format!("the standby of stack {:?}", stack.name);
                places.push((state.clone(), owner, stack));
            }
        }
        for (index, (url, _, stack)) in places.iter().enumerate() {
            let first = places[..index].iter().find(|(other, ..)| location::same_place(other, url));
            if let Some((_, owner, _)) = first {
                self.fail_at(
                    stack.span.clone(),
                    Problem::Duplicate { what: format!("the state {url}"), first: owner.clone() },
                );
            }
        }
    }

    /// Notes a value that an attribute cannot have.
    pub(super) fn wrong(&mut self, attribute: &str, value: &str, reason: &str, remedy: &str, range: Range<usize>) {
        let value = self.shown(value, &range);
        self.fail(
            range,
            Problem::Value {
                what: match attribute {
                    "set" | "data" | "scale" => format!("the address of a {attribute} block"),
                    _ => format!("the attribute {attribute:?}"),
                },
                value,
                reason: reason.to_owned(),
                remedy: remedy.to_owned(),
            },
        );
    }
}

/// What is wrong with a resource's address, or none. Whether the resource exists is not known here.
pub(super) fn wrong_with_address(address: &str) -> Option<&'static str> {
    if address.chars().any(char::is_whitespace) {
        Some("an address has no white space")
    } else if !address.contains('.') || address.split('.').any(str::is_empty) {
        Some("an address has a type and a name with a dot between")
    } else {
        None
    }
}
