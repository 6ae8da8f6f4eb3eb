//! Where the documents of pilothouse can be read. Whoever installed the binary alone has none of them.

/// The command that shows where tokens and money come from.
pub const SPEND: &str = "`pilothouse help spend`";

/// How a proof pack is verified without pilothouse.
pub const VERIFY_BY_HAND: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/verify-by-hand.md");
