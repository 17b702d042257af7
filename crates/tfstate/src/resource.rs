use crate::address::{Mode, ModuleStep, ResourceAddress};
use crate::address_text::modules;
use crate::attribute_path::AttributePath;
use crate::error::{StateError, StateProblem};
use crate::instance::Instance;
use crate::provider::ProviderAddress;
use crate::reader::{Path, Reader};
use crate::seen::Seen;
use crate::text::Text;
use pilotlight_findings::Region;
use serde_json::{Map, Value};
use std::sync::Arc;

/// One resource block in one module instance, with its objects.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The module instance; empty for the root.
    pub module: Vec<ModuleStep>,
    /// Managed or data.
    pub mode: Mode,
    /// `aws_instance`
    pub resource_type: String,
    /// The block's second label.
    pub name: String,
    /// The provider configuration that it belongs to.
    pub provider: Arc<ProviderAddress>,
    /// Its objects.
    pub instances: Vec<Instance>,
    /// Where it stands in the state, `resources[3]`.
    pub path: String,
}

impl Resource {
    /// The address of one of its instances.
    pub fn address(&self, instance: &Instance) -> ResourceAddress {
        ResourceAddress {
            module: self.module.clone(),
            mode: self.mode,
            resource_type: self.resource_type.clone(),
            name: self.name.clone(),
            key: instance.index_key.clone(),
        }
    }

    /// Reads one entry of `resources`.
    pub(crate) fn decode<'a>(
        text: &Text,
        reader: &mut Reader<'a>,
        path: &Path<'_>,
        seen: &mut Seen<'a>,
    ) -> Result<Self, StateError> {
        let (_, start) = reader.peek();
        let mut module = Vec::new();
        let (mut mode, mut resource_type, mut name, mut provider) = (None, None, None, None);
        // Most resources have one instance, and a vector that grows by itself makes room for four.
        let mut instances = Vec::with_capacity(1);
        reader.object(path, |reader, path, field| {
            match field {
                "module" => module = module_path(reader, path)?,
                "mode" => mode = reader.read::<Mode>(path, MODE)?,
                "type" => resource_type = reader.string(path, TYPE)?,
                "name" => name = reader.string(path, NAME)?,
                "provider" => provider = seen.provider(reader, path)?,
                "instances" => reader.array(path, |reader, path| {
                    seen.starts_at(reader.peek().1);
                    instances.push(Instance::decode(text, reader, path)?);
                    Ok(())
                })?,
                _ => drop(reader.skim()?),
            }
            Ok(())
        })?;
        let missing = |field: &str, what: &str| {
            let reason = format!("the field {field:?} is missing: {what}");
            reader.source.error_at(start..reader.position(), path, StateProblem::Shape(reason))
        };
        instances.shrink_to_fit();
        let resource = Self {
            module,
            mode: mode.ok_or_else(|| missing("mode", MODE))?,
            resource_type: resource_type.ok_or_else(|| missing("type", TYPE))?.into_owned(),
            name: name.ok_or_else(|| missing("name", NAME))?.into_owned(),
            provider: provider.ok_or_else(|| missing("provider", "a provider address"))?,
            instances,
            path: path.to_string(),
        };
        seen.note(&resource);
        Ok(resource)
    }
}

pub(crate) const MODE: &str = "managed, data or ephemeral";
pub(crate) const TYPE: &str = "a resource type";
pub(crate) const NAME: &str = "a resource's name";

fn module_path(reader: &mut Reader<'_>, path: &Path<'_>) -> Result<Vec<ModuleStep>, StateError> {
    let Some(text) = reader.string(path, "a module path")? else { return Ok(Vec::new()) };
    modules(&text).map_err(|reason| reader.shape_error(path, &format!("{text:?} is no module path: {reason}")))
}

/// One managed object of a state.
#[derive(Debug, Clone, Copy)]
pub struct ManagedInstance<'a> {
    /// Its resource.
    pub resource: &'a Resource,
    /// The object.
    pub instance: &'a Instance,
}

impl<'a> ManagedInstance<'a> {
    /// Its address.
    pub fn address(&self) -> ResourceAddress {
        self.resource.address(self.instance)
    }

    /// `aws_instance`
    pub fn resource_type(&self) -> &'a str {
        &self.resource.resource_type
    }

    /// The `id` attribute.
    pub fn id(&self) -> Option<&'a str> {
        self.instance.id()
    }

    /// Attributes by name. Sensitive values are in them: show redacted ones only.
    pub fn attributes(&self) -> &'a Map<String, Value> {
        self.instance.attributes()
    }

    /// Attributes by name, for the caller alone; see [`Instance::read_attributes`].
    pub fn read_attributes(&self) -> Map<String, Value> {
        self.instance.read_attributes()
    }

    /// Attributes by name, sensitive values replaced.
    pub fn redacted_attributes(&self) -> Map<String, Value> {
        self.instance.redacted_attributes()
    }

    /// Paths of sensitive values.
    pub fn sensitive(&self) -> &'a [AttributePath] {
        &self.instance.sensitive
    }

    /// The provider configuration: the instance's own (OpenTofu), else the resource's.
    pub fn provider(&self) -> &'a ProviderAddress {
        self.instance.provider.as_deref().unwrap_or(&self.resource.provider)
    }

    /// The region that its attributes tell; see [`Instance::region`].
    pub fn region(&self) -> Option<Region> {
        self.instance.region()
    }

    /// The AWS account that its attributes tell; see [`Instance::account`].
    pub fn account(&self) -> Option<&'a str> {
        self.instance.account()
    }

    /// Whether it was replaced and is still to be destroyed.
    pub fn is_deposed(&self) -> bool {
        self.instance.deposed.is_some()
    }
}
