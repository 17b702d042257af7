//! Whether anybody is served by the standby, asked of DNS and of the journal each time anew.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::ports::name_servers;
use crate::project::{Project, States};
use pilotlight_cloud::Aws;
use pilotlight_failover::{Dns, NameServers, refuse_by_journal, refuse_in_dns};
use pilotlight_journal::JournalStores;
use std::net::SocketAddr;
use std::sync::Arc;

/// Stands before each thing that is destroyed.
pub(super) struct Guard<'a> {
    project: &'a Project,
    /// As they were before anything was destroyed: a standby loses its outputs with its resources.
    states: &'a States,
    dns: Arc<dyn Dns>,
    name_servers: Arc<dyn NameServers>,
    stores: JournalStores,
}

impl<'a> Guard<'a> {
    pub(super) async fn new(
        project: &'a Project,
        states: &'a States,
        aws: &Aws,
        resolver: Option<SocketAddr>,
    ) -> Result<Self, Failure> {
        if !project.plan.traffic.is_empty() {
            aws.check_credentials(&project.plan.standby).await?;
        }
        // A journal that cannot be asked has not said no.
        let stores = project.journal(&[], aws).await.map_err(|failure| failure.exit(Exit::Refused))?;
        let dns = Arc::new(aws.dns(&project.plan.standby).await);
        Ok(Self { project, states, dns, name_servers: name_servers(resolver), stores })
    }

    /// Refuses where the standby is in use, or where that is not known.
    pub(super) async fn check(&self) -> Result<(), Failure> {
        let plan = &self.project.plan;
        let refused = |error| Failure::from(error).exit(Exit::Refused);
        refuse_by_journal(&self.stores, &plan.name).await.map_err(refused)?;
        refuse_in_dns(plan, self.states, &*self.dns, &*self.name_servers).await.map_err(refused)
    }
}
