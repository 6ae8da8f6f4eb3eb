//! Whatever waits: never more at work than may be, the oldest first, nobody left behind, and the same grants for the same fleet.

use std::collections::BTreeSet;

use domain::{RunId, Timestamp};
use fleet::{FleetState, FreeSpace, Grant, WaitingRun, decide, yields};
use proptest::prelude::*;

const FLOOR: u64 = 1_000;

fn run(n: usize) -> RunId {
    let letter = |n: usize| char::from(b"bcdfghjkmn"[n % 10]);
    let id: String = [1, 10, 100].iter().map(|by| letter(n / by)).collect();
    RunId::parse(&format!("abc{}", id.chars().rev().collect::<String>())).expect("an id")
}

fn waiting() -> impl Strategy<Value = WaitingRun> {
    let free = prop_oneof![Just(None), (0..2 * FLOOR).prop_map(Some)];
    let places = prop::collection::vec(free, 0..3);
    let created = prop_oneof![Just(None), (0..50_i64).prop_map(|ms| Some(Timestamp::from_millis(ms)))];
    (created, prop::bool::weighted(0.2), places).prop_map(|(created_at, kept, places)| WaitingRun {
        run: run(0),
        created_at,
        kept_back: kept.then(|| "waits for the settings".to_owned()),
        writes_to: places.into_iter().map(|free| FreeSpace { at: "/d".to_owned(), free }).collect(),
    })
}

fn fleets() -> impl Strategy<Value = FleetState> {
    (0..20_u32, 0..20_u32, prop::collection::vec(waiting(), 0..40)).prop_map(|(limit, at_work, mut waiting)| {
        for (n, one) in waiting.iter_mut().enumerate() {
            one.run = run(n);
        }
        FleetState { limit, at_work, floor: FLOOR, waiting }
    })
}

fn may_begin(waiting: &WaitingRun) -> bool {
    waiting.kept_back.is_none() && waiting.writes_to.iter().all(|space| space.free.is_none_or(|free| free >= FLOOR))
}

proptest! {
    #[test]
    fn grants_keep_the_limit(fleet in fleets()) {
        let grants = decide(&fleet);
        let placed: Vec<&RunId> = grants.iter().filter_map(|grant| match grant {
            Grant::Place(run) => Some(run),
            Grant::Wait { .. } => None,
        }).collect();
        let free = fleet.limit.saturating_sub(fleet.at_work) as usize;
        prop_assert!(placed.len() <= free, "never more at work than may be");
        let distinct: BTreeSet<_> = placed.iter().collect();
        prop_assert_eq!(distinct.len(), placed.len(), "one place for a run");
        let can: Vec<&WaitingRun> = fleet.waiting.iter().filter(|one| may_begin(one)).collect();
        prop_assert_eq!(placed.len(), can.len().min(free), "no place stays empty that somebody could take");
        for one in &can {
            let has = placed.contains(&&one.run);
            let older_without = can.iter().any(|other| {
                !placed.contains(&&other.run) && (other.created_at, &other.run) < (one.created_at, &one.run)
            });
            prop_assert!(!has || !older_without, "the oldest first");
        }
        prop_assert!(placed.iter().all(|run| fleet.waiting.iter().any(|one| one.run == **run && may_begin(one))));
        prop_assert_eq!(grants, decide(&fleet), "the same fleet, the same grants");
    }

    #[test]
    fn every_run_gets_its_turn(fleet in fleets()) {
        // One run ends at a time, and nobody new comes: who can begin does so in as many turns as there are runs before it.
        let mut fleet = FleetState { limit: fleet.limit.max(1), at_work: 0, ..fleet };
        let can = fleet.waiting.iter().filter(|one| may_begin(one)).count();
        let mut begun = 0;
        for _ in 0..=can {
            for grant in decide(&fleet) {
                if let Grant::Place(run) = grant {
                    fleet.waiting.retain(|one| one.run != run);
                    fleet.at_work += 1;
                    begun += 1;
                }
            }
            fleet.at_work = fleet.at_work.saturating_sub(1);
        }
        prop_assert_eq!(begun, can);
    }

    #[test]
    fn exactly_one_run_yields(a in 0..40_usize, b in 0..40_usize, at in 0..3_i64, other in 0..3_i64) {
        prop_assume!(a != b);
        let (a, b) = (run(a), run(b));
        let [at, other] = [at, other].map(|ms| Some(Timestamp::from_millis(ms)));
        prop_assert_ne!(yields((at, &a), (other, &b)), yields((other, &b), (at, &a)));
        prop_assert!(at <= other || yields((at, &a), (other, &b)), "the younger one gives way");
    }
}

#[test]
fn a_waiting_run_says_why() {
    let one = WaitingRun {
        run: run(1),
        created_at: None,
        kept_back: None,
        writes_to: vec![FreeSpace { at: "/d".to_owned(), free: Some(10) }],
    };
    let grants = decide(&FleetState { limit: 1, at_work: 0, floor: FLOOR, waiting: vec![one] });
    let [Grant::Wait { why, .. }] = grants.as_slice() else { panic!("{grants:?}") };
    assert!(why.starts_with("waits for room: 10B free at /d"), "{why}");
}
