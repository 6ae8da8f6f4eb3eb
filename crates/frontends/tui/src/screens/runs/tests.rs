//! Stored screens of the runs screen.
