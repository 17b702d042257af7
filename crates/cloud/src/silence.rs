//! Services that have not answered yet: a first question waits less long than those after it, and where it got no answer
//! the next ones are not sent for a while.
//!
//! An endpoint that takes a connection and never answers, and one whose packets are dropped, cost every call its full
//! time, with all its retries. That is right for a service which has answered before and may answer again; of one that
//! has never answered in this session a person wants to know at once.

use crate::error::{Call, CallError, CallErrorKind};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a first question may take once it has left, its retries included: as long as one attempt waits for the first
/// byte (`READ_TIMEOUT`), and three lost handshakes.
const FIRST_ANSWER: Duration = Duration::from_secs(15);

/// How long a silent service is not asked again: what is read at the same time, and what depends on it, ends with the
/// first. A run that waits for a region to come back asks again.
const NOT_ASKED: Duration = Duration::from_secs(20);

tokio::task_local! {
    /// Told when the request of this call leaves: before that its credentials may be asked of a person.
    static LEAVING: Arc<Notify>;
}

/// Tells the call that is being made that its request leaves.
pub(crate) fn request_leaves() {
    // A call that is not timed has nobody to tell.
    let _ = LEAVING.try_with(|leaving| leaving.notify_one());
}

/// Which services of a session have answered.
#[derive(Debug)]
pub(crate) struct Silence {
    first_answer: Duration,
    not_asked: Duration,
    /// By service and region, accounts included; `None` has answered, else since when it is silent.
    known: Mutex<HashMap<(&'static str, String), Option<Instant>>>,
}

impl Default for Silence {
    fn default() -> Self {
        Self { first_answer: FIRST_ANSWER, not_asked: NOT_ASKED, known: Mutex::default() }
    }
}

impl Silence {
    /// Waits for the answer of a call, no longer than a service deserves that has never answered.
    pub(crate) async fn ask<T, E>(
        &self,
        call: &Call,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, CallError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        if self.is_silent(call) {
            return Err(self.silent(call));
        }
        let leaving = Arc::new(Notify::new());
        let mut request = pin!(LEAVING.scope(leaving.clone(), request));
        if !self.has_answered(call) {
            let too_long = async {
                leaving.notified().await;
                tokio::time::sleep(self.first_answer).await;
            };
            tokio::select! {
                answer = &mut request => return self.heard(call, answer),
                () = too_long => {}
            }
            // Another call may have been answered meanwhile: then this one is slow, and no more.
            if !self.has_answered(call) {
                self.note(call, Some(Instant::now()));
                return Err(self.silent(call));
            }
        }
        let answer = request.await;
        self.heard(call, answer)
    }

    /// Whether any service has answered.
    pub(crate) fn is_broken(&self) -> bool {
        self.known().values().any(Option::is_none)
    }

    fn heard<T, E>(&self, call: &Call, answer: Result<T, SdkError<E, HttpResponse>>) -> Result<T, CallError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match &answer {
            Ok(_) | Err(SdkError::ServiceError(_) | SdkError::ResponseError(_)) => self.note(call, None),
            Err(error) if is_time_out(error) && !self.has_answered(call) => self.note(call, Some(Instant::now())),
            // It told nothing, or was never sent.
            Err(_) => {}
        }
        answer.map_err(|error| CallError::of(call.clone(), &error))
    }

    fn note(&self, call: &Call, silent_since: Option<Instant>) {
        self.known().insert((call.service, call.region.clone()), silent_since);
    }

    fn has_answered(&self, call: &Call) -> bool {
        matches!(self.known().get(&(call.service, call.region.clone())), Some(None))
    }

    fn is_silent(&self, call: &Call) -> bool {
        let since = self.known().get(&(call.service, call.region.clone())).copied().flatten();
        since.is_some_and(|since| since.elapsed() < self.not_asked)
    }

    fn silent(&self, call: &Call) -> CallError {
        let message = format!("none within {} seconds", self.first_answer.as_secs());
        CallError { call: call.clone(), kind: CallErrorKind::Unreachable, code: None, message }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<(&'static str, String), Option<Instant>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_time_out<E>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::TimeoutError(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_timeout(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::operation::describe_availability_zones::DescribeAvailabilityZonesError as Refused;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};

    type Answer = Result<(), SdkError<Refused, HttpResponse>>;

    fn call() -> Call {
        Call { service: "ec2", region: "eu-west-1".into(), operation: "DescribeAvailabilityZones" }
    }

    fn quick() -> Silence {
        let (first_answer, not_asked) = (Duration::from_millis(50), Duration::from_millis(200));
        Silence { first_answer, not_asked, known: Mutex::default() }
    }

    /// Leaves, and is never answered; counts how often.
    async fn never(sent: &AtomicUsize) -> Answer {
        sent.fetch_add(1, Ordering::SeqCst);
        request_leaves();
        pending().await
    }

    #[tokio::test]
    async fn a_service_that_never_answers_is_known_soon_and_left_alone_for_a_while() {
        let (silence, sent) = (quick(), AtomicUsize::new(0));
        let call = call();
        let (one, two) = futures::join!(silence.ask(&call, never(&sent)), silence.ask(&call, never(&sent)));
        for error in [one, two] {
            let error = error.expect_err("no answer");
            assert_eq!((error.kind, error.message.as_str()), (CallErrorKind::Unreachable, "none within 0 seconds"));
        }
        assert!(!silence.is_broken());
        silence.ask(&call, never(&sent)).await.expect_err("silent");
        assert_eq!(sent.load(Ordering::SeqCst), 2, "the third was not sent");
        let other = Call { region: "eu-central-1".into(), ..call.clone() };
        silence.ask(&other, async { Answer::Ok(()) }).await.expect("another region");
        tokio::time::sleep(Duration::from_millis(250)).await;
        silence.ask(&call, never(&sent)).await.expect_err("no answer");
        assert_eq!(sent.load(Ordering::SeqCst), 3, "and later it is asked again");
        silence.known().insert((call.service, call.region.clone()), None);
        assert!(silence.is_broken());
    }

    #[tokio::test]
    async fn one_that_has_answered_is_waited_for_and_so_are_credentials() {
        let (silence, sent) = (quick(), AtomicUsize::new(0));
        let slow_to_leave = async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            request_leaves();
            Answer::Ok(())
        };
        silence.ask(&call(), slow_to_leave).await.expect("nothing had left yet");
        let waited = tokio::time::timeout(Duration::from_millis(150), silence.ask(&call(), never(&sent))).await;
        assert!(waited.is_err(), "it has the call's own times: {waited:?}");
    }

    #[tokio::test]
    async fn a_lost_connection_is_no_silence_and_a_time_out_is() {
        let silence = quick();
        let failed = |error| async { Answer::Err(SdkError::dispatch_failure(error)) };
        let lost = || ConnectorError::io("connection reset by peer".into());
        silence.ask(&call(), failed(lost())).await.expect_err("lost");
        silence.ask(&call(), async { Answer::Ok(()) }).await.expect("it is asked again at once");
        let silence = quick();
        let late = || ConnectorError::timeout("connect".into());
        silence.ask(&call(), failed(late())).await.expect_err("late");
        silence.ask(&call(), async { Answer::Ok(()) }).await.expect_err("it is not asked");
    }
}
