//! A house whose gateway asks a scripted provider.

use std::io::{Read, Write};
use std::net::TcpStream;

use domain::money::Usd;
use domain::tokens::Tokens;
use metering::Prices;
use provider::ScriptedProvider;
use serde_json::Value;
use testkit::{CommandOutput, House, Repo, wait_until};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// The one key that the provider accepts.
pub(crate) const KEY: &str = "sk-real-0123456789-of-a-test";

pub(crate) struct Office {
    pub(crate) provider: ScriptedProvider,
    pub(crate) path: String,
    pub(crate) house: House,
}

impl Office {
    /// With a key in the environment.
    pub(crate) fn new(scenario: &str) -> Self {
        Self::with(scenario, "key_env = \"TEST_MODEL_KEY\"", "")
    }

    /// Where the key comes from, and more settings.
    pub(crate) fn with(scenario: &str, key: &str, more: &str) -> Self {
        let provider = ScriptedProvider::start().expect("a free port");
        provider.require(KEY);
        let path = format!("{scenario}.1");
        let upstream = provider.url(&path);
        let settings = format!(
            "{more}\n[provider.anthropic]\nupstream = {upstream:?}\n{key}\n[agent.rehearsal]\ngateway = true\n"
        );
        let house = House::with_settings(BINARY, Repo::with_files(5), &settings);
        Self { provider, path, house }
    }

    /// The command with the key in its environment, so that a daemon that it starts has it.
    pub(crate) fn say(&self, words: &[&str]) -> CommandOutput {
        let output = self.house.command(words).env("TEST_MODEL_KEY", KEY).output().expect("pilothouse starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        CommandOutput { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    pub(crate) fn ok(&self, words: &[&str]) -> String {
        let said = self.say(words);
        assert_eq!(said.code, 0, "pilothouse {words:?}: {}{}", said.out, said.err);
        said.out
    }

    pub(crate) fn run(&self, name: &str, more: &[&str]) -> Value {
        let words = ["run", "ask things", "--agent", "rehearsal:calls", "--name", name];
        self.ok(&[&words, more].concat());
        self.house.row(name).expect("a row")
    }

    /// Waits until the provider was asked so often.
    pub(crate) fn until_asked(&self, times: usize) {
        wait_until(&format!("{times} requests"), || match self.provider.asked(&self.path) {
            n if n >= times => Ok(()),
            n => Err(format!("{n}; {:#?}", self.house.rows())),
        });
    }

    /// Returns the tokens that the provider billed in all.
    pub(crate) fn billed(&self) -> Tokens {
        let mut sum = Tokens::default();
        self.provider.billed(&self.path).iter().for_each(|billed| sum += billed.tokens);
        sum
    }

    /// Returns the cost of what was billed by the built-in table, request by request.
    pub(crate) fn cost(&self) -> Usd {
        let prices = Prices::built_in();
        let now = domain::Timestamp::from_millis(jiff::Timestamp::now().as_millisecond());
        let each = self.provider.billed(&self.path);
        each.iter().map(|b| prices.cost(&b.model, now, &b.tokens, 0).expect("a model with a price")).sum()
    }

    /// Fails unless the row says exactly what the ledger says.
    pub(crate) fn assert_billed(&self, row: &Value) {
        assert_eq!(tokens(row), self.billed(), "{row:#}");
        assert_eq!(row["tokens_source"], "gateway");
        let cost = row["cost_usd"].as_f64().and_then(Usd::new).expect("a cost");
        assert_eq!(cost, self.cost(), "{row:#}");
    }

    /// The base URL that the run's agent was given; it stands in no file.
    pub(crate) fn base_url(&self, row: &Value) -> String {
        wait_until("an agent with a base URL", || {
            let found = supervisor::marked(&self.house.home(), row["id"].as_str().expect("an id"));
            let urls = found.iter().filter_map(|process| {
                let environ = std::fs::read(format!("/proc/{}/environ", process.pid)).ok()?;
                let text = String::from_utf8_lossy(&environ).into_owned();
                text.split('\0').find_map(|set| set.strip_prefix("ANTHROPIC_BASE_URL=").map(str::to_owned))
            });
            urls.into_iter().next().ok_or_else(|| format!("{found:?}"))
        })
    }
}

pub(crate) fn tokens(row: &Value) -> Tokens {
    let count = |name: &str| row["tokens"][name].as_u64().unwrap_or_else(|| panic!("no {name} in {row:#}"));
    Tokens {
        input: count("input"),
        output: count("output"),
        cache_read: count("cache_read"),
        cache_write: count("cache_write"),
    }
}

/// Sends one request as it stands, with a host, and returns the whole answer.
pub(crate) fn raw(url: &str, method: &str, rest: &str, headers: &str, body: &str) -> String {
    let place = url.strip_prefix("http://").expect("plain http");
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let mut stream = TcpStream::connect(host).expect("a gateway that serves");
    let length = body.len();
    write!(
        stream,
        "{method} /{path}{rest} HTTP/1.0\r\nhost: {host}\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
    .expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    answer
}
