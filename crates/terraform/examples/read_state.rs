//! Reads every object of a state through its provider's plugin and says how long that took:
//! `cargo run --release --example read_state -- STATE REGION CACHE [SOURCE] [IN_FLIGHT]`.
//! The environment is the plugin's, as with Terraform. Objects are printed as JSON lines.

use pilotlight_drift::{LiveReader, ReadBy, Readers, Routing, StackState, wanted};
use pilotlight_findings::Region;
use pilotlight_terraform::provider::{ProviderReader, ProviderSettings};
use pilotlight_tfstate::State;
use std::time::Instant;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, region, cache, rest @ ..] = args.as_slice() else {
        return Err("STATE REGION CACHE [SOURCE] [IN_FLIGHT]".into());
    };
    let state = State::parse(file, &std::fs::read(file)?)?;
    let mut settings = ProviderSettings::new(std::env::vars_os().collect(), cache);
    settings.stacks.insert("stack".to_owned(), rest.first().filter(|source| !source.is_empty()).map(Into::into));
    if let Some(in_flight) = rest.get(1) {
        settings.in_flight = in_flight.parse()?;
    }
    let reader = ProviderReader::new(settings);
    let stacks = [StackState::new("stack", Region::new(region)?, &state)];
    let readers = Readers { native: None, provider: Some(&reader) };
    let routing = Routing::of(&stacks, &readers);
    let queries = wanted(&stacks, &routing, false);
    for query in &queries.provider {
        let began = Instant::now();
        let snapshot = reader.read(query).await;
        let took = began.elapsed();
        eprintln!(
            "{} {:?}: {} of {} objects read, {} unread, in {took:.2?}",
            query.place.region,
            ReadBy::Provider,
            snapshot.objects.len(),
            query.wanted.len(),
            snapshot.unread.len()
        );
        for unread in &snapshot.unread {
            eprintln!("unread {} {:?}: {}", unread.resource_type, unread.id, unread.reason);
        }
        for object in &snapshot.objects {
            let recorded = object.recorded.as_ref();
            let line = serde_json::json!({
                "type": object.resource_type, "id": object.id, "read": object.attributes, "recorded": recorded,
            });
            println!("{line}");
        }
    }
    for note in reader.notes().await {
        eprintln!("note: {}", note.message);
    }
    Ok(())
}
