//! What goes over the wire and is no call of a model, and what is refused.

use crate::office::{Office, raw};

// Foreign tokens and websockets don't.
#[test]
fn models_counting_and_head_pass_through() {
    let office = Office::new("slow");
    let row = office.run("talks", &[]);
    office.until_asked(1);
    let url = office.base_url(&row);
    assert!(raw(&url, "HEAD", "", "", "").starts_with("HTTP/1.0 200"));
    let models = raw(&url, "GET", "/v1/models", "", "");
    assert!(models.starts_with("HTTP/1.0 200") && models.contains("has_more"), "{models}");
    let counted = raw(&url, "POST", "/v1/messages/count_tokens", "", "{}");
    assert!(counted.contains("input_tokens"), "{counted}");
    let socket = "connection: upgrade\r\nupgrade: websocket\r\n";
    assert!(raw(&url, "GET", "/v1/responses", socket, "").starts_with("HTTP/1.0 400"));
    let (base, token) = url.trim_end_matches("/anthropic").rsplit_once('/').expect("a token");
    let other = if token.ends_with('0') { '1' } else { '0' };
    for foreign in [format!("{base}/{}{other}/anthropic", &token[..token.len() - 1]), format!("{base}/../anthropic")] {
        let answer = raw(&foreign, "POST", "/v1/messages", "", "{}");
        assert!(answer.starts_with("HTTP/1.0 403"), "{answer}");
    }
    let elsewhere = raw(&url.replace("/anthropic", "/elsewhere"), "POST", "/v1/messages", "", "{}");
    assert!(elsewhere.starts_with("HTTP/1.0 400") && elsewhere.contains("no provider"), "{elsewhere}");
    assert_eq!(office.provider.refused(), 0, "the real key goes with each of them");
    let calls = office.house.row("talks").expect("a row")["calls"].clone();
    assert_eq!(calls, 0, "none of that is a call of a model that has ended");
    office.house.ok(&["terminate", "talks", "--grace", "0s"]);
}

#[test]
fn a_gone_provider_is_told_and_retried() {
    let office = Office::with("500once", "key_env = \"TEST_MODEL_KEY\"", "");
    office.run("again", &[]);
    let ready = office.house.wait_for("again", "ready");
    office.assert_billed(&ready);
    let told = office.house.ok(&["timeline", "again", "--all"]);
    assert!(told.contains("status 500, scripted failure with status 500"), "{told}");

    let gone = Office::with("ok", "key_env = \"TEST_MODEL_KEY\"", "");
    let config = gone.house.home().join("config.toml");
    let nowhere = std::fs::read_to_string(&config)
        .expect("settings")
        .replace(&gone.provider.url(&gone.path), "http://127.0.0.1:9");
    std::fs::write(&config, nowhere).expect("written");
    gone.run("waits", &[]);
    testkit::wait_until("its tries", || {
        let row = gone.house.row("waits").expect("a row");
        if row["calls"].as_u64().is_some_and(|n| n >= 2) { Ok(()) } else { Err(row.to_string()) }
    });
    let shown = gone.house.ok(&["show", "waits", "--calls"]);
    assert!(shown.contains("http://127.0.0.1:9 can't be reached"), "{shown}");
    let row = gone.house.row("waits").expect("a row");
    assert!(row["tokens"].is_null() && row["cost_usd"].is_null(), "nothing is known, so nothing is shown: {row:#}");
    gone.house.ok(&["terminate", "waits", "--grace", "0s"]);
}
