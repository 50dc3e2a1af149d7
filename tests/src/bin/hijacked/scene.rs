//! What a hostile process knows of the world outside: read before the layers are on.

use std::io::{Error, Result};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

/// What is to be done, and to whom.
pub(crate) struct Scene {
    pub(crate) act: String,
    /// Files of others, one a line.
    pub(crate) files: Vec<String>,
    /// Where somebody listens: TCP, UDP and a Unix socket.
    pub(crate) tcp: String,
    pub(crate) udp: String,
    pub(crate) unix: String,
    pub(crate) server: u32,
    /// Its own end of the socket to the server.
    pub(crate) socket: UnixStream,
}

static SCENE: OnceLock<Scene> = OnceLock::new();

impl Scene {
    /// The server started this process with an empty environment; its own one has more.
    pub(crate) fn set(socket: UnixStream) -> Result<()> {
        let server = std::os::unix::process::parent_id();
        let environment = std::fs::read(format!("/proc/{server}/environ"))?;
        let environment = String::from_utf8_lossy(&environment).into_owned();
        let value = |name: &str| {
            let prefix = format!("{name}=");
            let found = environment.split('\0').find_map(|pair| pair.strip_prefix(&prefix));
            found.unwrap_or_default().to_owned()
        };
        let scene = Self {
            act: value("HOSTILE"),
            files: value("HOSTILE_FILES").lines().map(str::to_owned).collect(),
            tcp: value("HOSTILE_TCP"),
            udp: value("HOSTILE_UDP"),
            unix: value("HOSTILE_UNIX"),
            server,
            socket,
        };
        SCENE.set(scene).map_err(|_| Error::other("the scene is set twice"))
    }

    #[expect(clippy::expect_used, reason = "a play without a scene is a fault of the test")]
    pub(crate) fn get() -> &'static Self {
        SCENE.get().expect("the scene is set first")
    }
}
