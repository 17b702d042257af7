//! What one family answers, with a look-up by id: what a second call tells is added in one step an object.

use super::attributes::Attributes;
use super::scope::Scope;
use super::unread;
use crate::error::CallError;
use pilotlight_drift::{LiveObject, LiveSnapshot, NotCompared, Unread};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// What one family answers.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) objects: Vec<LiveObject>,
    pub(super) unread: Vec<Unread>,
    pub(super) not_compared: Vec<NotCompared>,
    /// Where the objects of an id stand, as far as they were looked at.
    places: HashMap<String, Vec<usize>>,
    looked_at: usize,
    /// Objects that were taken back.
    half_read: HashSet<usize>,
    /// Objects that no state has, of types that are only read for those of a state.
    left_out: HashSet<usize>,
}

impl Answer {
    pub(super) fn of(objects: impl IntoIterator<Item = LiveObject>) -> Self {
        Self { objects: objects.into_iter().collect(), ..Self::default() }
    }

    /// Where the objects of this id stand: several where types share ids.
    fn places(&mut self, id: &str) -> Vec<usize> {
        for (place, object) in self.objects.iter().enumerate().skip(self.looked_at) {
            self.places.entry(object.id.clone()).or_default().push(place);
        }
        self.looked_at = self.objects.len();
        self.places.get(id).cloned().unwrap_or_default()
    }

    /// Whether there is an object of this id.
    pub(super) fn has(&mut self, id: &str) -> bool {
        !self.places(id).is_empty()
    }

    /// Adds an attribute that another call told, where it told one.
    pub(super) fn set(&mut self, id: &str, attribute: &str, value: Option<Value>) {
        let Some(value) = value else { return };
        for place in self.places(id) {
            self.objects[place].attributes.insert(attribute.to_owned(), value.clone());
        }
    }

    /// Takes the object back, since a call that only tells a part of it failed: compared without that part,
    /// it would look clean.
    pub(super) fn half_read(&mut self, resource_type: &str, id: &str, error: &CallError) {
        for place in self.places(id) {
            if self.objects[place].resource_type == resource_type && self.half_read.insert(place) {
                self.unread.push(unread(resource_type, Some(id), error));
            }
        }
    }

    /// Adds to an object what a call of its own told, or takes the object back where that call failed.
    pub(super) fn complete(&mut self, resource_type: &str, id: &str, more: Result<Attributes, CallError>) {
        match more {
            Ok(more) => {
                let more = more.into_map();
                for place in self.places(id) {
                    if self.objects[place].resource_type == resource_type {
                        self.objects[place].attributes.extend(more.clone());
                    }
                }
            }
            Err(error) => self.half_read(resource_type, id, &error),
        }
    }

    /// Takes all objects of a type back, since the call that tells a part of each failed.
    pub(super) fn lose(&mut self, resource_type: &str, error: &CallError) {
        let lost = self.objects.iter().enumerate().filter(|(_, object)| object.resource_type == resource_type);
        self.half_read.extend(lost.map(|(place, _)| place));
        self.unread.push(unread(resource_type, None, error));
    }

    /// Notes that the wanted objects with this parent could not be read.
    pub(super) fn unread_of_parent(&mut self, scope: &Scope<'_>, resource_type: &str, parent: &str, error: &CallError) {
        let of_it = scope.of(resource_type).filter(|wanted| wanted.parent == Some(parent));
        self.unread.extend(of_it.map(|wanted| unread(resource_type, Some(wanted.id), error)));
    }

    /// Keeps, of a type whose live objects have their parent's name as id, those that a state has.
    pub(super) fn of_parents(&mut self, scope: &Scope<'_>, resource_type: &str) {
        let parents = scope.parents(resource_type);
        for (place, object) in self.objects.iter().enumerate() {
            if object.resource_type == resource_type && !parents.contains(object.id.as_str()) {
                self.left_out.insert(place);
            }
        }
    }

    /// Says that these attributes were left out, since each object takes calls of its own for them.
    pub(super) fn leave_out(&mut self, resource_type: &str, attributes: &[&str], objects: usize, most: usize) {
        self.not_compared.push(NotCompared {
            resource_type: resource_type.to_owned(),
            attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
            objects: objects as u64,
            reason: format!(
                "they take calls for each object, which are made for at most {most} of them; \
                 `--reader provider` has them read"
            ),
        });
    }

    /// Adds the answer to a snapshot, with the objects that are wanted.
    pub(super) fn into_snapshot(self, snapshot: &mut LiveSnapshot, wanted: impl Fn(&LiveObject) -> bool) {
        let whole = self
            .objects
            .into_iter()
            .enumerate()
            .filter(|(place, _)| !self.half_read.contains(place) && !self.left_out.contains(place));
        snapshot.objects.extend(whole.map(|(_, object)| object).filter(wanted));
        snapshot.unread.extend(self.unread);
        snapshot.not_compared.extend(self.not_compared);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Call, CallErrorKind};
    use serde_json::{Map, json};

    #[test]
    fn a_half_read_object_is_unread_once_and_its_namesake_stays() {
        let object = |resource_type: &str| LiveObject::new(resource_type, "pcx-1", Map::new());
        let mut answer = Answer::of([object("aws_a")]);
        answer.set("pcx-1", "first", Some(json!(1)));
        answer.objects.push(object("aws_b"));
        answer.set("pcx-1", "second", Some(json!(2)));
        answer.set("pcx-1", "third", None);
        let error = CallError {
            call: Call { service: "ec2", region: "eu-west-1".into(), operation: "DescribeVpcs" },
            kind: CallErrorKind::Refused,
            code: None,
            message: "no".into(),
        };
        answer.half_read("aws_a", "pcx-1", &error);
        answer.half_read("aws_a", "pcx-1", &error);
        answer.half_read("aws_a", "pcx-2", &error);
        let mut snapshot = LiveSnapshot::default();
        answer.into_snapshot(&mut snapshot, |_| true);
        assert_eq!(snapshot.unread.iter().map(|unread| unread.id.as_deref()).collect::<Vec<_>>(), [Some("pcx-1")]);
        let told: Vec<_> = snapshot.objects.iter().map(|object| (&*object.resource_type, &object.attributes)).collect();
        assert_eq!(told, [("aws_b", json!({"second": 2}).as_object().expect("map"))]);
    }

    #[test]
    fn ten_thousand_objects_take_no_time() {
        let ids: Vec<String> = (0..10_000).map(|id| format!("i-{id}")).collect();
        let mut answer = Answer::of(ids.iter().map(|id| LiveObject::new("aws_instance", id.as_str(), Map::new())));
        let start = std::time::Instant::now();
        ids.iter().for_each(|id| answer.set(id, "monitoring", Some(json!(true))));
        // By a walk over all for each it is seconds.
        assert!(start.elapsed() < std::time::Duration::from_millis(500), "{:?}", start.elapsed());
        assert!(answer.objects.iter().all(|object| object.attributes["monitoring"] == true));
    }
}
