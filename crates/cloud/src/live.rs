//! Reads live objects with list calls: pages in, every object of a type out, whatever the number of
//! resources. `drift`'s `shapes` module says which attributes each type has, and in which shape.

mod answer;
mod attributes;
mod auto_scaling;
mod crc32;
mod dhcp_options;
mod ebs_volume;
mod eip;
mod elb;
mod endpoint;
mod flow_log;
mod health_check;
mod iam;
mod image;
mod instance;
mod internet_gateway;
mod key_pair;
mod launch_template;
mod listed;
mod made_by;
mod nat_gateway;
mod network_acl;
mod network_interface;
mod peering;
mod placement_group;
mod prefix_list;
mod record;
mod route_table;
mod scope;
mod security_group;
mod security_group_rule;
mod snapshot;
mod subnet;
mod tag;
mod transit_gateway;
mod vpc;
mod vpn;
mod zone;
mod zone_tags;

use crate::error::CallError;
use crate::session::Aws;
use answer::Answer;
use async_trait::async_trait;
use futures::StreamExt;
use futures::future::BoxFuture;
use listed::LISTED;
use pilotlight_drift::{LiveQuery, LiveReader, LiveSnapshot, Unread};
use scope::Scope;
use std::collections::BTreeSet;

/// Families that are read at the same time: all of them, so that the first pages of all are under way at once. Each
/// API has its own bucket; this bounds the connections of a place, of which each family has one.
const FAMILIES_AT_ONCE: usize = 64;

/// Calls for one object after the other that are under way at the same time.
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
    Family {
        types: internet_gateway::EGRESS_ONLY_TYPES,
        read: |scope| Box::pin(internet_gateway::read_egress_only(scope)),
    },
    Family { types: dhcp_options::TYPES, read: |scope| Box::pin(dhcp_options::read(scope)) },
    Family { types: network_acl::TYPES, read: |scope| Box::pin(network_acl::read(scope)) },
    Family { types: endpoint::TYPES, read: |scope| Box::pin(endpoint::read(scope)) },
    Family { types: peering::TYPES, read: |scope| Box::pin(peering::read(scope)) },
    Family { types: flow_log::TYPES, read: |scope| Box::pin(flow_log::read(scope)) },
    Family { types: prefix_list::TYPES, read: |scope| Box::pin(prefix_list::read(scope)) },
    Family { types: prefix_list::ENTRY_TYPES, read: |scope| Box::pin(prefix_list::read_entries(scope)) },
    Family { types: vpn::GATEWAY_TYPES, read: |scope| Box::pin(vpn::read_gateways(scope)) },
    Family { types: vpn::CUSTOMER_TYPES, read: |scope| Box::pin(vpn::read_customers(scope)) },
    Family { types: transit_gateway::GATEWAY_TYPES, read: |scope| Box::pin(transit_gateway::read_gateways(scope)) },
    Family {
        types: transit_gateway::ATTACHMENT_TYPES,
        read: |scope| Box::pin(transit_gateway::read_attachments(scope)),
    },
    Family { types: transit_gateway::TABLE_TYPES, read: |scope| Box::pin(transit_gateway::read_tables(scope)) },
    Family { types: route_table::TYPES, read: |scope| Box::pin(route_table::read(scope)) },
    Family { types: security_group::TYPES, read: |scope| Box::pin(security_group::read(scope)) },
    Family { types: security_group_rule::TYPES, read: |scope| Box::pin(security_group_rule::read(scope)) },
    Family { types: instance::TYPES, read: |scope| Box::pin(instance::read(scope)) },
    Family { types: launch_template::TYPES, read: |scope| Box::pin(launch_template::read(scope)) },
    Family { types: placement_group::TYPES, read: |scope| Box::pin(placement_group::read(scope)) },
    Family { types: image::TYPES, read: |scope| Box::pin(image::read(scope)) },
    Family { types: snapshot::TYPES, read: |scope| Box::pin(snapshot::read(scope)) },
    Family { types: tag::TYPES, read: |scope| Box::pin(tag::read(scope)) },
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
                Ok(answer) => answer.into_snapshot(&mut snapshot, |object| scope.wants(&object.resource_type)),
                Err(error) => {
                    let types = family.types.iter().filter(|name| scope.wants(name));
                    snapshot.unread.extend(types.map(|name| unread(name, None, &error)));
                }
            }
        }
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
