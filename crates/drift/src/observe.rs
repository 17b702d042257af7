//! What to ask the cloud for, and asking.

use crate::decide::PlaceLive;
use crate::equal::text as scalar;
use crate::index::zone_id;
use crate::live::{LiveQuery, LiveReader, LiveSnapshot, Place, ReadBy, Readers, Recorded, Unread, Wanted};
use crate::providers::not_in_cloud;
use crate::shapes::{Natural, is_global, joined_id, natural, parent_attribute};
use futures_util::StreamExt;
use futures_util::future::join;
use futures_util::stream;
use pilotlight_findings::{Region, Side};
use pilotlight_tfstate::{ManagedInstance, ProviderAddress, State};
use std::borrow::Cow;
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
    /// ARN of the role that leads to the stack's account; none for the caller's own credentials.
    pub role: Option<String>,
    /// The state.
    pub state: &'a State,
    /// Whether its objects are compared. A state that is not judged still says who owns what: the rules and
    /// routes that its resources own in objects of other stacks are no drift there.
    pub judged: bool,
}

impl<'a> StackState<'a> {
    /// A state that is compared, with the caller's own credentials.
    pub fn new(stack: impl Into<String>, region: Region, state: &'a State) -> Self {
        Self { stack: stack.into(), side: None, region, role: None, state, judged: true }
    }

    /// The stack's own account and region.
    pub fn place(&self) -> Place {
        Place { role: self.role.clone(), region: self.region.clone() }
    }
}

/// Where a managed object of a state is found in the cloud.
#[derive(Debug)]
pub(crate) struct Located<'a> {
    /// The type that is asked for.
    pub(crate) kind: &'a str,
    /// The id that is asked for; empty for an object that only its record identifies.
    pub(crate) id: &'a str,
    /// The live object's id, where it is another one: of an object that is found by its attributes or its record.
    pub(crate) key: Option<String>,
    /// What it belongs to.
    pub(crate) parent: Option<&'a str>,
    /// Where.
    pub(crate) place: Place,
    /// How it is found there.
    pub(crate) natural: Natural,
    /// Who is asked for it.
    pub(crate) reader: ReadBy,
}

impl Located<'_> {
    /// The id that the live object has.
    pub(crate) fn live_id(&self) -> &str {
        self.key.as_deref().unwrap_or(self.id)
    }
}

/// Finds out where to look for the objects of one state.
pub(crate) struct Locator<'a> {
    stack: &'a StackState<'a>,
    routing: &'a Routing,
    providers: BTreeMap<ProviderAddress, Region>,
}

impl<'a> Locator<'a> {
    pub(crate) fn new(stack: &'a StackState<'a>, routing: &'a Routing) -> Self {
        Self { stack, routing, providers: stack.state.provider_regions() }
    }

    /// Where an object is found; none where its reader needs an id and the state has none.
    pub(crate) fn locate<'s>(&self, managed: &ManagedInstance<'s>) -> Option<Located<'s>> {
        let own_type = managed.resource_type();
        let text = |name: &str| managed.instance.text(name);
        let natural = natural(own_type);
        let reader = self.routing.reader(own_type);
        // Resources of the provider's newer framework may have no id at all. What ties them to another object is theirs.
        let tie = match natural {
            Natural::ByAttributes(_, names) => names.first().and_then(|name| text(name)),
            _ => None,
        };
        // A provider is asked for the object as the state has it.
        let natural = if reader == ReadBy::Provider { Natural::Own } else { natural };
        let (kind, id, parent) = match natural {
            // Its record says which object it is, with or without an id.
            Natural::Own if reader == ReadBy::Provider => (own_type, managed.id().unwrap_or_default(), None),
            Natural::Own => (own_type, managed.id().or(tie)?, None),
            Natural::As(kind) => (kind, managed.id()?, None),
            Natural::Route => ("aws_route_table", text("route_table_id")?, None),
            Natural::SecurityGroupRule => ("aws_security_group", text("security_group_id")?, None),
            Natural::NetworkAclRule => ("aws_network_acl", text("network_acl_id")?, None),
            Natural::Record => (own_type, managed.id()?, text("zone_id").map(zone_id)),
            Natural::ByAttributes(kind, _) => (kind, managed.id().or(tie)?, None),
        };
        let parent = parent.or_else(|| parent_attribute(kind).and_then(text));
        let key = match natural {
            Natural::ByAttributes(_, names) => {
                Some(joined_id(names.iter().filter_map(|name| managed.attributes().get(*name)).map(scalar)))
            }
            _ if reader == ReadBy::Provider => Some(Recorded { stack: &self.stack.stack, managed: *managed }.key()),
            _ => None,
        };
        let region = managed.region().or_else(|| self.providers.get(managed.provider()).cloned());
        Some(Located {
            kind,
            id: if own_type == "aws_route53_zone" { zone_id(id) } else { id },
            key,
            parent,
            place: Place { role: self.stack.role.clone(), region: region.unwrap_or_else(|| self.stack.region.clone()) },
            natural,
            reader,
        })
    }
}

/// Prefix of the rules of a security group that have an id of their own in the cloud.
pub(crate) const GROUP_RULE: &str = "aws_vpc_security_group_";

/// Which reader is asked for the objects of each type that the states have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    by_type: BTreeMap<String, ReadBy>,
    other: ReadBy,
}

impl Routing {
    /// The native reader is asked for everything.
    pub fn native() -> Self {
        Self { by_type: BTreeMap::new(), other: ReadBy::Native }
    }

    /// Who reads each type of these states: the native reader first.
    pub fn of(stacks: &[StackState<'_>], readers: &Readers<'_>) -> Self {
        let mut by_type = BTreeMap::new();
        for managed in stacks.iter().flat_map(|stack| stack.state.managed()) {
            let own_type = managed.resource_type();
            if !by_type.contains_key(own_type) {
                let read_by = readers.reader_of(own_type, natural(own_type).kind(own_type));
                by_type.insert(own_type.to_owned(), read_by);
            }
        }
        Self { by_type, other: ReadBy::None }
    }

    pub(crate) fn reader(&self, own_type: &str) -> ReadBy {
        self.by_type.get(own_type).copied().unwrap_or(self.other)
    }
}

/// What to ask for, and of which reader: see [`wanted`].
#[derive(Debug)]
pub struct Queries<'a> {
    /// Of the reader by list calls, under the types and ids that the cloud has.
    pub native: Vec<LiveQuery<'a>>,
    /// Of the provider's plugin, under the states' own types and ids.
    pub provider: Vec<LiveQuery<'a>>,
    /// Types that no reader knows, by place.
    pub unknown: Vec<(Place, BTreeSet<&'a str>)>,
}

impl Queries<'_> {
    /// Every place that is asked, each once.
    pub fn places(&self) -> BTreeSet<&Place> {
        self.native.iter().chain(&self.provider).map(|query| &query.place).collect()
    }
}

/// Objects to ask for, by place, each once.
type Asked<'a> = BTreeMap<Place, BTreeMap<(&'a str, Cow<'a, str>, Option<&'a str>), Wanted<'a>>>;

/// What to ask for, place by place: every object that a judged state manages in a cloud. The native reader is asked
/// under the type and id that the cloud has for it (see [`crate::shapes`]), the provider under the state's own.
/// Objects of global APIs are all in the first query of their account. Of the other states only the rules of a
/// judged group are asked for: one that was changed under its id is no additional rule of the group.
///
/// `everything` asks for what there is besides, of every type that the native reader lists.
pub fn wanted<'a>(stacks: &'a [StackState<'a>], routing: &Routing, everything: bool) -> Queries<'a> {
    let (mut native, mut provider) = (Asked::new(), Asked::new());
    let mut unknown: BTreeMap<Place, BTreeSet<&str>> = BTreeMap::new();
    let groups: BTreeSet<&str> = judged(stacks).flat_map(|stack| stack.state.managed()).filter_map(group).collect();
    for stack in stacks {
        let locator = Locator::new(stack, routing);
        let managed = stack.state.managed().filter(|managed| !managed.is_deposed());
        for managed in managed.filter(|managed| not_in_cloud(&managed.provider().source).is_none()) {
            let Some(located) = locator.locate(&managed) else { continue };
            let is_part =
                || located.kind.starts_with(GROUP_RULE) && located.parent.is_some_and(|group| groups.contains(group));
            if !stack.judged && !is_part() {
                continue;
            }
            let recorded = (located.reader == ReadBy::Provider).then_some(Recorded { stack: &stack.stack, managed });
            let wanted = Wanted { resource_type: located.kind, id: located.id, parent: located.parent, recorded };
            let asked = match located.reader {
                ReadBy::Native => &mut native,
                ReadBy::Provider => &mut provider,
                ReadBy::None => {
                    unknown.entry(located.place).or_default().insert(located.kind);
                    continue;
                }
            };
            let key = (located.kind, wanted.key(), located.parent);
            asked.entry(located.place).or_default().entry(key).or_insert(wanted);
        }
    }
    if everything {
        for stack in judged(stacks) {
            native.entry(stack.place()).or_default();
        }
    }
    Queries {
        native: queries(native, everything),
        provider: queries(provider, false),
        unknown: unknown.into_iter().collect(),
    }
}

/// One query a place; what global APIs have goes to the first place of its account, so that it is read once.
fn queries(asked: Asked<'_>, everything: bool) -> Vec<LiveQuery<'_>> {
    let mut homes: BTreeMap<Option<String>, Place> = BTreeMap::new();
    for place in asked.keys() {
        homes.entry(place.role.clone()).or_insert_with(|| place.clone());
    }
    let mut by_place: BTreeMap<Place, Vec<Wanted<'_>>> =
        asked.keys().map(|place| (place.clone(), Vec::new())).collect();
    for (place, objects) in asked {
        for wanted in objects.into_values() {
            let at = if is_global(wanted.resource_type) { &homes[&place.role] } else { &place };
            if let Some(list) = by_place.get_mut(at) {
                list.push(wanted);
            }
        }
    }
    let is_home = |place: &Place| homes.get(&place.role) == Some(place);
    by_place
        .into_iter()
        .map(|(place, wanted)| LiveQuery { global: is_home(&place), place, wanted, everything })
        .collect()
}

fn judged<'a, 's>(stacks: &'s [StackState<'a>]) -> impl Iterator<Item = &'s StackState<'a>> {
    stacks.iter().filter(|stack| stack.judged)
}

/// The id of a security group, the default one of a VPC included.
fn group<'s>(managed: ManagedInstance<'s>) -> Option<&'s str> {
    let is_group = matches!(managed.resource_type(), "aws_security_group" | "aws_default_security_group");
    managed.instance.text("id").filter(|_| is_group)
}

/// Places that the provider's plugin is asked about at the same time: each place has a process of its own, of
/// some 300 MB.
const PROVIDER_PLACES: usize = 2;

/// Asks the readers for all of it: both at once, and the list calls of all places at once. Types that no reader
/// knows are unread. Stop waiting by dropping the future.
pub async fn observe(readers: &Readers<'_>, queries: &Queries<'_>) -> Vec<PlaceLive> {
    let (mut places, provided) = join(
        ask(readers.native, ReadBy::Native, &queries.native, queries.native.len()),
        ask(readers.provider, ReadBy::Provider, &queries.provider, PROVIDER_PLACES),
    )
    .await;
    places.extend(provided);
    for (place, types) in &queries.unknown {
        let unread = types.iter().map(|resource_type| Unread {
            resource_type: (*resource_type).to_owned(),
            id: None,
            reason: format!("no reader knows the type {resource_type}"),
        });
        let snapshot = LiveSnapshot { unread: unread.collect(), ..LiveSnapshot::default() };
        places.push(PlaceLive { place: place.clone(), read_by: ReadBy::None, everything: false, snapshot });
    }
    places
}

/// The answers of one reader in the order of the queries, `at_once` of which are under way.
async fn ask(
    reader: Option<&dyn LiveReader>,
    read_by: ReadBy,
    queries: &[LiveQuery<'_>],
    at_once: usize,
) -> Vec<PlaceLive> {
    let Some(reader) = reader else { return Vec::new() };
    let mut reads = Vec::new();
    for query in queries {
        reads.push(async move {
            let snapshot = reader.read(query).await;
            PlaceLive { place: query.place.clone(), read_by, everything: query.everything, snapshot }
        });
    }
    stream::iter(reads).buffered(at_once.max(1)).collect().await
}
