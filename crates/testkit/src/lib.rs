//! What tests stand on: real repositories, a real daemon in a state folder of its own, and waits with names.

mod attempt;
mod house;
mod repo;
mod wait;

pub use attempt::{Attempt, FAMILY, alive, gone};
pub use house::{House, Said};
pub use repo::Repo;
pub use wait::wait_until;
