//! Tokens out of providers' own answers, in exclusive buckets, and what they cost by a price table.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod api;
mod meter;
mod prices;
mod reading;
mod reference;
mod sse;

pub use api::Api;
pub use meter::Meter;
pub use prices::{Price, Prices, PricesError};
pub use reading::Reading;
pub use reference::reference;
