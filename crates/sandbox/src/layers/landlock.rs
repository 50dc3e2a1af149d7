//! No files and no TCP. What is open already goes on to work.

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, LandlockStatus, RestrictionStatus, Ruleset, RulesetAttr,
    RulesetError, RulesetStatus, Scope,
};

use super::Tried;

/// The newest version of Landlock whose rights are known here; of an older kernel's, all.
const NEWEST: ABI = ABI::V9;

pub(super) fn close() -> Tried {
    let status = restrict().map_err(|error| format!("the kernel refuses it: {error}"))?;
    match (&status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, LandlockStatus::NotImplemented) => {
            Err("the kernel has no Landlock".to_owned())
        }
        (RulesetStatus::NotEnforced, _) => Err("Landlock is off in this kernel".to_owned()),
        (RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced, status) => {
            Ok(held(&status))
        }
    }
}

/// Everything that there are rights for is handled, and no rule gives any of it back.
fn restrict() -> Result<RestrictionStatus, RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .restrict_self()
}

fn held(status: &LandlockStatus) -> String {
    let LandlockStatus::Available { effective_abi: abi, .. } = status else {
        return "no files".to_owned();
    };
    let covered = match abi {
        abi if *abi < ABI::V4 => "no files; TCP is not covered",
        abi if *abi < ABI::V6 => "no files, no TCP; signals and abstract sockets are not covered",
        _ => "no files, no TCP, no signals and no abstract sockets of others",
    };
    format!("{covered} (ABI {})", *abi as i32)
}
