//! The real agent CLIs at work against a scripted provider: real daemon, real keeper, real worktrees. They need the
//! CLIs (`just agents-install`), so they run on demand.

mod aider;
mod claude;
mod claude_agent_acp;
mod codex;
mod demo;
mod gemini;
mod interactive;
mod metered;
mod office;
mod opencode;
mod stories;
