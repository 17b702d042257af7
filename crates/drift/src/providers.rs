//! Providers whose resources are in no cloud.

use pilotlight_tfstate::ProviderSource;

/// A provider whose resources live in the state alone, or on the machine that ran Terraform.
#[derive(Debug, PartialEq, Eq)]
pub struct NotInCloud {
    /// The provider's name, under `hashicorp` or built in.
    pub provider: &'static str,
    /// Why there is nothing to read.
    pub reason: &'static str,
}

/// Providers whose resources have no object in any cloud: they are counted, and neither drift nor unread.
pub const NOT_IN_ANY_CLOUD: &[NotInCloud] = &[
    NotInCloud { provider: "archive", reason: "an archive on the machine that ran Terraform" },
    NotInCloud { provider: "cloudinit", reason: "a text made from other texts" },
    NotInCloud { provider: "external", reason: "the output of a program that ran once" },
    NotInCloud { provider: "http", reason: "an answer that was read once" },
    NotInCloud { provider: "local", reason: "a file on the machine that ran Terraform" },
    NotInCloud { provider: "null", reason: "a trigger, kept in the state alone" },
    NotInCloud { provider: "random", reason: "a value that was drawn once and is kept in the state alone" },
    NotInCloud { provider: "template", reason: "a text made from other texts" },
    NotInCloud { provider: "terraform", reason: "built into Terraform (terraform_data), kept in the state alone" },
    NotInCloud { provider: "time", reason: "a moment that was taken once and is kept in the state alone" },
    NotInCloud { provider: "tls", reason: "a key or certificate that is kept in the state alone" },
];

/// The row of a provider whose resources are in no cloud.
pub(crate) fn not_in_cloud(source: &ProviderSource) -> Option<&'static NotInCloud> {
    // `-` and an empty namespace are of states that Terraform 0.12 wrote.
    let official = matches!(source.namespace.as_str(), "hashicorp" | "builtin" | "-" | "");
    NOT_IN_ANY_CLOUD.iter().find(|row| official && row.provider == source.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilotlight_tfstate::ProviderAddress;

    #[test]
    fn only_the_official_ones_are_taken_for_granted() {
        let row =
            |text: &str| not_in_cloud(&text.parse::<ProviderAddress>().expect(text).source).map(|row| row.provider);
        for row_of in NOT_IN_ANY_CLOUD {
            let namespace =
                if row_of.provider == "terraform" { "terraform.io/builtin" } else { "registry.opentofu.org/hashicorp" };
            assert_eq!(row(&format!("provider[\"{namespace}/{}\"]", row_of.provider)), Some(row_of.provider));
            assert!(!row_of.reason.is_empty());
        }
        assert_eq!(row("provider.random"), Some("random"));
        assert_eq!(row("provider[\"registry.terraform.io/hashicorp/aws\"]"), None);
        assert_eq!(row("provider[\"registry.terraform.io/someone/random\"]"), None);
    }
}
