//! A region that is not to be asked anything: `--primary-down`.
//!
//! Every client of a region is made from one configuration ([`crate::Aws`] hands out no other), so that one without
//! credentials and without a way to the network is all that it takes: a call that somebody adds is refused as well.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Providing;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use pilotlight_findings::Region;

/// Nothing is sent to a region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{region} is not asked (--primary-down)")]
pub(crate) struct RegionRefused {
    /// Which region.
    pub(crate) region: Region,
}

/// The configuration of a region that is refused.
pub(crate) fn config(region: &Region) -> SdkConfig {
    let refusal = Refusal(RegionRefused { region: region.clone() });
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(aws_config::Region::new(region.as_str().to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(refusal.clone()))
        .http_client(refusal)
        .build()
}

/// Gives no credentials, which most calls ask for first, and sends no request.
#[derive(Debug, Clone)]
struct Refusal(RegionRefused);

impl ProvideCredentials for Refusal {
    fn provide_credentials<'a>(&'a self) -> Providing<'a>
    where
        Self: 'a,
    {
        Providing::ready(Err(CredentialsError::provider_error(self.0.clone())))
    }
}

impl HttpClient for Refusal {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Refusal {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::user(self.0.clone().into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{Replay, Reply, region};
    use crate::{CallErrorKind, SessionError};
    use pilotlight_drift::Place;
    use pilotlight_findings::Explain as _;
    use pilotlight_rebuild::RegionCatalog as _;

    #[tokio::test]
    async fn no_request_leaves_for_the_region_and_the_error_names_it_and_the_flag() {
        let replay = Replay::new(|_| Reply::ok(""));
        let aws = replay.aws().without_region(region());
        let told = "eu-west-1 is not asked (--primary-down)";

        let error = aws.catalog().zones(&region()).await.expect_err("zones");
        assert!(error.to_string().contains(told), "{error}");
        let error = aws.check_access(&region()).await.expect_err("access");
        assert_eq!((error.kind, error.code().as_str()), (CallErrorKind::Refusal, "PL-R164"));
        let error = aws.check_credentials(&region()).await.expect_err("credentials");
        assert!(matches!(error, SessionError::Refused { .. }), "{error}");
        // A role is assumed by the region's own STS, and the keys of the store are those of the region.
        let role = Place { region: region(), role: Some("arn:aws:iam::222222222222:role/drift".into()) };
        let error = aws.check_place(&role).await.expect_err("role");
        assert!(error.to_string().contains("assume the role"), "{error}");
        let access = aws.s3_access(&Place::own(region())).await;
        assert_eq!(access.refused.as_deref(), Some("eu-west-1"));
        assert!(access.credentials.get_credential().await.is_err());

        assert_eq!(replay.asked(), [""; 0]);
        assert!(aws.calls().is_empty(), "{:?}", aws.calls());
    }

    #[tokio::test]
    async fn another_region_is_asked_as_ever() {
        let replay = Replay::new(|_| {
            Reply::ok("<DescribeAvailabilityZonesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"/>")
        });
        let aws = replay.aws().without_region(Region::new("us-west-2").expect("region"));
        assert_eq!(aws.catalog().zones(&region()).await.expect("zones"), [""; 0]);
        assert_eq!(replay.asked().len(), 1);
    }
}
