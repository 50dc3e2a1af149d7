use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_domain::isolation::{IsolationPolicy, Layer, LayerPolicy, LayerReport};
use tapedeck_domain::job::Limits;
use tapedeck_domain::port::{Isolation, RunControl, RunError};
use tokio::time::Instant;

use super::converse::converse_with;
use super::order::Order;
use super::{ChildRunner, internal};
use crate::layers::Plan;
use crate::wire::{How, Kind, Probe, encode};

/// What was found a short while ago.
#[derive(Default)]
pub(super) struct Probed(Mutex<Option<(Instant, Vec<LayerReport>)>>);

/// How long a finding counts.
const FRESH: Duration = Duration::from_secs(10);

/// Limits of the process that is asked: it does nothing.
const LIMITS: Limits = Limits::of_time_and_memory(10_000, 512);

impl Probed {
    fn get(&self) -> Option<Vec<LayerReport>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(at, _)| at.elapsed() < FRESH).map(|(_, layers)| layers.clone())
    }

    fn put(&self, layers: &[LayerReport]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((Instant::now(), layers.to_vec()));
    }
}

#[async_trait]
impl Isolation for ChildRunner {
    fn policy(&self) -> IsolationPolicy {
        self.options.policy
    }

    async fn layers(&self) -> Result<Vec<LayerReport>, RunError> {
        if let Some(known) = self.probed.get() {
            return Ok(known);
        }
        // Nothing is required of this one, so that it says of each layer what became of it.
        let plan = Plan { policy: PREFERRED, ..self.options.plan() };
        let process = self.pool.start(&plan).await?;
        let mut layers = process.layers.clone();
        let frame = encode(Kind::Probe, &Probe { limits: LIMITS }).map_err(internal)?;
        let order = Order { frame, files: Vec::new(), limits: LIMITS };
        let control = RunControl::default();
        let talk = converse_with(process, &order, &control);
        let reply = tokio::time::timeout(PATIENCE, talk).await.map_err(internal)?;
        match reply?.how {
            How::Probed(further) => layers.extend(further),
            other @ (How::Ran(_)
            | How::Compiled(_)
            | How::Unusable(_)
            | How::Data(_)
            | How::Strategy(_)
            | How::Limit(_)
            | How::Stopped
            | How::Refused(_)
            | How::Failed(_)) => {
                return Err(internal(format!("the layers are unknown: {other:?}")));
            }
        }
        layers.sort_by_key(|report| Layer::ALL.iter().position(|layer| *layer == report.layer));
        self.probed.put(&layers);
        Ok(layers)
    }
}

/// How long a process may take to put on its layers.
const PATIENCE: Duration = Duration::from_secs(10);

const PREFERRED: IsolationPolicy = IsolationPolicy::same(LayerPolicy::Preferred);
