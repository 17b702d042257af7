//! The domains of machines: in every region but the oldest, they tell the region.

use pilotlight_findings::Region;

/// The region whose domains are older than the others.
const OLDEST: &str = "us-east-1";

/// Its domains with those of any other region: private names, then public ones.
/// Source: Amazon VPC User Guide, "DNS attributes for your VPC" and "DHCP option sets".
const DOMAINS: [(&str, &str); 2] =
    [("ec2.internal", "{}.compute.internal"), ("compute-1.amazonaws.com", "{}.compute.amazonaws.com")];

/// The domains of the primary's machines, each with the standby's, where one of both regions is the oldest:
/// between two others the region's name is all that differs.
pub(crate) fn host_names(primary: &Region, standby: &Region) -> Vec<(String, String)> {
    if (primary.as_str() == OLDEST) == (standby.as_str() == OLDEST) {
        return Vec::new();
    }
    let of = |region: &Region, (oldest, other): (&str, &str)| match region.as_str() {
        OLDEST => oldest.to_owned(),
        code => other.replace("{}", code),
    };
    DOMAINS.iter().map(|domain| (of(primary, *domain), of(standby, *domain))).collect()
}
