//! What an agent does by its own word, where it tells that beside its output.

/// An agent at its person's terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    Working,
    /// It asks its person something; what for, where it says that.
    Waiting(Option<String>),
    /// Its turn is over.
    Idle,
}
