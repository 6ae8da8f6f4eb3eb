//! The floor below the adapters: what several of them ask of the operating system in the same way.

mod files;
mod random;
mod writers_lock;

pub use files::{Lasts, sync_folder, write_whole};
pub use random::random_bytes;
pub use writers_lock::{is_writers_locked, take_writers_lock, try_writers_lock};
