//! The configuration that a provider is given: where to read, and nothing else.
//!
//! A stack's own provider blocks are not known here. What they say beside region and role (profiles, endpoints)
//! comes from the environment, as the AWS CLI takes it. What else they change in what is read are default tags:
//! the provider leaves those out of `tags`, and so they are told from the state, where they are in `tags_all` alone.

use crate::provider::PluginError;
use crate::provider::msgpack;
use crate::provider::plugin::Environment;
use crate::provider::schema::ConfigSchema;
use pilotlight_drift::Place;
use pilotlight_tfstate::{ManagedInstance, ProviderSource};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::ffi::OsStr;

/// Variables that lead the AWS provider to another endpoint for S3.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"];

/// Retries of one call, with the provider's backoff of up to seconds between them. Its own 25 take minutes, longer
/// than a read may: what AWS says would never be heard. `AWS_MAX_ATTEMPTS` has its way where it is set.
const MAX_RETRIES: u32 = 8;
const MAX_ATTEMPTS: &str = "AWS_MAX_ATTEMPTS";

/// Tags that a provider configuration puts on everything.
pub(crate) type DefaultTags = BTreeMap<String, String>;

/// Whether it is AWS's provider, which takes a region and a role.
pub(crate) fn is_aws(provider: &ProviderSource) -> bool {
    provider.namespace == "hashicorp" && provider.name == "aws"
}

/// The arguments for a provider in a place; `extras` are added as they are.
pub(crate) fn arguments(
    provider: &ProviderSource,
    place: &Place,
    default_tags: &DefaultTags,
    environment: &Environment,
    extras: &Map<String, Value>,
) -> Map<String, Value> {
    let mut arguments = Map::new();
    // Any other provider has its environment alone.
    if !is_aws(provider) {
        return arguments;
    }
    arguments.insert("region".to_owned(), place.region.as_str().into());
    if environment.get(OsStr::new(MAX_ATTEMPTS)).is_none_or(|attempts| attempts.is_empty()) {
        arguments.insert("max_retries".to_owned(), MAX_RETRIES.into());
    }
    if let Some(role) = &place.role {
        arguments.insert("assume_role".to_owned(), json!([{"role_arn": role}]));
    }
    if !default_tags.is_empty() {
        arguments.insert("default_tags".to_owned(), json!([{"tags": default_tags}]));
    }
    // A bucket's name before an endpoint's host is a host that nobody has: emulators and private endpoints take
    // it in the path, and so does AWS.
    if ENDPOINTS.iter().any(|name| environment.get(OsStr::new(name)).is_some_and(|url| !url.is_empty())) {
        arguments.insert("s3_use_path_style".to_owned(), true.into());
    }
    arguments.extend(extras.clone());
    arguments
}

/// The value for the wire: arguments that are not given are null, blocks that are not given are empty.
pub(crate) fn encode(schema: &ConfigSchema, arguments: &Map<String, Value>) -> Result<Vec<u8>, PluginError> {
    let refused = |said: String| PluginError::Refused { what: "configure the provider", said };
    let config = schema.complete(arguments).map_err(refused)?;
    msgpack::encode(&schema.kind, &config).map_err(|error| refused(error.to_string()))
}

/// The default tags of one provider configuration, by what its objects have in `tags_all` and not in `tags`. Where
/// they do not agree on a tag's value, that of most objects counts.
pub(crate) fn default_tags<'a>(objects: impl Iterator<Item = ManagedInstance<'a>>) -> DefaultTags {
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    for object in objects {
        // One object's attributes at a time: a state can be large.
        let attributes = object.instance.read_attributes();
        let Some(Value::Object(all)) = attributes.get("tags_all") else { continue };
        let own = match attributes.get("tags") {
            Some(Value::Object(own)) => Some(own),
            Some(Value::Null) => None,
            // Without `tags` there is nothing that they are left out of.
            _ => continue,
        };
        for (key, value) in all {
            if let (Some(value), false) = (value.as_str(), own.is_some_and(|own| own.contains_key(key))) {
                *seen.entry((key.clone(), value.to_owned())).or_default() += 1;
            }
        }
    }
    let mut best: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for ((key, value), count) in &seen {
        let candidate = (*count, value.as_str());
        best.entry(key).and_modify(|known| *known = (*known).max(candidate)).or_insert(candidate);
    }
    best.into_iter().map(|(key, (_, value))| (key.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilotlight_findings::Region;
    use pilotlight_tfstate::State;

    fn place(role: Option<&str>) -> Place {
        Place { role: role.map(str::to_owned), region: Region::new("eu-west-1").expect("a region") }
    }

    fn provider(name: &str) -> ProviderSource {
        ProviderSource { hostname: "registry.terraform.io".into(), namespace: "hashicorp".into(), name: name.into() }
    }

    #[test]
    fn aws_is_told_region_role_and_tags_and_any_other_nothing() {
        let tags = DefaultTags::from([("team".to_owned(), "shop".to_owned())]);
        let (environment, extras) = (Environment::new(), Map::new());
        let given = arguments(&provider("aws"), &place(Some("arn:aws:iam::1:role/r")), &tags, &environment, &extras);
        assert_eq!(
            Value::Object(given),
            json!({
                "region": "eu-west-1",
                "max_retries": 8,
                "assume_role": [{"role_arn": "arn:aws:iam::1:role/r"}],
                "default_tags": [{"tags": {"team": "shop"}}],
            })
        );
        assert_eq!(arguments(&provider("google"), &place(None), &tags, &environment, &extras), Map::new());
    }

    #[test]
    fn an_endpoint_wants_buckets_in_the_path_and_extras_have_the_last_word() {
        let mut environment = Environment::from([("AWS_ENDPOINT_URL".into(), "http://127.0.0.1:5000".into())]);
        environment.insert("AWS_MAX_ATTEMPTS".into(), "3".into());
        let mut extras = Map::new();
        let given = arguments(&provider("aws"), &place(None), &DefaultTags::new(), &environment, &extras);
        assert_eq!(Value::Object(given), json!({"region": "eu-west-1", "s3_use_path_style": true}));
        extras.insert("s3_use_path_style".to_owned(), false.into());
        let given = arguments(&provider("aws"), &place(None), &DefaultTags::new(), &environment, &extras);
        assert_eq!(given["s3_use_path_style"], false);
    }

    #[test]
    fn default_tags_are_told_by_what_is_in_tags_all_alone() {
        let object = |name: &str, tags: Value, all: Value| {
            json!({"mode": "managed", "type": "aws_sqs_queue", "name": name,
                "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
                "instances": [{"schema_version": 0, "attributes": {"id": name, "tags": tags, "tags_all": all}}]})
        };
        let state = json!({"version": 4, "resources": [
            object("a", json!({"Name": "a"}), json!({"Name": "a", "team": "shop", "stage": "prod"})),
            object("b", json!(null), json!({"team": "shop", "stage": "prod"})),
            // Written before the stage was renamed, and with a team of its own.
            object("c", json!({"team": "search"}), json!({"team": "search", "stage": "live"})),
        ]});
        let state = State::parse("s", state.to_string().as_bytes()).expect("a state");
        let expected = [("stage", "prod"), ("team", "shop")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(default_tags(state.managed()), DefaultTags::from(expected));
    }
}
