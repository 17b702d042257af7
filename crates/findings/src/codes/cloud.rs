//! Pages of the cloud part: access to AWS.

pages! {
    C_CREDENTIALS = "PL-C101", "no AWS credentials", "No credentials were found by the AWS SDK's default chain: environment variables, the shared configuration and credentials files, SSO, a container's or an instance's role. Set AWS_PROFILE or the AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY variables, and try again with aws sts get-caller-identity.";
}
