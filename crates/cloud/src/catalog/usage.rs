//! What the account has in a region of that which quotas count.

use super::{AwsCatalog, catalog_error, list};
use crate::error::CallError;
use crate::regional::Regional;
use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, InstanceLifecycleType, Tenancy};
use futures::{TryFutureExt as _, future::join};
use pilotlight_findings::Region;
use pilotlight_rebuild::{
    Amounts, CapacityCatalog, CatalogError, DatabaseEngine, MachineFacts, Offers, QuotaValues, Stock, Told,
};
use std::collections::BTreeMap;

/// Objects a page of EC2: the most that each of these lists gives.
const EC2_PAGE: i32 = 1000;
/// The same of volumes.
const VOLUMES: i32 = 500;
/// The same of load balancers and target groups.
const ELB_PAGE: i32 = 400;
/// The same of Auto Scaling groups and databases.
const PAGE: i32 = 100;
/// Buckets a page; an account has 100 or some thousands.
const BUCKETS: i32 = 1000;

#[async_trait]
impl CapacityCatalog for AwsCatalog {
    async fn machine_facts(
        &self,
        region: &Region,
        names: Option<&[String]>,
    ) -> Result<Vec<MachineFacts>, CatalogError> {
        self.facts(region, names).await
    }

    async fn machines_offered(&self, region: &Region, names: Option<&[String]>) -> Result<Offers, CatalogError> {
        self.offers(region, names).await
    }

    async fn database_classes(
        &self,
        region: &Region,
        engine: &DatabaseEngine,
        class: Option<&str>,
    ) -> Result<Told<Offers>, CatalogError> {
        self.classes(region, engine, class).await
    }

    async fn quotas(&self, region: &Region, service: &str) -> Result<Told<QuotaValues>, CatalogError> {
        self.values(region, service).await
    }

    async fn in_use(&self, region: &Region, stock: Stock) -> Result<Amounts, CatalogError> {
        let regional = self.regional(region).await;
        used(&regional, stock).await.map_err(|error| catalog_error(region, what(stock), &error))
    }
}

fn what(stock: Stock) -> &'static str {
    match stock {
        Stock::Vpcs => "VPCs",
        Stock::InternetGateways => "internet gateways",
        Stock::NatGateways => "NAT gateways",
        Stock::Addresses => "elastic IP addresses",
        Stock::SecurityGroups => "security groups",
        Stock::Interfaces => "network interfaces",
        Stock::Instances => "instances",
        Stock::LoadBalancers => "load balancers",
        Stock::TargetGroups => "target groups",
        Stock::ScalingGroups => "Auto Scaling groups",
        Stock::Databases => "database instances",
        Stock::Buckets => "buckets",
        Stock::Volumes => "volumes",
    }
}

async fn used(regional: &Regional, stock: Stock) -> Result<Amounts, CallError> {
    Ok(match stock {
        Stock::Vpcs => {
            let planned = regional.ec2_pages("DescribeVpcs");
            let all = list(regional, &planned, |next| {
                let request = regional.ec2.describe_vpcs().max_results(EC2_PAGE).set_next_token(next);
                request.send().map_ok(|page| (page.vpcs, page.next_token))
            });
            number(all.await?.len())
        }
        Stock::InternetGateways => {
            let planned = regional.ec2_pages("DescribeInternetGateways");
            let all = list(regional, &planned, |next| {
                let request = regional.ec2.describe_internet_gateways().max_results(EC2_PAGE).set_next_token(next);
                request.send().map_ok(|page| (page.internet_gateways, page.next_token))
            });
            number(all.await?.len())
        }
        Stock::NatGateways => nat_gateways(regional).await?,
        Stock::Addresses => {
            let planned = regional.ec2_whole("DescribeAddresses");
            let all = regional.send(&planned, regional.ec2.describe_addresses().send()).await?;
            number(all.addresses().len())
        }
        Stock::SecurityGroups => {
            let planned = regional.ec2_pages("DescribeSecurityGroups");
            let all = list(regional, &planned, |next| {
                let request = regional.ec2.describe_security_groups().max_results(EC2_PAGE).set_next_token(next);
                request.send().map_ok(|page| (page.security_groups, page.next_token))
            });
            number(all.await?.len())
        }
        Stock::Interfaces => {
            let planned = regional.ec2_pages("DescribeNetworkInterfaces");
            let all = list(regional, &planned, |next| {
                let request = regional.ec2.describe_network_interfaces().max_results(EC2_PAGE).set_next_token(next);
                request.send().map_ok(|page| (page.network_interfaces, page.next_token))
            });
            number(all.await?.len())
        }
        Stock::Instances => instances(regional).await?,
        Stock::LoadBalancers => {
            let planned = regional.elb("DescribeLoadBalancers");
            let all = list(regional, &planned, |next| {
                let request = regional.elb.describe_load_balancers().page_size(ELB_PAGE).set_marker(next);
                request.send().map_ok(|page| (page.load_balancers, page.next_marker))
            });
            let all = all.await?;
            sum(all.iter().filter_map(|one| Some((one.r#type()?.as_str().to_owned(), 1))))
        }
        Stock::TargetGroups => {
            let planned = regional.elb("DescribeTargetGroups");
            let all = list(regional, &planned, |next| {
                let request = regional.elb.describe_target_groups().page_size(ELB_PAGE).set_marker(next);
                request.send().map_ok(|page| (page.target_groups, page.next_marker))
            });
            number(all.await?.len())
        }
        Stock::ScalingGroups => {
            let planned = regional.auto_scaling("DescribeAutoScalingGroups");
            let all = list(regional, &planned, |next| {
                let request = regional.auto_scaling.describe_auto_scaling_groups().max_records(PAGE);
                request.set_next_token(next).send().map_ok(|page| (page.auto_scaling_groups, page.next_token))
            });
            number(all.await?.len())
        }
        Stock::Databases => {
            let planned = regional.call("rds", "DescribeDBInstances");
            let all = list(regional, &planned, |next| {
                let request = regional.rds.describe_db_instances().max_records(PAGE).set_marker(next);
                request.send().map_ok(|page| (page.db_instances, page.marker))
            });
            number(all.await?.len())
        }
        Stock::Buckets => {
            let planned = regional.call("s3", "ListBuckets");
            let all = list(regional, &planned, |next| {
                let request = regional.s3.list_buckets().max_buckets(BUCKETS).set_continuation_token(next);
                request.send().map_ok(|page| (page.buckets, page.continuation_token))
            });
            number(all.await?.len())
        }
        Stock::Volumes => {
            let planned = regional.ec2_pages("DescribeVolumes");
            let all = list(regional, &planned, |next| {
                let request = regional.ec2.describe_volumes().max_results(VOLUMES).set_next_token(next);
                request.send().map_ok(|page| (page.volumes, page.next_token))
            });
            let all = all.await?;
            sum(all
                .iter()
                .filter_map(|one| Some((one.volume_type()?.as_str().to_owned(), u64::try_from(one.size()?).ok()?))))
        }
    })
}

/// Gateways that are there or on their way, by the zone of their subnet.
async fn nat_gateways(regional: &Regional) -> Result<Amounts, CallError> {
    let (gateways, subnets) = (regional.ec2_pages("DescribeNatGateways"), regional.ec2_pages("DescribeSubnets"));
    let states = Filter::builder().name("state").set_values(Some(vec!["pending".into(), "available".into()])).build();
    let gateways = list(regional, &gateways, |next| {
        let request = regional.ec2.describe_nat_gateways().filter(states.clone()).max_results(EC2_PAGE);
        request.set_next_token(next).send().map_ok(|page| (page.nat_gateways, page.next_token))
    });
    let subnets = list(regional, &subnets, |next| {
        let request = regional.ec2.describe_subnets().max_results(EC2_PAGE).set_next_token(next);
        request.send().map_ok(|page| (page.subnets, page.next_token))
    });
    let (gateways, subnets) = join(gateways, subnets).await;
    let zones: BTreeMap<String, String> =
        subnets?.into_iter().filter_map(|subnet| Some((subnet.subnet_id?, subnet.availability_zone?))).collect();
    Ok(sum(gateways?.iter().filter_map(|one| Some((zones.get(one.subnet_id()?)?.clone(), 1)))))
}

/// Instances that count against the quotas for on-demand ones, by type.
async fn instances(regional: &Regional) -> Result<Amounts, CallError> {
    let planned = regional.ec2_pages("DescribeInstances");
    let states = ["pending", "running"].map(str::to_owned).to_vec();
    let states = Filter::builder().name("instance-state-name").set_values(Some(states)).build();
    let all = list(regional, &planned, |next| {
        let request = regional.ec2.describe_instances().filters(states.clone()).max_results(EC2_PAGE);
        request.set_next_token(next).send().map_ok(|page| (page.reservations, page.next_token))
    });
    let all = all.await?;
    let counted = all.iter().flat_map(|reservation| reservation.instances()).filter(|one| {
        !matches!(one.instance_lifecycle(), Some(InstanceLifecycleType::Spot))
            && one.placement().and_then(|place| place.tenancy()) != Some(&Tenancy::Host)
    });
    Ok(sum(counted.filter_map(|one| Some((one.instance_type()?.as_str().to_owned(), 1)))))
}

fn number(count: usize) -> Amounts {
    sum([(String::new(), count as u64)])
}

fn sum(amounts: impl IntoIterator<Item = (String, u64)>) -> Amounts {
    let mut sums = Amounts::new();
    for (kind, amount) in amounts {
        *sums.entry(kind).or_default() += amount;
    }
    sums
}
