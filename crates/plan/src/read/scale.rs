//! The `scale` blocks.

use crate::error::Problem;
use crate::fields::Labels;
use crate::reader::Reader;
use crate::scale::{SCALING_GROUP, Scale};
use crate::table::BlockRow;
use hcl_edit::structure::Block;

impl Reader<'_> {
    pub(super) fn scale(
        &mut self,
        row: &'static BlockRow,
        block: &Block,
        labels: Labels,
        before: &[Scale],
    ) -> Option<Scale> {
        let address = labels.names.into_iter().next()?;
        let range = labels.ranges.into_iter().next().unwrap_or_default();
        let place = format!("scale {address:?}");
        self.children(row, block, &place);
        if !is_group(&address) {
            let remedy = "write an Auto Scaling group's address, as in aws_autoscaling_group.web or \
                          module.web.aws_autoscaling_group.this[0]; other sizes are changed by a step \"command\"";
            self.wrong("scale", &format!("{address:?}"), "it is none of an Auto Scaling group", remedy, range);
            return None;
        }
        let mut values = self.attributes(row, block, &place);
        let stack_range = values.range("stack");
        let (stack, desired) = (values.text("stack"), values.integer("desired"));
        let (pilot_light, timeout) = (values.integer("pilot_light"), values.duration("timeout"));
        let stack = stack?;
        if !self.stacks.contains(&stack) {
            let problem = self.no_stack(&stack, place);
            self.fail(stack_range, problem);
            return None;
        }
        if let Some(first) = before.iter().find(|scale| (&scale.stack, &scale.address) == (&stack, &address)) {
            let first = format!("line {}", first.span.start.line);
            self.fail(range, Problem::Duplicate { what: format!("the group {address} of stack {stack}"), first });
            return None;
        }
        Some(Scale {
            address,
            stack,
            desired: u32::try_from(desired?).ok()?,
            pilot_light: pilot_light.and_then(|number| u32::try_from(number).ok()),
            timeout: timeout?,
            span: self.span(labels.head),
        })
    }
}

/// Whether this is `[module.x.]…aws_autoscaling_group.NAME`, each with an index or key or without.
fn is_group(address: &str) -> bool {
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
        if parts.next().is_none_or(str::is_empty) {
            return false;
        }
        next = parts.next();
    }
    !inside
        && next == Some(SCALING_GROUP)
        && parts.next().is_some_and(|name| !name.is_empty())
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::is_group;

    #[test]
    fn addresses_of_groups() {
        for good in [
            "aws_autoscaling_group.web",
            "aws_autoscaling_group.web[0]",
            r#"module.a["x.y"].module.b.aws_autoscaling_group.web["k.1"]"#,
        ] {
            assert!(is_group(good), "{good}");
        }
        for bad in [
            "aws_instance.web",
            "web",
            "aws_autoscaling_group",
            "aws_autoscaling_group.web.id",
            "module.aws_autoscaling_group.web",
            "aws_autoscaling_group.web[0",
            "data.aws_autoscaling_group.web",
        ] {
            assert!(!is_group(bad), "{bad}");
        }
    }
}
