use object_store::aws::{AwsCredential, AwsCredentialProvider};
use std::sync::Arc;

/// Who can sign requests: asked before each request, so that short-lived keys are refreshed by their
/// source. Implement `object_store::CredentialProvider<Credential = S3Key>` for it.
pub type S3Credentials = AwsCredentialProvider;

/// An access key, its secret and, for a role, its session token. `Debug` hides the last two.
pub type S3Key = AwsCredential;

/// How S3 is reached. The caller makes it from whatever configuration it has.
#[derive(Debug, Clone)]
pub struct S3Access {
    /// `eu-central-1`: the bucket's region where there is an `endpoint`. On AWS each bucket is asked for its own
    /// region, and this one is taken where there is no answer.
    pub region: String,
    /// Another endpoint than AWS's own, `http://127.0.0.1:5000`. With it, buckets are addressed by path
    /// and plain HTTP is allowed.
    pub endpoint: Option<String>,
    /// Signs the requests.
    pub credentials: S3Credentials,
    /// A region of which nothing may be asked: a bucket there is an error, and no request leaves for it.
    pub refused: Option<String>,
}

/// Credentials that never change.
pub fn static_credentials(key_id: &str, secret_key: &str, token: Option<&str>) -> S3Credentials {
    Arc::new(object_store::StaticCredentialProvider::new(S3Key {
        key_id: key_id.to_owned(),
        secret_key: secret_key.to_owned(),
        token: token.map(str::to_owned),
    }))
}
