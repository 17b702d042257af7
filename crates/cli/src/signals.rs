//! `failover::Signals` over objects of a bucket.

use crate::failure::Failure;
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
    /// By URL: the object, or why its store cannot be opened.
    objects: BTreeMap<String, Result<SignalObject, String>>,
}

struct SignalObject {
    /// The object's folder, to read it.
    read: Store,
    /// The same to write it: the run itself asks again, and has to know what got no answer.
    write: Store,
    /// The object's name in it.
    name: String,
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

    fn object(&self, url: &str) -> Result<&SignalObject, SignalError> {
        match self.objects.get(url) {
            Some(Ok(object)) => Ok(object),
            Some(Err(cause)) => Err(SignalError::Denied(cause.clone())),
            None => Err(SignalError::Denied(format!("the plan has no signal at {url} any more"))),
        }
    }
}

async fn open(project: &Project, signal: &Signal, aws: &Aws) -> Result<SignalObject, String> {
    let (folder, name) = signal.key.rsplit_once('/').unwrap_or(("", &signal.key));
    let subject = || Subject::Plan { name: project.plan.name.clone() };
    let opened = async {
        let read = project.bucket(&format!("s3://{}/{folder}", signal.bucket), aws).await?;
        let write = read.clone().asked_once()?;
        Ok(SignalObject { read, write, name: name.to_owned() })
    };
    opened.await.map_err(|failure: Failure| failure.finding(subject()).message)
}

#[async_trait]
impl Signals for SignalObjects {
    async fn is_raised(&self, url: &str) -> Result<bool, SignalError> {
        let SignalObject { read, name, .. } = self.object(url)?;
        read.read_if_exists(name).await.map(|found| found.is_some()).map_err(told)
    }

    async fn raise(&self, url: &str, note: &str) -> Result<(), SignalError> {
        let SignalObject { write, name, .. } = self.object(url)?;
        match write.create(name, note.to_owned()).await {
            // Whoever wrote it, it is there.
            Ok(()) | Err(StoreError::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(told(error)),
        }
    }

    async fn lower(&self, url: &str) -> Result<(), SignalError> {
        let SignalObject { write, name, .. } = self.object(url)?;
        write.remove(name).await.map_err(told)
    }
}

/// In one line, with its causes.
fn told(error: StoreError) -> SignalError {
    let line = format!("failed to {}", with_causes(&error));
    if error.is_transient() { SignalError::Unknown(line) } else { SignalError::Denied(line) }
}
