//! Outbound delivery in a simulated network: 4xx storms, slow servers, cuts in every phase, partitions, restarts.
//!
//! usage: mxdesk-simulation FIRST COUNT: runs the seeds FIRST to FIRST+COUNT-1 on all processors.
//!
//! Each seed is a desk on the memory store whose queue sends replies to three servers. For a simulated minute everything goes
//! wrong by the seed's dice; then the network is calm. At the end each recipient must be delivered once, refused by a server,
//! or in the queue; a letter may have been taken twice only where a cut, a partition or a restart hid the `250` from us.

mod desk;
mod dice;
mod net;
mod server;
mod storm;
mod verdict;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use verdict::Summary;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().expect("a number"));
    let (first, count) = (arguments.next().unwrap_or(0), arguments.next().unwrap_or(300));
    let began = Instant::now();
    let place = Arc::new(desk::Place::new());
    let next = Arc::new(AtomicU64::new(first));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = |_| {
        let (place, next) = (Arc::clone(&place), Arc::clone(&next));
        std::thread::spawn(move || {
            let mut sum = Summary::default();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= first + count {
                    return sum;
                }
                sum.add(storm::run(&place, seed));
            }
        })
    };
    let workers: Vec<_> = (0..threads).map(work).collect();
    let mut sum = Summary::default();
    for worker in workers {
        sum.add(worker.join().expect("a worker"));
    }
    println!("{count} seeds from {first} in {:.0} s: {sum}", began.elapsed().as_secs_f64());
    for failure in sum.failures.iter().take(20) {
        println!("FAILED {failure}");
    }
    if !sum.failures.is_empty() {
        std::process::exit(1);
    }
}
