//! The runs screen: what needs a person first, everything else below it, details of the selected run.

mod columns;
mod details;
mod draw;
#[cfg(test)]
mod tests;

pub(crate) use draw::draw;
