//! What to ask the cloud for, and asking.

use crate::decide::RegionLive;
use crate::index::zone_id;
use crate::live::{LiveQuery, LiveReader, LiveSnapshot, Unread, Wanted};
use crate::providers::not_in_cloud;
use crate::shapes::{Natural, is_global, natural};
use pilotlight_findings::{Region, Side};
use pilotlight_tfstate::{ManagedInstance, ProviderAddress, State};
use std::collections::{BTreeMap, BTreeSet};

/// A state, and whose it is.
#[derive(Debug, Clone)]
pub struct StackState<'a> {
    /// The stack's name in the plan, or the state's URL where there is no plan.
    pub stack: String,
    /// Which region, by role; none without a plan.
    pub side: Option<Side>,
    /// The region of resources that do not tell theirs, and whose provider configuration has no other resource
    /// that does: the plan's, or the caller's default.
    pub region: Region,
    /// The state.
    pub state: &'a State,
    /// Whether its objects are compared. A state that is not judged still says who owns what: the rules and
    /// routes that its resources own in objects of other stacks are no drift there.
    pub judged: bool,
}

/// Where a managed object of a state is found in the cloud.
#[derive(Debug)]
pub(crate) struct Located<'a> {
    /// The type that is asked for.
    pub(crate) kind: &'a str,
    /// The id that is asked for.
    pub(crate) id: &'a str,
    /// What it belongs to.
    pub(crate) parent: Option<&'a str>,
    /// Where.
    pub(crate) region: Region,
    /// How it is found there.
    pub(crate) natural: Natural,
}

/// Finds out where to look for the objects of one state.
pub(crate) struct Locator<'a> {
    default: &'a Region,
    providers: BTreeMap<ProviderAddress, Region>,
}

impl<'a> Locator<'a> {
    pub(crate) fn new(stack: &'a StackState<'a>) -> Self {
        Self { default: &stack.region, providers: stack.state.provider_regions() }
    }

    /// Where an object is found; none where the state has no id for it.
    pub(crate) fn locate<'s>(&self, managed: &ManagedInstance<'s>) -> Option<Located<'s>> {
        let own_type = managed.resource_type();
        let text = |name: &str| managed.instance.text(name);
        let natural = natural(own_type);
        let (kind, id, parent) = match natural {
            Natural::Own => (own_type, managed.id()?, None),
            Natural::As(kind) => (kind, managed.id()?, None),
            Natural::Route => ("aws_route_table", text("route_table_id")?, None),
            Natural::SecurityGroupRule => ("aws_security_group", text("security_group_id")?, None),
            Natural::Record => (own_type, managed.id()?, text("zone_id").map(zone_id)),
        };
        let parent = if own_type.starts_with(GROUP_RULE) { text("security_group_id") } else { parent };
        let region = managed.region().or_else(|| self.providers.get(managed.provider()).cloned());
        Some(Located {
            kind,
            id: if own_type == "aws_route53_zone" { zone_id(id) } else { id },
            parent,
            region: region.unwrap_or_else(|| self.default.clone()),
            natural,
        })
    }
}

/// Prefix of the rules of a security group that have an id of their own in the cloud.
pub(crate) const GROUP_RULE: &str = "aws_vpc_security_group_";

/// What to ask for, region by region: every object that a judged state manages in a cloud, under the type and id
/// that the cloud has for it (see [`crate::shapes`]). Objects of global APIs are all in the first query. Of the
/// other states only the rules of a judged group are asked for: one that was changed under its id is no
/// additional rule of the group.
pub fn wanted(stacks: &[StackState<'_>]) -> Vec<LiveQuery> {
    let mut regions: BTreeMap<Region, BTreeSet<Wanted>> = BTreeMap::new();
    let mut global = BTreeSet::new();
    let groups: BTreeSet<&str> = judged(stacks).flat_map(|stack| stack.state.managed()).filter_map(group).collect();
    for stack in stacks {
        let locator = Locator::new(stack);
        let managed = stack.state.managed().filter(|managed| !managed.is_deposed());
        for managed in managed.filter(|managed| not_in_cloud(&managed.provider().source).is_none()) {
            let Some(located) = locator.locate(&managed) else { continue };
            let is_part =
                || located.kind.starts_with(GROUP_RULE) && located.parent.is_some_and(|group| groups.contains(group));
            if !stack.judged && !is_part() {
                continue;
            }
            let wanted = Wanted {
                resource_type: located.kind.to_owned(),
                id: located.id.to_owned(),
                parent: located.parent.map(str::to_owned),
            };
            if is_global(located.kind) {
                global.insert(wanted);
            } else {
                regions.entry(located.region).or_default().insert(wanted);
            }
        }
    }
    if let (false, Some(first)) = (global.is_empty(), judged(stacks).next()) {
        let home = regions.keys().next().unwrap_or(&first.region).clone();
        regions.entry(home).or_default().extend(global);
    }
    regions.into_iter().map(|(region, wanted)| LiveQuery { region, wanted: wanted.into_iter().collect() }).collect()
}

fn judged<'a, 's>(stacks: &'s [StackState<'a>]) -> impl Iterator<Item = &'s StackState<'a>> {
    stacks.iter().filter(|stack| stack.judged)
}

/// The id of a security group, the default one of a VPC included.
fn group<'s>(managed: ManagedInstance<'s>) -> Option<&'s str> {
    let is_group = matches!(managed.resource_type(), "aws_security_group" | "aws_default_security_group");
    managed.instance.text("id").filter(|_| is_group)
}

/// Asks a reader for all of it, region after region. Types that it does not know are unread, and it is not asked
/// for them. Stop waiting by dropping the future.
pub async fn observe(reader: &dyn LiveReader, queries: &[LiveQuery]) -> Vec<RegionLive> {
    let mut regions = Vec::with_capacity(queries.len());
    for query in queries {
        let (known, unknown): (Vec<_>, Vec<_>) =
            query.wanted.iter().cloned().partition(|wanted| reader.reads(&wanted.resource_type));
        let mut snapshot = if known.is_empty() {
            LiveSnapshot::default()
        } else {
            reader.read(&LiveQuery { region: query.region.clone(), wanted: known }).await
        };
        let types: BTreeSet<String> = unknown.into_iter().map(|wanted| wanted.resource_type).collect();
        snapshot.unread.extend(types.into_iter().map(|resource_type| {
            let reason = format!("no reader knows the type {resource_type}");
            Unread { resource_type, id: None, reason }
        }));
        regions.push(RegionLive { region: query.region.clone(), snapshot });
    }
    regions
}
