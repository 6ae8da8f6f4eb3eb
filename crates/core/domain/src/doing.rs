//! What an agent does by its own word, where it tells that beside its output.

/// An agent at its person's terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    Working,
    /// The agent asks its person something; what for, where it says that.
    Waiting(Option<String>),
    /// The agent's turn is over.
    Idle,
}
