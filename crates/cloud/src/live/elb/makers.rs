//! Who makes load balancers and target groups that nobody's Terraform has to have.

use aws_sdk_elasticloadbalancingv2::types::Tag;

/// Tags by which controllers in a Kubernetes cluster know what they made.
const OF_KUBERNETES: &[&str] =
    &["elbv2.k8s.aws/cluster", "ingress.k8s.aws/stack", "service.k8s.aws/stack", "kubernetes.io/service-name"];

/// Who made the object with these tags, where a controller did.
pub(super) fn maker(tags: &[Tag]) -> Option<String> {
    let key = tags.iter().filter_map(|tag| tag.key()).find(|key| OF_KUBERNETES.contains(key))?;
    Some(format!("a controller in a Kubernetes cluster (tag {key})"))
}
