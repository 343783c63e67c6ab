//! `pawl dev` is killed by the system while it works, at moments that chance chooses, and goes on where it was.
//!
//! The tables are the oracle: every effect counts one up in a table, and its outcome, which stands in the history, says
//! what the count was then. An effect may be begun again as long as its outcome was not kept; so the count in the
//! table is the one in the history, and neither is less. Steps that leave a record count exactly once.

mod load;
mod machines;
mod server;
mod verdict;

use std::time::Duration;

use load::Load;
use machines::{prepare, publish};
use server::Server;

/// How often each durability is killed; the lives are short.
const KILLS: u64 = 15;

/// Numbers that are the same in every run of the test.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
async fn a_killed_server_loses_nothing_and_does_nothing_twice() {
    for durability in ["fsync", "relaxed"] {
        let folder = tempfile::tempdir().expect("a folder");
        let workflow = publish(folder.path());
        let mut chance = Chance(11);
        let mut server = Server::start(folder.path(), durability);
        prepare(&server).await;
        let mut load = Load::new(workflow);
        for _ in 0..KILLS {
            let life = Duration::from_millis(100 + chance.below(1_100));
            // It ends in the middle of whatever it does.
            let _ = tokio::time::timeout(life, load.put_on(&server, &mut chance)).await;
            server.kill();
            // Some die before they say that they live.
            if chance.below(4) == 0 {
                let pause = Duration::from_millis(chance.below(80));
                Server::kill_at_birth(folder.path(), durability, pause).await;
            }
            server = Server::start(folder.path(), durability);
        }
        let ended = tokio::time::timeout(Duration::from_mins(2), load.end(&server)).await;
        ended.expect("every run ends");
        let again = load.judge(&server).await;
        println!(
            "--durability {durability}: {} kills, {} runs, 0 lost, 0 doubled, {again} effects begun again whose outcome was not kept",
            Server::kills(),
            load.runs()
        );
        server.kill();
    }
}
