//! One seed: a minute of storm, then calm until every delivery has come to its end, or the time is over.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mxdesk::queue::{Patience, Queue};
use mxdesk::store::memory::MemoryStore;
use tokio::sync::watch;
use turmoil::{Builder, Sim};

use crate::desk::{Place, config};
use crate::dice::Dice;
use crate::net::Simulated;
use crate::server::{Shared, serve, world};
use crate::verdict::{Event, Summary, judge};

/// The simulation's step: what is shorter happens at once.
const TICK: Duration = Duration::from_millis(50);

/// How long everything goes wrong.
const STORM: Duration = Duration::from_secs(60);

/// How long the calm may last: pauses of all kinds are over by then.
const END: Duration = Duration::from_secs(420);

/// How often it is looked whether all is done.
const LOOK_TICKS: u32 = 100;

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(3),
    handshake: Duration::from_secs(5),
    greeting: Duration::from_secs(6),
    command: Duration::from_secs(6),
    data: Duration::from_secs(6),
    block: Duration::from_secs(6),
    end: Duration::from_secs(10),
    goodbye: Duration::from_secs(1),
};

/// Runs a seed.
pub fn run(place: &Arc<Place>, seed: u64) -> Summary {
    let mut dice = Dice::new(seed);
    let store = MemoryStore::new();
    let tickets = place.fill(&store, &mut dice);
    let shared = Shared::default();
    world(&shared).is_storm = true;

    let mut builder = Builder::new();
    builder
        .rng_seed(seed)
        .tick_duration(TICK)
        .simulation_duration(END * 2)
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(200));
    let mut sim = builder.build();
    let servers = [1, 2, 3].map(|number| IpAddr::V4(Ipv4Addr::new(192, 168, 7, number)));
    for server in servers {
        let (shared, seed) = (Arc::clone(&shared), dice.next());
        sim.host(server, move || serve(Arc::clone(&shared), seed));
    }
    let config = config(&servers.map(|server| SocketAddr::from((server, 25))));
    let start_ms = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let net = Simulated { start_ms: u64::try_from(start_ms).expect("before the year 584 million") + 1_000 };
    let desk = IpAddr::V4(Ipv4Addr::new(192, 168, 7, 9));
    sim.host(desk, {
        let (place, store) = (Arc::clone(place), Arc::clone(&store));
        move || {
            let (place, store, config) = (Arc::clone(&place), Arc::clone(&store), Arc::clone(&config));
            async move {
                let queue = Queue { desk: place.open(&store).await, dns: place.dns.clone(), config };
                // A stop that never comes: the simulation kills.
                let (_never, stop) = watch::channel(false);
                queue.run_over(net, place.trust.clone(), PATIENCE, stop).await;
                Ok(())
            }
        }
    });

    let mut events = Vec::new();
    let failed = weather(&mut sim, &mut dice, desk, &servers, &mut events, STORM).err();
    world(&shared).is_storm = false;
    let mut ticks = 0_u32;
    let mut failed = failed;
    while failed.is_none() && sim.elapsed() < END {
        failed = sim.step().err();
        ticks += 1;
        if ticks % LOOK_TICKS == 0 && place.outcome(&store, &tickets).1.is_empty() {
            break;
        }
    }
    drop(sim);
    let (deliveries, queued) = place.outcome(&store, &tickets);
    let world = world(&shared);
    let failed = failed.map(|error| error.to_string());
    judge(seed, &deliveries, &queued, &world, &events, failed)
}

/// Restarts and partitions by the dice.
fn weather(
    sim: &mut Sim<'_>,
    dice: &mut Dice,
    desk: IpAddr,
    servers: &[IpAddr; 3],
    events: &mut Vec<Event>,
    length: Duration,
) -> turmoil::Result {
    let mut down_until = None;
    let mut parted: [Option<Duration>; 3] = [None; 3];
    while sim.elapsed() < length {
        sim.step()?;
        let now = sim.elapsed();
        match down_until {
            Some(until) if now >= until => {
                sim.bounce(desk);
                down_until = None;
            }
            None if dice.below(300) == 0 => {
                sim.crash(desk);
                events.push(Event::restart(now));
                down_until = Some(now + Duration::from_millis(dice.below(4_000)));
            }
            _ => {}
        }
        for (server, parted) in servers.iter().zip(&mut parted) {
            match *parted {
                Some(until) if now >= until => {
                    sim.repair(desk, *server);
                    *parted = None;
                }
                None if dice.below(500) == 0 => {
                    sim.partition(desk, *server);
                    let until = now + Duration::from_millis(dice.below(15_000));
                    events.push(Event::parted(now, until));
                    *parted = Some(until);
                }
                _ => {}
            }
        }
    }
    for server in servers {
        sim.repair(desk, *server);
    }
    if down_until.is_some() {
        sim.bounce(desk);
    }
    Ok(())
}
