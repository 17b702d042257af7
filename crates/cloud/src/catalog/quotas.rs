//! Service Quotas: what the account may have in a region.

use super::{AwsCatalog, catalog_error, list};
use aws_sdk_servicequotas::types::ServiceQuota;
use futures::TryFutureExt as _;
use pilotlight_findings::Region;
use pilotlight_rebuild::{CatalogError, QuotaValues, Told};
use std::collections::BTreeMap;

/// Quotas a page: the most that Service Quotas gives.
const PAGE: i32 = 100;

/// Service Quotas' code for a service that it does not know in the region: those of a service for all regions are told
/// in one region alone.
const NO_SERVICE: &str = "NoSuchResourceException";

impl AwsCatalog {
    pub(super) async fn values(&self, region: &Region, service: &str) -> Result<Told<QuotaValues>, CatalogError> {
        let regional = self.regional(region).await;
        let planned = regional.call("servicequotas", "ListAWSDefaultServiceQuotas");
        let defaults = list(&regional, &planned, |next| {
            let request = regional.quotas.list_aws_default_service_quotas().service_code(service).max_results(PAGE);
            request.set_next_token(next).send().map_ok(|page| (page.quotas, page.next_token))
        });
        let defaults = match defaults.await {
            Ok(defaults) => defaults,
            Err(error) if error.is_no_operation() || error.is_refused(NO_SERVICE) => {
                return Ok(Told::NotHere(error.reason()));
            }
            Err(error) => return Err(catalog_error(region, "default quotas", &error)),
        };
        let mut told = QuotaValues { values: values(&defaults), only_defaults: None };
        let planned = regional.call("servicequotas", "ListServiceQuotas");
        let applied = list(&regional, &planned, |next| {
            let request = regional.quotas.list_service_quotas().service_code(service).max_results(PAGE);
            request.set_next_token(next).send().map_ok(|page| (page.quotas, page.next_token))
        });
        match applied.await {
            Ok(applied) => told.values.extend(values(&applied)),
            Err(error) if error.is_no_operation() || error.is_refused(NO_SERVICE) => {
                told.only_defaults = Some(error.reason());
            }
            Err(error) => return Err(catalog_error(region, "quotas", &error)),
        }
        Ok(Told::Answer(told))
    }
}

fn values(quotas: &[ServiceQuota]) -> BTreeMap<String, f64> {
    quotas.iter().filter_map(|quota| Some((quota.quota_code()?.to_owned(), quota.value()?))).collect()
}
