//! A client that orders without pause at whichever server takes its writes, and remembers what was confirmed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;

/// How often it orders.
const PAUSE: Duration = Duration::from_millis(5);

/// Orders until it is stopped.
pub(crate) struct Client {
    confirmed: Arc<Mutex<BTreeSet<i64>>>,
    task: JoinHandle<()>,
}

impl Client {
    /// Tries `servers` in turn: an order that is refused, or not answered, is ordered again at the next.
    pub(crate) fn start(servers: Vec<String>) -> Self {
        let confirmed = Arc::new(Mutex::new(BTreeSet::new()));
        let told = Arc::clone(&confirmed);
        let task = tokio::spawn(async move {
            let mut connection: Option<tokio_postgres::Client> = None;
            let mut at = 0;
            for id in 1.. {
                loop {
                    if connection.is_none() {
                        let attempt = tokio_postgres::connect(&servers[at % servers.len()], NoTls);
                        if let Ok(Ok((client, task))) = tokio::time::timeout(Duration::from_secs(1), attempt).await {
                            tokio::spawn(task);
                            connection = Some(client);
                        }
                    }
                    if let Some(client) = &connection {
                        let order = format!("INSERT INTO orders VALUES ({id}, 'tea') ON CONFLICT DO NOTHING");
                        if client.batch_execute(&order).await.is_ok() {
                            break;
                        }
                    }
                    connection = None;
                    at += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                told.lock().expect("the orders").insert(id);
                tokio::time::sleep(PAUSE).await;
            }
        });
        Self { confirmed, task }
    }

    /// How many orders were confirmed.
    pub(crate) fn count(&self) -> usize {
        self.confirmed.lock().expect("the orders").len()
    }

    /// Stops, and gives the orders that were confirmed.
    pub(crate) async fn stop(self) -> BTreeSet<i64> {
        self.task.abort();
        let _ = self.task.await;
        self.confirmed.lock().expect("the orders").clone()
    }
}
