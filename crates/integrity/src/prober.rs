use crate::{CheckKind, CheckResult, CheckSpec, DnsClient, probe_command, probe_dns, probe_http, probe_tcp};
use async_trait::async_trait;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Makes one attempt at a check.
#[async_trait]
pub trait Prober: Send + Sync {
    /// Asks once. What goes wrong is the answer, red or unknown, so there is no error.
    async fn probe(&self, spec: &CheckSpec) -> CheckResult;
}

/// Probes for real, each time anew: no name, no connection is kept from one attempt to the next.
#[derive(Debug, Clone)]
pub struct NetworkProber {
    dns: DnsClient,
    directory: Option<PathBuf>,
}

impl NetworkProber {
    /// Names are asked of `resolver`, or else of what this machine is configured with.
    pub fn new(resolver: Option<SocketAddr>) -> Self {
        Self { dns: DnsClient::new(resolver), directory: None }
    }

    /// Programs of checks are started in this directory: the plan file's.
    #[must_use]
    pub fn in_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }
}

#[async_trait]
impl Prober for NetworkProber {
    async fn probe(&self, spec: &CheckSpec) -> CheckResult {
        let limit = spec.timeout();
        match &spec.check {
            CheckKind::Http { url, expect_status, expect_body, headers } => {
                let expect = probe_http::Expect { status: *expect_status, body: expect_body.as_deref() };
                probe_http::probe(&self.dns, url, headers, expect, limit).await
            }
            CheckKind::Tcp { address } => probe_tcp::probe(&self.dns, address, limit).await,
            CheckKind::Dns { name, record_type, expect, server } => {
                let question = probe_dns::Question { name, record_type, server: server.as_deref() };
                probe_dns::probe(&self.dns, question, expect, limit).await
            }
            CheckKind::Command { run } => probe_command::probe(run, self.directory.as_deref(), limit).await,
        }
    }
}
