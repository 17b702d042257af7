//! The order in which stacks are built.

use pilotlight_findings::{Code, Explain, codes};
use pilotlight_plan::Stack;

/// The stacks cannot be put in order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("put the stacks in order: {} wait for each other or for a stack that is not there", stacks.join(", "))]
pub struct WavesError {
    /// Those that are left.
    pub stacks: Vec<String>,
}

impl Explain for WavesError {
    fn code(&self) -> Code {
        codes::R_ORDER
    }

    fn remedy(&self) -> Option<String> {
        Some("correct depends_on of these stacks".to_owned())
    }
}

/// Waves of stacks: each wave may be built at once, after the waves before it. A stack comes after those
/// that it depends on, and after those of a lower tier that are ready when it is.
///
/// # Errors
/// Stacks depend on each other in a circle.
pub fn waves(stacks: &[Stack]) -> Result<Vec<Vec<String>>, WavesError> {
    let mut waves: Vec<Vec<String>> = Vec::new();
    let mut waiting: Vec<&Stack> = stacks.iter().collect();
    while !waiting.is_empty() {
        let is_ready =
            |stack: &&&Stack| stack.depends_on.iter().all(|name| waves.iter().flatten().any(|done| done == name));
        let Some(tier) = waiting.iter().filter(is_ready).map(|stack| stack.tier).min() else {
            return Err(WavesError { stacks: waiting.iter().map(|stack| stack.name.clone()).collect() });
        };
        let wave: Vec<String> = waiting
            .iter()
            .filter(is_ready)
            .filter(|stack| stack.tier == tier)
            .map(|stack| stack.name.clone())
            .collect();
        waiting.retain(|stack| !wave.contains(&stack.name));
        waves.push(wave);
    }
    Ok(waves)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilotlight_findings::Span;

    fn stack(name: &str, tier: u32, depends_on: &[&str]) -> Stack {
        Stack {
            name: name.to_owned(),
            source: "x".into(),
            state: "x".to_owned(),
            depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
            tier,
            standby: pilotlight_plan::StandbyOptions::default(),
            span: Span::of("p", "", 0..0),
        }
    }

    #[test]
    fn dependencies_then_tiers() {
        let stacks = [
            stack("app", 1, &["network"]),
            stack("network", 0, &[]),
            stack("logs", 2, &[]),
            stack("mail", 1, &["network"]),
        ];
        assert_eq!(
            waves(&stacks),
            Ok(vec![vec!["network".to_owned()], vec!["app".to_owned(), "mail".to_owned()], vec!["logs".to_owned()]])
        );
    }

    #[test]
    fn a_circle_is_named() {
        let error = waves(&[stack("a", 0, &["b"]), stack("b", 0, &["a"]), stack("c", 0, &[])]).unwrap_err();
        assert_eq!(error.stacks, ["a", "b"]);
    }
}
