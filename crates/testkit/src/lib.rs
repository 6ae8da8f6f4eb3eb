//! What tests stand on: real repositories, a real daemon in a state folder of its own, and waits with names.

mod attempt;
mod checked_house;
mod house;
mod replay;
mod repo;
mod rounds;
mod script;
mod seat;
mod standstill;
mod wait;

pub use attempt::{Attempt, FAMILY, alive, gone};
pub use checked_house::{checked_house, ready_house, watched_house};
pub use house::{CommandOutput, House};
pub use repo::{Repo, git_at};
pub use rounds::rounds;
pub use script::script;
pub use seat::TerminalSeat;
pub use standstill::standstill;
pub use wait::wait_until;
