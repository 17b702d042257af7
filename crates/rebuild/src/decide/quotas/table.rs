//! The quotas that a standby is held against.
//!
//! Codes and names as Service Quotas lists them; the pages that explain each are named at its group.

use super::Parent;
use crate::observe::Stock;

/// One quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaRow {
    /// The service's code in Service Quotas, `vpc`.
    pub service: &'static str,
    /// Its own code, `L-F678F1CE`.
    pub code: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// What it counts.
    pub(crate) counted: Counted,
}

/// What a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// All of a stock.
    All(Stock),
    /// What is of one kind in a stock.
    Kind(Stock, &'static str),
    /// What is in one zone.
    EachZone(Stock),
    /// Virtual CPUs of running instances of these families.
    Vcpus(&'static [&'static str]),
    /// TiB of volumes of one type.
    Tebibytes(&'static str),
    /// What one object has the most of.
    MostIn(Parent),
}

impl Counted {
    /// What has to be read in the region for it.
    pub(crate) fn stock(self) -> Option<Stock> {
        match self {
            Self::All(stock) | Self::Kind(stock, _) | Self::EachZone(stock) => Some(stock),
            Self::Vcpus(_) => Some(Stock::Instances),
            Self::Tebibytes(_) => Some(Stock::Volumes),
            // Those that a standby makes are new: nothing is in them yet.
            Self::MostIn(_) => None,
        }
    }

    /// The unit behind its numbers.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Vcpus(_) => " vCPUs",
            Self::Tebibytes(_) => " TiB",
            _ => "",
        }
    }
}

const fn row(service: &'static str, code: &'static str, name: &'static str, counted: Counted) -> QuotaRow {
    QuotaRow { service, code, name, counted }
}

/// Every quota that is looked at.
pub fn quota_rows() -> &'static [QuotaRow] {
    ROWS
}

static ROWS: &[QuotaRow] = &[
    // https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
    row("vpc", "L-F678F1CE", "VPCs per Region", Counted::All(Stock::Vpcs)),
    row("vpc", "L-407747CB", "Subnets per VPC", Counted::MostIn(Parent::Vpc)),
    row("vpc", "L-A4707A72", "Internet gateways per Region", Counted::All(Stock::InternetGateways)),
    row("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", Counted::EachZone(Stock::NatGateways)),
    row("vpc", "L-E79EC296", "VPC security groups per Region", Counted::All(Stock::SecurityGroups)),
    row("vpc", "L-0EA8095F", "Inbound or outbound rules per security group", Counted::MostIn(Parent::SecurityGroup)),
    row("vpc", "L-DF5E4CA3", "Network interfaces per Region", Counted::All(Stock::Interfaces)),
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html
    row("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", Counted::All(Stock::Addresses)),
    // https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
    row(
        "ec2",
        "L-1216C47A",
        "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
        Counted::Vcpus(&["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"]),
    ),
    row("ec2", "L-DB2E81BA", "Running On-Demand G and VT instances", Counted::Vcpus(&["g", "gr", "vt"])),
    row("ec2", "L-417A185B", "Running On-Demand P instances", Counted::Vcpus(&["p"])),
    row("ec2", "L-74FC7D96", "Running On-Demand F instances", Counted::Vcpus(&["f"])),
    row("ec2", "L-7295265B", "Running On-Demand X instances", Counted::Vcpus(&["x"])),
    row("ec2", "L-43DA4232", "Running On-Demand High Memory instances", Counted::Vcpus(&["u"])),
    row("ec2", "L-1945791B", "Running On-Demand Inf instances", Counted::Vcpus(&["inf"])),
    row("ec2", "L-2C3B7624", "Running On-Demand Trn instances", Counted::Vcpus(&["trn"])),
    row("ec2", "L-6E869C2A", "Running On-Demand DL instances", Counted::Vcpus(&["dl"])),
    row("ec2", "L-F7808C92", "Running On-Demand HPC instances", Counted::Vcpus(&["hpc"])),
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
    row(
        "elasticloadbalancing",
        "L-53DA6B97",
        "Application Load Balancers per Region",
        Counted::Kind(Stock::LoadBalancers, "application"),
    ),
    row(
        "elasticloadbalancing",
        "L-69A177A2",
        "Network Load Balancers per Region",
        Counted::Kind(Stock::LoadBalancers, "network"),
    ),
    row("elasticloadbalancing", "L-B22855CB", "Target Groups per Region", Counted::All(Stock::TargetGroups)),
    // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html
    row("autoscaling", "L-CDE20ADC", "Auto Scaling groups per region", Counted::All(Stock::ScalingGroups)),
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
    row("rds", "L-7B6409FD", "DB instances", Counted::All(Stock::Databases)),
    // https://docs.aws.amazon.com/general/latest/gr/s3.html
    row("s3", "L-DC2B2D3D", "General purpose buckets", Counted::All(Stock::Buckets)),
    // https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html
    row("ebs", "L-D18FCD1D", "Storage for General Purpose SSD (gp2) volumes, in TiB", Counted::Tebibytes("gp2")),
    row("ebs", "L-7A658B76", "Storage for General Purpose SSD (gp3) volumes, in TiB", Counted::Tebibytes("gp3")),
    row("ebs", "L-FD252861", "Storage for Provisioned IOPS SSD (io1) volumes, in TiB", Counted::Tebibytes("io1")),
    row("ebs", "L-09BD8365", "Storage for Provisioned IOPS SSD (io2) volumes, in TiB", Counted::Tebibytes("io2")),
    row("ebs", "L-82ACEF56", "Storage for Throughput Optimized HDD (st1) volumes, in TiB", Counted::Tebibytes("st1")),
    row("ebs", "L-17AF77E8", "Storage for Cold HDD (sc1) volumes, in TiB", Counted::Tebibytes("sc1")),
    row("ebs", "L-9CF3C2EB", "Storage for Magnetic (standard) volumes, in TiB", Counted::Tebibytes("standard")),
];
