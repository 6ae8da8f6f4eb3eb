//! The width from which on the runs screen has more.

/// From this width on the table has all columns and the reason stands in the row.
pub(crate) const WIDE: u16 = 110;
