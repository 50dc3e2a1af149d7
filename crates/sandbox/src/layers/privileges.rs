//! No rights, and no way to any: no capabilities, none through programs that have them, and no
//! look into this process by others of its user.

use rustix::process::{DumpableBehavior, Resource, set_dumpable_behavior};
use rustix::thread::{
    CapabilitySet, CapabilitySets, clear_ambient_capability_set, set_capabilities, set_no_new_privs,
};

use super::{Tried, rlimits};

pub(super) fn renounce() -> Tried {
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_no_new_privs(true)
        .and_then(|()| clear_ambient_capability_set())
        .and_then(|()| set_capabilities(None, none))
        .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable))
        .and_then(|()| rlimits::lower(Resource::Core, 0))
        .map_err(|error| format!("the kernel refuses it: {error}"))?;
    Ok("no capabilities, no way to any, no core files".to_owned())
}
