//! What was seen so far of a state that is being read: addresses, of which none may stand twice, and providers, of
//! which a state has few.

use crate::error::{StateError, StateProblem};
use crate::instance::{Instance, provider_at};
use crate::provider::{ProviderAddress, ProviderSource};
use crate::reader::{Path, Reader, Source};
use crate::resource::Resource;
use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// An object by the hash of its address: 24 bytes, where a map of addresses would be as large as the state.
struct Entry {
    hash: u64,
    /// Where the object stands in the text, so that the order is the file's.
    start: usize,
    resource: u32,
    instance: u32,
}

#[derive(Default)]
pub(crate) struct Seen<'a> {
    hasher: RandomState,
    entries: Vec<Entry>,
    resources: u32,
    /// Where each instance of the next resource begins.
    starts: Vec<usize>,
    /// The last one, with its text.
    provider: Option<(Cow<'a, str>, Arc<ProviderAddress>)>,
}

impl<'a> Seen<'a> {
    /// Reads a provider's address. Resources in a row that have the same one share it.
    pub(crate) fn provider(
        &mut self,
        reader: &mut Reader<'a>,
        path: &Path<'_>,
    ) -> Result<Option<Arc<ProviderAddress>>, StateError> {
        let Some(text) = reader.string(path, "a provider address")? else { return Ok(None) };
        match &self.provider {
            Some((last, provider)) if *last == text => Ok(Some(Arc::clone(provider))),
            _ => {
                let provider = Arc::new(provider_at(reader, path, &text)?);
                self.provider = Some((text, Arc::clone(&provider)));
                Ok(Some(provider))
            }
        }
    }

    /// The same for `provider_name` of `show -json`.
    pub(crate) fn provider_name(
        &mut self,
        reader: &mut Reader<'a>,
        path: &Path<'_>,
        what: &str,
    ) -> Result<Option<Arc<ProviderAddress>>, StateError> {
        let Some(text) = reader.string(path, what)? else { return Ok(None) };
        match &self.provider {
            Some((last, provider)) if *last == text => Ok(Some(Arc::clone(provider))),
            _ => {
                let Some(source) = ProviderSource::read(&text) else {
                    return Err(reader.shape_error(path, &format!("{text:?} is none: {what} is wanted here")));
                };
                let provider = Arc::new(ProviderAddress { module: Vec::new(), source, alias: None, key: None });
                self.provider = Some((text, Arc::clone(&provider)));
                Ok(Some(provider))
            }
        }
    }

    /// Notes where an instance of the next resource begins.
    pub(crate) fn starts_at(&mut self, start: usize) {
        self.starts.push(start);
    }

    /// Notes the next resource of the state.
    pub(crate) fn note(&mut self, resource: &Resource) {
        for (index, (instance, start)) in resource.instances.iter().zip(self.starts.drain(..)).enumerate() {
            let Resource { module, mode, resource_type, name, .. } = resource;
            let address = (module, mode, resource_type, name, &instance.index_key, &instance.deposed);
            let hash = self.hasher.hash_one(address);
            let instance = u32::try_from(index).unwrap_or(u32::MAX);
            self.entries.push(Entry { hash, start, resource: self.resources, instance });
        }
        self.resources += 1;
    }

    /// Finds the first object whose address stood before it.
    pub(crate) fn duplicate(mut self, source: Source<'_>, resources: &[Resource]) -> Result<(), StateError> {
        self.entries.sort_unstable_by_key(|entry| (entry.hash, entry.start));
        let object = |entry: &Entry| {
            let resource = &resources[entry.resource as usize];
            (resource, &resource.instances[entry.instance as usize])
        };
        let same = self.entries.chunk_by(|one, other| one.hash == other.hash).filter(|chunk| chunk.len() > 1);
        // Equal hashes are a reason to look, no more.
        let twice = same.flat_map(|chunk| {
            chunk.iter().enumerate().filter_map(|(index, second)| {
                let first = chunk[..index].iter().find(|first| named(object(first)) == named(object(second)))?;
                Some((first, second))
            })
        });
        let Some((first, second)) = twice.min_by_key(|(_, second)| second.start) else { return Ok(()) };
        let (_, first) = object(first);
        let (resource, instance) = object(second);
        let address = named((resource, instance));
        let problem = StateProblem::Duplicate { address, first: first.path.clone() };
        let mut error = source.error_at(second.start..second.start + 1, &Path::Root, problem);
        error.path.clone_from(&instance.path);
        Err(error)
    }
}

fn named((resource, instance): (&Resource, &Instance)) -> String {
    let address = resource.address(instance);
    match &instance.deposed {
        Some(key) => format!("{address} (deposed object {key})"),
        None => address.to_string(),
    }
}
