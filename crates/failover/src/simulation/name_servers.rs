//! The delegation's name servers, each as far behind as it is, and the resolver that users ask.

use super::{Asked, Service, Trouble, World, zones::is_in};
use crate::{NameServers, ServerAnswer};
use async_trait::async_trait;
use std::time::Duration;

const TAKES: Duration = Duration::from_millis(5);
/// The TTL of what is outside of the zones.
const ELSEWHERE_TTL: u32 = 60;
/// The TTL of a delegation.
const DELEGATION_TTL: u32 = 172_800;

#[async_trait]
impl NameServers for World {
    async fn ask(&self, server: &str, name: &str, record_type: &str) -> Result<ServerAnswer, String> {
        let trouble = self.meet(Asked::read(Service::Dns, "query", server), TAKES).await;
        self.with(|state| {
            state.asked += 1;
            let zone = state.zones.iter().find(|zone| is_in(name, &zone.name));
            if !zone.is_some_and(|zone| zone.name_servers.iter().any(|known| known == server)) {
                let what = format!("{server} is asked for {name}, which it does not serve");
                state.breaks(what.clone());
                return Err(what);
            }
            match trouble {
                None | Some(Trouble::Stale) if !state.silent.contains(server) => {}
                _ => return Err("no answer within 2 s".into()),
            }
            let sets = state.live(state.seen_by(server), name, record_type);
            let set = sets.get(state.asked % sets.len().max(1));
            let mut values = set.map(|set| state.answers(set)).unwrap_or_default();
            values.sort_unstable();
            Ok(ServerAnswer { values, ttl: set.and_then(|set| set.ttl?.try_into().ok()) })
        })
    }

    async fn resolve(&self, name: &str, record_type: &str) -> Result<ServerAnswer, String> {
        let trouble = self.meet(Asked::read(Service::Dns, "resolve", name), TAKES).await;
        self.with(|state| {
            if let Some(trouble) = trouble.filter(|trouble| *trouble != Trouble::Stale) {
                return Err(trouble.cause().into());
            }
            if record_type == "NS" {
                let zone = state.zones.iter().find(|zone| zone.name == name && !zone.private);
                let values = zone.map(|zone| zone.name_servers.clone()).unwrap_or_default();
                return Ok(ServerAnswer { values, ttl: Some(DELEGATION_TTL) });
            }
            let values = state.has_elsewhere(name, record_type);
            let values = values.ok_or_else(|| format!("{name} does not exist"))?;
            Ok(ServerAnswer { values, ttl: Some(ELSEWHERE_TTL) })
        })
    }
}
