//! The `scale` blocks.

use crate::error::Problem;
use crate::fields::{Labels, head_range};
use crate::reader::Reader;
use crate::scale::{GROUP_TIMEOUT, RESIZE_TIMEOUT, Resize, SCALING_GROUP, Scale};
use crate::table::BlockRow;
use hcl_edit::Span as _;
use hcl_edit::structure::Block;
use indexmap::IndexMap;
use pilotlight_findings::Span;
use serde_json::Value as Json;

/// What one block says.
pub(super) enum Scaled {
    Group(Scale),
    Other(Resize),
}

impl Scaled {
    pub(super) fn place(&self) -> (&str, &str, &Span) {
        match self {
            Self::Group(scale) => (&scale.stack, &scale.address, &scale.span),
            Self::Other(resize) => (&resize.stack, &resize.address, &resize.span),
        }
    }
}

/// What Terraform itself reads of a resource: none of them is an attribute, and some change how many there are.
const META_ARGUMENTS: [&str; 8] =
    ["connection", "count", "depends_on", "dynamic", "for_each", "lifecycle", "provider", "provisioner"];

impl Reader<'_> {
    pub(super) fn scale(
        &mut self,
        row: &'static BlockRow,
        block: &Block,
        labels: Labels,
        before: &[Scaled],
    ) -> Option<Scaled> {
        let address = labels.names.into_iter().next()?;
        let range = labels.ranges.into_iter().next().unwrap_or_default();
        let place = format!("scale {address:?}");
        let children = self.children(row, block, &place);
        let Some(resource_type) = resource_type(&address) else {
            let remedy =
                "write it as Terraform does, as in aws_autoscaling_group.web or module.web.aws_ecs_service.this[0]";
            self.wrong("scale", &format!("{address:?}"), "it is none of a resource", remedy, range);
            return None;
        };
        let is_group = resource_type == SCALING_GROUP;
        let mut values = self.attributes(row, block, &place);
        let (stack_range, desired_range) = (values.range("stack"), values.range("desired"));
        let light_range = values.range("pilot_light");
        let (stack, desired) = (values.text("stack"), values.integer("desired"));
        let (pilot_light, timeout) = (values.integer("pilot_light"), values.duration("timeout"));
        let set = children.first().map(|(child, inner)| (head_range(inner), self.set(child, inner, &place)));
        self.fits_its_type(
            is_group,
            block,
            &place,
            [(desired.is_some(), desired_range), (pilot_light.is_some(), light_range)],
        );
        let stack = stack?;
        if !self.stacks.contains(&stack) {
            let problem = self.no_stack(&stack, place);
            self.fail(stack_range, problem);
            return None;
        }
        if let Some((.., first)) =
            before.iter().map(Scaled::place).find(|(of, other, _)| (*of, *other) == (stack.as_str(), address.as_str()))
        {
            let first = format!("line {}", first.start.line);
            let what = if is_group { "group" } else { "resource" };
            self.fail(range, Problem::Duplicate { what: format!("the {what} {address} of stack {stack}"), first });
            return None;
        }
        let span = self.span(labels.head);
        if !is_group {
            let (_, set) = set?;
            return Some(Scaled::Other(Resize {
                address,
                stack,
                set: set?,
                timeout: timeout.unwrap_or(RESIZE_TIMEOUT),
                span,
            }));
        }
        Some(Scaled::Group(Scale {
            address,
            stack,
            desired: u32::try_from(desired?).ok()?,
            pilot_light: pilot_light.and_then(|number| u32::try_from(number).ok()),
            timeout: timeout.unwrap_or(GROUP_TIMEOUT),
            span,
        }))
    }

    /// Notes what a group lacks or cannot have, and the same of everything else.
    fn fits_its_type(
        &mut self,
        is_group: bool,
        block: &Block,
        place: &str,
        numbers: [(bool, std::ops::Range<usize>); 2],
    ) {
        let [(desired, desired_range), (light, light_range)] = numbers;
        let missing = |what: &str, example: &str| Problem::Missing {
            what: what.to_owned(),
            place: place.to_owned(),
            example: example.to_owned(),
        };
        let misplaced = |name: &str, home: &str| Problem::Misplaced {
            name: name.to_owned(),
            place: format!("in {place}"),
            home: home.to_owned(),
        };
        let others = "the scale block of an Auto Scaling group; any other resource says its size in set { ... }";
        match is_group {
            true => {
                if !block.body.has_attribute("desired") {
                    self.fail(head_range(block), missing("the attribute \"desired\"", "desired = 6"));
                }
                for inner in block.body.get_blocks("set") {
                    let home = "the scale block of any other resource; an Auto Scaling group says its size in desired";
                    self.fail(head_range(inner), misplaced("set", home));
                }
            }
            false => {
                if desired {
                    self.fail(desired_range, misplaced("desired", others));
                }
                if light {
                    self.fail(light_range, misplaced("pilot_light", others));
                }
                if !desired && !block.body.has_blocks("set") && !block.body.has_attribute("set") {
                    self.fail(head_range(block), missing("the block \"set\"", "set { desired_count = 6 }"));
                }
            }
        }
    }

    /// The attributes of a `set` block; none where one of them is none.
    fn set(&mut self, row: &'static BlockRow, block: &Block, place: &str) -> Option<IndexMap<String, Json>> {
        let place = format!("the set block of {place}");
        self.labels(row, block)?;
        self.children(row, block, &place);
        let before = self.errors.len();
        let values = self.attributes(row, block, &place);
        if block.body.is_empty() {
            let what = "an attribute".to_owned();
            let example = "desired_count = 6, or what else it has while the standby serves".to_owned();
            self.fail(head_range(block), Problem::Missing { what, place, example });
            return None;
        }
        for attribute in block.body.attributes() {
            let name = attribute.key.value().as_str();
            if META_ARGUMENTS.contains(&name) {
                let range = attribute.key.span().unwrap_or_else(|| head_range(block));
                let problem = Problem::Value {
                    what: place.clone(),
                    value: format!("{name:?}"),
                    reason: "it is no attribute of the resource, but Terraform's own argument".to_owned(),
                    remedy: "name attributes alone; how many of a resource there are is changed by a rebuild"
                        .to_owned(),
                };
                self.fail(range, problem);
            }
        }
        (self.errors.len() == before).then_some(values.others)
    }
}

/// `T` where this is `[module.x.]…T.NAME`, each with an index or key or without.
fn resource_type(address: &str) -> Option<String> {
    // Keys may hold any text, dots included.
    let (mut plain, mut inside) = (String::new(), false);
    for letter in address.chars() {
        match letter {
            '[' => inside = true,
            ']' => inside = false,
            _ if !inside => plain.push(letter),
            _ => {}
        }
    }
    let mut parts = plain.split('.');
    let mut next = parts.next();
    while next == Some("module") {
        parts.next().filter(|name| !name.is_empty())?;
        next = parts.next();
    }
    let is_name = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let resource_type = next.filter(is_name).filter(|part| *part != "data")?;
    let named = parts.next().is_some_and(|name| is_name(&name)) && parts.next().is_none();
    (!inside && named).then(|| resource_type.to_owned())
}

#[cfg(test)]
mod tests {
    use super::resource_type;

    #[test]
    fn the_type_in_an_address() {
        for (good, of) in [
            ("aws_autoscaling_group.web", "aws_autoscaling_group"),
            ("aws_autoscaling_group.web[0]", "aws_autoscaling_group"),
            (r#"module.a["x.y"].module.b.aws_ecs_service.web["k.1"]"#, "aws_ecs_service"),
        ] {
            assert_eq!(resource_type(good).as_deref(), Some(of), "{good}");
        }
        for bad in [
            "web",
            "aws_autoscaling_group",
            "aws_autoscaling_group.web.id",
            "module.aws_autoscaling_group.web",
            "aws_autoscaling_group.web[0",
            "data.aws_autoscaling_group.web",
            "data.x",
            "aws_ecs_service.we b",
            "module..aws_ecs_service.web",
        ] {
            assert_eq!(resource_type(bad), None, "{bad}");
        }
    }
}
