//! The shop's app on every running instance of both regions.
//!
//! A reconciler compares what the emulated EC2 says with what is being served, so an instance that is
//! terminated, by whomever, stops answering without anybody telling the lab.

use crate::addresses::Prefix;
use crate::aws::{Aws, RunningInstance};
use crate::http::{self, Answering, Request, Response};
use crate::orders::ledger::Ledger;
use crate::orders::routes;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// How soon an instance that came or went is noticed.
const RECONCILE_INTERVAL: Duration = Duration::from_millis(300);

/// The apps and what is known of them.
#[derive(Debug, Default)]
pub(crate) struct Apps {
    serving: Mutex<BTreeMap<RunningInstance, AbortHandle>>,
    broken: Arc<Mutex<BTreeSet<Ipv4Addr>>>,
    /// The regions whose apps are dead.
    dark: Mutex<BTreeSet<String>>,
    /// The orders of each region that has a database.
    ledgers: BTreeMap<String, Arc<Ledger>>,
}

impl Apps {
    /// Apps that keep their orders in these.
    pub(crate) fn new(ledgers: BTreeMap<String, Arc<Ledger>>) -> Self {
        Self { ledgers, ..Self::default() }
    }

    /// Kills all apps of a region at once, or lets them live again: they are back with the next look at EC2.
    pub(crate) fn set_dark(&self, region: &str, dark: bool) {
        let mut all = lock(&self.dark);
        if !dark {
            all.remove(region);
            return;
        }
        all.insert(region.to_owned());
        lock(&self.serving).retain(|instance, task| {
            let stays = instance.region != region;
            if !stays {
                task.abort();
            }
            stays
        });
    }

    /// Makes `/health` of the app at an address answer 500, or 200 again.
    pub(crate) fn set_broken(&self, address: Ipv4Addr, broken: bool) {
        let mut all = lock(&self.broken);
        if broken {
            all.insert(address);
        } else {
            all.remove(&address);
        }
    }

    /// The instances that are served now.
    pub(crate) fn serving(&self) -> Vec<RunningInstance> {
        lock(&self.serving).keys().cloned().collect()
    }

    /// The addresses whose app is broken.
    pub(crate) fn broken(&self) -> Vec<Ipv4Addr> {
        lock(&self.broken).iter().copied().collect()
    }

    /// Serves an app for each running instance until the future is dropped.
    pub(crate) async fn reconcile(self: Arc<Self>, aws: Aws, prefix: Arc<Prefix>, regions: Vec<String>) {
        let mut tasks = tokio::task::JoinSet::new();
        loop {
            match running(&aws, &regions).await {
                Ok(running) => self.apply(&running, &prefix, &mut tasks).await,
                // What cannot be read has not changed, as far as anybody knows.
                Err(error) => tracing::warn!(%error, "the instances could not be read"),
            }
            while tasks.try_join_next().is_some() {}
            tokio::time::sleep(RECONCILE_INTERVAL).await;
        }
    }

    fn app(&self, instance: &RunningInstance) -> App {
        App {
            instance: instance.clone(),
            broken: Arc::clone(&self.broken),
            ledger: self.ledgers.get(&instance.region).cloned(),
        }
    }

    async fn apply(&self, running: &BTreeSet<RunningInstance>, prefix: &Prefix, tasks: &mut tokio::task::JoinSet<()>) {
        let dark = lock(&self.dark).clone();
        let lives = |instance: &RunningInstance| running.contains(instance) && !dark.contains(&instance.region);
        lock(&self.serving).retain(|instance, task| {
            let stays = lives(instance);
            if !stays {
                task.abort();
            }
            stays
        });
        for instance in running.iter().filter(|instance| prefix.contains(instance.address)) {
            if !lives(instance) || lock(&self.serving).contains_key(instance) {
                continue;
            }
            match TcpListener::bind(Prefix::app(instance.address)).await {
                Ok(listener) => {
                    let task = tasks.spawn(serve(listener, Arc::new(self.app(instance))));
                    lock(&self.serving).insert(instance.clone(), task);
                }
                // An address that just changed hands may still be closing; the next round tries again.
                Err(error) => tracing::warn!(%error, address = %instance.address, "an app could not listen"),
            }
        }
    }
}

async fn running(aws: &Aws, regions: &[String]) -> Result<BTreeSet<RunningInstance>, crate::aws::AwsError> {
    let mut all = BTreeSet::new();
    for region in regions {
        all.extend(aws.instances(region).await?);
    }
    Ok(all)
}

/// The app of one instance.
#[derive(Debug)]
struct App {
    instance: RunningInstance,
    broken: Arc<Mutex<BTreeSet<Ipv4Addr>>>,
    ledger: Option<Arc<Ledger>>,
}

async fn serve(listener: TcpListener, app: Arc<App>) {
    let answer = move |request: Request| -> Answering {
        let app = Arc::clone(&app);
        Box::pin(async move { app.answer(&request).await })
    };
    http::serve(listener, Arc::new(answer)).await;
}

impl App {
    async fn answer(&self, request: &Request) -> Response {
        let path = request.target.split('?').next().unwrap_or_default();
        if path == "/orders" || path.starts_with("/orders/") {
            return routes::answer(request, &self.instance, self.ledger.as_deref()).await;
        }
        let is_broken = lock(&self.broken).contains(&self.instance.address);
        page(&request.method, path, &self.instance, is_broken)
    }
}

fn page(method: &str, path: &str, instance: &RunningInstance, broken: bool) -> Response {
    if !matches!(method, "GET" | "HEAD") {
        return Response::text(405, "this page only shows; POST /orders takes orders");
    }
    match path {
        "/health" => {
            let (status, word) = if broken { (500, "broken") } else { (200, "ok") };
            Response::json(status, &json!({"status": word, "region": instance.region, "instance": instance.id}))
        }
        "/" => Response::text(200, format!("the shop, from {} in {}", instance.id, instance.region)),
        _ => Response::text(404, "the shop has no such page"),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_health_page_says_who_answers_and_whether_it_is_well() {
        let address = Ipv4Addr::new(127, 64, 1, 10);
        let instance = RunningInstance { id: "i-1".into(), region: "eu-west-1".into(), address };
        let well = page("GET", "/health", &instance, false);
        assert_eq!(well.status, 200);
        let body: serde_json::Value = serde_json::from_str(&well.body).expect("json");
        assert_eq!(body, json!({"status": "ok", "region": "eu-west-1", "instance": "i-1"}));
        assert_eq!(page("GET", "/health", &instance, true).status, 500);
        assert_eq!(page("GET", "/", &instance, true).status, 200);
        assert_eq!(page("GET", "/cart", &instance, false).status, 404);
        assert_eq!(page("POST", "/health", &instance, false).status, 405);
    }

    #[tokio::test]
    async fn an_app_comes_and_goes_with_its_instance() {
        let prefix = Prefix::claim().expect("prefix");
        let [first, second, ..] = prefix.resolver().octets();
        let address = Ipv4Addr::new(first, second, 1, 10);
        let instance = RunningInstance { id: "i-1".into(), region: "eu-west-1".into(), address };
        let apps = Apps::default();
        let mut tasks = tokio::task::JoinSet::new();
        let client = reqwest::Client::builder().no_proxy().build().expect("client");
        let health = || client.get(format!("http://{}/health", Prefix::app(address))).send();

        let running = BTreeSet::from([instance]);
        apps.apply(&running, &prefix, &mut tasks).await;
        let health_of_query = client.get(format!("http://{}/health?x", Prefix::app(address))).send();
        assert_eq!(health_of_query.await.expect("answer").status(), 200);
        let orders = client.get(format!("http://{}/orders/1", Prefix::app(address))).send().await.expect("answer");
        assert_eq!(orders.status(), 503);
        assert!(orders.text().await.expect("body").contains("eu-west-1 has no database"));
        apps.set_broken(address, true);
        assert_eq!(health().await.expect("answer").status(), 500);
        apps.set_broken(address, false);
        assert_eq!(health().await.expect("answer").status(), 200);

        apps.set_dark("eu-west-1", true);
        while tasks.join_next().await.is_some() {}
        assert!(health().await.is_err(), "a dead region answers nobody");
        apps.apply(&running, &prefix, &mut tasks).await;
        assert!(health().await.is_err(), "its instances run, as far as EC2 knows");
        apps.set_dark("eu-west-1", false);
        apps.apply(&running, &prefix, &mut tasks).await;
        assert_eq!(health().await.expect("answer").status(), 200);

        apps.apply(&BTreeSet::new(), &prefix, &mut tasks).await;
        while tasks.join_next().await.is_some() {}
        assert!(health().await.is_err(), "a terminated instance answers nobody");
    }
}
