//! Reads live objects with list calls: pages in, every object of a type out, whatever the number of
//! resources. `drift`'s `shapes` module says which attributes each type has, and in which shape.

mod attributes;
mod auto_scaling;
mod ebs_volume;
mod eip;
mod elb;
mod health_check;
mod iam;
mod instance;
mod internet_gateway;
mod key_pair;
mod listed;
mod nat_gateway;
mod network_interface;
mod record;
mod route_table;
mod security_group;
mod security_group_rule;
mod subnet;
mod vpc;
mod zone;
mod zone_tags;

use crate::error::CallError;
use crate::regional::Regional;
use crate::session::Aws;
use async_trait::async_trait;
use attributes::Attributes;
use aws_sdk_route53::types::HostedZone;
use futures::StreamExt;
use futures::future::BoxFuture;
use listed::LISTED;
use pilotlight_drift::shapes::is_global;
use pilotlight_drift::{LiveObject, LiveQuery, LiveReader, LiveSnapshot, Unread, Wanted};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use tokio::sync::OnceCell;

/// Families that are read at the same time: all of them, so that the first pages of all are under way at once. Each
/// API has its own bucket; this bounds the connections of a place, of which each family has one.
const FAMILIES_AT_ONCE: usize = 64;

/// Calls of one family that are made at the same time, where it takes one an object or parent.
const AT_ONCE: usize = 8;

/// Types that come from the same call.
struct Family {
    types: &'static [&'static str],
    read: for<'a> fn(&'a Scope<'a>) -> BoxFuture<'a, Reading>,
}

/// A family's objects, or why the whole of it could not be read.
type Reading = Result<Answer, CallError>;

static FAMILIES: &[Family] = &[
    Family { types: vpc::TYPES, read: |scope| Box::pin(vpc::read(scope)) },
    Family { types: subnet::TYPES, read: |scope| Box::pin(subnet::read(scope)) },
    Family { types: internet_gateway::TYPES, read: |scope| Box::pin(internet_gateway::read(scope)) },
    Family { types: route_table::TYPES, read: |scope| Box::pin(route_table::read(scope)) },
    Family { types: security_group::TYPES, read: |scope| Box::pin(security_group::read(scope)) },
    Family { types: security_group_rule::TYPES, read: |scope| Box::pin(security_group_rule::read(scope)) },
    Family { types: instance::TYPES, read: |scope| Box::pin(instance::read(scope)) },
    Family { types: eip::TYPES, read: |scope| Box::pin(eip::read(scope)) },
    Family { types: key_pair::TYPES, read: |scope| Box::pin(key_pair::read(scope)) },
    Family { types: ebs_volume::TYPES, read: |scope| Box::pin(ebs_volume::read(scope)) },
    Family { types: network_interface::TYPES, read: |scope| Box::pin(network_interface::read(scope)) },
    Family { types: nat_gateway::TYPES, read: |scope| Box::pin(nat_gateway::read(scope)) },
    Family { types: zone::TYPES, read: |scope| Box::pin(zone::read(scope)) },
    Family { types: record::TYPES, read: |scope| Box::pin(record::read(scope)) },
    Family { types: health_check::TYPES, read: |scope| Box::pin(health_check::read(scope)) },
    Family { types: iam::details::TYPES, read: |scope| Box::pin(iam::details::read(scope)) },
    Family { types: iam::instance_profile::TYPES, read: |scope| Box::pin(iam::instance_profile::read(scope)) },
    Family { types: iam::access_key::TYPES, read: |scope| Box::pin(iam::access_key::read(scope)) },
    Family { types: iam::account::ALIAS_TYPES, read: |scope| Box::pin(iam::account::alias(scope)) },
    Family { types: iam::account::PASSWORD_POLICY_TYPES, read: |scope| Box::pin(iam::account::password_policy(scope)) },
    Family { types: elb::load_balancer::TYPES, read: |scope| Box::pin(elb::load_balancer::read(scope)) },
    Family { types: elb::listener::TYPES, read: |scope| Box::pin(elb::listener::read(scope)) },
    Family { types: elb::target_group::TYPES, read: |scope| Box::pin(elb::target_group::read(scope)) },
    Family { types: auto_scaling::group::TYPES, read: |scope| Box::pin(auto_scaling::group::read(scope)) },
    Family { types: auto_scaling::policy::TYPES, read: |scope| Box::pin(auto_scaling::policy::read(scope)) },
    Family { types: auto_scaling::schedule::TYPES, read: |scope| Box::pin(auto_scaling::schedule::read(scope)) },
    Family {
        types: auto_scaling::launch_configuration::TYPES,
        read: |scope| Box::pin(auto_scaling::launch_configuration::read(scope)),
    },
];

/// What one family answers.
#[derive(Debug, Default)]
struct Answer {
    objects: Vec<LiveObject>,
    unread: Vec<Unread>,
}

impl Answer {
    fn of(objects: impl IntoIterator<Item = LiveObject>) -> Self {
        Self { objects: objects.into_iter().collect(), unread: Vec::new() }
    }

    /// Adds an attribute that another call told, where it told one.
    fn set(&mut self, id: &str, attribute: &str, value: Option<Value>) {
        for object in self.objects.iter_mut().filter(|object| object.id == id) {
            if let Some(value) = &value {
                object.attributes.insert(attribute.to_owned(), value.clone());
            }
        }
    }

    /// Takes the object back, since a call that only tells a part of it failed: compared without that part,
    /// it would look clean.
    fn half_read(&mut self, resource_type: &str, id: &str, error: &CallError) {
        self.objects.retain(|object| object.resource_type != resource_type || object.id != id);
        let known = |unread: &Unread| unread.resource_type == resource_type && unread.id.as_deref() == Some(id);
        if !self.unread.iter().any(known) {
            self.unread.push(unread(resource_type, Some(id), error));
        }
    }

    /// Adds to an object what a call of its own told, or takes the object back where that call failed.
    fn complete(&mut self, resource_type: &str, id: &str, more: Result<Attributes, CallError>) {
        match more {
            Ok(more) => {
                let is_it = |object: &&mut LiveObject| object.resource_type == resource_type && object.id == id;
                if let Some(object) = self.objects.iter_mut().find(is_it) {
                    object.attributes.extend(more.into_map());
                }
            }
            Err(error) => self.half_read(resource_type, id, &error),
        }
    }

    /// Takes all objects of a type back, since the call that tells a part of each failed.
    fn lose(&mut self, resource_type: &str, error: &CallError) {
        self.objects.retain(|object| object.resource_type != resource_type);
        self.unread.push(unread(resource_type, None, error));
    }

    /// Notes that the wanted objects with this parent could not be read.
    fn unread_of_parent(&mut self, scope: &Scope<'_>, resource_type: &str, parent: &str, error: &CallError) {
        let of_it = scope.of(resource_type).filter(|wanted| wanted.parent == Some(parent));
        self.unread.extend(of_it.map(|wanted| unread(resource_type, Some(wanted.id), error)));
    }
}

/// Keeps, of a type whose live objects have their parent's name as id, those that a state has.
fn of_parents(scope: &Scope<'_>, resource_type: &str, answer: &mut Answer) {
    let parents = scope.parents(resource_type);
    answer.objects.retain(|object| object.resource_type != resource_type || parents.contains(object.id.as_str()));
}

/// Makes a call for each, a few at the same time, and gives the results in the same order.
async fn at_once<'i, T, F: Future<Output = T>>(
    items: impl IntoIterator<Item = &'i str>,
    call: impl Fn(&'i str) -> F,
) -> Vec<(&'i str, T)> {
    let calls = items.into_iter().map(|item| {
        let call = call(item);
        async move { (item, call.await) }
    });
    let calls: Vec<_> = calls.collect();
    futures::stream::iter(calls).buffered(AT_ONCE).collect().await
}

/// What is wanted, and where it is read.
struct Scope<'a> {
    regional: &'a Regional,
    /// By type.
    wanted: HashMap<&'a str, Vec<&'a Wanted<'a>>>,
    /// Whether every type is asked for, wanted or not,
    everything: bool,
    /// and those of global APIs too: one place of each account lists them.
    global: bool,
    /// Route 53's list of zones, which two families need.
    zones: OnceCell<Result<Vec<HostedZone>, CallError>>,
}

impl<'a> Scope<'a> {
    fn new(regional: &'a Regional, query: &'a LiveQuery<'_>) -> Self {
        let mut wanted: HashMap<&str, Vec<&Wanted<'_>>> = HashMap::new();
        for one in &query.wanted {
            wanted.entry(one.resource_type).or_default().push(one);
        }
        Self { regional, wanted, everything: query.everything, global: query.global, zones: OnceCell::new() }
    }

    fn wants(&self, resource_type: &str) -> bool {
        self.lists_all(resource_type) || self.wanted.contains_key(resource_type)
    }

    /// Whether every object of the type is asked for.
    fn lists_all(&self, resource_type: &str) -> bool {
        self.everything && (self.global || !is_global(resource_type))
    }

    /// Ids of this type that a state knows, each once.
    fn ids(&self, resource_type: &str) -> BTreeSet<&str> {
        self.of(resource_type).map(|wanted| wanted.id).collect()
    }

    /// Parents of the objects of this type, each once.
    fn parents(&self, resource_type: &str) -> BTreeSet<&str> {
        self.of(resource_type).filter_map(|wanted| wanted.parent).collect()
    }

    fn of(&self, resource_type: &str) -> impl Iterator<Item = &Wanted<'_>> {
        self.wanted.get(resource_type).into_iter().flatten().copied()
    }
}

/// Reads with list calls, in the account that a place's role leads to: EC2's objects, Route 53's, IAM's, the load
/// balancers' and Auto Scaling's.
#[derive(Debug, Clone)]
pub struct AwsReader {
    aws: Aws,
}

impl AwsReader {
    pub(crate) fn new(aws: Aws) -> Self {
        Self { aws }
    }
}

#[async_trait]
impl LiveReader for AwsReader {
    fn reads(&self, resource_type: &str) -> bool {
        FAMILIES.iter().any(|family| family.types.contains(&resource_type))
    }

    async fn read(&self, query: &LiveQuery<'_>) -> LiveSnapshot {
        let log = self.aws.job_log();
        let entered = self.aws.enter(&query.place, &log).await;
        let regional = self.aws.regional(&query.place, log.clone()).await;
        let scope = Scope::new(&regional, query);
        if let Err(error) = entered {
            return LiveSnapshot {
                unread: not_entered(&scope, query, &error),
                calls: log.calls(),
                ..Default::default()
            };
        }
        let mut reads: Vec<BoxFuture<'_, (&Family, Reading)>> = Vec::new();
        for family in families(&scope) {
            let read = (family.read)(&scope);
            reads.push(Box::pin(async move { (family, read.await) }));
        }
        let readings: Vec<(&Family, Reading)> = futures::stream::iter(reads).buffered(FAMILIES_AT_ONCE).collect().await;
        let mut snapshot = LiveSnapshot::default();
        for (family, reading) in readings {
            match reading {
                Ok(answer) => {
                    snapshot.objects.extend(answer.objects);
                    snapshot.unread.extend(answer.unread);
                }
                Err(error) => {
                    let types = family.types.iter().filter(|name| scope.wants(name));
                    snapshot.unread.extend(types.map(|name| unread(name, None, &error)));
                }
            }
        }
        snapshot.objects.retain(|object| scope.wants(&object.resource_type));
        snapshot.unread.extend(query.wanted.iter().filter(|wanted| !self.reads(wanted.resource_type)).map(|wanted| {
            Unread {
                resource_type: wanted.resource_type.to_owned(),
                id: Some(wanted.id.to_owned()),
                reason: "no list call is known for this type".into(),
            }
        }));
        snapshot.calls = log.calls();
        snapshot
    }
}

/// The families that are asked for something. Route 53's come first, since its places are the scarce ones.
fn families(scope: &Scope<'_>) -> Vec<&'static Family> {
    let wanted = FAMILIES.iter().filter(|family| family.types.iter().any(|name| scope.wants(name)));
    let mut families: Vec<&Family> = wanted.collect();
    families.sort_by_key(|family| !family.types.iter().any(|name| name.starts_with("aws_route53_")));
    families.extend(LISTED.iter().filter(|_| scope.everything));
    families
}

/// All that was asked for of a place whose role could not be assumed, type by type.
fn not_entered(scope: &Scope<'_>, query: &LiveQuery<'_>, error: &CallError) -> Vec<Unread> {
    let mut types: BTreeSet<&str> = query.wanted.iter().map(|wanted| wanted.resource_type).collect();
    types.extend(families(scope).iter().flat_map(|family| family.types).copied().filter(|name| scope.wants(name)));
    let role = query.place.role.as_deref().unwrap_or_default();
    let reason = format!("the role {role} was not assumed: {}: {}", error.call, error.reason());
    let unread = |name: &str| Unread { resource_type: name.to_owned(), id: None, reason: reason.clone() };
    types.into_iter().map(unread).collect()
}

/// What could not be read, with the call and AWS's words for it.
fn unread(resource_type: &str, id: Option<&str>, error: &CallError) -> Unread {
    Unread {
        resource_type: resource_type.to_owned(),
        id: id.map(str::to_owned),
        reason: format!("{}: {}", error.call, error.reason()),
    }
}

#[cfg(test)]
mod tests;
