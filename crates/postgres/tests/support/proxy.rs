//! A network that can fail: a proxy in front of the server.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::TestDatabase;

/// What becomes of connections: those made before `lost` are silent for good, and while `frozen`
/// is set, all are.
#[derive(Clone, Copy, Default)]
struct Weather {
    frozen: bool,
    lost: usize,
}

/// A proxy that passes everything on until it is told otherwise. No connection is ever closed.
pub(crate) struct Proxy {
    weather: watch::Sender<Weather>,
    made: watch::Receiver<usize>,
    port: u16,
}

impl Proxy {
    /// In front of the server of the tests.
    pub(crate) async fn start(database: &TestDatabase) -> Self {
        let url = database.url();
        let server = url.rsplit_once('@').unwrap().1.split_once('/').unwrap().0.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (weather, seen) = watch::channel(Weather::default());
        let (count, made) = watch::channel(0);
        tokio::spawn(serve(listener, server.parse().unwrap(), seen, count));
        Self { weather, made, port }
    }

    /// The URL of the database, by way of the proxy.
    pub(crate) fn url(&self, database: &TestDatabase) -> String {
        let url = database.url();
        let (user, rest) = url.rsplit_once('@').unwrap();
        format!("{user}@127.0.0.1:{}/{}", self.port, rest.split_once('/').unwrap().1)
    }

    /// Lets nothing through, or everything again, what was held back included.
    pub(crate) fn freeze(&self, frozen: bool) {
        self.weather.send_modify(|weather| weather.frozen = frozen);
    }

    /// Loses all connections of now, without a word to either side.
    pub(crate) fn lose(&self) {
        let made = *self.made.borrow();
        self.weather.send_modify(|weather| weather.lost = made);
    }
}

async fn serve(
    listener: TcpListener,
    server: SocketAddr,
    weather: watch::Receiver<Weather>,
    made: watch::Sender<usize>,
) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let number = *made.borrow();
        made.send_replace(number + 1);
        let server = TcpStream::connect(server).await.unwrap();
        let (client, server) = (client.into_split(), server.into_split());
        tokio::spawn(pass(client.0, server.1, number, weather.clone()));
        tokio::spawn(pass(server.0, client.1, number, weather.clone()));
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: usize,
    mut weather: watch::Receiver<Weather>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        let calm = |weather: &Weather| !weather.frozen && number >= weather.lost;
        if weather.wait_for(calm).await.is_err() || read == 0 {
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
