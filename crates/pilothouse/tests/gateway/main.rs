//! The gateway between runs and a scripted provider: real processes, real requests, and the provider's ledger to hold every
//! figure against. The agent is the rehearsal's scenario `calls`, which asks as real agents do.

mod budgets;
mod crashes;
mod cuts;
mod forged;
mod keys;
mod narrow;
mod office;
mod spend;
mod wire;
