//! Holding an agent and all it starts inside of some folders: everything may be read, only these may be written to, and
//! only what is inside too may be sent signals.
//!
//! Landlock (landlock(7)) of the kernel does it; it needs no rights, is inherited by every child and can't be taken off.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, Scope,
};

/// The newest version of landlock whose rights are asked for; on older kernels what they know of them counts.
const NEWEST: ABI = ABI::V5;
/// Since this version (Linux 6.12) signals to processes outside and their abstract sockets can be held back too; where the
/// kernel is older they stay open.
const SCOPES: ABI = ABI::V6;
/// The oldest version that is enough: before it (Linux 6.2) any file could be emptied.
const LEAST: ABI = ABI::V3;
/// Devices that everybody writes to; disks are not among them.
const DEVICES: [&str; 7] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/ptmx", "/dev/pts", "/dev/shm"];

/// Whether this kernel can hold anything inside, and if not why.
///
/// # Errors
/// The reason, for a person.
pub fn sandbox_works() -> Result<(), String> {
    let tried =
        Ruleset::default().set_compatibility(CompatLevel::HardRequirement).handle_access(AccessFs::from_all(LEAST));
    let created = tried.and_then(Ruleset::create);
    created.map(drop).map_err(|error| format!("this kernel has no landlock ({error})"))
}

/// A ruleset by which only what lies in `writable` can be written to; paths that are not there are passed over.
pub(crate) fn ruleset(writable: &[String]) -> Result<RulesetCreated, String> {
    let told = |error: landlock::RulesetError| format!("the sandbox can't be made: {error}");
    let all = AccessFs::from_all(NEWEST);
    let handled = Ruleset::default().handle_access(all).and_then(|ruleset| ruleset.scope(Scope::from_all(SCOPES)));
    let ruleset = handled.and_then(Ruleset::create).map_err(told)?;
    let folders = writable.iter().map(String::as_str).chain(DEVICES);
    let mut ruleset = beneath(ruleset, "/", AccessFs::from_read(NEWEST)).map_err(told)?;
    for folder in folders {
        let path = Path::new(folder);
        let access = if path.is_dir() { all } else { all & AccessFs::from_file(NEWEST) };
        ruleset = beneath(ruleset, folder, access).map_err(told)?;
    }
    Ok(ruleset)
}

fn beneath(
    ruleset: RulesetCreated,
    path: &str,
    access: landlock::BitFlags<AccessFs>,
) -> Result<RulesetCreated, landlock::RulesetError> {
    match PathFd::new(path) {
        Ok(folder) => ruleset.add_rule(PathBeneath::new(folder, access)),
        Err(_) => Ok(ruleset),
    }
}
