//! The provider plugins of the compared stacks, as a reader.

use super::gather::Loaded;
use super::missing_buckets::look_again;
use async_trait::async_trait;
use pilotlight_cloud::{Aws, CallError, CallErrorKind};
use pilotlight_drift::{LiveQuery, LiveReader, LiveSnapshot, Place, Unread, Wanted};
use pilotlight_terraform::Program;
use pilotlight_terraform::provider::{Pace, ProviderReader, ProviderSettings};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Requests of a provider for one read of a Route 53 object: the object, and its tags or its zone.
/// Measured with provider 5.100 against an emulator.
const ROUTE53_REQUESTS: u32 = 2;

/// A reader through the plugins that these stacks are locked to.
pub(super) fn reader(loaded: &[Loaded], program: Option<Program>, aws: &Aws) -> ProviderReader {
    let environment = std::env::vars_os().collect();
    let mut settings = ProviderSettings::new(environment, cache());
    for one in loaded {
        let source = settings.stacks.entry(one.stack.clone()).or_default();
        if source.is_none() {
            source.clone_from(&one.source);
        }
    }
    settings.program = program;
    let region = loaded.first().map(|one| one.region.clone());
    if let Some(region) = region {
        settings.pace = Arc::new(Route53Pace { aws: aws.clone(), place: Place { role: None, region } });
    }
    ProviderReader::new(settings)
}

/// The terraform or tofu program, which installs a plugin that is nowhere on this machine.
pub(super) async fn program(named: Option<&Path>) -> Option<Program> {
    Program::find(named, &std::env::var_os("PATH").unwrap_or_default()).await.ok()
}

/// Where schemas and unpacked plugins are kept: the XDG base directory for caches.
fn cache() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("pilotlight")
}

/// Keeps a plugin's reads of Route 53 below the 5 requests a second that everybody in the account shares.
struct Route53Pace {
    aws: Aws,
    place: Place,
}

#[async_trait]
impl Pace for Route53Pace {
    async fn wait(&self, resource_type: &str) {
        if resource_type.starts_with("aws_route53_") {
            self.aws.pace(&self.place, "route53", ROUTE53_REQUESTS).await;
        }
    }
}

/// A plugin's reads, each counted as one call of `--max-calls`.
pub(super) struct Paced {
    pub(super) aws: Aws,
    pub(super) reader: ProviderReader,
}

#[async_trait]
impl LiveReader for Paced {
    fn reads(&self, resource_type: &str) -> bool {
        self.reader.reads(resource_type)
    }

    async fn read(&self, query: &LiveQuery<'_>) -> LiveSnapshot {
        // A plugin tries a region that does not answer again and again, for hours.
        if let Some(error) = self.silence(query).await {
            return LiveSnapshot { unread: not_read(&query.wanted, &error.to_string()), ..LiveSnapshot::default() };
        }
        let granted = self.aws.spend(query.wanted.len() as u64);
        let mut query = query.clone();
        let rest =
            query.wanted.split_off(usize::try_from(granted).unwrap_or(query.wanted.len()).min(query.wanted.len()));
        let mut snapshot =
            if query.wanted.is_empty() { LiveSnapshot::default() } else { self.reader.read(&query).await };
        look_again(&self.aws, &query, &mut snapshot).await;
        snapshot.unread.extend(not_read(&rest, "the limit of --max-calls is reached"));
        snapshot
    }
}

impl Paced {
    /// Why the region of a query is not asked: it gives no answer. With a limit of calls none is spent on that.
    async fn silence(&self, query: &LiveQuery<'_>) -> Option<CallError> {
        if self.aws.calls_left().is_some() {
            return None;
        }
        let error = self.aws.check_access(&query.place.region).await.err()?;
        (error.kind == CallErrorKind::Unreachable).then_some(error)
    }
}

fn not_read(wanted: &[Wanted<'_>], reason: &str) -> Vec<Unread> {
    let unread = |wanted: &Wanted<'_>| Unread {
        resource_type: wanted.resource_type.to_owned(),
        id: Some(wanted.key().into_owned()),
        reason: reason.to_owned(),
    };
    wanted.iter().map(unread).collect()
}
