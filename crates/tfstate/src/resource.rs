use crate::address::{Mode, ModuleStep, ResourceAddress};
use crate::address_text::modules;
use crate::attribute_path::AttributePath;
use crate::error::{StateError, StateProblem};
use crate::fields::{Fields, Source, join};
use crate::instance::{Instance, take_provider};
use crate::provider::ProviderAddress;
use pilotlight_findings::Region;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

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
    pub provider: ProviderAddress,
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

    pub(crate) fn decode<'a>(source: Source<'a>, raw: &'a RawValue, path: String) -> Result<Self, StateError> {
        let mut fields = Fields::read(source, raw, path)?;
        let module_path = join(fields.path(), "module");
        let module = match fields.take_raw("module") {
            None => Vec::new(),
            Some(raw) => {
                let text: String = source.read(raw, &module_path, "a module path")?;
                modules(&text).map_err(|reason| {
                    let reason = format!("{text:?} is no module path: {reason}");
                    source.error(raw.get(), &module_path, StateProblem::Shape(reason))
                })?
            }
        };
        let mode = fields.require("mode", "managed, data or ephemeral")?;
        let provider = take_provider(source, &mut fields)?.ok_or_else(|| {
            fields.error(StateProblem::Shape("the field \"provider\" is missing: a provider address".to_owned()))
        })?;
        let instances = fields
            .take_array("instances")?
            .into_iter()
            .map(|(raw, path)| Instance::decode(source, raw, path))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            module,
            mode,
            resource_type: fields.require("type", "a resource type")?,
            name: fields.require("name", "a resource's name")?,
            provider,
            instances,
            path: fields.path().to_owned(),
        })
    }
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
        self.instance.provider.as_ref().unwrap_or(&self.resource.provider)
    }

    /// The region that its attributes tell; see [`Instance::region`].
    pub fn region(&self) -> Option<Region> {
        self.instance.region()
    }

    /// Whether it was replaced and is still to be destroyed.
    pub fn is_deposed(&self) -> bool {
        self.instance.deposed.is_some()
    }
}
