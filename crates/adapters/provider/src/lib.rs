//! A scripted model provider on loopback, so that real agents can be seen at work without a key and without a network.
//!
//! It speaks the real wire formats; the scenario is chosen by the path of the base URL, so that many agents with
//! different ones run against one server. Whatever it bills stands in its ledger.

mod anthropic;
mod chat;
mod client;
mod gemini;
mod ledger;
mod reply;
mod responses;
mod scenario;
mod server;
mod wire;

pub use ledger::Billed;
pub use scenario::ModelScenario;
pub use server::{BY_TASK, ScriptedProvider};
