//! A network between the application and its database that can be cut and frozen.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the network does with connections, those that are open included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    Fair,
    /// Connections are reset.
    Cut,
    /// Connections stay open, and nothing comes through.
    Frozen,
}

/// A port in front of another one.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    weather: watch::Sender<Weather>,
}

impl Proxy {
    /// In front of `target`.
    pub async fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (weather, seen) = watch::channel(Weather::Fair);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, target, seen.clone()));
            }
        });
        Self { address, weather }
    }

    /// In front of the server of a database URL; with the URL that leads through it.
    pub async fn before_database(url: &str) -> (Self, String) {
        let (rest, host) = url.rsplit_once('@').unwrap();
        let (host, name) = host.split_once('/').unwrap();
        let proxy = Self::before(host.parse().unwrap()).await;
        let url = format!("{rest}@{}/{name}", proxy.address);
        (proxy, url)
    }

    /// As if the server had been stopped.
    pub fn cut(&self) {
        self.weather.send_replace(Weather::Cut);
    }

    /// As if the server had been frozen.
    pub fn freeze(&self) {
        self.weather.send_replace(Weather::Frozen);
    }

    /// As if nothing had been.
    pub fn restore(&self) {
        self.weather.send_replace(Weather::Fair);
    }
}

async fn forward(mut client: TcpStream, target: SocketAddr, mut weather: watch::Receiver<Weather>) {
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    loop {
        let now = *weather.borrow_and_update();
        match now {
            Weather::Cut => return,
            Weather::Frozen => {
                if weather.changed().await.is_err() {
                    return;
                }
            }
            Weather::Fair => tokio::select! {
                _ = copy_bidirectional(&mut client, &mut server) => return,
                changed = weather.changed() => if changed.is_err() { return },
            },
        }
    }
}
