//! What is wanted of one place, and how its lists are read.

use super::zone;
use crate::error::CallError;
use crate::pages::Pages;
use crate::regional::{FILTER_VALUES, Regional};
use aws_sdk_ec2::types::{Address, Filter, Image, Tag, Volume, Vpc};
use aws_sdk_route53::types::HostedZone;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use pilotlight_drift::shapes::is_global;
use pilotlight_drift::{LiveQuery, Wanted};
use std::collections::{BTreeSet, HashMap, HashSet};
use tokio::sync::OnceCell;

/// Calls for one object after the other are made while the states know at most so many of its type. Beyond, an
/// estate's comparison would cost calls by the number of its resources, as Terraform's own does.
pub(super) const ONE_BY_ONE: usize = 20;

/// What is wanted, and where it is read.
pub(super) struct Scope<'a> {
    pub(super) regional: &'a Regional,
    /// By type.
    wanted: HashMap<&'a str, Vec<&'a Wanted<'a>>>,
    ids: HashMap<&'a str, HashSet<&'a str>>,
    /// Whether every type is asked for, wanted or not,
    pub(super) everything: bool,
    /// and those of global APIs too: one place of each account lists them.
    global: bool,
    shared: Shared,
}

/// Lists that several families need, each read once.
#[derive(Default)]
struct Shared {
    volumes: OnceCell<Result<Vec<Volume>, CallError>>,
    addresses: OnceCell<Result<Vec<Address>, CallError>>,
    vpcs: OnceCell<Result<Vec<Vpc>, CallError>>,
    images: OnceCell<Result<Vec<Image>, CallError>>,
    zones: OnceCell<Result<Vec<HostedZone>, CallError>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(regional: &'a Regional, query: &'a LiveQuery<'_>) -> Self {
        let mut wanted: HashMap<&str, Vec<&Wanted<'_>>> = HashMap::new();
        let mut ids: HashMap<&str, HashSet<&str>> = HashMap::new();
        for one in &query.wanted {
            wanted.entry(one.resource_type).or_default().push(one);
            ids.entry(one.resource_type).or_default().insert(one.id);
        }
        let shared = Shared::default();
        Self { regional, wanted, ids, everything: query.everything, global: query.global, shared }
    }

    pub(super) fn wants(&self, resource_type: &str) -> bool {
        self.lists_all(resource_type) || self.is_known(resource_type)
    }

    /// Whether every object of the type is asked for.
    pub(super) fn lists_all(&self, resource_type: &str) -> bool {
        self.everything && (self.global || !is_global(resource_type))
    }

    /// Whether a state knows objects of this type.
    pub(super) fn is_known(&self, resource_type: &str) -> bool {
        self.wanted.contains_key(resource_type)
    }

    /// Whether a state knows this object. What stands in its host as well (a volume in its attachment, a rule in
    /// its group) is only given then: one that no state knows shows in the host, and not as an object of its own.
    pub(super) fn knows(&self, resource_type: &str, id: &str) -> bool {
        self.ids.get(resource_type).is_some_and(|ids| ids.contains(id))
    }

    /// Ids of this type that a state knows, each once.
    pub(super) fn ids(&self, resource_type: &str) -> BTreeSet<&'a str> {
        self.of(resource_type).map(|wanted| wanted.id).collect()
    }

    /// Parents of the objects of this type, each once.
    pub(super) fn parents(&self, resource_type: &str) -> BTreeSet<&'a str> {
        self.of(resource_type).filter_map(|wanted| wanted.parent).collect()
    }

    pub(super) fn of(&self, resource_type: &str) -> impl Iterator<Item = &'a Wanted<'a>> {
        self.wanted.get(resource_type).into_iter().flatten().copied()
    }

    /// Every item of a list of EC2. `page` asks for the page that begins at a marker, and takes its answer apart
    /// to the items and the next marker.
    pub(super) async fn list<T, E, F>(
        &self,
        operation: &'static str,
        page: impl Fn(Option<String>) -> F,
    ) -> Result<Vec<T>, CallError>
    where
        F: Future<Output = Result<(Option<Vec<T>>, Option<String>), SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let planned = self.regional.ec2_pages(operation);
        let mut pages = Pages::of(&planned.call);
        while pages.is_open() {
            let (items, next) = self.regional.send(&planned, page(pages.marker())).await?;
            pages.add(items, next)?;
        }
        Ok(pages.into_items())
    }

    /// Every volume.
    pub(super) async fn volumes(&self) -> Result<&[Volume], CallError> {
        let read = || {
            self.list("DescribeVolumes", |next| {
                // The most that the call gives at once; likewise below.
                let request = self.regional.ec2.describe_volumes().max_results(1000).set_next_token(next);
                async move { request.send().await.map(|page| (page.volumes, page.next_token)) }
            })
        };
        once(&self.shared.volumes, read).await
    }

    /// These volumes, as they are now; those that are not there any more are left out.
    pub(super) async fn volumes_now(&self, ids: &[&str]) -> Result<Vec<Volume>, CallError> {
        let mut volumes = Vec::new();
        for ids in ids.chunks(FILTER_VALUES) {
            let filter = Filter::builder()
                .name("volume-id")
                .set_values(Some(ids.iter().map(|id| (*id).to_owned()).collect()))
                .build();
            let page = |next| {
                let request = self.regional.ec2.describe_volumes().filters(filter.clone());
                let request = request.max_results(1000).set_next_token(next);
                async move { request.send().await.map(|page| (page.volumes, page.next_token)) }
            };
            volumes.extend(self.list("DescribeVolumes", page).await?);
        }
        Ok(volumes)
    }

    /// Every address. The API has no pages.
    pub(super) async fn addresses(&self) -> Result<&[Address], CallError> {
        let read = || async {
            let planned = self.regional.ec2_whole("DescribeAddresses");
            let answer = self.regional.send(&planned, self.regional.ec2.describe_addresses().send()).await?;
            Ok(answer.addresses.unwrap_or_default())
        };
        once(&self.shared.addresses, read).await
    }

    /// Every VPC.
    pub(super) async fn vpcs(&self) -> Result<&[Vpc], CallError> {
        let read = || {
            self.list("DescribeVpcs", |next| {
                let request = self.regional.ec2.describe_vpcs().max_results(1000).set_next_token(next);
                async move { request.send().await.map(|page| (page.vpcs, page.next_token)) }
            })
        };
        once(&self.shared.vpcs, read).await
    }

    /// Every image of the account.
    pub(super) async fn images(&self) -> Result<&[Image], CallError> {
        let read = || {
            self.list("DescribeImages", |next| {
                let request = self.regional.ec2.describe_images().owners("self").max_results(1000);
                // An own image is looked up when it is deprecated as well.
                let request = request.include_deprecated(true).set_next_token(next);
                async move { request.send().await.map(|page| (page.images, page.next_token)) }
            })
        };
        once(&self.shared.images, read).await
    }

    /// Every zone of Route 53.
    pub(super) async fn zones(&self) -> Result<&[HostedZone], CallError> {
        once(&self.shared.zones, || zone::list(self)).await
    }

    /// Whether the VPC is the region's default one, which AWS made: asked only where it matters.
    pub(super) async fn default_vpcs(&self) -> Result<HashSet<&str>, CallError> {
        if !self.everything {
            return Ok(HashSet::new());
        }
        let vpcs = self.vpcs().await?;
        Ok(vpcs.iter().filter(|vpc| vpc.is_default() == Some(true)).filter_map(Vpc::vpc_id).collect())
    }
}

async fn once<T, F: Future<Output = Result<Vec<T>, CallError>>>(
    cell: &OnceCell<Result<Vec<T>, CallError>>,
    read: impl FnOnce() -> F,
) -> Result<&[T], CallError> {
    match cell.get_or_init(read).await {
        Ok(items) => Ok(items),
        Err(error) => Err(error.clone()),
    }
}

/// The value of a tag that AWS set itself.
pub(super) fn tag<'t>(tags: &'t [Tag], key: &str) -> Option<&'t str> {
    tags.iter().find(|tag| tag.key() == Some(key)).and_then(Tag::value)
}
