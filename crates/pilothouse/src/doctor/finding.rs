//! A line of `pilothouse doctor`.

/// The result of one look at the machine, the repository or the settings.
pub(super) struct DoctorFinding {
    pub(super) name: &'static str,
    /// Whether all is well; `None`: nothing is wrong, but something is not known or worth knowing.
    pub(super) ok: Option<bool>,
    pub(super) says: String,
}
