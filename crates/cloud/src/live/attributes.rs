//! Builds an object's attributes, and keeps "AWS has none" apart from "AWS did not say".

use pilotlight_drift::LiveObject;
use serde_json::{Map, Value};

/// Attributes of one object, or of one of its blocks.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    map: Map<String, Value>,
    made_by: Option<String>,
}

impl Attributes {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A value that is always there.
    pub(super) fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.map.insert(name.to_owned(), value.into());
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

    /// A set of texts, in the order in which Terraform's state has it.
    pub(super) fn texts<T: Into<String>>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        let mut values: Vec<String> = values.into_iter().map(Into::into).collect();
        values.sort_unstable();
        self.set(name, values)
    }

    /// A list of texts whose order counts.
    pub(super) fn list<T: Into<String>>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        self.set(name, values)
    }

    /// A block that is there at most once, as the list that Terraform makes of it; an empty one where there is none.
    pub(super) fn single(self, name: &str, block: Option<Attributes>) -> Self {
        self.blocks(name, block)
    }

    /// A block that is there at most once, left out where the answer says nothing of it.
    pub(super) fn single_if_told(self, name: &str, block: Option<Attributes>) -> Self {
        if block.is_some() { self.blocks(name, block) } else { self }
    }

    /// Blocks.
    pub(super) fn blocks(self, name: &str, blocks: impl IntoIterator<Item = Attributes>) -> Self {
        let blocks: Vec<Value> = blocks.into_iter().map(Attributes::block).collect();
        self.set(name, blocks)
    }

    /// Who made the object, where it is known that nobody's Terraform has to have it.
    pub(super) fn made_by(mut self, who: Option<String>) -> Self {
        self.made_by = self.made_by.or(who);
        self
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
        Value::Object(self.map)
    }

    /// What was set so far, to be added to an object that is there already.
    pub(super) fn into_map(self) -> Map<String, Value> {
        self.map
    }

    /// The object with this id, which its attributes get too.
    pub(super) fn object(self, resource_type: &str, id: &str) -> LiveObject {
        let Self { map, made_by } = self.set("id", id);
        LiveObject { made_by, ..LiveObject::new(resource_type, id, map) }
    }
}

/// A switch as the text that the provider writes where it tells "not set" from "off".
pub(super) fn flag(value: Option<bool>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// A number with decimals, without them where it has none: `80`, not `80.0`.
pub(super) fn decimal(value: Option<f64>) -> Option<Value> {
    let whole = |value: f64| value.to_string().parse::<i64>().ok();
    value.map(|value| whole(value).map_or_else(|| Value::from(value), Value::from))
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
    fn a_whole_number_has_no_decimals() {
        let numbers = [Some(80.0), Some(12.5), Some(-3.0), None].map(decimal);
        assert_eq!(numbers, [Some(json!(80)), Some(json!(12.5)), Some(json!(-3)), None]);
    }

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
