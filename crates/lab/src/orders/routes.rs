//! `POST /orders` and `GET /orders/ID` of the shop's app.

use crate::aws::RunningInstance;
use crate::causes::causes;
use crate::http::{Request, Response};
use crate::orders::ledger::{Ledger, Placed, Wanted};
use serde_json::json;

/// A customer's own number for an order; longer is none.
const MAX_ID: usize = 64;

/// Answers a request below `/orders`; `None` where the lab has no databases.
pub(crate) async fn answer(request: &Request, instance: &RunningInstance, ledger: Option<&Ledger>) -> Response {
    let path = request.target.split('?').next().unwrap_or_default();
    let id = path.strip_prefix("/orders").unwrap_or_default();
    match (request.method.as_str(), id.strip_prefix('/')) {
        ("POST", None) => match wanted(&request.body) {
            Ok(wanted) => place(&wanted, instance, ledger).await,
            Err(refusal) => Response::json(400, &json!({"error": refusal})),
        },
        ("GET" | "HEAD", Some(id)) => find(id, instance, ledger).await,
        _ => Response::json(405, &json!({"error": "POST /orders, GET /orders/ID"})),
    }
}

fn wanted(body: &[u8]) -> Result<Wanted, String> {
    let wanted: Wanted = serde_json::from_slice(body).map_err(|error| {
        format!("an order is {{\"id\": TEXT, \"item\": TEXT, \"cents\": NUMBER}}, of which the id must be: {error}")
    })?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if wanted.id.is_empty() || wanted.id.len() > MAX_ID || !wanted.id.chars().all(fits) {
        return Err(format!("an order's id has 1 to {MAX_ID} letters, digits, hyphens and underscores"));
    }
    if wanted.cents <= 0 || wanted.item.is_empty() || wanted.item.contains('\0') {
        return Err("an order has an item, and costs something".into());
    }
    Ok(wanted)
}

async fn place(wanted: &Wanted, instance: &RunningInstance, ledger: Option<&Ledger>) -> Response {
    let Some(ledger) = ledger else { return without_database(instance) };
    match ledger.place(wanted, &instance.region, &instance.id).await {
        Ok(Placed::Created(order)) => Response::json(201, &told("created", &order, instance)),
        Ok(Placed::Found(order)) => Response::json(200, &told("found", &order, instance)),
        Ok(Placed::Taken) => {
            let error = "another order has this id";
            Response::json(409, &json!({"error": error, "region": instance.region, "instance": instance.id}))
        }
        Err(error) => unavailable(&error.to_string(), &error, instance),
    }
}

async fn find(id: &str, instance: &RunningInstance, ledger: Option<&Ledger>) -> Response {
    let Some(ledger) = ledger else { return without_database(instance) };
    match ledger.find(id).await {
        Ok(Some(order)) => Response::json(200, &told("found", &order, instance)),
        Ok(None) => Response::json(404, &json!({"error": "no such order", "region": instance.region})),
        Err(error) => unavailable(&error.to_string(), &error, instance),
    }
}

/// `region` and `instance` are who answers; the order's own are who took it.
fn told(status: &str, order: &impl serde::Serialize, instance: &RunningInstance) -> serde_json::Value {
    json!({"status": status, "region": instance.region, "instance": instance.id, "order": order})
}

fn unavailable(error: &str, source: &dyn std::error::Error, instance: &RunningInstance) -> Response {
    let error = format!("the database of {} takes no order: {error}{}", instance.region, causes(source));
    Response::json(503, &json!({"error": error, "region": instance.region, "instance": instance.id}))
}

fn without_database(instance: &RunningInstance) -> Response {
    let error = format!("{} has no database", instance.region);
    Response::json(503, &json!({"error": error, "region": instance.region, "instance": instance.id}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_or_refused() {
        let order = wanted(br#"{"id": "c-1_A", "cents": 5}"#).expect("an order");
        assert_eq!((order.id.as_str(), order.item.as_str(), order.cents), ("c-1_A", "lantern", 5));
        let long = format!("{{\"id\": \"{}\"}}", "x".repeat(MAX_ID + 1));
        for body in ["", "{}", r#"{"id": ""}"#, r#"{"id": "a b"}"#, r#"{"id": "a", "cents": 0}"#, &long] {
            assert!(wanted(body.as_bytes()).is_err(), "{body}");
        }
        let error = wanted(br#"{"id": "a", "price": 1}"#).expect_err("unknown field");
        assert!(error.contains("price"), "{error}");
    }
}
