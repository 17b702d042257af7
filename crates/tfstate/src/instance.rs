use crate::address::IndexKey;
use crate::attribute_path::AttributePath;
use crate::error::{StateError, StateProblem};
use crate::fields::{Fields, Source, join};
use crate::flatmap::unflatten;
use crate::provider::ProviderAddress;
use crate::redact::redact_paths;
use indexmap::IndexMap;
use pilotlight_findings::Region;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// One object of a resource: the current one of an instance, or a deposed one.
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
    /// The provider's own data, in base64.
    pub private: Option<String>,
    /// Addresses of resources that it was made from.
    pub dependencies: Vec<String>,
    /// Whether a replacement is made before it is destroyed.
    pub create_before_destroy: bool,
    /// OpenTofu: the provider of this instance, where the alias has `for_each`.
    pub provider: Option<ProviderAddress>,
    /// OpenTofu: addresses that destroying it waits for.
    pub depends_on: Vec<String>,
    /// OpenTofu: forget it in place of destroying it.
    pub skip_destroy: bool,
    /// Where it stands in the state, `resources[3].instances[0]`.
    pub path: String,
    attributes: Map<String, Value>,
    identity: Option<Map<String, Value>>,
}

/// `arn:partition:service:REGION:account:resource`, split at the colons.
const ARN_REGION_FIELD: usize = 3;

impl Instance {
    /// Attributes by name. Sensitive values are in them: show [`Instance::redacted_attributes`] only.
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// Attributes by name, sensitive values replaced.
    pub fn redacted_attributes(&self) -> Map<String, Value> {
        let mut attributes = self.attributes.clone();
        redact_paths(&mut attributes, &self.sensitive);
        attributes
    }

    /// The resource identity, where the provider has one.
    pub fn identity(&self) -> Option<&Map<String, Value>> {
        self.identity.as_ref()
    }

    /// The `id` attribute.
    pub fn id(&self) -> Option<&str> {
        self.text("id")
    }

    /// A top-level attribute that is a string and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Whether the next apply replaces it.
    pub fn is_tainted(&self) -> bool {
        self.status.as_deref() == Some("tainted")
    }

    /// The AWS region that the attributes tell: `region` (provider 6 has it on every resource), the
    /// region in `arn`, or the one that `availability_zone` lies in. None where none of them tells.
    pub fn region(&self) -> Option<Region> {
        let named = self.text("region").map(str::to_owned);
        let arn = || Some(self.text("arn")?.split(':').nth(ARN_REGION_FIELD)?.to_owned());
        let zone = || region_of_zone(self.text("availability_zone")?);
        [named, arn(), zone()].into_iter().flatten().find_map(|code| Region::new(code).ok())
    }

    pub(crate) fn decode<'a>(source: Source<'a>, raw: &'a RawValue, path: String) -> Result<Self, StateError> {
        let mut fields = Fields::read(source, raw, path)?;
        if fields.has("attributes") && fields.has("attributes_flat") {
            let text = "the instance has both attributes and attributes_flat, so it is not known which holds";
            return Err(fields.error(StateProblem::Shape(text.to_owned())));
        }
        let flat: Option<IndexMap<String, String>> = fields.take("attributes_flat", "an object of strings")?;
        let attributes = match flat {
            Some(flat) => unflatten(&flat),
            None => fields.take("attributes", "an object of attributes")?.unwrap_or_default(),
        };
        let mut sensitive = Vec::new();
        for (raw, path) in fields.take_array("sensitive_attributes")? {
            let value: Value = source.read(raw, &path, "a path of steps")?;
            sensitive.push(
                AttributePath::decode(&value)
                    .map_err(|reason| source.error(raw.get(), &path, StateProblem::Shape(reason)))?,
            );
        }
        Ok(Self {
            index_key: fields.take("index_key", "an index key")?,
            status: fields.take("status", "a string")?,
            deposed: fields.take("deposed", "a string")?,
            schema_version: fields.take("schema_version", "a whole number")?.unwrap_or(0),
            sensitive,
            identity_schema_version: fields.take("identity_schema_version", "a whole number")?,
            private: fields.take("private", "base64 in a string")?,
            dependencies: fields.take("dependencies", "an array of addresses")?.unwrap_or_default(),
            create_before_destroy: fields.take("create_before_destroy", "a boolean")?.unwrap_or(false),
            provider: take_provider(source, &mut fields)?,
            depends_on: fields.take("depends_on", "an array of addresses")?.unwrap_or_default(),
            skip_destroy: fields.take("skip_destroy", "a boolean")?.unwrap_or(false),
            attributes,
            identity: fields.take("identity", "an object")?,
            path: fields.path().to_owned(),
        })
    }
}

/// Takes and reads the `provider` field of a resource or instance.
pub(crate) fn take_provider<'a>(
    source: Source<'a>,
    fields: &mut Fields<'a>,
) -> Result<Option<ProviderAddress>, StateError> {
    let path = join(fields.path(), "provider");
    let Some(raw) = fields.take_raw("provider") else { return Ok(None) };
    let text: String = source.read(raw, &path, "a provider address")?;
    text.parse().map(Some).map_err(|error: crate::ProviderAddressError| {
        let reason = format!("{text:?} is no provider address: {} at its character {}", error.reason, error.position);
        source.error(raw.get(), &path, StateProblem::Shape(reason))
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
