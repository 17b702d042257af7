//! Why nothing can be asked of AWS.

use crate::error::{CallError, CallErrorKind, NO_CREDENTIALS_REMEDY, REFUSED_REMEDY};
use crate::profile::MissingProfile;
use crate::refusal::RegionRefused;
use pilotlight_findings::{Code, Explain, Region, codes};

/// Why there is no access to AWS at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// Nothing is configured.
    #[error("find AWS credentials in the environment, the shared files, SSO, or the role of a container or instance")]
    NoCredentials,
    /// The profile that is asked for is in none of the shared files.
    #[error("find the profile {} in the shared files of the AWS CLI", .0.name)]
    NoProfile(MissingProfile),
    /// Something is configured, and it did not work.
    #[error("obtain AWS credentials for {region}: {reason}")]
    Credentials {
        /// For which region.
        region: Region,
        /// What its source says.
        reason: String,
    },
    /// Nothing is asked of the region.
    #[error("use {region}: {}", RegionRefused { region: region.clone() })]
    Refused {
        /// Which region.
        region: Region,
    },
    /// A role cannot be assumed.
    #[error("assume the role {role}")]
    Role {
        /// Its ARN.
        role: String,
        /// What STS says.
        #[source]
        error: CallError,
    },
}

impl Explain for SessionError {
    fn code(&self) -> Code {
        match self {
            Self::NoCredentials | Self::NoProfile(_) => codes::C_CREDENTIALS,
            Self::Credentials { .. } => codes::C_REJECTED,
            Self::Refused { .. } => codes::R_PRIMARY_NEEDED,
            Self::Role { error, .. } => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoCredentials => NO_CREDENTIALS_REMEDY.into(),
            Self::NoProfile(MissingProfile { name, known }) if known.is_empty() => {
                format!("there is no profile at all: make it with: aws configure --profile {name}")
            }
            Self::NoProfile(MissingProfile { known, .. }) => format!("set AWS_PROFILE to one of: {}", known.join(", ")),
            Self::Credentials { .. } => "sign in again, and check with: aws sts get-caller-identity".into(),
            Self::Refused { .. } => REFUSED_REMEDY.into(),
            Self::Role { role, error } if error.kind == CallErrorKind::Denied => format!(
                "allow this identity sts:AssumeRole on {role}, and let the role's trust policy name this identity"
            ),
            Self::Role { error, .. } => return error.remedy(),
        })
    }
}
