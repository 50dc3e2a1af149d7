//! What the process of a run puts around itself, layer by layer, before anything of a run is in
//! it. A layer that is on cannot be taken off again, by nobody.

mod cgroup;
mod landlock;
mod network;
mod privileges;
mod rlimits;
mod seccomp;
#[cfg(test)]
mod tests;
mod uid;

use seccomp::Purpose;
use serde::{Deserialize, Serialize};
use tapedeck_domain::isolation::{IsolationPolicy, Layer, LayerPolicy, LayerReport};
use tapedeck_domain::job::Limits;

/// What is to be put on.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// What has to hold, and what may be missing.
    pub(crate) policy: IsolationPolicy,
    /// The first of the users that runs become where the server is root.
    pub(crate) first_uid: u32,
}

/// A layer that has to hold, and does not.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) layer: Layer,
    pub(crate) detail: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the layer {} is required and cannot be had: {}",
            self.layer.as_str(),
            self.detail
        )
    }
}

impl std::error::Error for Refused {}

/// What came of a layer: how it holds, or why it does not.
type Tried = Result<String, String>;

/// The first layers: a process with one thread calls this before it reads anything of a request.
///
/// # Errors
/// One that is required does not hold: the process is to end.
pub(crate) fn enter(plan: &Plan) -> Result<Vec<LayerReport>, Refused> {
    let cgroup = plan.report(Layer::Cgroup, cgroup::enter())?;
    // Root leaves the network as root; who is not root, or not root enough, by a user namespace,
    // in which no user could be changed any more.
    let left = network::leave_as_root();
    let uid = plan.report(Layer::Uid, uid::become_nobody(plan.first_uid))?;
    let network = plan.report(Layer::Network, left.or_else(|_| network::leave_as_anybody()))?;
    let no_new_privs = plan.report(Layer::NoNewPrivs, privileges::renounce())?;
    let landlock = plan.report(Layer::Landlock, landlock::close())?;
    Ok(vec![cgroup, network, uid, no_new_privs, landlock])
}

/// The limits of the kernel, as soon as those of the run are known. What is needed from then on
/// has to fit into them: the bars, the threads, the compiled guest.
///
/// # Errors
/// As for [`enter`].
pub(crate) fn bound(plan: &Plan, limits: &Limits) -> Result<LayerReport, Refused> {
    if let Err(error) = cgroup::limit(rlimits::memory_bytes(limits)) {
        let detail = format!("the group takes no limit of memory: {error}");
        plan.report(Layer::Cgroup, Err(detail))?;
    }
    plan.report(Layer::Rlimits, rlimits::bind(limits, plan.first_uid))
}

/// The last one, on all threads: no thread starts, no file opens and no memory becomes code after
/// it. So the guest has been loaded and the threads run.
///
/// # Errors
/// As for [`enter`].
pub(crate) fn seal(plan: &Plan) -> Result<LayerReport, Refused> {
    let threads = rlimits::no_more_threads().map_err(|error| error.to_string());
    plan.report(Layer::Seccomp, threads.and_then(|()| seccomp::close(Purpose::Run)))
}

/// The same for a process that compiles: it may still make code and start threads.
///
/// # Errors
/// As for [`enter`].
pub(crate) fn seal_compiler(plan: &Plan) -> Result<LayerReport, Refused> {
    plan.report(Layer::Seccomp, seccomp::close(Purpose::Compile))
}

impl Plan {
    fn report(&self, layer: Layer, tried: Tried) -> Result<LayerReport, Refused> {
        match (tried, self.policy.of(layer)) {
            (Ok(detail), _) => Ok(LayerReport { layer, enforced: true, detail }),
            (Err(detail), LayerPolicy::Required) => Err(Refused { layer, detail }),
            (Err(detail), LayerPolicy::Preferred) => {
                Ok(LayerReport { layer, enforced: false, detail })
            }
        }
    }
}
