//! What objects count as, before they are held against quotas.

use super::super::machine_type;
use super::Layout;
use crate::observe::{Amounts, Stock};
use pilotlight_findings::Region;
use pilotlight_tfstate::{Mode, PlanJson, ResourceAddress, State};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What a quota is about that holds for each object of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parent {
    /// Subnets of a VPC.
    Vpc,
    /// Rules of a security group in one direction and of one kind of address.
    SecurityGroup,
}

/// What is needed of a region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// How many of each stock, by zone, type or kind.
    pub amounts: BTreeMap<Stock, Amounts>,
    /// The most that one object has.
    pub most: BTreeMap<Parent, u64>,
    /// Addresses of groups and instances whose machine type is not known.
    pub untyped: BTreeSet<String>,
}

impl Needs {
    /// How much of a kind in a stock.
    pub fn of(&self, stock: Stock, kind: &str) -> u64 {
        self.amounts.get(&stock).and_then(|amounts| amounts.get(kind)).copied().unwrap_or_default()
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        for (stock, amounts) in &other.amounts {
            amounts.iter().for_each(|(kind, amount)| self.count(*stock, kind, *amount));
        }
        other.most.iter().for_each(|(parent, most)| self.at_least(*parent, *most));
        self.untyped.extend(other.untyped.iter().cloned());
    }

    /// What is needed beyond what `other` has already.
    #[must_use]
    pub fn beyond(mut self, other: &Self) -> Self {
        for (stock, amounts) in &mut self.amounts {
            for (kind, amount) in amounts.iter_mut() {
                *amount = amount.saturating_sub(other.of(*stock, kind));
            }
            amounts.retain(|_, amount| *amount > 0);
        }
        self.amounts.retain(|_, amounts| !amounts.is_empty());
        self.most.retain(|parent, most| *most > other.most.get(parent).copied().unwrap_or_default());
        self.untyped.retain(|address| !other.untyped.contains(address));
        self
    }

    /// The same with what stands for the primary's machine types.
    #[must_use]
    pub(crate) fn in_the_standby(mut self, map: &dyn Fn(&str) -> Option<String>) -> Self {
        for (name, number) in self.amounts.remove(&Stock::Instances).into_iter().flatten() {
            let name = map(&name).unwrap_or(name);
            self.count(Stock::Instances, &name, number);
        }
        self
    }

    fn count(&mut self, stock: Stock, kind: &str, amount: u64) {
        if amount > 0 {
            *self.amounts.entry(stock).or_default().entry(kind.to_owned()).or_default() += amount;
        }
    }

    fn at_least(&mut self, parent: Parent, amount: u64) {
        let most = self.most.entry(parent).or_default();
        *most = amount.max(*most);
    }
}

/// One object of a state or a plan.
struct Object<'a> {
    address: ResourceAddress,
    attributes: &'a Map<String, Value>,
}

impl Object<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.attributes.get(name).and_then(Value::as_u64)
    }

    fn length(&self, name: &str) -> u64 {
        self.attributes.get(name).and_then(Value::as_array).map_or(0, |list| list.len() as u64)
    }

    /// The blocks of this name.
    fn blocks(&self, name: &str) -> Vec<&Map<String, Value>> {
        blocks(self.attributes, name)
    }
}

fn blocks<'a>(attributes: &'a Map<String, Value>, name: &str) -> Vec<&'a Map<String, Value>> {
    attributes.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).collect()
}

/// What Terraform's plan of a standby adds to the region: what its changes leave, less what they begin with. Of what
/// the plan does not know yet the primary's layout tells.
pub fn needs_of_plan(plan: &PlanJson, layout: &Layout) -> Needs {
    let changes = plan.resource_changes.iter().filter(|change| change.mode == Mode::Managed);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for change in changes.filter(|change| change.deposed.is_none()) {
        for (side, value) in [(&mut before, &change.change.before), (&mut after, &change.change.after)] {
            if let Some(attributes) = value.as_object() {
                side.push(Object { address: change.address.clone(), attributes });
            }
        }
    }
    needs(&after, layout).beyond(&needs(&before, layout))
}

/// What the objects of states that are in a region count as, but for those that `left_out` names.
pub fn needs_of_states(
    states: &[&State],
    region: &Region,
    layout: &Layout,
    left_out: &dyn Fn(&ResourceAddress) -> bool,
) -> Needs {
    let objects = states.iter().flat_map(|state| state.managed());
    let objects = objects.filter(|managed| !managed.is_deposed() && managed.region().is_none_or(|of| of == *region));
    let objects: Vec<Object<'_>> =
        objects.map(|managed| Object { address: managed.address(), attributes: managed.attributes() }).collect();
    needs(&objects.into_iter().filter(|object| !left_out(&object.address)).collect::<Vec<_>>(), layout)
}

fn needs(objects: &[Object<'_>], layout: &Layout) -> Needs {
    let mut needs = Needs::default();
    let templates: BTreeMap<String, &Object<'_>> = objects
        .iter()
        .filter(|object| {
            matches!(object.address.resource_type.as_str(), "aws_launch_template" | "aws_launch_configuration")
        })
        .map(|object| (object.address.config().to_string(), object))
        .collect();
    let mut parents: BTreeMap<(Parent, String), u64> = BTreeMap::new();
    for object in objects {
        let mut one = |stock| needs.count(stock, "", 1);
        match object.address.resource_type.as_str() {
            "aws_vpc" => one(Stock::Vpcs),
            "aws_internet_gateway" => one(Stock::InternetGateways),
            "aws_eip" => one(Stock::Addresses),
            "aws_network_interface" => one(Stock::Interfaces),
            "aws_lb_target_group" | "aws_alb_target_group" => one(Stock::TargetGroups),
            "aws_s3_bucket" => one(Stock::Buckets),
            "aws_db_instance" | "aws_rds_cluster_instance" => {
                one(Stock::Databases);
                one(Stock::Interfaces);
            }
            "aws_nat_gateway" => {
                one(Stock::Interfaces);
                let zone = layout.zones.get(&object.address.to_string());
                needs.count(Stock::NatGateways, zone.map_or("", String::as_str), 1);
            }
            "aws_vpc_endpoint" => needs.count(Stock::Interfaces, "", object.length("subnet_ids")),
            "aws_lb" | "aws_alb" => {
                let kind = object.text("load_balancer_type").unwrap_or("application").to_owned();
                needs.count(Stock::LoadBalancers, &kind, 1);
                needs.count(Stock::Interfaces, "", object.length("subnets").max(object.length("subnet_mapping")));
            }
            "aws_subnet" => {
                if let Some(vpc) = object.text("vpc_id") {
                    *parents.entry((Parent::Vpc, vpc.to_owned())).or_default() += 1;
                }
            }
            "aws_security_group" => {
                one(Stock::SecurityGroups);
                for direction in ["ingress", "egress"] {
                    needs.at_least(Parent::SecurityGroup, rules(&object.blocks(direction)));
                }
            }
            "aws_vpc_security_group_ingress_rule"
            | "aws_vpc_security_group_egress_rule"
            | "aws_security_group_rule" => {
                single_rule(object, &mut parents);
            }
            "aws_instance" => instance(object, &mut needs),
            "aws_autoscaling_group" => {
                one(Stock::ScalingGroups);
                group(object, &templates, layout, &mut needs);
            }
            "aws_eks_node_group" => node_group(object, &mut needs),
            "aws_ebs_volume" => volume(object.attributes, "size", "type", 1, &mut needs),
            _ => {}
        }
    }
    parents.into_iter().for_each(|((parent, _), number)| needs.at_least(parent, number));
    needs
}

/// Rules as AWS counts them: each range, group and list of prefixes is one, and those for IPv4 and IPv6 are counted
/// apart, where a group counts as one of both.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups>
fn rules(blocks: &[&Map<String, Value>]) -> u64 {
    let length = |block: &Map<String, Value>, name: &str| {
        block.get(name).and_then(Value::as_array).map_or(0, |list| list.len() as u64)
    };
    let (mut four, mut six) = (0, 0);
    for block in blocks {
        let own = block.get("self").and_then(Value::as_bool).unwrap_or_default();
        let both = length(block, "security_groups") + length(block, "prefix_list_ids") + u64::from(own);
        four += length(block, "cidr_blocks") + both;
        six += length(block, "ipv6_cidr_blocks") + both;
    }
    four.max(six)
}

/// A rule that is a resource of its own, of a group that is known.
fn single_rule(object: &Object<'_>, parents: &mut BTreeMap<(Parent, String), u64>) {
    let Some(group) = object.text("security_group_id") else { return };
    let kind = object.address.resource_type.as_str();
    let direction = match kind {
        "aws_vpc_security_group_ingress_rule" => "ingress",
        "aws_vpc_security_group_egress_rule" => "egress",
        _ => object.text("type").unwrap_or_default(),
    };
    let number = match kind {
        "aws_security_group_rule" => {
            rules(&[object.attributes]) + u64::from(object.text("source_security_group_id").is_some())
        }
        _ => 1,
    };
    *parents.entry((Parent::SecurityGroup, format!("{group} {direction}"))).or_default() += number;
}

fn instance(object: &Object<'_>, needs: &mut Needs) {
    needs.count(Stock::Interfaces, "", 1);
    for block in object.blocks("root_block_device").into_iter().chain(object.blocks("ebs_block_device")) {
        volume(block, "volume_size", "volume_type", 1, needs);
    }
    // Spot instances and those on dedicated hosts have quotas of their own.
    let is_other = !object.blocks("instance_market_options").is_empty() || object.text("tenancy") == Some("host");
    if !is_other {
        machines(object.text("instance_type"), 1, &object.address, needs);
    }
}

fn machines(machine: Option<&str>, number: u64, address: &ResourceAddress, needs: &mut Needs) {
    match machine.filter(|text| machine_type(text).is_some()) {
        Some(machine) => needs.count(Stock::Instances, machine, number),
        None if number > 0 => drop(needs.untyped.insert(address.to_string())),
        None => {}
    }
}

fn group(object: &Object<'_>, templates: &BTreeMap<String, &Object<'_>>, layout: &Layout, needs: &mut Needs) {
    let number = object.number("desired_capacity").or_else(|| object.number("min_size")).unwrap_or_default();
    needs.count(Stock::Interfaces, "", number);
    let template = layout.templates.get(&object.address.config().to_string());
    let planned = template.and_then(|address| templates.get(address));
    for mapping in planned.map(|template| template.blocks("block_device_mappings")).unwrap_or_default() {
        for ebs in blocks(mapping, "ebs") {
            volume(ebs, "volume_size", "volume_type", number, needs);
        }
    }
    let policy = object.blocks("mixed_instances_policy").first().copied();
    let first = |policy: &Map<String, Value>| -> Option<String> {
        let launch = blocks(policy, "launch_template").first().copied()?;
        let overrides = blocks(launch, "override");
        overrides.first()?.get("instance_type")?.as_str().map(str::to_owned)
    };
    let known = planned.and_then(|template| template.text("instance_type").map(str::to_owned));
    let recorded = || template.and_then(|address| layout.machines.get(address).cloned());
    let machine = policy.and_then(first).or(known).or_else(recorded);
    machines(machine.as_deref(), on_demand(policy, number), &object.address, needs);
}

/// How many of a group are not spot instances.
fn on_demand(policy: Option<&Map<String, Value>>, number: u64) -> u64 {
    let distribution = policy.and_then(|policy| blocks(policy, "instances_distribution").first().copied());
    let Some(distribution) = distribution else { return number };
    let part = |name: &str, or| distribution.get(name).and_then(Value::as_u64).unwrap_or(or);
    let base = part("on_demand_base_capacity", 0).min(number);
    let above = (number - base) * part("on_demand_percentage_above_base_capacity", 100);
    base + above.div_ceil(100)
}

fn node_group(object: &Object<'_>, needs: &mut Needs) {
    let number = object.blocks("scaling_config").first().and_then(|scaling| scaling.get("desired_size")?.as_u64());
    let number = number.unwrap_or_default();
    needs.count(Stock::Interfaces, "", number);
    if object.text("capacity_type") != Some("SPOT") {
        // Without a type in the group or its template, EKS takes this one.
        // https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
        let types = object.attributes.get("instance_types").and_then(|types| types.get(0)?.as_str());
        let default = object.blocks("launch_template").is_empty().then_some("t3.medium");
        machines(types.or(default), number, &object.address, needs);
    }
}

/// A volume whose size is known; `gp2` is what EC2 makes where nobody says.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html>
fn volume(attributes: &Map<String, Value>, size: &str, kind: &str, number: u64, needs: &mut Needs) {
    let gib = attributes.get(size).and_then(Value::as_u64).unwrap_or_default();
    let kind = attributes.get(kind).and_then(Value::as_str).filter(|kind| !kind.is_empty()).unwrap_or("gp2");
    needs.count(Stock::Volumes, kind, gib * number);
}

#[cfg(test)]
mod tests;
