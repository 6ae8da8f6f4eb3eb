//! kill -9 of faces, daemons, keepers and agents at random moments. `PILOTHOUSE_FAULT_ROUNDS` says how many rounds.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use domain::Body;
use serde_json::Value;
use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");
const RUNS: usize = 4;

/// Random numbers that a failure can be repeated with (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

fn kill(pid: u32) -> bool {
    supervisor::Identity::of(pid).is_some_and(|identity| identity.kill())
}

/// Kills one of a kind, if there is one.
fn strike(house: &House, rows: &[Value], dice: &mut Dice, faces: &[u32]) -> Option<&'static str> {
    let row = &rows[usize::try_from(dice.below(rows.len() as u64)).expect("small")];
    let record = supervisor::keeper_record(&house.folder(row).join("attempts/build.1")).ok().flatten();
    let (kind, pid) = match dice.below(4) {
        0 => ("face", faces.get(usize::try_from(dice.below(faces.len().max(1) as u64)).expect("small")).copied()),
        1 => ("daemon", house.daemon_pid()),
        2 => ("keeper", record.map(|r| r.keeper.pid)),
        _ => ("agent", record.and_then(|r| r.agent).map(|a| a.pid)),
    };
    pid.filter(|pid| kill(*pid)).map(|_| kind)
}

// None is lost, doubled or mislabelled.
#[test]
fn random_kills_harm_no_run() {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").subsec_nanos();
    let mut killed: BTreeMap<&'static str, u32> = BTreeMap::new();
    let mut ends: BTreeMap<String, u32> = BTreeMap::new();
    for round in 0..testkit::rounds(5) {
        let house = House::new(BINARY, Repo::with_files(10));
        let mut dice = Dice(u64::from(seed) + round as u64);
        let when = format!("seed {seed}, round {round}");
        let rows: Vec<Value> = (0..RUNS).map(|n| house.run(&format!("run-{n}"), "success")).collect();
        let mut faces: Vec<_> = (0..3)
            .map(|_| {
                let mut face = house.command(&["run", "more", "--wait", "--agent", "rehearsal:no-change"]);
                face.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
            })
            .collect();
        let pids: Vec<u32> = faces.iter().map(std::process::Child::id).collect();
        let until = Instant::now() + Duration::from_millis(1_800);
        while Instant::now() < until {
            // A moment that nothing else decides: this is the fault, not a wait for something.
            std::thread::park_timeout(Duration::from_millis(40 + dice.below(260)));
            if let Some(kind) = strike(&house, &rows, &mut dice, &pids) {
                *killed.entry(kind).or_default() += 1;
            }
        }
        for face in &mut faces {
            let _ended_itself = face.kill();
            face.wait().expect("it ends");
        }
        for row in house.rows() {
            let name = row["name"].as_str().expect("a name").to_owned();
            let over = wait_until(&format!("{when}: {name} to be over"), || {
                let row = house.row(&name).ok_or("no such run")?;
                let over = matches!(row["status"].as_str(), Some("ready" | "failed" | "lost"));
                let releases = row["reason"] == "nothing was changed";
                if over && !releases {
                    Ok(row)
                } else {
                    Err(format!("{row:#}\n{}", house.say(&["timeline", &name]).out))
                }
            });
            house.assert_over(&name);
            let events = evidence::read(&house.folder(&over)).unwrap_or_else(|e| panic!("{when}: {e}"));
            let count = |is: fn(&Body) -> bool| events.iter().filter(|e| is(&e.body)).count();
            assert!(count(|b| matches!(b, Body::AttemptStarted(_))) <= 1, "{when}: {name} was started twice");
            let output = fs::read_to_string(house.folder(&over).join("attempts/build.1/stdout")).unwrap_or_default();
            assert!(output.matches("\"subtype\":\"init\"").count() <= 1, "{when}: {name} ran twice");
            let said = output.matches("\"type\":\"assistant\"").count();
            let heard = count(|b| matches!(b, Body::AgentMessage(_) | Body::ToolCalled(_)));
            assert_eq!(said, heard, "{when}: {name}: each line became one event");
            let status = over["status"].as_str().expect("a status").to_owned();
            if status == "ready" {
                assert_eq!(count(|b| matches!(b, Body::AgentFinished(_))), 1, "{when}: {name}");
            }
            *ends.entry(status).or_default() += 1;
        }
        // What did not come to its end goes on.
        let mut retried = 0;
        for row in house.rows().iter().filter(|row| row["status"] != "ready") {
            let name = row["name"].as_str().expect("a name");
            house.ok(&["retry", name]);
            retried += 1;
        }
        for row in house.rows() {
            house.wait_for(row["name"].as_str().expect("a name"), "ready");
        }
        *ends.entry("ready after a retry".to_owned()).or_default() += retried;
    }
    println!("kills: {killed:?}; runs ended {ends:?}");
}
