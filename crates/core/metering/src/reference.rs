//! The page on tokens and money, with the price table from the data that counts.

use std::fmt::Write as _;

use crate::prices::Prices;

const TEXT: &str = "\
# Tokens and money: where every figure comes from

<!-- Written by `just docs` from crates/core/metering and assets/prices.toml; a test fails when it is out of date. -->

Agents' own reports are wrong where it matters: when they are interrupted or killed, when a stream is cut, when a turn fails,
and for requests that they make beside the conversation. So pilothouse has a **gateway**: a process of its own on this
machine, through which an agent asks its models. It puts in the key, asks for the bill where a stream would not tell it, forwards
everything else as it is, and reads what the provider itself says it bills. What it can't see is shown as unknown.

## Whose figures

| in `ls --json` | on the screen | where they come from |
|---|---|---|
| `tokens_source: \"gateway\"` | `12k` | the gateway: the sum of what the provider said for every call of every attempt |
| `\"agent\"` | `~12k` | the agent's own report: at least one attempt did not go through the gateway |
| `\"transcript\"` | `~12k` | the agent's own session files, for agents in terminals of their own that do not go through it |
| `null` | `—` | nobody has said anything |

Never both: where the gateway stands between, the agent's report is kept in the timeline (`usage`, with `~`) and not counted.

**Buckets are exclusive**, so they can be added up: `input` is what was neither read from nor written to a cache, `cache_read`,
`cache_write`, and `output` with thinking in it. Providers count differently, and this is how they are brought together:

| provider | input | cache read | cache write | output |
|---|---|---|---|---|
| Anthropic Messages | `input_tokens` | `cache_read_input_tokens` | `cache_creation_input_tokens` | `output_tokens` |
| OpenAI Responses | `input_tokens` less the two to the right | `cached_tokens` | `cache_write_tokens` | `output_tokens` |
| OpenAI Chat Completions | `prompt_tokens` less the two to the right | `cached_tokens` | `cache_write_tokens` | `completion_tokens` |
| Gemini generateContent | `promptTokenCount` less cached, and `toolUsePromptTokenCount` | `cachedContentTokenCount` | – | `candidatesTokenCount` and `thoughtsTokenCount` |

**Steps within an answer** (`usage.iterations`: a compaction, an advisor that is another model) count each once, at the price of
its own model; of the call they are `beside`. Without the gateway Claude Code tells of every advisor, and of compactions only
in the last answer of a turn; `claude-agent-acp` 0.101 asks a model for titles too, which are in none of its own figures.

Every call is a line of `calls.jsonl` in the run's folder and an event `model.called` in its timeline: which model was asked for
and which answered, the buckets, time to the first byte, duration, HTTP status, how it ended. There is no content of a
conversation in it. `pilothouse show RUN --calls` and the tab Calls list them. A call counts once, also when the daemon or the
gateway is killed in the middle.

**A cut answer** (the agent was ended, the connection broke, the gateway was killed) is counted as far as the provider had
told its bill: Anthropic tells the input first and the output at the end, OpenAI tells all at the end, Gemini tells as it goes.
What the provider bills beyond that is not known. Such figures have a `+` on the screen, and `calls_cut` says how many
there are. Budgets count the most that such a call can cost (`at_most` of the event, never part of a measured figure): the
input by the length of the request unless the provider had told it, the output by the limit that the request sets. Ten cut
answers in a row pause the run, and it needs you.

**Who pays** is written down when an attempt starts, before its first call: `paid by` in `show`, `explain` and the timeline,
`paid_by` in `ls --json`. It is the key, by the variable, file or program that it comes from, or the agent's own login; `—`
where that is not known, as with Codex, Gemini CLI and OpenCode when they ask by themselves. A key of the environment goes
before a login of Claude Code: `[agent.claude] gateway = false` and no key in its environment leaves it to its login.

## How the gateway comes between

An agent goes through it when there is a key for its provider and it would use that key itself: Claude Code, its ACP
adapter and aider (where its model is named, or there is a key for each provider that it may ask: all of its requests go
through, or none). Others do when you say so, since they may have a login that you would rather use:

```toml
# ~/.config/pilothouse/config.toml
[agent.codex]
gateway = true          # false keeps an agent away from it

[provider.openai]       # anthropic, openai and gemini are built in with their usual variables
key_command = [\"pass\", \"show\", \"openai\"]    # or key_file = \"/path\", or key_env = \"NAME\"
```

`upstream` of a provider is its base URL, for a company's own endpoint. A base URL or key that you set for an agent
(`[agent.NAME] env`, or in your environment) is left as it is, unless you say `gateway = true`: then the gateway stands between
the agent and that URL, and the agent's own key is passed on. The same holds for an agent that has a login of its own and no
key is known: its login is passed through untouched, and counted. (Tried with API keys; no subscription was at hand to try that
with. Gemini CLI's Google login and Codex's ChatGPT login ask other addresses than the API, so they can't be counted: leave
`gateway` off for them.)

| agent | how it is told |
|---|---|
| `claude`, `claude-agent-acp` | `ANTHROPIC_BASE_URL`, and a token worth nothing in `ANTHROPIC_AUTH_TOKEN` |
| `codex` | a model provider of its configuration; what names the attempt is in its environment, not on its command line |
| `gemini` | `GOOGLE_GEMINI_BASE_URL`, `GEMINI_API_KEY`, and a settings file of the attempt that says a key is used (it trusts none below a folder that everybody may write to, such as `/tmp`) |
| `opencode` | the base URLs of its providers `anthropic`, `openai` and `google`, beside what you configured |
| `aider`, programs of your own | the usual variables of all three |

**The key** is read by the gateway when it is first needed and is in the memory of two processes: the gateway, and, where it
comes from a variable, the daemon, which hands it to a gateway that is started anew. It is in no file, log, timeline or command
line, and in the environment of no agent that goes through the gateway; the daemon takes it out of its own environment too. Set-up
commands do not get it. An agent that asks its providers itself gets the keys of those that it can ask, and no others; a program of
your own only where `gateway = false` says that it asks them itself, since any other agent of yours can read its environment.
A key that comes from a variable is that of **whoever asked for the run**: the shell that `run` was typed in, or the cockpit that
the form stands in, as it would be for a program started there. What is set where the daemon was started reaches no run of
somebody who has it not, unless your own settings name that variable (`key_env`). `retry` and `review --changes` begin an attempt
with the keys of the shell that they are typed in, `resume` goes on with those beside what the run had. Keys stay in memory, so
after both daemon and gateway were killed the daemon's own variable of that name goes on in its place, where there is one; else
the run says that the key is gone and that `retry` brings it.
A key that the provider refuses is fetched anew once; then the agent is told with a status that it does not try again.

**A key goes nowhere else.** The gateway is told at its start, and by no file, which addresses each key is for. Those of a
variable are what your settings named when the daemon was started: change `upstream` afterwards and the next run says so until
you `pilothouse daemon stop`. What may be asked there is a list: messages, responses, chat completions, embeddings and
generateContent, counting tokens, and which models there are. Other methods, other paths, paths that a server could read in two
ways, and requests above 64 MB are refused.

**What an agent can do about it.** In a sandbox it can write none of these files, and the gateway takes orders only from the
process that holds the daemon's lock. What a program of yours outside of the box does for it (a command given to a tmux server
whose socket it reaches) is taken for you, and could change what a run may use. Without a sandbox it runs as you do. It can't
read the memory of daemon and gateway, so it does not get a key of a variable, nor can it have one sent elsewhere while they
live, and passes that it writes, changes or puts back are not read. But it can end both, change your settings, and wait for you
to start them again; it can run a `key_command` and read a `key_file` as you can; it can read the environment of another agent,
and use that one's budget. Copies of passes are read only when daemon and gateway are both gone, or the gateway does not answer a
new daemon, which ends it then; they are sealed with the values of the variables, so where keys come from files or programs
an agent without a sandbox could write one, for the addresses of your settings only. As root it can read any process's memory.

Proxies and certificates are those of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`, `SSL_CERT_DIR`,
`NODE_EXTRA_CA_CERTS`, `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE`. WebSockets are refused, which agents that try them take as a
no and go on without.

While a run is paused its open answer is still read from the provider to its end and kept for the agent, so nothing is asked,
and paid, twice.

## Money

Money is tokens times the price table below: by the model that **answered**, the time of the call, the length of its input,
and how long a cache entry is kept. It is what the provider's public price list says, not your invoice: contracts, credits
and subscriptions are not in it. It is **unknown** (`—`, `null`) when

- the model is in no entry of the table,
- a bucket that was used has no price,
- the provider says that the call was not at the standard tier (priority, flex, fast, another region), or that it made web
  searches, which cost extra.

`tokens_unpriced` says how many tokens that is about. The sum of a day still counts what has a price and marks it with `+`.

Your own prices stand in `prices.toml` beside your `config.toml`, in the same form as [assets/prices.toml](../assets/prices.toml),
and count first:

```toml
[[price]]
models = [\"our-model-*\"]
input = 1.0              # USD per million tokens
output = 4.0
cache_read = 0.1
source = \"our contract\"
```

`pilothouse spend` sums up `--by agent`, `model`, `day`, `repo` or `run`; `$` in the cockpit shows the day as a plot. A day is one of
this machine's time zone, and a call belongs to the day that it began in.

## Budgets

```toml
[budget]
run = 5.0                # USD; or \"2M tokens\"
repository = 20.0        # all runs of one repository in a day
day = 50.0               # all runs in a day; in your own file only
```

`run TASK --budget 0.50` (or `--tokens 500k`) sets it for one run. At four fifths a line in the timeline warns. When a budget is
reached the next request is not forwarded, every process of the run is frozen, its worktree and session stay, and it stands with what
needs you. `resume RUN` gives it as much again, `resume RUN --budget USD` names what it may cost in all. A run that the day or the
repository stopped goes on when you raise that, or alone with a `--budget` of its own.

- **A request is sent only where all that are open fit in**, each as the most that it can cost; others wait for those to end.
  One that is alone is always sent as long as the budget is not reached. So the call that reaches it is paid in full, also
  where it is far beyond, and others are not. What the provider adds to a request by itself (a stored prompt, files named by a
  link) has no length that could be counted.
- It holds while the daemon is away: the gateway refuses by itself. An agent that hears of that gives up, and `resume` starts it again in
  the same session.
- What agents report beside the gateway counts too, when they report it: for them a budget stops late, and what they never
  report it can't stop.
- A budget in USD can't act on tokens that have no price, and says so in `show` and in the facts; one in tokens can.

## What is not in any figure

Requests that an agent makes past the gateway, where it has several providers and asks one that is not behind it; fees beside tokens; what a provider bills for a cut answer beyond what it had said; Gemini's price for storing caches.

## The price table

USD per million tokens. The first entry that fits a model at the time of a call counts.

";

/// `docs/spend.md`.
pub fn reference() -> String {
    format!("{TEXT}{}", table())
}

/// A row for each entry of the built-in table.
fn table() -> String {
    let mut text = String::from(
        "| models | input | output | cache read | cache write | 1 h | from | source |\n|---|---|---|---|---|---|---|---|\n",
    );
    let rate = |rate: Option<f64>| rate.map_or_else(|| "–".to_owned(), |rate| rate.to_string());
    for price in Prices::built_in().all() {
        let models: Vec<_> = price.models.iter().map(|name| format!("`{name}`")).collect();
        let from = match (price.from.as_deref(), price.until.as_deref()) {
            (from, None) => from.unwrap_or("–").to_owned(),
            (from, Some(until)) => format!("{} until {until}", from.unwrap_or("–")),
        };
        let _infallible = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {from} | <{}> |",
            models.join(" "),
            price.input,
            price.output,
            rate(price.cache_read),
            rate(price.cache_write),
            rate(price.cache_write_1h),
            price.source
        );
        if let Some(long) = &price.long {
            let above = domain::figures::count(long.above);
            let _infallible = writeln!(
                text,
                "| … above {above} of input | {} | {} | {} | {} | {} | | |",
                long.input,
                long.output,
                rate(long.cache_read),
                rate(long.cache_write),
                rate(long.cache_write_1h)
            );
        }
    }
    text
}
