use crate::address::IndexKey;
use crate::attribute_path::AttributePath;
use crate::error::{StateError, StateProblem};
use crate::provider::ProviderAddress;
use crate::reader::{Path, Reader, kind};
use crate::redact::redact_paths;
use crate::text::{Attributes, Form, Part, Text};
use pilotlight_findings::Region;
use serde_json::{Map, Value};

/// One object of a resource: the current one of an instance, or a deposed one.
///
/// Attributes, identity, private data and dependencies stay in the state's text until they are asked for.
#[derive(Debug, Clone)]
pub struct Instance {
    /// What `count` or `for_each` gave it.
    pub index_key: Option<IndexKey>,
    /// `tainted`, where the next apply replaces it.
    pub status: Option<String>,
    /// The deposed object's key: it was replaced, and is still to be destroyed.
    pub deposed: Option<String>,
    /// The provider's schema version of the attributes.
    pub schema_version: u64,
    /// Paths of sensitive values, as the state says; a provider's schema may know more.
    pub sensitive: Vec<AttributePath>,
    /// Version of the identity's schema.
    pub identity_schema_version: Option<u64>,
    /// Whether a replacement is made before it is destroyed.
    pub create_before_destroy: bool,
    /// OpenTofu: the provider of this instance, where the alias has `for_each`.
    pub provider: Option<Box<ProviderAddress>>,
    /// OpenTofu: forget it in place of destroying it.
    pub skip_destroy: bool,
    /// Where it stands in the state, `resources[3].instances[0]`.
    pub path: String,
    pub(crate) text: Text,
    pub(crate) attributes: Attributes,
    pub(crate) identity: Option<Attributes>,
    pub(crate) private: Part,
    pub(crate) dependencies: Part,
    pub(crate) depends_on: Part,
}

/// `arn:partition:service:REGION:account:resource`, split at the colons.
const ARN_REGION_FIELD: usize = 3;
/// `arn:partition:service:region:ACCOUNT:resource`.
const ARN_ACCOUNT_FIELD: usize = 4;
/// Digits of an AWS account's id.
const ACCOUNT_DIGITS: usize = 12;

impl Instance {
    /// Attributes by name, read from the text at the first call and kept. Sensitive values are in them: show
    /// [`Instance::redacted_attributes`] only.
    pub fn attributes(&self) -> &Map<String, Value> {
        self.attributes.map()
    }

    /// Attributes by name, for the caller alone: nothing is kept, so that a walk over a large state takes the memory
    /// of one object at a time. Sensitive values are in them.
    pub fn read_attributes(&self) -> Map<String, Value> {
        self.attributes.read()
    }

    /// The attributes' JSON as the state has it, to the digit: what a provider wants for an upgrade. None
    /// where there are none, or flat ones. Sensitive values are in it.
    pub fn attributes_json(&self) -> Option<&str> {
        self.attributes.json()
    }

    /// The JSON of `attributes_flat`, an object of strings, where Terraform 0.11 wrote the object. Sensitive
    /// values are in it.
    pub fn attributes_flat_json(&self) -> Option<&str> {
        self.attributes.flat_json()
    }

    /// Attributes by name, sensitive values replaced.
    pub fn redacted_attributes(&self) -> Map<String, Value> {
        let mut attributes = self.read_attributes();
        redact_paths(&mut attributes, &self.sensitive);
        attributes
    }

    /// The resource identity, where the provider has one.
    pub fn identity(&self) -> Option<&Map<String, Value>> {
        self.identity.as_ref().map(Attributes::map)
    }

    /// The provider's own data, in base64.
    pub fn private(&self) -> Option<String> {
        self.private.read(&self.text)
    }

    /// Addresses of resources that it was made from.
    pub fn dependencies(&self) -> Vec<String> {
        self.dependencies.read(&self.text)
    }

    /// OpenTofu: addresses that destroying it waits for.
    pub fn depends_on(&self) -> Vec<String> {
        self.depends_on.read(&self.text)
    }

    /// The `id` attribute.
    pub fn id(&self) -> Option<&str> {
        self.text("id")
    }

    /// A top-level attribute that is a string and not empty. It is read from the text alone where the
    /// attributes were not read yet.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.string(name).filter(|text| !text.is_empty())
    }

    /// Whether the next apply replaces it.
    pub fn is_tainted(&self) -> bool {
        self.status.as_deref() == Some("tainted")
    }

    /// The AWS region that the attributes tell: `region` (provider 6 has it on every resource), the
    /// region in `arn`, or the one that `availability_zone` lies in. None where none of them tells.
    pub fn region(&self) -> Option<Region> {
        let named = || self.text("region").map(str::to_owned);
        let arn = || self.arn_field(ARN_REGION_FIELD).map(str::to_owned);
        let zone = || region_of_zone(self.text("availability_zone")?);
        let region = |code: Option<String>| Region::new(code?).ok();
        region(named()).or_else(|| region(arn())).or_else(|| region(zone()))
    }

    /// The AWS account that the attributes tell: the one in `arn`, or `owner_id`. None where neither does.
    pub fn account(&self) -> Option<&str> {
        let is_account = |text: &&str| text.len() == ACCOUNT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        self.arn_field(ARN_ACCOUNT_FIELD).filter(is_account).or_else(|| self.text("owner_id").filter(is_account))
    }

    fn arn_field(&self, field: usize) -> Option<&str> {
        self.text("arn").filter(|arn| arn.starts_with("arn:"))?.split(':').nth(field)
    }

    /// An object of which nothing is known yet, to be filled while its fields are walked.
    pub(crate) fn blank(text: &Text, path: &Path<'_>) -> Self {
        let mut written = path.to_string();
        written.shrink_to_fit();
        Self {
            index_key: None,
            status: None,
            deposed: None,
            schema_version: 0,
            sensitive: Vec::new(),
            identity_schema_version: None,
            create_before_destroy: false,
            provider: None,
            skip_destroy: false,
            path: written,
            text: text.clone(),
            attributes: Attributes::new(text, Part::default(), Form::Plain),
            identity: None,
            private: Part::default(),
            dependencies: Part::default(),
            depends_on: Part::default(),
        }
    }

    /// Reads one object of `instances`.
    pub(crate) fn decode(text: &Text, reader: &mut Reader<'_>, path: &Path<'_>) -> Result<Self, StateError> {
        let (_, start) = reader.peek();
        let mut instance = Self::blank(text, path);
        let (mut tree, mut flat) = (None, None);
        reader.object(path, |reader, path, name| {
            match name {
                "attributes" => tree = attributes(text, reader, path)?,
                "attributes_flat" => flat = flat_attributes(text, reader, path)?,
                "index_key" => instance.index_key = reader.read(path, "an index key")?,
                "status" => instance.status = reader.read(path, "a string")?,
                "deposed" => instance.deposed = reader.read(path, "a string")?,
                "schema_version" => {
                    instance.schema_version = reader.read(path, "a whole number")?.unwrap_or_default();
                }
                "sensitive_attributes" => instance.sensitive = sensitive(reader, path)?,
                "identity" => instance.identity = attributes(text, reader, path)?,
                "identity_schema_version" => {
                    instance.identity_schema_version = reader.read(path, "a whole number")?;
                }
                "private" => {
                    instance.private = later(reader, |reader| reader.string(path, "base64 in a string").map(drop))?;
                }
                "dependencies" => instance.dependencies = addresses(reader, path)?,
                "create_before_destroy" => {
                    instance.create_before_destroy = reader.read(path, "a boolean")?.unwrap_or_default();
                }
                "provider" => instance.provider = provider(reader, path)?.map(Box::new),
                "depends_on" => instance.depends_on = addresses(reader, path)?,
                "skip_destroy" => instance.skip_destroy = reader.read(path, "a boolean")?.unwrap_or_default(),
                _ => drop(reader.skim()?),
            }
            Ok(())
        })?;
        if tree.is_some() && flat.is_some() {
            let reason = "the instance has both attributes and attributes_flat, so it is not known which holds";
            return Err(reader.source.error_at(start..start + 1, path, StateProblem::Shape(reason.to_owned())));
        }
        if let Some(attributes) = tree.or(flat) {
            instance.attributes = attributes;
        }
        Ok(instance)
    }
}

/// Keeps an object for later. That it can be read then is made sure of now.
pub(crate) fn attributes(
    text: &Text,
    reader: &mut Reader<'_>,
    path: &Path<'_>,
) -> Result<Option<Attributes>, StateError> {
    let source = reader.source;
    if let Some(json) = reader.plain() {
        return Ok(Some(Attributes::new(text, Part::of(source, json), Form::Plain)));
    }
    let Some(json) = reader.present()? else { return Ok(None) };
    if !json.starts_with('{') {
        let problem = StateProblem::Shape(format!("an object of attributes is wanted here, not {}", kind(json)));
        return Err(source.error(json, path, problem));
    }
    Reader::within(source, json).value(path)?;
    Ok(Some(Attributes::new(text, Part::of(source, json), Form::Exact)))
}

fn flat_attributes(text: &Text, reader: &mut Reader<'_>, path: &Path<'_>) -> Result<Option<Attributes>, StateError> {
    let source = reader.source;
    let Some(json) = reader.present()? else { return Ok(None) };
    Reader::within(source, json).object(path, |reader, path, _| match reader.string(path, "a string")? {
        Some(_) => Ok(()),
        None => Err(reader.shape_error(path, "a string is wanted here, not null")),
    })?;
    Ok(Some(Attributes::new(text, Part::of(source, json), Form::Flat)))
}

pub(crate) fn sensitive(reader: &mut Reader<'_>, path: &Path<'_>) -> Result<Vec<AttributePath>, StateError> {
    let source = reader.source;
    let mut paths = Vec::new();
    reader.array(path, |reader, path| {
        let json = reader.skim()?;
        let steps = Reader::within(source, json).value(path)?;
        let steps = AttributePath::decode(&steps);
        paths.push(steps.map_err(|reason| source.error(json, path, StateProblem::Shape(reason)))?);
        Ok(())
    })?;
    paths.shrink_to_fit();
    Ok(paths)
}

/// An array of addresses, which is read later.
pub(crate) fn addresses(reader: &mut Reader<'_>, path: &Path<'_>) -> Result<Part, StateError> {
    later(reader, |reader| {
        reader.array(path, |reader, path| match reader.string(path, "an address")? {
            Some(_) => Ok(()),
            None => Err(reader.shape_error(path, "an address is wanted here, not null")),
        })
    })
}

/// A value whose place is kept: `check` makes sure that it can be read later.
fn later<'a>(
    reader: &mut Reader<'a>,
    check: impl FnOnce(&mut Reader<'a>) -> Result<(), StateError>,
) -> Result<Part, StateError> {
    let (_, start) = reader.peek();
    check(reader)?;
    let part = Part { start, end: reader.position() };
    Ok(part)
}

fn provider(reader: &mut Reader<'_>, path: &Path<'_>) -> Result<Option<ProviderAddress>, StateError> {
    let Some(text) = reader.string(path, "a provider address")? else { return Ok(None) };
    provider_at(reader, path, &text).map(Some)
}

/// Reads the text of a `provider` field, which the reader has just stepped over.
pub(crate) fn provider_at(reader: &Reader<'_>, path: &Path<'_>, text: &str) -> Result<ProviderAddress, StateError> {
    text.parse().map_err(|error: crate::ProviderAddressError| {
        let (reason, position) = (error.reason, error.position);
        reader.shape_error(path, &format!("{text:?} is no provider address: {reason} at its character {position}"))
    })
}

/// `eu-west-1a` lies in `eu-west-1`, `us-west-2-lax-1a` in `us-west-2`.
fn region_of_zone(zone: &str) -> Option<String> {
    let mut region = Vec::new();
    for part in zone.split('-') {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        if digits.is_empty() {
            region.push(part.to_owned());
        } else {
            region.push(digits);
            return Some(region.join("-"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_tells_its_region() {
        for (zone, region) in [
            ("eu-west-1a", Some("eu-west-1")),
            ("us-west-2-lax-1a", Some("us-west-2")),
            ("us-gov-west-1b", Some("us-gov-west-1")),
            ("", None),
        ] {
            assert_eq!(region_of_zone(zone).as_deref(), region);
        }
    }
}
