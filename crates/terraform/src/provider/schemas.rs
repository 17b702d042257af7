//! All schemas of a provider, read type by type when they are asked for, and their file in the cache.
//!
//! Getting them from the plugin takes seconds for a provider with 1,500 types, and they only change with its
//! executable. A plugin that says so (`get_provider_schema_optional`) is not asked for them again.
//!
//! Persisted format, version 1: 32 bytes of SHA-256 over the rest; the rest is the protocol buffer message
//! [`Stored`]. A file of another format, of another executable, or with another sum is made anew: it is a cache.
//! The executable is told by its size and time of change and by the lock file's hashes, not by a sum of its own:
//! that of the AWS provider's 700 MB takes 2.5 seconds.

use crate::provider::PluginError;
use crate::provider::client::Client;
use crate::provider::discover::Found;
use crate::provider::schema::{BlockSchema, ConfigSchema, compact};
use crate::provider::wire::NamedSchema;
use bytes::Bytes;
use prost::Message;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

const FORMAT: u32 = 1;
const SUM_BYTES: usize = 32;

#[derive(Clone, PartialEq, prost::Message)]
struct Stored {
    /// [`FORMAT`]
    #[prost(uint32, tag = "1")]
    format: u32,
    /// Which executable they are of.
    #[prost(string, tag = "2")]
    executable: String,
    /// Whether the plugin may go without being asked for them.
    #[prost(bool, tag = "3")]
    optional: bool,
    /// Whether it takes `provider_meta`.
    #[prost(bool, tag = "4")]
    meta: bool,
    /// Of its configuration, compact.
    #[prost(bytes = "bytes", tag = "5")]
    provider: Bytes,
    /// Of its types, compact.
    #[prost(message, repeated, tag = "6")]
    types: Vec<NamedSchema>,
}

/// The schemas of one provider.
#[derive(Debug)]
pub(crate) struct Schemas {
    /// Whether the plugin may go without being asked for them.
    pub(crate) optional: bool,
    /// Whether it takes `provider_meta`.
    pub(crate) meta: bool,
    provider: Bytes,
    types: HashMap<String, Bytes>,
    read: Mutex<BTreeMap<String, Arc<BlockSchema>>>,
}

impl Schemas {
    /// Asks a plugin for them.
    pub(crate) async fn ask(client: &Client) -> Result<Self, PluginError> {
        let protocol = client.protocol();
        let answer = client.schema().await?;
        let compact = |name: &str, message: &[u8]| compact(protocol, message).map_err(|error| unreadable(name, &error));
        let mut types = HashMap::with_capacity(answer.resources.len());
        for NamedSchema { name, schema } in answer.resources {
            let schema = compact(&name, &schema)?;
            types.insert(name, schema);
        }
        Ok(Self {
            optional: answer.server_capabilities.is_some_and(|can| can.get_provider_schema_optional),
            meta: !answer.provider_meta.is_empty(),
            provider: compact("the provider", &answer.provider)?,
            types,
            read: Mutex::default(),
        })
    }

    /// The schema of the provider's configuration.
    pub(crate) fn provider(&self) -> Result<ConfigSchema, PluginError> {
        ConfigSchema::decode(&self.provider).map_err(|error| unreadable("the provider", &error))
    }

    /// The schema of a type; none where the provider does not have it.
    pub(crate) fn of(&self, resource_type: &str) -> Result<Option<Arc<BlockSchema>>, PluginError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(resource_type) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(message) = self.types.get(resource_type) else { return Ok(None) };
        let schema = BlockSchema::decode(message).map_err(|error| unreadable(resource_type, &error))?;
        let schema = Arc::new(schema);
        read.insert(resource_type.to_owned(), Arc::clone(&schema));
        Ok(Some(schema))
    }

    /// The cached ones of this executable; none where there are none, or none that can be trusted.
    pub(crate) fn load(cache: &Path, found: &Found) -> Option<Self> {
        let file = file(cache, found);
        let bytes = Bytes::from(std::fs::read(&file).ok()?);
        let stored = Stored::unpack(bytes)
            .inspect_err(|why| tracing::debug!(file = %file.display(), why, "a cached schema is made anew"))
            .ok()?;
        let current = stored.executable == executable(found).ok()?;
        current.then(|| Self {
            optional: stored.optional,
            meta: stored.meta,
            provider: stored.provider,
            types: stored.types.into_iter().map(|of| (of.name, of.schema)).collect(),
            read: Mutex::default(),
        })
    }

    /// Keeps them for the next time.
    pub(crate) fn save(&self, cache: &Path, found: &Found) -> io::Result<()> {
        let types: BTreeMap<&String, &Bytes> = self.types.iter().collect();
        let stored = Stored {
            format: FORMAT,
            executable: executable(found)?,
            optional: self.optional,
            meta: self.meta,
            provider: self.provider.clone(),
            types: types
                .into_iter()
                .map(|(name, schema)| NamedSchema { name: name.clone(), schema: schema.clone() })
                .collect(),
        };
        let file = file(cache, found);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // Another run may read it at this moment: it sees the old file or the new one.
        let new = file.with_extension(format!("{}.new", std::process::id()));
        std::fs::write(&new, stored.pack())?;
        std::fs::rename(new, file)
    }
}

impl Stored {
    fn pack(&self) -> Vec<u8> {
        let body = self.encode_to_vec();
        let mut bytes = Sha256::digest(&body).to_vec();
        bytes.extend_from_slice(&body);
        bytes
    }

    fn unpack(mut bytes: Bytes) -> Result<Self, &'static str> {
        if bytes.len() < SUM_BYTES {
            return Err("it is cut off");
        }
        let body = bytes.split_off(SUM_BYTES);
        if Sha256::digest(&body).as_slice() != bytes.as_ref() {
            return Err("its sum is another");
        }
        let stored = Self::decode(body).map_err(|_| "it is no message")?;
        if stored.format == FORMAT { Ok(stored) } else { Err("it has another format") }
    }
}

fn unreadable(name: &str, error: &dyn std::error::Error) -> PluginError {
    let mut why = error.to_string();
    if let Some(cause) = error.source() {
        why.push_str(&format!(": {cause}"));
    }
    PluginError::Answer { what: format!("the schema of {name}"), why }
}

fn file(cache: &Path, found: &Found) -> PathBuf {
    let name = format!("{}-{}.schemas", found.provider.to_string().replace(['/', ':'], "-"), found.version);
    cache.join("schemas").join(name)
}

/// What changes when the executable does.
fn executable(found: &Found) -> io::Result<String> {
    let metadata = found.path.metadata()?;
    let changed = metadata.modified()?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let hashes = found.hashes.join(",");
    Ok(format!("{}|{}|{changed}|{hashes}", found.path.display(), metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::wire::v6;
    use pilotlight_tfstate::ProviderSource;

    fn schemas() -> Schemas {
        let message = v6::Schema { version: 2, block: Some(v6::Block::default()) }.encode_to_vec();
        Schemas {
            optional: true,
            meta: false,
            provider: Bytes::new(),
            types: HashMap::from([("fake_thing".to_owned(), message.into())]),
            read: Mutex::default(),
        }
    }

    fn found(folder: &Path) -> Found {
        let path = folder.join("terraform-provider-fake");
        std::fs::write(&path, "a program").expect("written");
        let provider = ProviderSource { hostname: "example.com".into(), namespace: "acme".into(), name: "fake".into() };
        Found { provider, version: "1.2.3".into(), path, hashes: vec!["h1:abc=".into()], note: None }
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let folder = tempfile::tempdir().expect("a folder");
        let found = found(folder.path());
        assert!(Schemas::load(folder.path(), &found).is_none(), "nothing was saved yet");
        schemas().save(folder.path(), &found).expect("saved");
        let loaded = Schemas::load(folder.path(), &found).expect("loaded");
        assert!(loaded.optional && !loaded.meta);
        assert_eq!(loaded.of("fake_thing").expect("readable").expect("known").version, 2);
        assert!(loaded.of("fake_other").expect("readable").is_none());
        let names: Vec<_> = std::fs::read_dir(folder.path().join("schemas")).expect("a folder").flatten().collect();
        assert_eq!(names.len(), 1, "no file is left half written: {names:?}");
    }

    #[test]
    fn a_cache_of_another_executable_or_with_a_wrong_byte_is_not_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let found = found(folder.path());
        schemas().save(folder.path(), &found).expect("saved");
        let file = file(folder.path(), &found);
        let whole = std::fs::read(&file).expect("a file");
        for wrong in [
            whole[..whole.len() - 1].to_vec(),
            whole[..10].to_vec(),
            Vec::new(),
            whole.iter().enumerate().map(|(at, byte)| if at == 50 { !byte } else { *byte }).collect(),
        ] {
            std::fs::write(&file, wrong).expect("written");
            assert!(Schemas::load(folder.path(), &found).is_none());
        }
        std::fs::write(&file, &whole).expect("written");
        assert!(Schemas::load(folder.path(), &found).is_some());
        let other = Found { hashes: Vec::new(), ..found.clone() };
        assert!(Schemas::load(folder.path(), &other).is_none(), "the lock file names other hashes");
        std::fs::write(&found.path, "another program").expect("written");
        assert!(Schemas::load(folder.path(), &found).is_none(), "the executable is another");
    }
}
