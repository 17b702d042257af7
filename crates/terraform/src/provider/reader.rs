//! The reader: objects are grouped by the plugin that reads them, and each plugin reads its own.

use crate::Program;
use crate::provider::PluginError;
use crate::provider::client::Client;
use crate::provider::configure::{self, DefaultTags, default_tags};
use crate::provider::discover::{Found, Search, full_source};
use crate::provider::group::{Batch, GroupRead, Object, Rounds, read_batch};
use crate::provider::install::install;
use crate::provider::object::{Outcome, Reading};
use crate::provider::pace::{NoPace, Pace};
use crate::provider::plugin::Environment;
use crate::provider::schemas::Schemas;
use async_trait::async_trait;
use futures::StreamExt;
use futures::future::BoxFuture;
use pilotlight_drift::{LiveQuery, LiveReader, LiveSnapshot, Place, Unread, Wanted};
use pilotlight_findings::{ApiCalls, Finding, Severity, Subject, codes};
use pilotlight_tfstate::{ProviderAddress, ProviderSource};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Objects that are read at once through one plugin. Terraform's default is 10.
pub const IN_FLIGHT: usize = 32;

/// Plugins that run at once: each takes 200 to 300 MB.
const PLUGINS_AT_ONCE: usize = 2;

/// What a provider is told of Terraform's version where no program is at hand: some put it into their user agent,
/// and some refuse a very old one.
const TERRAFORM_VERSION: &str = "1.11.4";

/// What a [`ProviderReader`] works with.
pub struct ProviderSettings {
    /// The stacks by name, each with the folder of its root module where that is at hand: its lock file names the
    /// versions, and its data folder has the plugins.
    pub stacks: BTreeMap<String, Option<PathBuf>>,
    /// The caller's whole environment. Plugins run with it, credentials included, and it says where to look for
    /// them.
    pub environment: Environment,
    /// A folder for schemas and for plugins that had to be unpacked or installed.
    pub cache: PathBuf,
    /// Installs a plugin that is nowhere on this machine; without it such a plugin is not to be had.
    pub program: Option<Program>,
    /// A brake on reads.
    pub pace: Arc<dyn Pace>,
    /// How many objects are read at once through one plugin: [`IN_FLIGHT`].
    pub in_flight: usize,
    /// Further arguments for the AWS provider, as its HCL has them in JSON: blocks are arrays of objects.
    pub extras: Map<String, Value>,
}

impl ProviderSettings {
    /// Settings without stacks, brake or further arguments.
    pub fn new(environment: Environment, cache: impl Into<PathBuf>) -> Self {
        Self {
            stacks: BTreeMap::new(),
            environment,
            cache: cache.into(),
            program: None,
            pace: Arc::new(NoPace),
            in_flight: IN_FLIGHT,
            extras: Map::new(),
        }
    }
}

/// Reads objects through the plugins of their stacks' providers.
pub struct ProviderReader {
    settings: ProviderSettings,
    /// What was found, by stack and provider.
    found: Mutex<HashMap<(String, ProviderSource), Result<Found, String>>>,
    /// Schemas, by executable.
    schemas: Mutex<HashMap<PathBuf, Arc<Schemas>>>,
}

/// Objects that one process reads, by the executable and the default tags.
type Groups<'q> = BTreeMap<(PathBuf, DefaultTags), (Found, Vec<Object<'q>>)>;

impl ProviderReader {
    /// A reader; nothing is started yet.
    pub fn new(settings: ProviderSettings) -> Self {
        Self { settings, found: Mutex::default(), schemas: Mutex::default() }
    }

    /// What is to be said of the plugins that were chosen so far.
    pub async fn notes(&self) -> Vec<Finding> {
        let found = self.found.lock().await;
        let mut notes: Vec<Finding> = found
            .iter()
            .filter_map(|((stack, _), found)| Some((stack, found.as_ref().ok()?.note.as_ref()?)))
            .map(|(stack, note)| {
                let subject = Subject::Stack { stack: stack.clone(), side: None };
                Finding::new(codes::T_PLUGIN_VERSION, Severity::Info, subject, note.clone())
                    .remedy("give the stack's source with its .terraform.lock.hcl")
            })
            .collect();
        notes.sort_by(|one, other| (&one.subject, &one.message).cmp(&(&other.subject, &other.message)));
        notes
    }

    /// Finds the plugin of a provider for a stack, once; the error is a reason for what is unread.
    async fn find(&self, stack: &str, provider: &ProviderSource) -> Result<Found, String> {
        let key = (stack.to_owned(), provider.clone());
        let mut known = self.found.lock().await;
        if let Some(found) = known.get(&key) {
            return found.clone();
        }
        let found = self.look(stack, provider).await.map_err(|error| error.line());
        known.insert(key, found.clone());
        found
    }

    async fn look(&self, stack: &str, provider: &ProviderSource) -> Result<Found, PluginError> {
        let source = self.settings.stacks.get(stack).cloned().flatten();
        let (environment, cache) = (self.settings.environment.clone(), self.settings.cache.clone());
        let wanted = provider.clone();
        // It looks through many folders, and may unpack hundreds of megabytes.
        let look = move || {
            let search = Search { environment: &environment, source: source.as_deref(), cache: &cache };
            let locked = search.locked(&wanted)?;
            let found = search.find(&wanted, locked.as_ref())?;
            Ok::<_, PluginError>((found, locked))
        };
        let looked = tokio::task::spawn_blocking(look.clone()).await;
        let not_found =
            |version, why: &str| PluginError::NotFound { provider: provider.to_string(), version, why: why.to_owned() };
        let (found, locked) = looked.map_err(|error| not_found(None, &error.to_string()))??;
        if let Some(found) = found {
            return Ok(found);
        }
        let Some(locked) = locked else {
            return Err(not_found(
                None,
                "it is nowhere on this machine, and no lock file says which version to install",
            ));
        };
        let version = Some(locked.version.clone());
        let Some(program) = &self.settings.program else {
            return Err(not_found(version, "it is nowhere on this machine"));
        };
        install(program, &self.settings.cache, provider, &locked).await?;
        let looked = tokio::task::spawn_blocking(look).await;
        let (found, _) = looked.map_err(|error| not_found(None, &error.to_string()))??;
        found.ok_or_else(|| not_found(version, "it was installed and is not there"))
    }

    /// Groups what is wanted by the process that reads it.
    async fn group<'q>(&self, query: &'q LiveQuery<'q>, failed: &mut Failures<'q>) -> Groups<'q> {
        let mut configurations: BTreeMap<(&str, &ProviderAddress), Vec<Object<'q>>> = BTreeMap::new();
        for wanted in &query.wanted {
            match wanted.recorded {
                Some(recorded) => {
                    let key = (recorded.stack, recorded.managed.provider());
                    configurations.entry(key).or_default().push(Object { wanted, recorded });
                }
                None => failed.add(wanted, "a provider reads an object by its record in the state, and there is none"),
            }
        }
        let mut groups = Groups::new();
        for ((stack, address), objects) in configurations {
            match self.find(stack, &full_source(&address.source)).await {
                Ok(found) => {
                    let tags = match configure::is_aws(&found.provider) {
                        true => default_tags(objects.iter().map(|object| object.recorded.managed)),
                        false => DefaultTags::new(),
                    };
                    let group = groups.entry((found.path.clone(), tags));
                    group.or_insert_with(|| (found, Vec::new())).1.extend(objects);
                }
                Err(reason) => objects.iter().for_each(|object| failed.add(object.wanted, &reason)),
            }
        }
        groups
    }

    /// Reads a group, through another process where one ends in the middle of it.
    async fn read_group(&self, place: &Place, found: &Found, tags: &DefaultTags, objects: &[Object<'_>]) -> GroupRead {
        let mut rounds = Rounds::new(objects.len());
        while let Some(batch) = rounds.next(self.settings.in_flight) {
            if let Err(reason) = self.read_once(place, found, tags, objects, batch, &mut rounds).await {
                return GroupRead { outcomes: Err(reason), calls: BTreeMap::new() };
            }
        }
        rounds.end()
    }

    /// Starts a plugin, reads, ends it.
    async fn read_once(
        &self,
        place: &Place,
        found: &Found,
        tags: &DefaultTags,
        objects: &[Object<'_>],
        batch: Batch,
        rounds: &mut Rounds,
    ) -> Result<(), String> {
        let name = format!("{}/{} {}", found.provider.namespace, found.provider.name, found.version);
        let client = match Client::start(&found.path, &self.settings.environment).await {
            Ok(client) => client,
            Err(error) => return rounds.fail(batch, &error),
        };
        let taken = match self.prepare(&client, place, found, tags).await {
            Ok(schemas) => {
                let pace = self.settings.pace.as_ref();
                let reading = Reading { client: &client, schemas: &schemas, pace, name: &name };
                let (answers, calls) = read_batch(&reading, objects, batch).await;
                rounds.take(answers, calls);
                Ok(())
            }
            Err(error) => rounds.fail(batch, &error),
        };
        client.end().await;
        taken
    }

    /// Gets the schemas and configures the provider.
    async fn prepare(
        &self,
        client: &Client,
        place: &Place,
        found: &Found,
        tags: &DefaultTags,
    ) -> Result<Arc<Schemas>, PluginError> {
        let schemas = self.schemas(client, found).await?;
        let settings = &self.settings;
        let arguments = configure::arguments(&found.provider, place, tags, &settings.environment, &settings.extras);
        let config = configure::encode(&schemas.provider()?, &arguments)?;
        let version = settings.program.as_ref().map_or(TERRAFORM_VERSION, |program| &program.version);
        client.configure(config, version).await?;
        Ok(schemas)
    }

    async fn schemas(&self, client: &Client, found: &Found) -> Result<Arc<Schemas>, PluginError> {
        let known = self.schemas.lock().await.get(&found.path).cloned();
        let cached = known.or_else(|| Schemas::load(&self.settings.cache, found).map(Arc::new));
        let schemas = match cached.filter(|schemas| schemas.optional) {
            Some(schemas) => schemas,
            // A plugin that does not say otherwise has to be asked by each of its clients.
            None => {
                let schemas = Schemas::ask(client).await?;
                if let Err(error) = schemas.save(&self.settings.cache, found) {
                    tracing::warn!(%error, cache = %self.settings.cache.display(), "the schema is not cached");
                }
                Arc::new(schemas)
            }
        };
        self.schemas.lock().await.insert(found.path.clone(), Arc::clone(&schemas));
        Ok(schemas)
    }
}

/// Objects whose provider gives no answers, by type and reason.
#[derive(Default)]
struct Failures<'q>(BTreeMap<(&'q str, String), Vec<String>>);

impl<'q> Failures<'q> {
    fn add(&mut self, wanted: &Wanted<'q>, reason: &str) {
        self.0.entry((wanted.resource_type, reason.to_owned())).or_default().push(wanted.key().into_owned());
    }

    /// One entry a type where all of its objects failed alike, else one an object.
    fn unread(self, wanted: &[Wanted<'_>]) -> Vec<Unread> {
        let mut unread = Vec::new();
        for ((kind, reason), ids) in self.0 {
            let all = wanted.iter().filter(|wanted| wanted.resource_type == kind).count();
            let of = |id: Option<String>| Unread { resource_type: kind.to_owned(), id, reason: reason.clone() };
            if ids.len() == all {
                unread.push(of(None));
            } else {
                unread.extend(ids.into_iter().map(|id| of(Some(id))));
            }
        }
        unread
    }
}

#[async_trait]
impl LiveReader for ProviderReader {
    /// Any type: whether its provider is to be had is known when its objects are asked for.
    fn reads(&self, _: &str) -> bool {
        true
    }

    async fn read(&self, query: &LiveQuery<'_>) -> LiveSnapshot {
        let mut failed = Failures::default();
        let groups = self.group(query, &mut failed).await;
        let mut reads: Vec<BoxFuture<'_, (&Found, &Vec<Object<'_>>, GroupRead)>> = Vec::new();
        for ((_, tags), (found, objects)) in &groups {
            let read = self.read_group(&query.place, found, tags, objects);
            reads.push(Box::pin(async move { (found, objects, read.await) }));
        }
        let reads: Vec<_> = futures::stream::iter(reads).buffer_unordered(PLUGINS_AT_ONCE).collect().await;
        let mut snapshot = LiveSnapshot::default();
        for (found, objects, read) in reads {
            match read.outcomes {
                Ok(outcomes) => {
                    for (object, outcome) in objects.iter().zip(outcomes) {
                        match outcome {
                            Outcome::Read(read) => snapshot.objects.push(*read),
                            Outcome::Gone => {}
                            Outcome::Unread(reason) => snapshot.unread.push(Unread {
                                resource_type: object.wanted.resource_type.to_owned(),
                                id: Some(object.wanted.key().into_owned()),
                                reason,
                            }),
                        }
                    }
                }
                Err(reason) => objects.iter().for_each(|object| failed.add(object.wanted, &reason)),
            }
            snapshot.calls.extend(read.calls.into_iter().map(|(kind, count)| ApiCalls {
                service: format!("provider {}/{}", found.provider.namespace, found.provider.name),
                region: query.place.region.to_string(),
                operation: format!("ReadResource {kind}"),
                count,
            }));
        }
        snapshot.unread.extend(failed.unread(&query.wanted));
        snapshot
    }
}
