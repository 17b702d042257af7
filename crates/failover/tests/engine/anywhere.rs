//! Whatever state somebody presses the button in: who was served is served, or is served by the side that was asked for.

use crate::databases::with_servers;
use crate::estate::*;
use pilotlight_failover::simulation::{Server, World};
use pilotlight_failover::*;
use pilotlight_findings::Side;
use pilotlight_integrity::postgres::ServerRole;
use pilotlight_journal::MemoryStore;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Is {
    Writing,
    Fenced,
    Following,
    Dead,
}

const ALL: [Is; 4] = [Is::Writing, Is::Fenced, Is::Following, Is::Dead];

/// The server that customers write to was made a standby before its rows were anywhere else.
const DISCARDED: &str = "discarded";
const COPIED: &str = "copied";

fn put(server: &mut Server, is: Is, timeline: u32) {
    server.role = if is == Is::Following { ServerRole::Standby } else { ServerRole::Primary };
    (server.alive, server.fenced, server.log, server.timeline) = (is != Is::Dead, is == Is::Fenced, 1000, timeline);
}

fn estate(traffic: Side, primary: Is, standby: Is) -> World {
    let world = world(traffic);
    with_servers(&world);
    world.with(|state| {
        state.on_broken = None;
        let resync = "  resync  = [\"./resync\"]";
        state.plan = state.plan.replace(resync, &format!("{resync}\n  resync_standby = [\"./follow\"]"));
        put(state.servers.at(OLD_URL), primary, 1);
        put(state.servers.at(NEW_URL), standby, 2);
        if primary == Is::Following || standby == Is::Following {
            // A standby has its primary's history.
            state.servers.at(OLD_URL).timeline = 1;
            state.servers.at(NEW_URL).timeline = 1;
        }
    });
    let served = url(traffic);
    world.set_programs(move |state, argv| {
        let (lost, kept) = match argv[0].as_str() {
            "./resync" => (OLD_URL, NEW_URL),
            "./follow" => (NEW_URL, OLD_URL),
            _ => return,
        };
        if state.servers.at(kept).role == ServerRole::Primary {
            state.servers.resync(lost, kept);
            match () {
                () if kept == served => drop(state.flags.insert(COPIED.into())),
                () if !state.flags.contains(COPIED) => drop(state.flags.insert(DISCARDED.into())),
                () => {}
            }
        }
    });
    world
}

fn url(side: Side) -> &'static str {
    match side {
        Side::Primary => OLD_URL,
        Side::Standby => NEW_URL,
    }
}

fn led_to(world: &World) -> Side {
    if world.values("app.shop.test") == PRIMARY { Side::Primary } else { Side::Standby }
}

fn writes(world: &World, side: Side) -> bool {
    world.with(|state| {
        let server = state.servers.at(url(side));
        server.alive && server.role == ServerRole::Primary && !server.fenced
    })
}

/// What is wrong with the end of a run that somebody began here.
async fn wrong_after(direction: Direction, mode: Mode, traffic: Side, primary: Is, standby: Is) -> Option<String> {
    let world = estate(traffic, primary, standby);
    world.with(|state| state.mode = mode);
    let served = writes(&world, traffic);
    let before = world.with(|state| state.servers.to_string());
    let mut engine = start(&world, &MemoryStore::new("journal"), direction).await.expect("started");
    let conclusion = engine.drive().await.expect("driven");
    let (from, to) = (engine.run().from.side, engine.run().to.side);
    let led = led_to(&world);
    let parted = primary != Is::Following && standby != Is::Following;
    let discarded = world.with(|state| state.flags.contains(DISCARDED));
    let what = match &conclusion.end {
        _ if served && parted && discarded => "what customers wrote is discarded",
        End::Succeeded if led != to || !writes(&world, to) => "the side that was asked for does not serve",
        End::Succeeded if mode == Mode::Graceful && writes(&world, from) => "two write",
        End::Succeeded => return None,
        _ if served && !(led == traffic && writes(&world, traffic)) => "who was served is not",
        _ => return None,
    };
    Some(format!("{direction:?}, {mode:?}, customers led to the {traffic}, {before}: {what}: {conclusion:?}"))
}

#[tokio::test]
async fn who_was_served_is_served_whatever_was_pressed() {
    let mut wrong = Vec::new();
    for direction in [Direction::Failover, Direction::Failback] {
        for mode in [Mode::Graceful, Mode::Ungraceful] {
            for traffic in [Side::Primary, Side::Standby] {
                for (primary, standby) in ALL.into_iter().flat_map(|primary| ALL.map(move |standby| (primary, standby)))
                {
                    wrong.extend(wrong_after(direction, mode, traffic, primary, standby).await);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
