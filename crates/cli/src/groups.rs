//! The names of the plan's Auto Scaling groups, as the states of both sides have them.

use crate::project::States;
use pilotlight_failover::GroupNames;
use pilotlight_findings::{Region, Side};
use pilotlight_plan::{DrPlan, Scale};
use pilotlight_tfstate::{IndexKey, ResourceAddress};

/// The groups of a plan, by the states that could be read.
pub(crate) struct Groups<'a> {
    plan: &'a DrPlan,
    states: &'a States,
}

impl<'a> Groups<'a> {
    pub(crate) fn new(plan: &'a DrPlan, states: &'a States) -> Self {
        Self { plan, states }
    }

    /// Every instance of the resource on a side; none where that side's state could not be read.
    fn instances(&self, stack: &str, wanted: &ResourceAddress, side: Side) -> Option<Vec<ResourceAddress>> {
        let managed = self.states.get(stack, side)?.managed();
        let addresses = managed.filter(|managed| !managed.is_deposed()).map(|managed| managed.address());
        Some(addresses.filter(|address| address.config() == wanted.config()).collect())
    }

    /// The address that a scale block's has on a side.
    pub(crate) fn address(&self, stack: &str, address: &str, side: Side) -> Option<ResourceAddress> {
        let wanted: ResourceAddress = address.parse().ok()?;
        let here = self.instances(stack, &wanted, side)?;
        let there = self.instances(stack, &wanted, side.other());
        let regions = [self.plan.region(side), self.plan.region(side.other())];
        counterpart(&wanted, &here, there.as_deref(), regions)
    }
}

impl GroupNames for Groups<'_> {
    fn group_name(&self, scale: &Scale, side: Side) -> Option<String> {
        let address = self.address(&scale.stack, &scale.address, side)?;
        let mut managed = self.states.get(&scale.stack, side)?.managed();
        let group = managed.find(|managed| !managed.is_deposed() && managed.address() == address)?;
        Some(group.attributes().get("name")?.as_str()?.to_owned())
    }
}

/// What stands `here` for an address: itself, or the one whose keys are zones of this region where its own are zones of
/// the other. Zones pair in the order of their letters among those that the resource has on either side, as a rebuild
/// pairs them; by the letter itself where the other side's are not known.
fn counterpart(
    wanted: &ResourceAddress,
    here: &[ResourceAddress],
    there: Option<&[ResourceAddress]>,
    [own, other]: [&Region; 2],
) -> Option<ResourceAddress> {
    if here.contains(wanted) {
        return Some(wanted.clone());
    }
    // With the letter of its zones apart: two addresses with one shape differ in nothing but their zones.
    let shaped = |all: &[ResourceAddress], region: &Region| -> Vec<(String, Vec<char>, ResourceAddress)> {
        let mut shaped: Vec<_> = all
            .iter()
            .map(|address| {
                let (shape, letters) = shape(address, region);
                (shape, letters, address.clone())
            })
            .collect();
        shaped.sort_by(|one, two| (&one.0, &one.1).cmp(&(&two.0, &two.1)));
        shaped
    };
    let (wanted_shape, wanted_letters) = shape(wanted, other);
    if wanted_letters.is_empty() {
        return None;
    }
    let of_shape = |mut all: Vec<(String, Vec<char>, ResourceAddress)>| {
        all.retain(|(shape, ..)| *shape == wanted_shape);
        all
    };
    let here = of_shape(shaped(here, own));
    let by_letter = || here.iter().find(|(_, letters, _)| *letters == wanted_letters);
    let found = match there.map(|there| of_shape(shaped(there, other))) {
        Some(there) if there.len() == here.len() => {
            let at = there.iter().position(|(_, letters, _)| *letters == wanted_letters)?;
            here.get(at)
        }
        Some(_) => None,
        None => by_letter(),
    };
    found.map(|(.., address)| address.clone())
}

/// An address with a mark in the place of each key that is a zone of the region, and the letters of these zones.
fn shape(address: &ResourceAddress, region: &Region) -> (String, Vec<char>) {
    let mut letters = Vec::new();
    let mut mark = |key: &Option<IndexKey>| match key {
        Some(IndexKey::Str(text)) => match zone_letter(text, region) {
            Some(letter) => {
                letters.push(letter);
                Some(IndexKey::Str(ZONE.to_owned()))
            }
            None => Some(IndexKey::Str(text.clone())),
        },
        other => other.clone(),
    };
    let mut marked = address.clone();
    for step in &mut marked.module {
        step.key = mark(&step.key);
    }
    marked.key = mark(&marked.key);
    (marked.to_string(), letters)
}

/// No zone is called so.
const ZONE: &str = "\u{0}zone";

/// `a` of `eu-west-1a`.
fn zone_letter(text: &str, region: &Region) -> Option<char> {
    let mut rest = text.strip_prefix(region.as_str())?.chars();
    let letter = rest.next().filter(char::is_ascii_lowercase)?;
    rest.next().is_none().then_some(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(all: &[&str]) -> Vec<ResourceAddress> {
        all.iter().map(|address| address.parse().unwrap()).collect()
    }

    fn found(wanted: &str, here: &[&str], there: Option<&[&str]>) -> Option<String> {
        let regions = [Region::new("eu-central-1").unwrap(), Region::new("eu-west-1").unwrap()];
        let (here, there) = (addresses(here), there.map(addresses));
        let found = counterpart(&wanted.parse().unwrap(), &here, there.as_deref(), [&regions[0], &regions[1]]);
        found.map(|address| address.to_string())
    }

    #[test]
    fn a_key_that_is_a_zone_of_the_other_region_stands_for_its_counterpart() {
        const HERE: [&str; 2] =
            [r#"aws_autoscaling_group.web["eu-central-1b"]"#, r#"aws_autoscaling_group.web["eu-central-1a"]"#];
        const THERE: [&str; 2] =
            [r#"aws_autoscaling_group.web["eu-west-1c"]"#, r#"aws_autoscaling_group.web["eu-west-1a"]"#];
        let web = |zone: &str| format!("aws_autoscaling_group.web[\"{zone}\"]");
        // In the order of the letters that there are, whatever they are.
        assert_eq!(found(&web("eu-west-1c"), &HERE, Some(&THERE)), Some(web("eu-central-1b")));
        assert_eq!(found(&web("eu-west-1a"), &HERE, Some(&THERE)), Some(web("eu-central-1a")));
        // By the letter where the other side is not known.
        assert_eq!(found(&web("eu-west-1b"), &HERE, None), Some(web("eu-central-1b")));
        assert_eq!(found(&web("eu-west-1c"), &HERE, None), None);
        // As it stands where it is there.
        assert_eq!(found(&web("eu-central-1a"), &HERE, Some(&THERE)), Some(web("eu-central-1a")));
        // Where the sides have not as many, nothing is guessed.
        assert_eq!(found(&web("eu-west-1a"), &HERE[..1], Some(&THERE)), None);
        // A zone that the other side does not have.
        assert_eq!(found(&web("eu-west-1b"), &HERE, Some(&THERE)), None);
    }

    #[test]
    fn keys_of_modules_count_and_what_is_no_zone_has_to_be_equal() {
        let here = [
            r#"module.zone["eu-central-1a"].aws_autoscaling_group.web["green"]"#,
            r#"module.zone["eu-central-1a"].aws_autoscaling_group.web["blue"]"#,
        ];
        let there = [
            r#"module.zone["eu-west-1a"].aws_autoscaling_group.web["blue"]"#,
            r#"module.zone["eu-west-1a"].aws_autoscaling_group.web["green"]"#,
        ];
        assert_eq!(found(there[0], &here, Some(&there)).as_deref(), Some(here[1]));
        let other = r#"module.zone["eu-west-1a"].aws_autoscaling_group.web["red"]"#;
        assert_eq!(found(other, &here, Some(&there)), None);
        assert_eq!(found("aws_autoscaling_group.web[0]", &["aws_autoscaling_group.web[1]"], None), None);
        assert_eq!(
            found(
                r#"aws_autoscaling_group.web["eu-west-10a"]"#,
                &[r#"aws_autoscaling_group.web["eu-central-1a"]"#],
                None
            ),
            None
        );
    }
}
