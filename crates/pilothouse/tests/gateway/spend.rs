//! Figures that equal the ledger, and where they are shown.

use crate::office::{KEY, Office, tokens};

// And the key is nowhere.
#[test]
fn spend_is_the_providers_bill() {
    let office = Office::new("ok");
    let row = office.run("asks", &[]);
    office.until_asked(4);
    // While it runs, nothing of it shows the key.
    for identity in supervisor::marked(&office.house.home(), row["id"].as_str().expect("an id")) {
        let environ = std::fs::read(format!("/proc/{}/environ", identity.pid)).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&environ).contains(KEY));
    }
    for pid in [office.house.daemon_pid(), office.house.gateway_pid()] {
        let pid = pid.expect("it serves");
        for file in ["environ", "cmdline"] {
            // Of a process that has keys only root may read this.
            let text = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&text).contains(KEY), "{file} of {pid}");
        }
    }
    let row = office.house.wait_for("asks", "ready");
    assert_eq!(office.provider.refused(), 0, "the real key came to the provider each time");
    assert_eq!(row["paid_by"], "the key in TEST_MODEL_KEY");
    assert!(office.house.ok(&["show", "asks"]).contains("paid by     the key in TEST_MODEL_KEY"));
    assert!(office.house.ok(&["explain", "asks"]).contains("the key in TEST_MODEL_KEY"));
    assert!(office.house.ok(&["timeline", "asks"]).contains("paid by the key in TEST_MODEL_KEY"));
    office.assert_billed(&row);
    assert_eq!((row["calls"].as_u64(), row["calls_cut"].as_u64()), (Some(12), Some(0)));
    assert!(row["times"]["thinking_ms"].as_u64().is_some_and(|ms| ms > 0), "{row:#}");
    office.house.assert_replayed("asks");
    for by in ["agent", "model", "day", "repo", "run"] {
        let sums = office.house.json(&["spend", "--by", by, "--json"]);
        let [sum] = sums.as_array().expect("an array").as_slice() else { panic!("{sums:#}") };
        assert_eq!(sum["total"].as_u64(), Some(office.billed().total()), "{by}: {sums:#}");
        assert_eq!(sum["cost_usd"].as_f64(), Some(office.cost().as_f64()), "{by}");
    }
    let shown = office.house.ok(&["show", "asks", "--calls"]);
    assert_eq!(shown.matches("claude-opus-4-8").count(), 12, "{shown}");
    assert!(shown.contains("measured by the gateway"), "{shown}");
    nothing_has_the_key(&office.house.home());
}

/// Looks through every file below.
fn nothing_has_the_key(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        match entry.file_type().expect("a type") {
            kind if kind.is_dir() => nothing_has_the_key(&path),
            kind if kind.is_file() => {
                let text = std::fs::read(&path).unwrap_or_default();
                let found = text.windows(KEY.len()).any(|part| part == KEY.as_bytes());
                assert!(!found, "{} has the key", path.display());
            }
            _ => {}
        }
    }
}

#[test]
fn billing_beside_the_figure_counts() {
    for (scenario, models) in [("compacted", 1), ("advised", 2)] {
        let office = Office::new(scenario);
        office.run("asks", &[]);
        let row = office.house.wait_for("asks", "ready");
        office.assert_billed(&row);
        assert!(row["tokens"]["input"].as_u64().expect("a count") > 12 * 150_000, "{row:#}");
        let sums = office.house.json(&["spend", "--by", "model", "--json"]);
        let sums = sums.as_array().expect("an array");
        assert_eq!(sums.len(), models, "{sums:#?}");
        let total: u64 = sums.iter().filter_map(|sum| sum["total"].as_u64()).sum();
        assert_eq!(total, office.billed().total());
        office.house.assert_replayed("asks");
    }
}

// A budget in money says that it cannot act.
#[test]
fn an_unpriced_model_costs_no_money() {
    let office = Office::with(
        "ok",
        "key_env = \"TEST_MODEL_KEY\"",
        "[agent.rehearsal.env]\nREHEARSAL_MODEL = \"nobody-knows-1\"\n",
    );
    office.run("dear", &["--budget", "0.01"]);
    let row = office.house.wait_for("dear", "ready");
    assert_eq!(tokens(&row), office.billed());
    assert!(row["cost_usd"].is_null(), "{row:#}");
    assert_eq!(row["tokens_unpriced"].as_u64(), Some(office.billed().total()));
    let shown = office.house.ok(&["show", "dear"]);
    assert!(shown.contains("it can't act on tokens that have no price"), "{shown}");
    let own = "[[price]]\nmodels = [\"nobody-*\"]\ninput = 1\noutput = 1\ncache_read = 1\nsource = \"a contract\"\n";
    std::fs::write(office.house.home().join("prices.toml"), own).expect("written");
    office.run("priced", &["--tokens", "60k"]);
    let row = office.house.wait_for("priced", "paused");
    let total = tokens(&row).total() as f64;
    let cost = row["cost_usd"].as_f64().expect("a person's own price");
    assert!((cost - total / 1e6).abs() < 1e-9, "{row:#}");
}

#[test]
fn a_direct_agent_counts_its_own_figures() {
    let office = Office::new("ok");
    office.house.ok(&["run", "work", "--agent", "rehearsal:success", "--name", "alone"]);
    let row = office.house.wait_for("alone", "ready");
    assert_eq!((row["tokens_source"].as_str(), row["calls"].is_null()), (Some("agent"), true), "{row:#}");
    assert!(row["cost_usd"].is_null(), "a rehearsal has no price: {row:#}");
}
