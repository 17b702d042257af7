//! Machine types of a region: what they are, and which zones offer them.

use super::{AwsCatalog, catalog_error, list};
use crate::error::CallError;
use crate::regional::{FILTER_VALUES, Regional};
use aws_sdk_ec2::types::{Filter, InstanceTypeInfo, LocationType};
use futures::TryFutureExt as _;
use pilotlight_findings::Region;
use pilotlight_rebuild::{Accelerator, CatalogError, DatabaseEngine, MachineFacts, Offers, Told};

/// Machine types a page: the most that EC2 gives.
const TYPES: i32 = 100;

/// Offers a page.
const OFFERS: i32 = 1000;

/// Database options a page: the most that RDS gives.
const OPTIONS: i32 = 100;

impl AwsCatalog {
    pub(super) async fn facts(
        &self,
        region: &Region,
        names: Option<&[String]>,
    ) -> Result<Vec<MachineFacts>, CatalogError> {
        let regional = self.regional(region).await;
        let mut facts = Vec::new();
        for filter in filters(names) {
            let found = types(&regional, filter).await;
            let found = found.map_err(|error| catalog_error(region, "machine types", &error))?;
            facts.extend(found.iter().filter_map(machine));
        }
        Ok(facts)
    }

    pub(super) async fn offers(&self, region: &Region, names: Option<&[String]>) -> Result<Offers, CatalogError> {
        let regional = self.regional(region).await;
        let planned = regional.ec2_pages("DescribeInstanceTypeOfferings");
        let mut offers = Offers::new();
        for filter in filters(names) {
            let found = list(&regional, &planned, |next| {
                let request =
                    regional.ec2.describe_instance_type_offerings().location_type(LocationType::AvailabilityZone);
                let request = request.set_filters(filter.clone().map(|filter| vec![filter])).max_results(OFFERS);
                request.set_next_token(next).send().map_ok(|page| (page.instance_type_offerings, page.next_token))
            });
            for offer in found.await.map_err(|error| catalog_error(region, "offers of machine types", &error))? {
                if let (Some(name), Some(zone)) = (offer.instance_type, offer.location) {
                    offers.entry(name.as_str().to_owned()).or_default().push(zone);
                }
            }
        }
        offers.values_mut().for_each(|zones| zones.sort());
        Ok(offers)
    }

    pub(super) async fn classes(
        &self,
        region: &Region,
        engine: &DatabaseEngine,
        class: Option<&str>,
    ) -> Result<Told<Offers>, CatalogError> {
        let regional = self.regional(region).await;
        let planned = regional.call("rds", "DescribeOrderableDBInstanceOptions");
        let found = list(&regional, &planned, |next| {
            let request = regional.rds.describe_orderable_db_instance_options().engine(&engine.name);
            let request = request.set_engine_version(engine.version.clone()).max_records(OPTIONS);
            let request = request.set_db_instance_class(class.map(str::to_owned));
            request.set_marker(next).send().map_ok(|page| (page.orderable_db_instance_options, page.marker))
        });
        let found = match found.await {
            Ok(found) => found,
            Err(error) if error.is_no_operation() => return Ok(Told::NotHere(error.reason())),
            Err(error) => return Err(catalog_error(region, "database classes", &error)),
        };
        let mut offers = Offers::new();
        for option in found {
            let Some(class) = option.db_instance_class() else { continue };
            let zones = offers.entry(class.to_owned()).or_default();
            for zone in option.availability_zones().iter().filter_map(|zone| zone.name()) {
                if !zones.iter().any(|known| known == zone) {
                    zones.push(zone.to_owned());
                }
            }
        }
        // What RDS was not asked for is none of the answer; not every implementation heeds the class.
        offers.retain(|name, _| class.is_none_or(|class| class == name));
        offers.values_mut().for_each(|zones| zones.sort());
        Ok(Told::Answer(offers))
    }
}

/// One filter for each chunk of names; one that lets all pass without names. As a filter, since a type among
/// `InstanceTypes` that the region does not know fails the whole call.
fn filters(names: Option<&[String]>) -> Vec<Option<Filter>> {
    let filter = |names: &[String]| Filter::builder().name("instance-type").set_values(Some(names.to_vec())).build();
    match names {
        None => vec![None],
        Some(names) => names.chunks(FILTER_VALUES).map(|names| Some(filter(names))).collect(),
    }
}

async fn types(regional: &Regional, filter: Option<Filter>) -> Result<Vec<InstanceTypeInfo>, CallError> {
    let planned = regional.ec2_pages("DescribeInstanceTypes");
    list(regional, &planned, |next| {
        let request = regional.ec2.describe_instance_types().set_filters(filter.clone().map(|filter| vec![filter]));
        request.max_results(TYPES).set_next_token(next).send().map_ok(|page| (page.instance_types, page.next_token))
    })
    .await
}

/// The facts of a type; one without a size is none that could be compared.
fn machine(info: &InstanceTypeInfo) -> Option<MachineFacts> {
    let count = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let size = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).unwrap_or_default();
    let chip = |kind: &str, maker: Option<&str>, number: Option<i32>, memory: Option<i32>| Accelerator {
        kind: kind.to_owned(),
        maker: maker.unwrap_or_default().to_owned(),
        count: count(number),
        memory_mib: u64::from(count(memory)) * u64::from(count(number)),
    };
    let gpus = info.gpu_info().map(|all| all.gpus()).unwrap_or_default().iter().map(|one| {
        chip("gpu", one.manufacturer(), one.count(), one.memory_info().and_then(|memory| memory.size_in_mib()))
    });
    let fpgas = info.fpga_info().map(|all| all.fpgas()).unwrap_or_default().iter().map(|one| {
        chip("fpga", one.manufacturer(), one.count(), one.memory_info().and_then(|memory| memory.size_in_mib()))
    });
    let inference = info.inference_accelerator_info().map(|all| all.accelerators()).unwrap_or_default().iter();
    let inference = inference.map(|one| chip("inference", one.manufacturer(), one.count(), None));
    let neurons = info.neuron_info().map(|all| all.neuron_devices()).unwrap_or_default().iter();
    let neurons = neurons
        .map(|one| chip("neuron", Some("AWS"), one.count(), one.memory_info().and_then(|memory| memory.size_in_mib())));
    let media = info.media_accelerator_info().map(|all| all.accelerators()).unwrap_or_default().iter();
    let media = media.map(|one| chip("media", one.manufacturer(), one.count(), None));
    let processor = info.processor_info();
    Some(MachineFacts {
        name: info.instance_type()?.as_str().to_owned(),
        architectures: processor
            .map(|processor| processor.supported_architectures())
            .unwrap_or_default()
            .iter()
            .map(|architecture| architecture.as_str().to_owned())
            .collect(),
        vcpus: count(info.v_cpu_info()?.default_v_cpus()),
        memory_mib: size(info.memory_info()?.size_in_mib()),
        disk_gb: size(info.instance_storage_info().and_then(|disks| disks.total_size_in_gb())),
        accelerators: gpus.chain(fpgas).chain(inference).chain(neurons).chain(media).collect(),
        bare_metal: info.bare_metal() == Some(true),
        burstable: info.burstable_performance_supported() == Some(true),
        processor: processor.and_then(|processor| processor.manufacturer()).map(str::to_owned),
    })
}
