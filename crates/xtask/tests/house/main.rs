//! The tests that hold the house together: who may import whom, names and sentences, sizes, crates from elsewhere.

mod circles;
mod dependencies;
mod layering;
mod sizes;
mod tidy;
mod tree;
mod words;
