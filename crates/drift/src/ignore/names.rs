//! What an object or attribute is called, in the forms that a pattern may use.

use pilotlight_tfstate::{AttributePath, IndexKey, PathStep, ResourceAddress};

/// An object, as patterns name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName {
    /// `aws_instance.i-0123456789abcdef0`
    by_id: String,
    /// `module.app.aws_instance.web[0]`; none where no state has the object.
    by_address: Option<String>,
}

impl ObjectName {
    /// The name of an object: of one that no state has there is no address.
    pub fn new(resource_type: &str, id: &str, address: Option<&ResourceAddress>) -> Self {
        Self { by_id: format!("{resource_type}.{id}"), by_address: address.map(ToString::to_string) }
    }

    pub(crate) fn texts(&self, path: Option<&str>) -> Texts {
        let below = |name: &str, path: &str| format!("{name}.{path}");
        Texts {
            plain: path.map_or_else(|| self.by_id.clone(), |path| below(&self.by_id, &dotted(path))),
            by_id: path.map_or_else(|| self.by_id.clone(), |path| below(&self.by_id, path)),
            // An id may have brackets; what is behind it may be followed by an index.
            id_ends: self.by_id.len() + 1,
            by_address: self.by_address.as_ref().map(|address| match path {
                Some(path) => below(address, path),
                None => address.clone(),
            }),
        }
    }
}

/// The texts that patterns are held against.
pub(crate) struct Texts {
    /// `TYPE.ID.ingress.0.from_port`
    pub(crate) plain: String,
    /// `TYPE.ID.ingress[0].from_port`
    pub(crate) by_id: String,
    /// Where in `by_id` an index may begin.
    pub(crate) id_ends: usize,
    /// `ADDRESS.ingress[0].from_port`
    pub(crate) by_address: Option<String>,
}

/// A path as driftctl writes it: `ingress[0].cidr_blocks` is `ingress.0.cidr_blocks`, `tags["Team"]` is `tags.Team`.
fn dotted(path: &str) -> String {
    if !path.contains('[') {
        return path.to_owned();
    }
    let Ok(path) = path.parse::<AttributePath>() else { return path.to_owned() };
    let steps: Vec<String> = path
        .0
        .into_iter()
        .map(|step| match step {
            PathStep::Attribute(name) | PathStep::Index(IndexKey::Str(name)) => name,
            PathStep::Index(IndexKey::Int(index)) => index.to_string(),
        })
        .collect();
    steps.join(".")
}
