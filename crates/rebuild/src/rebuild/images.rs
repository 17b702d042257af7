//! The images that the standby needs: those that are mapped are there, those that are missing can be copied.

use super::{Rebuild, RebuildError, RegionMap, capacity::StackStates};
use crate::decide::global::{regional_id, regional_ids};
use crate::decide::own_image_owner;
use crate::observe::{ImageState, RegionCatalog, image_ids, standing_for};
use pilotlight_findings::{Evidence, Finding, Severity, Side, Subject, codes};
use pilotlight_tfstate::{Mode, State};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

impl Rebuild<'_> {
    /// Findings for images of the standby that the plan's maps name and that cannot be launched there.
    ///
    /// # Errors
    /// The standby does not answer.
    pub async fn mapped_images(&self, catalog: &dyn RegionCatalog) -> Result<Vec<Finding>, RebuildError> {
        let mut mapped: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        for stack in &self.plan.stacks {
            for (from, to) in &stack.standby.map {
                if regional_id(to) == Some("ami") {
                    mapped.entry(to).or_insert((from, &stack.name));
                }
            }
        }
        if mapped.is_empty() {
            return Ok(Vec::new());
        }
        let standby = &self.plan.standby;
        let ids: Vec<String> = mapped.keys().map(|id| (*id).to_owned()).collect();
        let images = catalog.images(standby, &ids).await.map_err(RebuildError::Catalog)?;
        let mut findings = Vec::new();
        for (id, (from, stack)) in mapped {
            let why = match images.iter().find(|image| image.id == id).map(|image| image.state) {
                Some(ImageState::Available) => continue,
                Some(ImageState::Pending) => "is still being made there",
                Some(ImageState::Failed) => "cannot be launched: making it failed",
                None => "is not there, or not shared with this account",
            };
            let subject = Subject::Stack { stack: stack.to_owned(), side: Some(Side::Standby) };
            let message = format!("{id}, which map says stands for {from} in {standby}, {why}");
            let finding = Finding::new(codes::R_IMAGE_MISSING, Severity::Error, subject, message);
            findings.push(finding.with(Evidence::fact(IMAGE, id)).remedy(format!(
                "correct map = {{ {from:?} = {id:?} }} in the stack's standby block; without the entry, \
                 rebuild --copy-images copies the primary's own image"
            )));
        }
        Ok(findings)
    }

    /// Look-ups of the account's own images, as the primary's states resolved them, of which the standby has no copy:
    /// findings, and the images.
    ///
    /// # Errors
    /// A region does not answer.
    pub async fn looked_up_images(
        &self,
        catalog: &dyn RegionCatalog,
        primary: &StackStates<'_>,
    ) -> Result<(Vec<Finding>, BTreeSet<String>), RebuildError> {
        let found: Vec<(&str, String, String)> =
            primary.iter().flat_map(|(stack, state)| look_ups(state).map(|(at, id)| (*stack, at, id))).collect();
        let (mut findings, mut missing) = (Vec::new(), BTreeSet::new());
        if found.is_empty() {
            return Ok((findings, missing));
        }
        let ids: BTreeSet<String> = found.iter().map(|(.., id)| id.clone()).collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let images = catalog.images(&self.plan.primary, &ids).await.map_err(RebuildError::Catalog)?;
        for (stack, address, id) in found {
            let Some(image) = images.iter().find(|image| image.id == id) else { continue };
            let standing = standing_for(catalog, &self.plan.standby, image).await.map_err(RebuildError::Catalog)?;
            if let Err(why) = standing {
                let subject = Subject::Resource {
                    stack: stack.to_owned(),
                    side: Some(Side::Standby),
                    address,
                    id: Some(id.clone()),
                };
                let message = format!("in the primary it finds {id}, and {why}");
                let finding = Finding::new(codes::R_IMAGE_LOOKUP, Severity::Warning, subject, message);
                findings.push(finding.remedy("copy it: pilotlight rebuild PLAN --copy-images"));
                missing.insert(id);
            }
        }
        Ok((findings, missing))
    }

    /// The images that sources name and for which nothing stands in the standby.
    ///
    /// # Errors
    /// A source cannot be read.
    pub fn images_missing(&self, map: &RegionMap) -> Result<BTreeSet<String>, RebuildError> {
        let mut missing = BTreeSet::new();
        for stack in &self.plan.stacks {
            let standby = &stack.standby;
            let known = standby.map.keys().chain(standby.map.values()).chain(map.images.keys());
            missing.extend(image_ids(&self.source(stack)?, known));
        }
        Ok(missing)
    }

    /// What a plan's maps say of a text, of whichever stack: keys are the account's, not a stack's.
    pub fn mapped(&self, text: &str) -> Option<String> {
        self.plan.stacks.iter().find_map(|stack| stack.standby.map.get(text).cloned())
    }

    /// Takes out what a copied image has made untrue: that nothing stands for it, or that it is not found.
    pub fn without_copied(findings: &mut Vec<Finding>, copied: &BTreeMap<String, String>) {
        let is_of_copied = |text: &str| {
            regional_ids(text).into_iter().any(|(range, kind)| kind == "ami" && copied.contains_key(&text[range]))
        };
        findings.retain(|finding| {
            !(finding.code == codes::R_CATALOG || finding.code == codes::R_IMAGE_LOOKUP)
                || !is_of_copied(&finding.message)
        });
    }
}

/// What the evidence calls the image.
const IMAGE: &str = "image";

/// The images that findings say are not there.
pub(super) fn not_there(findings: &[Finding]) -> Vec<&str> {
    let missing = findings.iter().filter(|finding| finding.code == codes::R_IMAGE_MISSING);
    let images = missing.flat_map(|finding| &finding.evidence).filter_map(|evidence| match evidence {
        Evidence::Fact { name, value } if name == IMAGE => Some(value.as_str()),
        _ => None,
    });
    images.collect()
}

/// Data sources of a state that found an image of the account's own: their addresses, and the image.
fn look_ups(state: &State) -> impl Iterator<Item = (String, String)> {
    let sources = state.resources.iter().filter(|one| one.mode == Mode::Data && one.resource_type == "aws_ami");
    sources.flat_map(|resource| {
        resource.instances.iter().filter_map(move |instance| {
            let owners = instance.attributes().get("owners")?.as_array()?;
            let is_own = owners.iter().filter_map(Value::as_str).any(own_image_owner);
            let id = instance.attributes().get("id").and_then(Value::as_str).filter(|_| is_own)?;
            Some((resource.address(instance).to_string(), id.to_owned()))
        })
    })
}
