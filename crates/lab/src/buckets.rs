//! Health checks that ask for an object of a bucket: Route 53's checkers ask S3, and the lab asks its emulator.

use crate::route53::HealthCheck;

/// The object's path at the emulator, `/BUCKET/KEY`, where the check asks one of S3's own names for one.
pub(crate) fn object(check: &HealthCheck) -> Option<String> {
    if !matches!(check.kind.as_str(), "HTTP" | "HTTPS") || check.address.is_some() {
        return None;
    }
    let domain = check.domain.as_deref()?.trim_end_matches('.');
    let host = domain.strip_suffix(".amazonaws.com")?;
    let (bucket, service) = match host.rsplit_once(".s3.").or_else(|| host.rsplit_once(".s3-")) {
        Some((bucket, _)) => (Some(bucket), "s3."),
        None => (None, host),
    };
    match bucket {
        Some(bucket) => Some(format!("/{bucket}{}", check.path)),
        // The path names the bucket.
        None => (service.starts_with("s3.") || service.starts_with("s3-")).then(|| check.path.clone()),
    }
}

/// Whether the check asks for an object of a bucket in one of these regions.
pub(crate) fn is_in(check: &HealthCheck, regions: &[String]) -> bool {
    let host = check.domain.as_deref().and_then(|domain| domain.trim_end_matches('.').strip_suffix(".amazonaws.com"));
    let Some(host) = host.filter(|_| object(check).is_some()) else { return false };
    regions.iter().any(|region| ["s3.", "s3-"].iter().any(|s3| host.ends_with(&format!("{s3}{region}"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::tests::check;

    #[test]
    fn a_bucket_is_where_its_name_says() {
        let asks = |domain: &str| HealthCheck {
            kind: "HTTPS".into(),
            address: None,
            domain: Some(domain.into()),
            ..check("signal")
        };
        let dark = ["eu-central-1".to_owned()];
        for there in ["shop-dr.s3.eu-central-1.amazonaws.com", "s3.eu-central-1.amazonaws.com."] {
            assert!(is_in(&asks(there), &dark), "{there}");
        }
        for elsewhere in ["shop-dr.s3.eu-west-1.amazonaws.com", "shop-dr.s3.amazonaws.com", "eu-central-1.shop.test"] {
            assert!(!is_in(&asks(elsewhere), &dark), "{elsewhere}");
        }
    }

    #[test]
    fn s3s_own_names_lead_to_the_emulators_bucket_and_no_other_name_does() {
        let asks = |domain: &str, path: &str| {
            let check = HealthCheck {
                kind: "HTTPS".into(),
                address: None,
                domain: Some(domain.into()),
                path: path.into(),
                ..check("signal")
            };
            object(&check)
        };
        let found = Some("/shop-dr/signal/on".to_owned());
        assert_eq!(asks("shop-dr.s3.eu-central-1.amazonaws.com", "/signal/on"), found);
        assert_eq!(asks("shop-dr.s3-eu-central-1.amazonaws.com.", "/signal/on"), found);
        assert_eq!(asks("s3.eu-central-1.amazonaws.com", "/shop-dr/signal/on"), found);
        for other in ["app.shop.test", "app-1.eu-west-1.elb.amazonaws.com", "s3.example.com"] {
            assert_eq!(asks(other, "/signal/on"), None, "{other}");
        }
    }
}
