//! The port to what a region can hold: machine types by zone, and quotas with what is taken of them.

use super::CatalogError;
use async_trait::async_trait;
use pilotlight_findings::Region;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a machine type is, as far as one can stand for another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineFacts {
    /// `m5.large`
    pub name: String,
    /// `x86_64`, `arm64`; a few old types have two.
    pub architectures: Vec<String>,
    /// Virtual CPUs, as launched by default.
    pub vcpus: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Disks of the machine itself, in GB; 0 where it has none.
    #[serde(default)]
    pub disk_gb: u64,
    /// GPUs, FPGAs and chips for inference or training.
    #[serde(default)]
    pub accelerators: Vec<Accelerator>,
    /// Whether it is a machine without a hypervisor.
    #[serde(default)]
    pub bare_metal: bool,
    /// Whether its performance is bursts on a baseline.
    #[serde(default)]
    pub burstable: bool,
    /// Who makes the processor: `Intel`, `AMD`, `AWS`.
    #[serde(default)]
    pub processor: Option<String>,
}

/// One kind of accelerator of a machine type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accelerator {
    /// `gpu`, `fpga`, `inference`, `neuron`, `media`
    pub kind: String,
    /// Who makes it: `NVIDIA`.
    pub maker: String,
    /// How many of them.
    pub count: u32,
    /// Memory of all of them in MiB; 0 where that is not told.
    pub memory_mib: u64,
}

/// An answer, or that the endpoint has no such operation: an emulator of AWS, or a partition without the service.
#[derive(Debug, Clone, PartialEq)]
pub enum Told<T> {
    /// What it says.
    Answer(T),
    /// The endpoint's own words for not having it.
    NotHere(String),
}

/// Values of a service's quotas.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QuotaValues {
    /// By the quota's code.
    pub values: BTreeMap<String, f64>,
    /// The endpoint's own words, where it tells the defaults and not what applies to the account.
    pub only_defaults: Option<String>,
}

/// What is counted in a region, before it is held against quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stock {
    /// VPCs.
    Vpcs,
    /// Internet gateways.
    InternetGateways,
    /// NAT gateways, by zone.
    NatGateways,
    /// Elastic IP addresses.
    Addresses,
    /// Security groups.
    SecurityGroups,
    /// Network interfaces.
    Interfaces,
    /// Running instances that are neither spot nor on dedicated hosts, by type.
    Instances,
    /// Load balancers, by kind: `application`, `network`.
    LoadBalancers,
    /// Target groups.
    TargetGroups,
    /// Auto Scaling groups.
    ScalingGroups,
    /// Database instances.
    Databases,
    /// Buckets of the account.
    Buckets,
    /// GiB of volumes, by type: `gp3`.
    Volumes,
}

/// Amounts by zone, type or kind; under the empty text where there is but one kind.
pub type Amounts = BTreeMap<String, u64>;

/// Which zones offer each machine type.
pub type Offers = BTreeMap<String, Vec<String>>;

/// What a region can hold.
#[async_trait]
pub trait CapacityCatalog: Send + Sync {
    /// Facts of these machine types, or of all that the region has; those that it does not know are left out.
    async fn machine_facts(&self, region: &Region, names: Option<&[String]>)
    -> Result<Vec<MachineFacts>, CatalogError>;

    /// The zones that offer these machine types, or any; those that no zone offers are left out.
    async fn machines_offered(&self, region: &Region, names: Option<&[String]>) -> Result<Offers, CatalogError>;

    /// The zones in which a database of this engine can be ordered, by class; of one class, or of all.
    async fn database_classes(
        &self,
        region: &Region,
        engine: &DatabaseEngine,
        class: Option<&str>,
    ) -> Result<Told<Offers>, CatalogError>;

    /// A service's quotas: the values that apply to the account, and the defaults of those without one.
    async fn quotas(&self, region: &Region, service: &str) -> Result<Told<QuotaValues>, CatalogError>;

    /// What the account has there now.
    async fn in_use(&self, region: &Region, stock: Stock) -> Result<Amounts, CatalogError>;
}

/// What a database runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatabaseEngine {
    /// `postgres`
    pub name: String,
    /// `16.4`; any where it is not told.
    pub version: Option<String>,
}
