//! Nothing is lost and nothing kept is done again: the process dies between any two transactions, and goes on.

mod life;
mod machines;
mod oracle;
mod two_stores;
mod verdict;

use pawl_local::Clock;

use crate::world::start_of_time;
use life::Life;
use machines::{Scene, scenes};
use oracle::Oracle;

/// The scenes that a scene needs: itself, and the machine that others start.
fn cast(scene: &Scene) -> Vec<Scene> {
    let is_needed = |other: &Scene| [scene.name, "child", "sent"].contains(&other.name);
    scenes().into_iter().filter(is_needed).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
async fn every_machine_is_killed_at_every_event() {
    let (mut kills, mut again) = (0, 0);
    for scene in scenes() {
        let name = scene.name;
        let clock = Clock::simulated(start_of_time());
        let calm = tempfile::tempdir().expect("a folder");
        let life = Life::begin(&calm, &clock, &Oracle::default(), 1).await;
        life.prepare(&cast(&scene)).await;
        assert!(life.play(&scene, "run").await, "{name} is not killed");
        let calm = life.verdicts(&scene, "run").await;
        let calm = calm.first().expect("an execution").shape();

        // What comes together is one transaction, so nobody knows how many there will be.
        for point in 0.. {
            let (folder, oracle) = (tempfile::tempdir().expect("a folder"), Oracle::default());
            let clock = Clock::simulated(start_of_time());
            let life = Life::begin(&folder, &clock, &oracle, 1).await;
            life.prepare(&cast(&scene)).await;
            life.local.kill_after_commits(point);
            let is_alive = life.play(&scene, "run").await;
            life.local.close().await;
            if is_alive {
                break;
            }
            kills += 1;

            let life = Life::begin(&folder, &clock, &oracle, 2).await;
            assert!(life.start(&scene, "run").await, "nobody kills it again");
            life.local.go_on("").await.expect("it goes on");
            assert!(life.play(&scene, "run").await, "nobody kills it again");
            for verdict in life.verdicts(&scene, "run").await {
                let what = format!("{name} killed after {point} transactions");
                assert_eq!(verdict.shape(), calm, "{what}");
                again += oracle.judge(&verdict.execution, &verdict.kept);
            }
            life.local.close().await;
        }
    }
    println!(
        "{} machines: {kills} kills, 0 lost, 0 doubled, {again} effects begun again whose outcome was not kept",
        scenes().len()
    );
}

/// How often the process dies under a mixed load.
const KILLS: u64 = 1_000;

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
async fn a_mixed_load_survives_a_thousand_kills() {
    let (folder, oracle) = (tempfile::tempdir().expect("a folder"), Oracle::default());
    let clock = Clock::simulated(start_of_time());
    let scenes = scenes();
    let life = Life::begin(&folder, &clock, &oracle, 1).await;
    life.prepare(&scenes).await;
    life.local.close().await;
    let mut started: Vec<(&Scene, String)> = Vec::new();
    let mut chance = 7_u64;
    for (kill, scene) in (1..=KILLS).zip(scenes.iter().cycle()) {
        let life = Life::begin(&folder, &clock, &oracle, kill).await;
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        life.local.kill_after_commits((chance >> 33) % 24);
        life.local.go_on("").await.expect("it goes on");
        // What the last life did not get to answer is asked for again.
        started.push((scene, format!("{}-{kill}", scene.name)));
        for (scene, name) in started.iter().rev().take(3) {
            if !life.start(scene, name).await {
                break;
            }
        }
        for (scene, name) in started.iter().rev().take(3) {
            if !(life.settle().await && life.play(scene, name).await) {
                break;
            }
        }
        life.local.close().await;
    }
    let life = Life::begin(&folder, &clock, &oracle, 0).await;
    life.local.go_on("").await.expect("it goes on");
    for (scene, name) in &started {
        assert!(life.play(scene, name).await, "nobody kills it again");
    }
    let mut again = 0;
    for (scene, name) in &started {
        for verdict in life.verdicts(scene, name).await {
            again += oracle.judge(&verdict.execution, &verdict.kept);
        }
    }
    println!(
        "{KILLS} kills of a mixed load: {} runs, 0 lost, 0 doubled, {again} effects begun again whose outcome was not kept",
        started.len()
    );
}
