//! A network of its own, with nothing in it: not even its loopback is up.

use rustix::io::Errno;
use rustix::thread::UnshareFlags;

use super::Tried;

/// As the server's user. Root leaves the network before it leaves root, which could not do so
/// afterwards.
pub(super) fn leave_as_root() -> Tried {
    if !rustix::process::geteuid().is_root() {
        return Err("not root".to_owned());
    }
    match leave(UnshareFlags::NEWNET) {
        Ok(()) => Ok("an empty network namespace".to_owned()),
        Err(error) => Err(format!("the kernel refuses a network namespace: {error}")),
    }
}

/// As any user, by way of a user namespace. Nobody is mapped there, so that it gives no rights to
/// anything outside; the ones inside are put down by the layer after.
pub(super) fn leave_as_anybody() -> Tried {
    match leave(UnshareFlags::NEWUSER | UnshareFlags::NEWNET) {
        Ok(()) => Ok("an empty network namespace within a user namespace".to_owned()),
        Err(error) => Err(format!("the kernel refuses a user and a network namespace: {error}")),
    }
}

#[expect(unsafe_code, reason = "rustix has no safe call for it")]
fn leave(what: UnshareFlags) -> Result<(), Errno> {
    // SAFETY: the table of file descriptors stays shared; only namespaces part.
    unsafe { rustix::thread::unshare_unsafe(what) }
}
