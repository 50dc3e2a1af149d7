use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_domain::guest::{GuestMetadata, ModuleRef};
use tapedeck_domain::job::{LimitKind, Limits};
use tapedeck_domain::port::{InspectError, ModuleInspector, RunControl, RunError};

use super::ChildRunner;
use super::cache::Sealed;
use super::converse::{Broken, Reply, converse};
use super::order::{File, Order};
use crate::in_process::unreadable;
use crate::wire::{Compile, How, Kind, encode, seal_bytes};

/// Compilations at once; more wait. Anybody may ask for one, whatever else is under way.
pub(super) const AT_ONCE: usize = 2;
/// Memory of a compilation, in MiB.
const MEMORY_MB: u64 = 1024;
/// Largest artifact, in bytes.
const MAX_ARTIFACT: u64 = 256 << 20;

#[async_trait]
impl ModuleInspector for ChildRunner {
    async fn inspect(&self, module: Arc<[u8]>) -> Result<GuestMetadata, InspectError> {
        let hash = ModuleRef::of(&module).content_hash;
        if let Some(known) = self.artifacts.get(&hash) {
            return Ok(known.about.clone());
        }
        let place = self.places.acquire().await;
        let _place = place.map_err(|closed| InspectError::Internal(closed.into()))?;
        Ok(self.compiled(&hash, module).await?.about.clone())
    }
}

impl ChildRunner {
    /// The compiled module of a run.
    pub(super) async fn artifact(
        &self,
        module: &ModuleRef,
    ) -> Result<Arc<Sealed<GuestMetadata>>, RunError> {
        let hash = &module.content_hash;
        if let Some(known) = self.artifacts.get(hash) {
            return Ok(known);
        }
        let bytes = self.modules.open(module).await.map_err(unreadable)?;
        let lost = || RunError::Strategy("its module is not in the store".to_owned());
        let compiled = self.compiled(hash, bytes.ok_or_else(lost)?).await;
        compiled.map_err(|error| match error {
            InspectError::Unusable(why) => RunError::Strategy(why),
            InspectError::Internal(source) => RunError::Internal(source),
        })
    }

    /// Compiles a module in a process of its own, and keeps the artifact.
    async fn compiled(
        &self,
        hash: &str,
        module: Arc<[u8]>,
    ) -> Result<Arc<Sealed<GuestMetadata>>, InspectError> {
        let turn = self.compilations.acquire().await;
        let _turn = turn.map_err(|closed| InspectError::Internal(closed.into()))?;
        let timeout = self.options.compile_timeout;
        let order =
            order(&module, timeout).map_err(|error| InspectError::Internal(error.into()))?;
        let control = RunControl::default();
        let work = converse(&self.pool, order, &control);
        let reply = match tokio::time::timeout(timeout, work).await {
            Ok(reply) => reply.map_err(unusable)?,
            Err(_) => return Err(too_long(timeout)),
        };
        let Reply { parts, how, .. } = reply;
        let about = match how {
            How::Compiled(metadata) => metadata,
            How::Unusable(why) => return Err(InspectError::Unusable(why)),
            other @ (How::Ran(_)
            | How::Probed(_)
            | How::Data(_)
            | How::Strategy(_)
            | How::Limit(_)
            | How::Stopped
            | How::Refused(_)
            | How::Failed(_)) => {
                return Err(failed(format!("the compilation ended with {other:?}")));
            }
        };
        let bytes = parts.len() as u64;
        let sealing = tokio::task::spawn_blocking(move || seal_bytes(&parts));
        let sealed = sealing.await.map_err(|error| InspectError::Internal(error.into()))?;
        let file = sealed.map_err(|error| InspectError::Internal(error.into()))?;
        Ok(self.artifacts.put(hash, Sealed { file, bytes, about }))
    }
}

fn order(module: &[u8], timeout: Duration) -> std::io::Result<Order> {
    let ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    let limits = Limits {
        cpu_ms: ms,
        output_bytes: MAX_ARTIFACT,
        ..Limits::of_time_and_memory(ms, MEMORY_MB)
    };
    let request = Compile { bytes: module.len() as u64, limits };
    let files = vec![File::Module(seal_bytes(module)?)];
    Ok(Order { frame: encode(Kind::Compile, &request)?, files, limits })
}

fn unusable(broken: Broken) -> InspectError {
    match broken {
        Broken::Limit(exceeded, _) if exceeded.kind == LimitKind::MemoryMb => {
            InspectError::Unusable("its compilation needs too much memory".to_owned())
        }
        Broken::Limit(exceeded, _) if exceeded.kind == LimitKind::CpuMs => {
            too_long(Duration::from_millis(exceeded.limit))
        }
        Broken::Limit(exceeded, _) => failed(format!("the compilation exceeded {exceeded:?}")),
        Broken::Stopped(_) => failed("the compilation was stopped"),
        Broken::Refused(layer) => failed(format!("nothing is compiled without {layer}")),
        Broken::Failed(why) => failed(why),
    }
}

fn too_long(timeout: Duration) -> InspectError {
    InspectError::Unusable(format!("its compilation takes longer than {} ms", timeout.as_millis()))
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> InspectError {
    InspectError::Internal(error.into())
}
