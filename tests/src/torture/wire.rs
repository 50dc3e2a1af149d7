//! The network between a server and its Postgres, which may swallow the one answer that counts.

mod session;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use session::Session;

/// What breaks a connection, once for each time that it is asked for.
#[derive(Debug, Default)]
struct Orders {
    /// Connections still to be cut when the answer to a commit is on its way.
    answers: AtomicU64,
    /// Connections still to be cut before a commit reaches the server.
    commits: AtomicU64,
    /// Those that were.
    done: AtomicU64,
}

impl Orders {
    fn take(&self, from: &AtomicU64) -> bool {
        let less = |left: u64| left.checked_sub(1);
        let taken = from.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok();
        self.done.fetch_add(u64::from(taken), Ordering::SeqCst);
        taken
    }
}

/// A port in front of Postgres.
pub struct Wire {
    /// Where it listens.
    pub address: SocketAddr,
    orders: Arc<Orders>,
}

impl Wire {
    /// In front of `target`.
    pub async fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let orders = Arc::new(Orders::default());
        let shared = Arc::clone(&orders);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, target, Arc::clone(&shared)));
            }
        });
        Self { address, orders }
    }

    /// The next commit reaches the server, and nobody hears that it was carried out.
    pub fn lose_an_answer(&self) {
        self.orders.answers.fetch_add(1, Ordering::SeqCst);
    }

    /// The next commit does not reach the server.
    pub fn lose_a_commit(&self) {
        self.orders.commits.fetch_add(1, Ordering::SeqCst);
    }

    /// Connections that were cut.
    pub fn cuts(&self) -> u64 {
        self.orders.done.load(Ordering::SeqCst)
    }
}

/// How long the server may take over a commit whose answer nobody waits for.
const CARRIED_OUT: Duration = Duration::from_millis(300);

/// Why nothing more is handed on.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Closed,
    /// The server has a commit, and its answer must not arrive.
    Deaf,
}

/// Returning closes the connection on both sides.
async fn forward(client: TcpStream, target: SocketAddr, orders: Arc<Orders>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let end = tokio::select! {
        () = copy(&mut from_server, &mut to_client) => End::Closed,
        end = questions(&mut from_client, &mut to_server, &orders) => end,
    };
    if end == End::Deaf {
        tokio::time::sleep(CARRIED_OUT).await;
    }
}

/// Hands questions on until one of them is to be lost.
async fn questions(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    orders: &Orders,
) -> End {
    let (mut session, mut buffer) = (Session::default(), vec![0; 1 << 16]);
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let message = &buffer[..count];
        let commits = session.hear(message);
        if commits && orders.take(&orders.commits) {
            return End::Closed;
        }
        let deaf = commits && orders.take(&orders.answers);
        if to.write_all(message).await.is_err() {
            return End::Closed;
        }
        if deaf {
            return End::Deaf;
        }
    }
    End::Closed
}

async fn copy(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
