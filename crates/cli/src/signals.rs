//! `failover::Signals` over objects of a bucket.

use crate::project::Project;
use async_trait::async_trait;
use pilotlight_cloud::Aws;
use pilotlight_failover::{SignalError, Signals};
use pilotlight_findings::{Subject, with_causes};
use pilotlight_plan::{Method, Signal};
use pilotlight_store::{Store, StoreError};
use std::collections::BTreeMap;

/// The objects of the plan's traffic sets that follow a signal.
pub(crate) struct SignalObjects {
    /// By URL: the store of the object's folder and its name, or why it cannot be opened.
    objects: BTreeMap<String, Result<(Store, String), String>>,
}

impl SignalObjects {
    /// Opens them; nothing is asked of a bucket yet.
    pub(crate) async fn of(project: &Project, aws: &Aws) -> Self {
        let mut objects = BTreeMap::new();
        for set in &project.plan.traffic {
            let Method::Signal(signal) = &set.method else { continue };
            let opened = open(project, signal, aws).await;
            objects.insert(signal.url.clone(), opened);
        }
        Self { objects }
    }

    fn object(&self, url: &str) -> Result<&(Store, String), SignalError> {
        match self.objects.get(url) {
            Some(Ok(object)) => Ok(object),
            Some(Err(cause)) => Err(SignalError::Denied(cause.clone())),
            None => Err(SignalError::Denied(format!("the plan has no signal at {url} any more"))),
        }
    }
}

async fn open(project: &Project, signal: &Signal, aws: &Aws) -> Result<(Store, String), String> {
    let (folder, name) = signal.key.rsplit_once('/').unwrap_or(("", &signal.key));
    let store = project.bucket(&format!("s3://{}/{folder}", signal.bucket), aws).await;
    let subject = || Subject::Plan { name: project.plan.name.clone() };
    store.map(|store| (store, name.to_owned())).map_err(|failure| failure.finding(subject()).message)
}

#[async_trait]
impl Signals for SignalObjects {
    async fn is_raised(&self, url: &str) -> Result<bool, SignalError> {
        let (store, name) = self.object(url)?;
        store.read_if_exists(name).await.map(|found| found.is_some()).map_err(told)
    }

    async fn raise(&self, url: &str, note: &str) -> Result<(), SignalError> {
        let (store, name) = self.object(url)?;
        match store.create(name, note.to_owned()).await {
            // Whoever wrote it, it is there.
            Ok(()) | Err(StoreError::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(told(error)),
        }
    }

    async fn lower(&self, url: &str) -> Result<(), SignalError> {
        let (store, name) = self.object(url)?;
        store.remove(name).await.map_err(told)
    }
}

/// In one line, with its causes.
fn told(error: StoreError) -> SignalError {
    let line = format!("failed to {}", with_causes(&error));
    if error.is_transient() { SignalError::Unknown(line) } else { SignalError::Denied(line) }
}
