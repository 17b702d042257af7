//! What a region offers, and what of it is taken.

mod copies;
mod machines;
mod quotas;
#[cfg(test)]
mod tests;
mod usage;

use crate::error::CallError;
use crate::pages::Pages;
use crate::regional::{FILTER_VALUES, Planned, Regional};
use crate::session::Aws;
use async_trait::async_trait;
use aws_sdk_ec2::types::{AvailabilityZone, AvailabilityZoneState, Filter, ImageState as State};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use pilotlight_drift::Place;
use pilotlight_findings::{Explain as _, Region};
use pilotlight_rebuild::{CatalogError, Image, ImageState, RegionCatalog};

/// Images a page.
const PAGE: i32 = 1000;

/// Asks EC2 what a region offers.
#[derive(Debug, Clone)]
pub struct AwsCatalog {
    aws: Aws,
}

impl AwsCatalog {
    pub(crate) fn new(aws: Aws) -> Self {
        Self { aws }
    }

    async fn regional(&self, region: &Region) -> Regional {
        self.aws.regional(&Place::own(region.clone()), self.aws.session_log()).await
    }
}

#[async_trait]
impl RegionCatalog for AwsCatalog {
    async fn zones(&self, region: &Region) -> Result<Vec<String>, CatalogError> {
        let regional = self.regional(region).await;
        let planned = regional.ec2_whole("DescribeAvailabilityZones");
        // Without `AllAvailabilityZones`, zones that the account has not opted in to are left out.
        let answer = regional.send(&planned, regional.ec2.describe_availability_zones().send()).await;
        let zones = answer.map_err(|error| catalog_error(region, "availability zones", &error))?;
        Ok(names(zones.availability_zones()))
    }

    async fn images(&self, region: &Region, ids: &[String]) -> Result<Vec<Image>, CatalogError> {
        let regional = self.regional(region).await;
        let mut images = Vec::new();
        for ids in ids.chunks(FILTER_VALUES) {
            // As a filter, since an id among `ImageIds` that does not exist fails the whole call.
            let filter = Filter::builder().name("image-id").set_values(Some(ids.to_vec())).build();
            images.extend(describe_images(&regional, filter, None).await?);
        }
        Ok(images)
    }

    async fn images_named(&self, region: &Region, name: &str, owner: &str) -> Result<Vec<Image>, CatalogError> {
        let regional = self.regional(region).await;
        let filter = Filter::builder().name("name").values(literal(name)).build();
        let mut images = describe_images(&regional, filter, Some(owner)).await?;
        images.retain(|image| image.name == name);
        Ok(images)
    }
}

async fn describe_images(regional: &Regional, filter: Filter, owner: Option<&str>) -> Result<Vec<Image>, CatalogError> {
    let failed = |error: CallError| catalog_error(&regional.region, "images", &error);
    let planned = regional.ec2_pages("DescribeImages");
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let request = regional
            .ec2
            .describe_images()
            .filters(filter.clone())
            .set_owners(owner.map(|owner| vec![owner.to_owned()]))
            // A deprecated image still launches, and the primary may run it.
            .include_deprecated(true)
            .max_results(PAGE)
            .set_next_token(pages.marker());
        let page = regional.send(&planned, request.send()).await.map_err(failed)?;
        pages.add(page.images, page.next_token).map_err(failed)?;
    }
    Ok(pages.into_items().iter().filter_map(image).collect())
}

/// An image that can be named; one without an id or a name is none that a map could lead to.
fn image(image: &aws_sdk_ec2::types::Image) -> Option<Image> {
    Some(Image {
        id: image.image_id()?.to_owned(),
        name: image.name()?.to_owned(),
        owner: image.owner_id()?.to_owned(),
        architecture: image.architecture()?.as_str().to_owned(),
        state: match image.state() {
            None | Some(State::Available) => ImageState::Available,
            Some(State::Pending | State::Transient) => ImageState::Pending,
            _ => ImageState::Failed,
        },
        description: image.description().filter(|text| !text.is_empty()).map(str::to_owned),
        encrypted: image
            .block_device_mappings()
            .iter()
            .filter_map(|mapping| mapping.ebs())
            .filter(|disk| disk.encrypted() == Some(true))
            .filter_map(|disk| disk.snapshot_id().map(str::to_owned))
            .collect(),
    })
}

/// Names of the zones that are available, without local zones and Wavelength zones.
fn names(zones: &[AvailabilityZone]) -> Vec<String> {
    let mut names: Vec<String> = zones
        .iter()
        .filter(|zone| zone.state() == Some(&AvailabilityZoneState::Available))
        .filter(|zone| zone.zone_type().is_none_or(|kind| kind == "availability-zone"))
        .filter_map(|zone| zone.zone_name().map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// A filter's value that stands for itself: `*` and `?` are wildcards there, `\` takes their meaning away.
fn literal(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '*' | '?' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// Every page of a list; `ask` sends the request for the page that begins at a marker.
async fn list<T, E, Asked>(
    regional: &Regional,
    planned: &Planned,
    ask: impl Fn(Option<String>) -> Asked + Send,
) -> Result<Vec<T>, CallError>
where
    T: Send,
    E: ProvideErrorMetadata + std::error::Error + 'static,
    Asked: Future<Output = Result<(Option<Vec<T>>, Option<String>), SdkError<E, HttpResponse>>> + Send,
{
    let mut pages = Pages::of(&planned.call);
    while pages.is_open() {
        let (items, next) = regional.send(planned, ask(pages.marker())).await?;
        pages.add(items, next)?;
    }
    Ok(pages.into_items())
}

fn catalog_error(region: &Region, what: &'static str, error: &CallError) -> CatalogError {
    CatalogError { region: region.clone(), what, reason: error.reason(), remedy: error.remedy() }
}

#[cfg(test)]
mod small_tests {
    use super::*;

    #[test]
    fn only_available_zones_of_the_region_itself() {
        let zone = |name: &str, kind: &str, state: AvailabilityZoneState| {
            AvailabilityZone::builder().zone_name(name).zone_type(kind).state(state).build()
        };
        let zones = [
            zone("us-west-2b", "availability-zone", AvailabilityZoneState::Available),
            zone("us-west-2a", "availability-zone", AvailabilityZoneState::Available),
            zone("us-west-2c", "availability-zone", AvailabilityZoneState::Impaired),
            zone("us-west-2-lax-1a", "local-zone", AvailabilityZoneState::Available),
        ];
        assert_eq!(names(&zones), ["us-west-2a", "us-west-2b"]);
    }

    #[test]
    fn a_name_is_no_pattern() {
        assert_eq!(literal(r"al2023-*?\x"), r"al2023-\*\?\\x");
    }
}
