//! Builds an object's attributes, and keeps "AWS has none" apart from "AWS did not say".

use pilotlight_drift::LiveObject;
use serde_json::{Map, Value};

/// Attributes of one object, or of one of its blocks.
#[derive(Debug, Default)]
pub(super) struct Attributes(Map<String, Value>);

impl Attributes {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A value that is always there.
    pub(super) fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// A value whose absence from the answer means that there is none: a text, an id, a reference.
    pub(super) fn or_null<T: Into<Value>>(self, name: &str, value: Option<T>) -> Self {
        let value = value.map_or(Value::Null, Into::into);
        self.set(name, value)
    }

    /// A value whose absence from the answer tells nothing: a switch or a number that has a default. Left
    /// out then, and not compared.
    pub(super) fn if_told<T: Into<Value>>(self, name: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// A list of texts, in any order.
    pub(super) fn texts<T: Into<String>>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<Value> = values.into_iter().map(|value| Value::String(value.into())).collect();
        self.set(name, values)
    }

    /// `tags_all`, without the tags that AWS and its services set (`aws:…`), as the provider leaves them out.
    pub(super) fn tags<'a>(self, tags: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Self {
        let tags: Map<String, Value> = tags
            .into_iter()
            .filter_map(|(key, value)| key.map(|key| (key, value.unwrap_or_default())))
            .filter(|(key, _)| !key.starts_with("aws:"))
            .map(|(key, value)| (key.to_owned(), value.into()))
            .collect();
        self.set("tags_all", tags)
    }

    /// `tags_all` from EC2's tags.
    pub(super) fn ec2_tags(self, tags: &[aws_sdk_ec2::types::Tag]) -> Self {
        self.tags(tags.iter().map(|tag| (tag.key(), tag.value())))
    }

    /// A block of another object.
    pub(super) fn block(self) -> Value {
        Value::Object(self.0)
    }

    /// What was set so far, to be added to an object that is there already.
    pub(super) fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// The object with this id, which its attributes get too.
    pub(super) fn object(self, resource_type: &str, id: &str) -> LiveObject {
        let attributes = self.set("id", id).0;
        LiveObject::new(resource_type, id, attributes)
    }
}

/// The number, and none for a number that does not fit, which no attribute here has.
pub(super) fn number(value: Option<i32>) -> Option<i64> {
    value.map(i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn none_is_null_and_untold_is_left_out() {
        let object = Attributes::new()
            .or_null("key_name", None::<&str>)
            .if_told("monitoring", None::<bool>)
            .if_told("size", number(Some(8)))
            .tags([(Some("Name"), Some("a")), (Some("aws:autoscaling:groupName"), Some("g")), (Some("Empty"), None)])
            .object("aws_instance", "i-1");
        assert_eq!(
            Value::Object(object.attributes),
            json!({"key_name": null, "size": 8, "tags_all": {"Name": "a", "Empty": ""}, "id": "i-1"})
        );
    }
}
