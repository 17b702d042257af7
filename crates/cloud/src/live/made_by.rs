//! Who made an object that nobody's Terraform has to have.

use super::scope::tag;
use aws_sdk_ec2::types::{OperatorResponse, Tag};

/// What every account has from its beginning.
pub(super) const ACCOUNT: &str = "AWS, in every account";
/// What a VPC has from its beginning.
pub(super) const VPC: &str = "AWS, with the VPC";

/// Tags by which a service marks what it made, and the service.
const MARKS: [(&str, &str); 4] = [
    ("aws:autoscaling:groupName", "Auto Scaling group"),
    ("aws:ec2:fleet-id", "EC2 Fleet"),
    ("aws:ec2spot:fleet-request-id", "Spot Fleet"),
    ("aws:eks:cluster-name", "EKS cluster"),
];

/// The service that made the object, where its tags or its operator tell.
pub(super) fn service(tags: &[Tag], operator: Option<&OperatorResponse>) -> Option<String> {
    let by_tag = || MARKS.iter().find_map(|(key, service)| Some(format!("{service} {}", tag(tags, key)?)));
    let operator = operator.filter(|operator| operator.managed() == Some(true));
    by_tag().or_else(|| operator.and_then(OperatorResponse::principal).map(str::to_owned))
}

/// `who`, where it was them.
pub(super) fn when(is_so: bool, who: &str) -> Option<String> {
    is_so.then(|| who.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_known_by_its_tag_or_as_the_operator() {
        let tags = |key: &str| [Tag::builder().key(key).value("web").build()];
        assert_eq!(service(&tags("aws:autoscaling:groupName"), None).as_deref(), Some("Auto Scaling group web"));
        // What CloudFormation made can be in somebody's Terraform, or should be.
        assert_eq!(service(&tags("aws:cloudformation:stack-name"), None), None);
        let operator = |managed| OperatorResponse::builder().managed(managed).principal("eks.amazonaws.com").build();
        assert_eq!(service(&[], Some(&operator(true))).as_deref(), Some("eks.amazonaws.com"));
        assert_eq!(service(&[], Some(&operator(false))), None);
    }
}
