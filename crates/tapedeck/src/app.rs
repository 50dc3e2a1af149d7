//! The application factory: settings in, a bound application out.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;
use tapedeck_application::Access;
use tapedeck_config::Settings;
use tapedeck_domain::port::Isolation;
use tapedeck_http::{HttpOptions, Server, StartUp, Starting};
use tapedeck_worker::{Refresher, Scheduler, Sealer, Worker};
use tokio_util::sync::CancellationToken;

use crate::adapters::Adapters;
use crate::components::Components;
use crate::listen::{self, Place};
use crate::metrics::Scraper;
use crate::surroundings;
use crate::system::{SystemClock, SystemIds};

/// An application that has its port and its database, and does not serve yet.
pub struct Application {
    server: Server,
    worker: Option<Worker>,
    scheduler: Option<Scheduler>,
    sealer: Sealer,
    refresher: Refresher,
    isolation: Arc<dyn Isolation>,
    access: Access,
    scraper: Arc<Scraper>,
    stop: CancellationToken,
}

/// Builds the application: takes the port, which answers from now on that the server is starting,
/// then opens the data directory and the database.
///
/// # Errors
/// The first thing that is not usable, with its name.
pub async fn build(settings: Settings) -> anyhow::Result<Application> {
    let place = listen::place(&settings.server).await?;
    let options = listen::options(&settings, &place)?;
    let start = StartUp {
        clock: Arc::new(SystemClock::start()),
        ids: Arc::new(SystemIds),
        tls: options.tls.clone(),
    };
    let starting =
        Starting::bind(place.address, start).with_context(|| cannot_listen(place.address))?;
    tracing::info!(address = %starting.address(), "starting");
    let components = Components::open(&settings).await?;
    allow(&components, &settings, &place).await?;
    serve(starting.finish().await, &components, &settings, options)
}

/// The same application over adapters of the caller's choice.
///
/// # Errors
/// As for [`build`].
pub async fn build_over(adapters: Adapters, settings: Settings) -> anyhow::Result<Application> {
    let place = listen::place(&settings.server).await?;
    let options = listen::options(&settings, &place)?;
    let listener =
        TcpListener::bind(place.address).with_context(|| cannot_listen(place.address))?;
    let components = Components::over(adapters, &settings).await?;
    allow(&components, &settings, &place).await?;
    serve(listener, &components, &settings, options)
}

fn cannot_listen(address: SocketAddr) -> String {
    format!("cannot listen on {address}")
}

/// Whether the API may be served there. Until now the port has told of its health alone.
async fn allow(components: &Components, settings: &Settings, place: &Place) -> anyhow::Result<()> {
    let access = &components.access;
    access.refresh().await.context("reading the access keys")?;
    listen::permit(place, &settings.server, access.is_closed() == Some(true))
}

fn serve(
    listener: TcpListener,
    components: &Components,
    settings: &Settings,
    options: HttpOptions,
) -> anyhow::Result<Application> {
    let stop = CancellationToken::new();
    let scraper = components.scraper();
    let services = components.services(stop.clone(), &scraper);
    let server = Server::on(listener, services, options).context("serving on the port")?;
    let worker = components.worker(&settings.executor);
    let scheduler = worker.is_some().then(|| components.scheduler(settings));
    let (sealer, refresher) = (components.sealer(), components.refresher());
    let isolation = components.adapters.isolation.clone();
    let access = components.access.clone();
    Ok(Application {
        server,
        worker,
        scheduler,
        sealer,
        refresher,
        isolation,
        access,
        scraper,
        stop,
    })
}

impl Application {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// What it measures.
    pub(crate) fn scraper(&self) -> Arc<Scraper> {
        Arc::clone(&self.scraper)
    }

    /// Stops it from elsewhere, when it is cancelled.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Serves until it is stopped. From then on it is not ready, claims nothing and ends streams,
    /// but answers requests while runs under way end, or are handed back to the queue when the
    /// time for that is up; then the server stops, too.
    ///
    /// # Errors
    /// The server failed.
    pub async fn run(self) -> anyhow::Result<()> {
        tracing::info!(address = %self.address(), "serving");
        tokio::spawn(surroundings::log(self.isolation));
        let (stop, handle) = (self.stop, self.server.handle());
        tokio::spawn(self.refresher.run(stop.clone()));
        let kept = self.access.keep(stop.clone().cancelled_owned());
        let kept = tokio::spawn(kept);
        let worker = self.worker.map(|worker| worker.run(stop.clone()));
        let scheduler = self.scheduler.map(|scheduler| tokio::spawn(scheduler.run(stop.clone())));
        let sealer = tokio::spawn(self.sealer.run(stop.clone()));
        let draining = stop.clone();
        let drained = tokio::spawn(async move {
            match worker {
                Some(worker) => worker.await,
                None => draining.cancelled().await,
            }
            // It stops at once, and has said which of its runs were interrupted.
            match scheduler {
                Some(scheduler) => scheduler.await,
                None => Ok(()),
            }
        });
        let ended = tokio::spawn(async move {
            let drained = drained.await;
            handle.stop().await;
            drained
        });
        let served = self.server.run().await.context("serving");
        stop.cancel();
        kept.await.context("the access keys broke off")?;
        let drained = ended.await.context("stopping broke off")?.context("the worker broke off")?;
        drained.context("the scheduler broke off")?;
        sealer.await.context("sealing the audit trail broke off")?;
        served
    }
}
