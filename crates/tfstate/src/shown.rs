//! A state as `terraform show -json` prints it, read as the state that it was made from.
//!
//! It has no serial, lineage or provider aliases, one entry for each instance, and a mask in place of paths for
//! what is sensitive. Source: Terraform, `internal/command/jsonstate/state.go`.

use crate::address::ResourceAddress;
use crate::attribute_path::{AttributePath, PathStep};
use crate::error::{StateError, StateProblem};
use crate::instance::{Instance, addresses, attributes};
use crate::reader::{Path, Reader};
use crate::resource::{MODE, NAME, Resource, TYPE};
use crate::seen::Seen;
use crate::state::{Output, decode_outputs};
use crate::text::Text;
use indexmap::IndexMap;
use serde_json::Value;

/// The first numbers of the format versions that are read. Version 0 is of Terraform 0.12 to 1.0, which has the same
/// shape; a later second number only adds fields. Source: the page "JSON Output Format".
const FORMATS: [&str; 2] = ["0", "1"];

/// Modules are nested so deep at most; Terraform's own users rarely pass five.
const DEEPEST_MODULE: usize = 100;

/// Checks `format_version`.
pub(crate) fn is_known(version: &str) -> bool {
    version.split('.').next().is_some_and(|major| FORMATS.contains(&major))
}

/// What `values` has.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) outputs: IndexMap<String, Output>,
    pub(crate) resources: Vec<Resource>,
}

/// Reads `values`; nothing where there is no state yet.
pub(crate) fn decode<'a>(
    text: &Text,
    reader: &mut Reader<'a>,
    path: &Path<'_>,
    seen: &mut Seen<'a>,
) -> Result<Shown, StateError> {
    let mut shown = Shown::default();
    if reader.is_null()? {
        return Ok(shown);
    }
    reader.object(path, |reader, path, name| {
        match name {
            "outputs" => shown.outputs = decode_outputs(reader, path)?,
            "root_module" => shown.module(text, reader, path, seen, DEEPEST_MODULE)?,
            _ => drop(reader.skim()?),
        }
        Ok(())
    })?;
    shown.finish(seen);
    shown.resources.shrink_to_fit();
    Ok(shown)
}

impl Shown {
    fn module<'a>(
        &mut self,
        text: &Text,
        reader: &mut Reader<'a>,
        path: &Path<'_>,
        seen: &mut Seen<'a>,
        levels: usize,
    ) -> Result<(), StateError> {
        let (_, start) = reader.peek();
        if levels == 0 {
            let reason = format!("modules are nested more than {DEEPEST_MODULE} levels deep here");
            return Err(reader.source.error_at(start..start + 1, path, StateProblem::Shape(reason)));
        }
        reader.object(path, |reader, path, name| match name {
            "resources" => reader.array(path, |reader, path| {
                let (_, start) = reader.peek();
                let resource = decode_resource(text, reader, path, seen)?;
                self.add(resource, start, seen);
                Ok(())
            }),
            "child_modules" => reader.array(path, |reader, path| self.module(text, reader, path, seen, levels - 1)),
            _ => reader.skim().map(drop),
        })
    }

    /// Adds an entry: one more instance of the last resource, or a resource of its own.
    fn add(&mut self, mut resource: Resource, start: usize, seen: &mut Seen<'_>) {
        match self.resources.last_mut() {
            Some(last)
                if (&last.name, &last.resource_type, last.mode)
                    == (&resource.name, &resource.resource_type, resource.mode)
                    && last.module == resource.module
                    && last.provider == resource.provider =>
            {
                last.instances.append(&mut resource.instances);
            }
            _ => {
                self.finish(seen);
                self.resources.push(resource);
            }
        }
        seen.starts_at(start);
    }

    /// The last resource has all its instances.
    fn finish(&mut self, seen: &mut Seen<'_>) {
        if let Some(last) = self.resources.last_mut() {
            last.instances.shrink_to_fit();
            seen.note(last);
        }
    }
}

fn decode_resource<'a>(
    text: &Text,
    reader: &mut Reader<'a>,
    path: &Path<'_>,
    seen: &mut Seen<'a>,
) -> Result<Resource, StateError> {
    let (_, start) = reader.peek();
    let mut instance = Instance::blank(text, path);
    let (mut address, mut mode, mut resource_type, mut name, mut provider) = (None, None, None, None, None);
    reader.object(path, |reader, path, field| {
        match field {
            "address" => address = reader.read::<ResourceAddress>(path, ADDRESS)?,
            "mode" => mode = reader.read(path, MODE)?,
            "type" => resource_type = reader.string(path, TYPE)?,
            "name" => name = reader.string(path, NAME)?,
            "provider_name" => provider = seen.provider_name(reader, path, SOURCE)?,
            "index" => instance.index_key = reader.read(path, "an index key")?,
            "schema_version" => instance.schema_version = reader.read(path, "a whole number")?.unwrap_or_default(),
            "values" => {
                if let Some(values) = attributes(text, reader, path)? {
                    instance.attributes = values;
                }
            }
            "sensitive_values" => instance.sensitive = sensitive(reader, path)?,
            "identity" => instance.identity = attributes(text, reader, path)?,
            "identity_schema_version" => instance.identity_schema_version = reader.read(path, "a whole number")?,
            "depends_on" => instance.dependencies = addresses(reader, path)?,
            "deposed_key" => instance.deposed = reader.read(path, "a string")?,
            "tainted" => {
                let is_tainted: Option<bool> = reader.read(path, "a boolean")?;
                instance.status = is_tainted.unwrap_or_default().then(|| "tainted".to_owned());
            }
            _ => drop(reader.skim()?),
        }
        Ok(())
    })?;
    let missing = |field: &str, what: &str| {
        let reason = format!("the field {field:?} is missing: {what}");
        reader.source.error_at(start..reader.position(), path, StateProblem::Shape(reason))
    };
    Ok(Resource {
        module: address.ok_or_else(|| missing("address", ADDRESS))?.module,
        mode: mode.ok_or_else(|| missing("mode", MODE))?,
        resource_type: resource_type.ok_or_else(|| missing("type", TYPE))?.into_owned(),
        name: name.ok_or_else(|| missing("name", NAME))?.into_owned(),
        provider: provider.ok_or_else(|| missing("provider_name", SOURCE))?,
        path: instance.path.clone(),
        instances: vec![instance],
    })
}

const ADDRESS: &str = "a resource's address";
const SOURCE: &str = "a provider's source, host/namespace/name";

/// The mask as paths. What is below an array is taken for the whole array: it may be a set, whose elements have no
/// place, and so more is hidden, never less.
fn sensitive(reader: &mut Reader<'_>, path: &Path<'_>) -> Result<Vec<AttributePath>, StateError> {
    let mask = reader.value(path)?;
    let mut paths = Vec::new();
    marked(&mask, &mut Vec::new(), &mut paths);
    paths.shrink_to_fit();
    Ok(paths)
}

fn marked(mask: &Value, above: &mut Vec<PathStep>, paths: &mut Vec<AttributePath>) {
    match mask {
        Value::Bool(true) => paths.push(AttributePath(above.clone())),
        Value::Object(masks) => {
            for (name, mask) in masks {
                above.push(PathStep::Attribute(name.clone()));
                marked(mask, above, paths);
                above.pop();
            }
        }
        Value::Array(masks) if masks.iter().any(has_mark) => paths.push(AttributePath(above.clone())),
        _ => {}
    }
}

fn has_mark(mask: &Value) -> bool {
    match mask {
        Value::Object(masks) => masks.values().any(has_mark),
        Value::Array(masks) => masks.iter().any(has_mark),
        mask => mask == true,
    }
}
