//! The floor below the adapters: what several of them ask of the operating system in the same way.

mod writers_lock;

pub use writers_lock::{is_writers_locked, take_writers_lock, try_writers_lock};
