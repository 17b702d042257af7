use crate::{Call, Plane};
use pilotlight_findings::Region;

/// Where Route 53's control plane is run, whatever the zone.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/disaster-recovery-resiliency.html>
const ROUTE53_CONTROL_PLANE: &str = "us-east-1";

/// An operation of Route 53's API.
pub(crate) fn route53(operation: &str) -> Call {
    Call {
        service: "route53".into(),
        operation: operation.into(),
        region: Region::new(ROUTE53_CONTROL_PLANE).ok(),
        plane: Plane::Control,
    }
}

/// An operation of Auto Scaling's API, which each region has for itself.
pub(crate) fn auto_scaling(operation: &str, region: &Region) -> Call {
    Call {
        service: "autoscaling".into(),
        operation: operation.into(),
        region: Some(region.clone()),
        plane: Plane::Control,
    }
}

/// A command of Terraform in the standby's root: the calls of its provider, in that root's region.
pub(crate) fn terraform(command: &str, region: &Region) -> Call {
    Call { service: TERRAFORM.into(), operation: command.into(), region: Some(region.clone()), plane: Plane::Control }
}

/// What calls of Terraform are named by; which APIs its provider calls then, is its own.
pub(crate) const TERRAFORM: &str = "terraform";

/// A request as users make it.
pub(crate) fn data(service: &str, operation: &str) -> Call {
    Call { service: service.into(), operation: operation.into(), region: None, plane: Plane::Data }
}

/// A program of the plan.
pub(crate) fn command(program: &str) -> Call {
    Call { service: "command".into(), operation: program.into(), region: None, plane: Plane::Unknown }
}
