//! `failover::Dns` over Route 53's API.

use super::change::{refusal, submit};
use super::names::{bare_id, same, with_dot, without_dot};
use super::sets;
use crate::error::CallError;
use crate::pages::Pages;
use crate::regional::Regional;
use async_trait::async_trait;
use aws_sdk_route53::types::{ChangeStatus as SdkStatus, RrType};
use pilotlight_failover::{ChangeBatch, ChangeStatus, Dns, DnsError, HealthCheck, HostedZone, RecordSet};

/// The most that ListHostedZonesByName gives at once.
const PAGE: i32 = 100;

/// Route 53, its control plane: zones, record sets and changes to them.
#[derive(Debug, Clone)]
pub struct Route53Dns {
    regional: Regional,
}

impl Route53Dns {
    pub(crate) fn new(regional: Regional) -> Self {
        Self { regional }
    }

    /// Ids of the zones of this name. The list is sorted by name, so the first other one is the end.
    async fn zone_ids(&self, name: &str) -> Result<Vec<String>, CallError> {
        let planned = self.regional.route53("ListHostedZonesByName");
        let mut pages = Pages::starting_at(&planned.call, (with_dot(&name.to_ascii_lowercase()), None));
        while pages.is_open() {
            let (start, id) = pages.marker().unzip();
            let request = self
                .regional
                .route53
                .list_hosted_zones_by_name()
                .set_dns_name(start)
                .set_hosted_zone_id(id.flatten())
                .max_items(PAGE);
            let page = self.regional.send(&planned, request.send()).await?;
            let ended = page.hosted_zones.last().is_none_or(|zone| !same(zone.name(), name));
            let next = page.next_dns_name.filter(|_| page.is_truncated && !ended);
            let wanted = page.hosted_zones.iter().filter(|zone| same(zone.name(), name));
            pages.push(
                wanted.map(|zone| bare_id(zone.id()).to_owned()),
                next.map(|next| (next, page.next_hosted_zone_id)),
            )?;
        }
        Ok(pages.into_items())
    }

    async fn zone(&self, id: &str) -> Result<HostedZone, DnsError> {
        let planned = self.regional.route53("GetHostedZone");
        let request = self.regional.route53.get_hosted_zone().id(id);
        let answer = self.regional.send(&planned, request.send()).await.map_err(|error| refusal(id, &error, &[]))?;
        let zone = answer.hosted_zone().ok_or_else(|| DnsError::Unknown("the answer names no zone".into()))?;
        let servers = answer.delegation_set().map(|set| set.name_servers()).unwrap_or_default();
        Ok(HostedZone {
            id: bare_id(zone.id()).to_owned(),
            name: without_dot(zone.name()).to_ascii_lowercase(),
            private: zone.config().is_some_and(|config| config.private_zone()),
            name_servers: servers.iter().map(|server| without_dot(server).to_owned()).collect(),
        })
    }
}

#[async_trait]
impl Dns for Route53Dns {
    async fn zones(&self, name: &str) -> Result<Vec<HostedZone>, DnsError> {
        let ids = self.zone_ids(name).await.map_err(|error| refusal(name, &error, &[]))?;
        let mut zones = Vec::with_capacity(ids.len());
        for id in ids {
            zones.push(self.zone(&id).await?);
        }
        Ok(zones)
    }

    async fn record_sets(&self, zone_id: &str, name: &str, record_type: &str) -> Result<Vec<RecordSet>, DnsError> {
        let found = sets::named(&self.regional, zone_id, name, &RrType::from(record_type)).await;
        let found = found.map_err(|error| refusal(zone_id, &error, &[]))?;
        Ok(found.iter().map(sets::record_set).collect())
    }

    async fn change(&self, batch: &ChangeBatch) -> Result<String, DnsError> {
        submit(&self.regional, batch).await
    }

    async fn health_check(&self, id: &str) -> Result<Option<HealthCheck>, DnsError> {
        let planned = self.regional.route53("GetHealthCheck");
        let request = self.regional.route53.get_health_check().health_check_id(id);
        let answer = match self.regional.send(&planned, request.send()).await {
            Ok(answer) => answer,
            Err(error) => match refusal(id, &error, &[]) {
                DnsError::NotFound(_) => return Ok(None),
                other => return Err(other),
            },
        };
        let config = answer.health_check().and_then(|check| check.health_check_config());
        let config = config.ok_or_else(|| DnsError::Unknown("the answer names no health check".into()))?;
        // Both have the defaults that Route 53 documents for them.
        let number =
            |given: Option<i32>, default: u64| given.and_then(|one| u64::try_from(one).ok()).unwrap_or(default);
        Ok(Some(HealthCheck {
            id: id.to_owned(),
            kind: config.r#type().as_str().to_owned(),
            host: config.fully_qualified_domain_name().map(str::to_owned),
            path: config.resource_path().map(str::to_owned),
            search: config.search_string().map(str::to_owned),
            interval: number(config.request_interval(), 30),
            threshold: number(config.failure_threshold(), 3),
            inverted: config.inverted().unwrap_or(false),
            disabled: config.disabled().unwrap_or(false),
        }))
    }

    async fn change_status(&self, change_id: &str) -> Result<ChangeStatus, DnsError> {
        let planned = self.regional.route53("GetChange");
        let request = self.regional.route53.get_change().id(change_id);
        let answer =
            self.regional.send(&planned, request.send()).await.map_err(|error| refusal(change_id, &error, &[]))?;
        match answer.change_info().map(|info| info.status()) {
            Some(SdkStatus::Insync) => Ok(ChangeStatus::Insync),
            Some(SdkStatus::Pending) => Ok(ChangeStatus::Pending),
            Some(other) => Err(DnsError::Unknown(format!("the change's status is {other}"))),
            None => Err(DnsError::Unknown("the answer names no change".into())),
        }
    }
}

#[cfg(test)]
mod tests;
