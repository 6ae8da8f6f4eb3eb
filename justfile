# What CI runs.
ci:
    .ci/run

# README's second command.
test:
    cargo test --workspace

# README's first command.
demo:
    cargo run --release -- demo

# An archive and a .deb of what `cargo build --release` made.
package:
    cargo build --release
    .ci/package

# The numbers to reach; `just bench --list` names them.
bench *names:
    cargo build --release
    cargo run --release -p pilothouse-bench -- {{names}}

# What `just bench peer` measures beside ours.
peers:
    cargo install workmux --locked --root target/peers

# The real agent CLIs, pinned, in a folder of their own.
agents-install:
    npm install --no-fund --no-audit --prefix target/agents @anthropic-ai/claude-code@2.1.197 @openai/codex@0.169.0 \
        @google/gemini-cli@0.61.0 opencode-ai@1.18.33 @zed-industries/claude-agent-acp@0.23.1
    python3 -m venv target/agents/venv
    target/agents/venv/bin/pip install --quiet aider-chat==0.86.2

# The real agent CLIs at work against a scripted provider; no key, no network.
agents: agents-install
    PILOTHOUSE_PAUSE_SECONDS=60 cargo test -p pilothouse --test agents -- --ignored --test-threads=2

# Accepts the screens as they are drawn now, and draws the picture in README from them.
screens:
    INSTA_UPDATE=always cargo test -p pilothouse-tui

# Writes the documents that come from code.
docs:
    cargo run -p pilothouse-xtask -- docs

# Throws random orders of events and damaged lines at what must not fail; more cases than `just test`.
fuzz cases="20000":
    PROPTEST_CASES={{cases}} cargo test -p pilothouse-domain -p pilothouse-agents -p pilothouse-evidence

# Kills, fills, cuts and damages what real runs stand on; each suite prints what it did.
faults rounds="200":
    PILOTHOUSE_FAULT_ROUNDS={{rounds}} cargo test -p pilothouse --test kills --test power --test faults --test back \
        --test pause --test damage --test disk --test crowd --test repository -- --nocapture

# What an agent, a repository or a broken file can do to you: as root and as an ordinary user where you are root.
hostile:
    .ci/hostile
