//! The page on agents, from the data they are started by.

use std::fmt::Write as _;

use crate::dialect::Dialect;
use crate::registry::{Agent, Program, all};
use crate::traces::Traces;

const BEFORE: &str = "\
# The agents

<!-- Written by `just docs` from crates/core/agents; a test fails when it is out of date. -->

`pilothouse run TASK --agent NAME[:MODEL]` starts one of these, or a program of your own (below). A real agent works with
the login or key that it has on your machine.

| agent | get it with | oldest version tried | speaks | a key instead of a login |
|---|---|---|---|---|
";

const AFTER: &str = "
## What an agent may do without asking

`--policy`, or `policy` in your settings. Whatever is asked is answered with `y`, `Y` (for this run), `N` or `s` in the
cockpit, or with `pilothouse send`; question and answer stand in the timeline. `triage` and `show` print all of what is
asked (a plan, a patch, every field of a tool's input, up to 64 KiB) and what to type; `--question ID` in it binds an answer to
its question, and one that is gone is refused.

- **Leave** is allowed once (`--allow`), for this run (`--allow-run`), or denied (`--deny`, or what you say instead). ACP has
  no place for words in a refusal: Gemini CLI, OpenCode and the like are told them as the next prompt, when their turn is over.
- **Questions** of an agent (Claude Code's AskUserQuestion, Codex's request_user_input) are no leave: no policy answers them,
  and `--allow` is refused. `send RUN ANSWER`, or an ANSWER for each of several questions in their order: an option by its
  label or number, several with commas between, or words. `HEADER=ANSWER` names its question; the cockpit's one line takes
  several with `;` between. A question for a secret is not answered here, since answers are written down.
- **Forms** of a tool's server (MCP elicitation) are filled in with `NAME=VALUE`, declined with `--deny`, or taken away with
  `--cancel`.
- **Last words** that ask (\"Shall I proceed?\") stand on the row and in `show`. A run that did nothing else keeps its worktree
  and needs you; `send RUN TEXT` goes on in the agent's session, and brings the worktree back first where it is gone.
- What an agent asks its client for and pilothouse can't do is refused at once, and noted.

| | `ask` | `edits` (built in) | `all` | `sandboxed` |
|---|---|---|---|---|
| claude, claude-agent-acp | every edit and command that it would ask for | edits go through, other commands are asked | what it asks is allowed, and told | as `all`, held inside |
| codex | reads in its own sandbox, all else is asked | its sandbox lets it write to the worktree and commit; what it needs beyond is asked | no sandbox, nothing is asked | as `all`, held inside |
| gemini | its default mode | its mode autoEdit | its mode yolo | as `all`, held inside |
| opencode | edits, commands and fetches are asked; no sub-agents | commands are asked; no sub-agents | edits, commands and fetches are allowed, and what else it asks too | as `all`, held inside |
| aider, your own programs | they ask nothing in any policy | | | held inside |

**Held inside** means landlock of the kernel (Linux 6.2 or later): everything can be read, and written to are only the
worktree, the run's own folder for temporary files, a few devices such as `/dev/null` and terminals, the agent's own
folders in your home (its sessions, but also its settings: what it writes there counts in your next session with it), and
a store of git objects and refs of the run's own, beside its record in the state folder. git in the worktree writes there
and reads the repository's; pilothouse takes over what comes of it, each object by its content, and only onto the run's
branch. New branches are made; what the agent moved of others is kept below `refs/pilothouse/RUN/refs/` and moves nothing. A
repository with reftable has no such store: there its objects, refs and logs can be written to. Set-ups and checks of such a
run are held inside too, and may write to the worktree and the run's own folders. It holds for every process that the agent
starts. From Linux 6.12 on they can send signals only to each other,
and reach no abstract socket of a process outside; before, they can stop or kill whatever you can. Where the kernel can't hold
writes back such a run is not started.

What stays open: the network; sockets that have a path, so whoever listens there does what it is asked (a tmux server runs
commands, an ssh-agent signs, Docker does anything); mode, owner, times and extended attributes of files outside, which
landlock knows nothing of; and reading, your keys included.

In every policy an agent reads its own settings as it always does, also those that a repository brings along
(`.claude/`, `.gemini/`, `opencode.json`, …), which can allow things and name programs. Look at them before you start
agents on a repository that you don't know.

An agent can look at what pilothouse knows, and do nothing with it: starting, answering, ending runs and trusting commands
is refused to every process of a run. [A person's word](persons-word.md) says what that is worth. An agent gets the
environment of whoever started the daemon, without the variables that lead git to another repository (the list of
`git rev-parse --local-env-vars`; folders that `GIT_CONFIG_COUNT` says git may trust stay trusted), and with the PATH, keys,
terminal and language of whoever asked for the run; what `[agent.NAME] env` sets counts more.

A repository's own file can ask for `ask` or `edits`; only you can say `all` or `sandboxed`.

## Sessions, limits, ends

- **Going on.** `retry RUN --resume` continues the same session in the same worktree, which is checked to be the run's own
  first; it is the default after a crash. Gemini CLI overwrites a session that is loaded within the minute it began in, so
  there it waits for up to 70 seconds. aider has no sessions; a retry begins anew. So does one of a program of your own that
  reads `claude-stream` or `text`, since nothing tells it which session to go on in.
- **Limits.** Where the provider says when its limit is lifted, the run goes on by itself then (`limits.go_on_within`), one
  run of an agent after the other. Where that time has passed and the limit is still there, it waits for 1, 5, then 15
  minutes, and fails after five such attempts; where the provider says nothing, the run fails with the agent's words. Claude Code and Codex say such times; the others do not.
- **Ends.** An agent's own result counts, never its exit code, and only when none of its work goes on in the background: of
  Claude Code commands, helpers, wake-ups and single schedules, of Codex the threads of its helpers. Such a run is `working`,
  and its row says what is waited for, `limits.background_within` long (30 minutes unless you say otherwise, counted from the
  end of a turn). What is ended then, and what else an agent left, stands on the row. A person's own program that prints text has only its exit
  code; aider ends with 0 whatever happened, so its log decides.
- **Retries** of the agent are shown with their number by Claude Code and Codex. Gemini CLI and OpenCode try again silently.

## Tokens

Where the gateway stands between an agent and its models, tokens and money are what the provider says: [spend.md](spend.md)
tells when it does. Else they are the agent's own figures (`~`), never estimated. What an agent does not tell is missing in them:
answers that were cut, and requests for a title. OpenCode tells of its last step only, which is no count of a run, so it has
none (`—`). Gemini CLI's come from the chat files that it keeps in its own folder, a few seconds after it has answered. aider does
not tell what was cached, so all of it stands under input, and leaves out its request for a commit's message. In a terminal
of its own Codex asks for a title too, in a thread that it writes down nowhere.

## Agents that you start yourself

One that you start in a terminal of your own, with its working folder in a worktree of a repository that has runs or that
you look at, is shown as `observed`: on the screen below the runs, and in `ls` with `\"mode\": \"observed\"`. It is looked for
every three seconds while a cockpit is open, and before a list is printed.

| agent | what is known of it |
|---|---|
OBSERVED
A process counts as an agent by the name of its program. Its worktree and the terminal that it reads from are always known;
processor time and memory are measured once a minute while a cockpit is open.
Nothing else is claimed: it has no timeline, no checkpoint, no phase, no budget, and what it changes is not measured. A
question that it asks is answered in its own terminal. `pause`, `resume` and `terminate` (`p` and `x` in the cockpit) work
after a question, or with `--yes`: they are for the process that was seen, by its number and start time, and everything
below it, except what pilothouse itself started there. A process that left its tree and its sessions before that is not found.
When one is paused, the shell that it was started in takes its terminal back, as with ctrl-z: `fg` there brings it on
again.

## A program of your own

In your own `config.toml`; a repository can't name programs:

```toml
[agent.mine]
command = [\"my-agent\", \"--json\", \"{prompt}\"]   # also {model} and {attempt}, the folder of the attempt
reads = \"claude-stream\"                          # default: \"text\", each line is a message and exit code 0 is success
env = { MY_KEY = \"…\" }
```

`reads` is one of DIALECTS. A command without `{prompt}` gets its task on standard input in that dialect.

`--interactive` starts any such command in a terminal of its own, whatever `reads` says. The task stands where the command
has `{prompt}`; a command without it is started as it is, and nothing is typed for you, since a shell or an editor would take
the task for commands. Its exit code says how it ended: 0 is success.

The built-in `rehearsal` is scripted, and its models are its scenarios: `--agent rehearsal:slow` works for a minute,
`rehearsal:asks` asks for permission, `rehearsal:fails` gives up; `success`, `chatty`, `fails-once`, `limited`, `limit-ends`,
`forks`, `no-change`, `big-output`, `escape` and `hostile` are others; `calls` asks a real model twelve times, where it is given
one, `repairs` gets a file wrong until a check says so, and `edits` changes the files that its task names.

For a built-in agent `path`, `env`, `minimum` (the oldest version that may be started) and `gateway` can be set. With
`gateway = true` a program of your own finds the gateway in the usual variables (`ANTHROPIC_BASE_URL`, `OPENAI_BASE_URL`,
`OPENAI_API_BASE`, `GOOGLE_GEMINI_BASE_URL` and their keys).

## Without a key

`cargo run --release -- demo --agent NAME` plays the demo with a real agent that is installed: a scripted model on
loopback stands for the provider, which speaks Anthropic's Messages, OpenAI's Responses and Chat Completions, and Gemini's
generateContent. `just agents` installs all of them in `target/agents` and runs the tests with them.
";

/// `docs/agents.md`.
pub fn reference() -> String {
    let mut text = BEFORE.to_owned();
    for agent in all() {
        let get = match agent.program {
            Program::Own => "built in".to_owned(),
            Program::InPath { install, .. } => format!("`{install}`"),
        };
        let minimum = agent.minimum.unwrap_or("–");
        let key = agent.login.map_or("–", |(_, key)| key);
        let speaks = agent.dialect.name();
        let _infallible = writeln!(text, "| `{}` | {get} | {minimum} | {speaks} | {key} |", agent.name);
    }
    let dialects: Vec<_> = Dialect::ALL.iter().map(|dialect| format!("`{}`", dialect.name())).collect();
    let observed: String = all().iter().filter_map(|agent| Some((agent.name, traces(agent)?))).fold(
        String::new(),
        |mut rows, (name, known)| {
            let _infallible = writeln!(rows, "| `{name}` | {known} |");
            rows
        },
    );
    text + &AFTER.replace("DIALECTS", &dialects.join(", ")).replace("OBSERVED\n", &format!("{observed}\n"))
}

/// Says what is known of an agent that a person started.
fn traces(agent: &Agent) -> Option<&'static str> {
    if agent.program == Program::Own {
        return None;
    }
    Some(match agent.traces {
        Traces::Claude => {
            "whether it works, waits (and for what) or is idle, from its session file; model and tokens of the open \
             session with its subagents, from its transcripts"
        }
        Traces::Codex => {
            "when its turn is over, model and tokens, from the rollout file that it holds open; whether it works or asks \
             stands nowhere, so that is unknown"
        }
        Traces::Gemini | Traces::None => "that it runs; it says nowhere what it does, so that is unknown",
    })
}
