//! What is handed to a process: a frame, and open files beside it.

use std::sync::Arc;

use tapedeck_domain::bars::Bars;
use tapedeck_domain::job::Limits;
use tapedeck_domain::port::{RunError, RunRequest};

use super::cache::Sealed;
use super::{ChildRunner, internal};
use crate::in_process::unreadable;
use crate::wire::{Kind, Run, Shape, encode, seal_bars};

/// A request, as it is sent.
pub(super) struct Order {
    pub(super) frame: Vec<u8>,
    pub(super) files: Vec<File>,
    pub(super) limits: Limits,
}

/// A file to hand over; it stays open until then.
pub(super) enum File {
    Bars(Arc<Sealed<Shape>>),
    Artifact(Arc<Sealed<tapedeck_domain::guest::GuestMetadata>>),
    Module(std::os::fd::OwnedFd),
}

impl std::os::fd::AsFd for File {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        match self {
            Self::Bars(sealed) => sealed.file.as_fd(),
            Self::Artifact(sealed) => sealed.file.as_fd(),
            Self::Module(file) => file.as_fd(),
        }
    }
}

impl ChildRunner {
    /// The order of a run, with everything that it needs.
    pub(super) async fn order(&self, request: &RunRequest) -> Result<Order, RunError> {
        let mut datasets: Vec<Arc<Sealed<Shape>>> = Vec::new();
        for hash in request.spec.datasets().map(|dataset| &dataset.content_hash) {
            if datasets.iter().all(|known| known.about.content_hash != *hash) {
                datasets.push(self.sealed(hash).await?);
            }
        }
        let artifact = match &request.spec.guest {
            Some(module) => Some(self.artifact(module).await?),
            None => None,
        };
        let run = Run {
            spec: request.spec.clone(),
            limits: request.limits,
            datasets: datasets.iter().map(|sealed| sealed.about.clone()).collect(),
            guest: artifact.as_ref().map(|artifact| artifact.bytes),
        };
        let frame = encode(Kind::Run, &run).map_err(internal)?;
        let files = datasets.into_iter().map(File::Bars).chain(artifact.map(File::Artifact));
        Ok(Order { frame, files: files.collect(), limits: request.limits })
    }

    /// The file of a dataset.
    async fn sealed(&self, hash: &str) -> Result<Arc<Sealed<Shape>>, RunError> {
        if let Some(known) = self.bars.get(hash) {
            return Ok(known);
        }
        let bars = self.datasets.open(hash).await.map_err(unreadable)?;
        let bars: Arc<Bars> = bars.ok_or_else(gone)?;
        let about = Shape::of(hash, bars.view());
        let sealing = tokio::task::spawn_blocking(move || seal_bars(bars.view()));
        let file = sealing.await.map_err(internal)?.map_err(internal)?;
        Ok(self.bars.put(hash, Sealed { file, bytes: about.bytes(), about }))
    }
}

fn gone() -> RunError {
    RunError::Data("its bars are not in the store".to_owned())
}
