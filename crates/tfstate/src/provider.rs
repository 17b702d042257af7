use crate::address::{IndexKey, ModuleStep};
use crate::address_text::{At, Cursor};
use std::fmt;
use std::str::FromStr;

/// Where a provider comes from: `registry.terraform.io/hashicorp/aws`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderSource {
    /// Registry or mirror; empty where Terraform 0.12 wrote a bare name.
    pub hostname: String,
    /// `hashicorp`; `-` where Terraform did not know; empty for a bare name.
    pub namespace: String,
    /// `aws`
    pub name: String,
}

impl ProviderSource {
    /// Whether Terraform 0.12 or older wrote it, by its bare name.
    pub fn is_bare(&self) -> bool {
        self.hostname.is_empty()
    }

    /// Reads `host/namespace/name`, or the bare name that `show -json` of Terraform 0.12 has.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let is_name = |name: &str| !name.is_empty() && !name.contains('/');
        Self::with_host(text).or_else(|| {
            is_name(text).then(|| Self { hostname: String::new(), namespace: String::new(), name: text.into() })
        })
    }

    fn with_host(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let (hostname, namespace, name) = match parts[..] {
            [hostname, namespace, name] => (hostname, namespace, name),
            // `terraform.io/builtin/terraform` has three parts, too; two are of a hand-written state.
            [namespace, name] => ("registry.terraform.io", namespace, name),
            _ => return None,
        };
        let is_whole = [hostname, namespace, name].iter().all(|part| !part.is_empty());
        is_whole.then(|| Self { hostname: hostname.into(), namespace: namespace.into(), name: name.into() })
    }
}

impl fmt::Display for ProviderSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_bare() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}/{}", self.hostname, self.namespace, self.name)
        }
    }
}

/// The provider configuration that a resource belongs to:
/// `module.a.provider["registry.terraform.io/hashicorp/aws"].west`, or `provider.aws.west` of Terraform 0.12.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderAddress {
    /// The module that has the configuration; empty for the root.
    pub module: Vec<ModuleStep>,
    /// Which provider.
    pub source: ProviderSource,
    /// Its alias; none for the default configuration.
    pub alias: Option<String>,
    /// The instance of an alias with `for_each`, which OpenTofu has.
    pub key: Option<IndexKey>,
}

impl fmt::Display for ProviderAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.module {
            write!(f, "{step}.")?;
        }
        if self.source.is_bare() {
            write!(f, "provider.{}", self.source)?;
        } else {
            write!(f, "provider[\"{}\"]", self.source)?;
        }
        self.alias.iter().try_for_each(|alias| write!(f, ".{alias}"))?;
        self.key.iter().try_for_each(|key| key.fmt(f))
    }
}

/// A text is no provider address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read {text:?} as a provider address: {reason} at character {position}")]
pub struct ProviderAddressError {
    /// The text.
    pub text: String,
    /// What is wrong.
    pub reason: String,
    /// Where, in characters from 1.
    pub position: usize,
}

fn provider(text: &str) -> Result<ProviderAddress, At> {
    let mut cursor = Cursor::new(text);
    let module = cursor.modules()?;
    cursor.expect("provider")?;
    let source = if cursor.accept("[") {
        let written = cursor.string()?;
        let Some(source) = ProviderSource::with_host(&written) else {
            return cursor.fail("a source of the form host/namespace/name is wanted");
        };
        cursor.expect("]")?;
        source
    } else {
        cursor.expect(".")?;
        ProviderSource { hostname: String::new(), namespace: String::new(), name: cursor.name("a provider's name")? }
    };
    let alias = if cursor.accept(".") { Some(cursor.name("an alias")?) } else { None };
    let key = cursor.key()?;
    cursor.end()?;
    Ok(ProviderAddress { module, source, alias, key })
}

impl FromStr for ProviderAddress {
    type Err = ProviderAddressError;

    fn from_str(text: &str) -> Result<Self, ProviderAddressError> {
        provider(text).map_err(|(reason, offset)| ProviderAddressError {
            text: text.to_owned(),
            reason,
            position: text[..offset].chars().count() + 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provider_addresses_of_every_time_are_read_and_written_alike() {
        for (text, source, alias, modules) in [
            ("provider.aws", "aws", None, 0),
            ("provider.aws.west", "aws", Some("west"), 0),
            ("module.a.provider.google-beta", "google-beta", None, 1),
            ("provider[\"registry.terraform.io/hashicorp/aws\"]", "registry.terraform.io/hashicorp/aws", None, 0),
            (
                "module.a.module.b.provider[\"registry.opentofu.org/hashicorp/aws\"].west",
                "registry.opentofu.org/hashicorp/aws",
                Some("west"),
                2,
            ),
            ("provider[\"terraform.io/builtin/terraform\"]", "terraform.io/builtin/terraform", None, 0),
        ] {
            let address: ProviderAddress = text.parse().expect(text);
            assert_eq!(address.source.to_string(), source);
            assert_eq!(address.alias.as_deref(), alias);
            assert_eq!(address.module.len(), modules);
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn opentofu_keys_an_alias() {
        let text = "provider[\"registry.opentofu.org/hashicorp/aws\"].by_region[\"eu-west-1\"]";
        let address: ProviderAddress = text.parse().expect(text);
        assert_eq!(address.key, Some(IndexKey::Str("eu-west-1".into())));
        assert_eq!(address.to_string(), text);
    }

    #[test]
    fn what_is_no_provider_says_where() {
        for (text, position) in [("", 1), ("aws", 1), ("provider", 9), ("provider[\"a\"]", 13), ("provider.aws.", 14)] {
            assert_eq!(text.parse::<ProviderAddress>().expect_err(text).position, position, "{text}");
        }
    }
}
