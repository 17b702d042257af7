//! How the readers are asked: several places at once, and what is global once an account.

use async_trait::async_trait;
use pilotlight_drift::{
    LiveQuery, LiveReader, LiveSnapshot, Place, Queries, ReadBy, Readers, Routing, StackState, observe, wanted,
};
use pilotlight_findings::Region;
use pilotlight_tfstate::State;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

/// Answers its questions when it is told to.
#[derive(Default)]
struct Slow {
    asked: AtomicUsize,
    waiting: Mutex<Vec<Waker>>,
}

impl Slow {
    fn answer(&self) {
        self.waiting.lock().expect("lock").drain(..).for_each(Waker::wake);
    }
}

#[async_trait]
impl LiveReader for Slow {
    fn reads(&self, _: &str) -> bool {
        true
    }

    async fn read(&self, _: &LiveQuery<'_>) -> LiveSnapshot {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut waited = false;
        poll_fn(|context| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            self.waiting.lock().expect("lock").push(context.waker().clone());
            Poll::Pending
        })
        .await;
        LiveSnapshot::default()
    }
}

fn place(role: Option<&str>, region: &str) -> Place {
    Place { role: role.map(str::to_owned), region: Region::new(region).expect("region") }
}

fn query(region: &str) -> LiveQuery<'static> {
    LiveQuery { place: place(None, region), wanted: Vec::new(), everything: false, global: false }
}

#[test]
fn list_calls_of_all_places_are_under_way_at_once_and_plugins_of_two() {
    let (native, provider) = (Slow::default(), Slow::default());
    let regions = ["eu-west-1", "eu-central-1", "us-east-1"];
    let queries = || regions.iter().map(|region| query(region)).collect();
    let queries = Queries { native: queries(), provider: queries(), unknown: Vec::new() };
    let readers = Readers { native: Some(&native), provider: Some(&provider) };
    let mut observing = pin!(observe(&readers, &queries));
    let mut context = Context::from_waker(Waker::noop());

    assert!(observing.as_mut().poll(&mut context).is_pending());
    assert_eq!((native.asked.load(Ordering::SeqCst), provider.asked.load(Ordering::SeqCst)), (3, 2));

    let live = loop {
        native.answer();
        provider.answer();
        if let Poll::Ready(live) = observing.as_mut().poll(&mut context) {
            break live;
        }
    };
    // In the order of the queries, whoever answered first.
    let answered: Vec<_> = live.iter().map(|live| (live.read_by, live.place.region.as_str())).collect();
    let by = |reader: ReadBy| regions.map(|region| (reader, region));
    assert_eq!(answered, [by(ReadBy::Native), by(ReadBy::Provider)].concat());
}

#[test]
fn one_place_of_each_account_is_asked_for_what_is_global() {
    let state = State::parse("empty.tfstate", br#"{"version": 4, "serial": 1, "lineage": "l", "resources": []}"#);
    let state = state.expect("state");
    let stack = |role: Option<&str>, region: &str| StackState {
        role: role.map(str::to_owned),
        ..StackState::new(region, Region::new(region).expect("region"), &state)
    };
    let other = Some("arn:aws:iam::222222222222:role/drift");
    let stacks = [stack(None, "eu-west-1"), stack(None, "eu-central-1"), stack(other, "eu-west-1")];
    let queries = wanted(&stacks, &Routing::native(), true);
    let asked: Vec<_> =
        queries.native.iter().map(|query| (query.place.clone(), query.everything, query.global)).collect();
    assert_eq!(
        asked,
        [
            (place(None, "eu-central-1"), true, true),
            (place(None, "eu-west-1"), true, false),
            (place(other, "eu-west-1"), true, true),
        ]
    );
}
