//! What an object's ARN says of the one that it belongs to.

/// `…:listener/app/web/1/2` belongs to `…:loadbalancer/app/web/1`.
pub(super) fn load_balancer_of(listener: &str) -> Option<String> {
    let (account, path) = listener.split_once(":listener/")?;
    Some(format!("{account}:loadbalancer/{}", path.rsplit_once('/')?.0))
}

/// `…:listener-rule/app/web/1/2/3` belongs to `…:listener/app/web/1/2`.
pub(super) fn listener_of(rule: &str) -> Option<String> {
    let (account, path) = rule.split_once(":listener-rule/")?;
    Some(format!("{account}:listener/{}", path.rsplit_once('/')?.0))
}

/// The listener in the id that Terraform makes for a further certificate of it.
pub(super) fn listener_of_certificate(id: &str) -> Option<&str> {
    Some(id.split_once("_arn:")?.0)
}

/// What the provider has as `arn_suffix`: `app/web/1`, `targetgroup/web/1`.
pub(super) fn suffix(arn: &str) -> &str {
    let path = arn.rsplit(':').next().unwrap_or(arn);
    path.strip_prefix("loadbalancer/").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_tell_what_they_belong_to() {
        let listener = "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/web/a1/b2";
        assert_eq!(
            load_balancer_of(listener).as_deref(),
            Some("arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/web/a1")
        );
        let rule = "arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/web/a1/b2/c3";
        assert_eq!(listener_of(rule).as_deref(), Some(listener));
        assert_eq!(
            listener_of_certificate(&format!("{listener}_arn:aws:acm:eu-west-1:1:certificate/x")),
            Some(listener)
        );
        assert_eq!((load_balancer_of(rule), listener_of(listener), listener_of_certificate("x")), (None, None, None));
        assert_eq!(suffix("arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/a/1"), "net/a/1");
        assert_eq!(suffix("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/1"), "targetgroup/a/1");
    }
}
