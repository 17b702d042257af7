//! A call's error as `failover` has it: whether it may have had an effect.

use crate::error::{CallError, CallErrorKind};
use pilotlight_failover::ApiError;

impl From<CallError> for ApiError {
    fn from(error: CallError) -> Self {
        match error.kind {
            CallErrorKind::Denied | CallErrorKind::NoCredentials | CallErrorKind::Credentials => {
                Self::Denied(error.words())
            }
            CallErrorKind::Refused | CallErrorKind::Budget | CallErrorKind::Refusal => Self::Refused(error.words()),
            CallErrorKind::Throttled | CallErrorKind::Unreachable | CallErrorKind::Unclear => {
                Self::Unknown(error.reason())
            }
        }
    }
}
