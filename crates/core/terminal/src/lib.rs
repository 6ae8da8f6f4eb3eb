//! What a program says to the terminal that it runs in: the screen that it draws, what it asks, and what it wants its
//! person told. Everything here is a value; who holds the terminal feeds it and sends what it answers.

mod emulator;
mod keyboard;
mod line_drawing;
mod piece;

pub use emulator::Emulator;
pub use keyboard::Keyboard;
pub use piece::{Control, Piece, Splitter, Strings};
