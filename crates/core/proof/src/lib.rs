//! What a reviewer of a run can check, as texts and values; reading and writing files is for others.

pub mod report;
