//! The order of the stacks: no circle, and nothing that waits for a later tier.

use crate::error::Problem;
use crate::reader::Reader;
use crate::stack::Stack;

/// Notes what makes an order impossible.
pub(crate) fn check(reader: &mut Reader<'_>, stacks: &[Stack]) {
    let mut told: Vec<String> = Vec::new();
    for stack in stacks {
        if told.contains(&stack.name) {
            continue;
        }
        if let Some(chain) = circle_from(stack, stacks) {
            told.extend(chain.iter().cloned());
            reader.fail_at(stack.span.clone(), Problem::Cycle { chain });
        }
    }
    for stack in stacks.iter().filter(|stack| !told.contains(&stack.name)) {
        for on in stacks.iter().filter(|on| stack.depends_on.contains(&on.name) && on.tier > stack.tier) {
            reader.fail_at(
                stack.span.clone(),
                Problem::Tiers { stack: stack.name.clone(), tier: stack.tier, on: on.name.clone(), on_tier: on.tier },
            );
        }
    }
}

/// The shortest way along dependencies from a stack back to itself: its names, the stack's at both ends.
fn circle_from(start: &Stack, stacks: &[Stack]) -> Option<Vec<String>> {
    let mut ways: Vec<Vec<&str>> = vec![vec![&start.name]];
    let mut seen: Vec<&str> = Vec::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let last = way.last().copied().unwrap_or_default();
            let Some(stack) = stacks.iter().find(|stack| stack.name == last) else {
                continue;
            };
            for next in &stack.depends_on {
                if *next == start.name {
                    return Some(way.iter().copied().chain([next.as_str()]).map(str::to_owned).collect());
                }
                if !seen.contains(&next.as_str()) {
                    seen.push(next);
                    longer.push(way.iter().copied().chain([next.as_str()]).collect());
                }
            }
        }
        ways = longer;
    }
    None
}
