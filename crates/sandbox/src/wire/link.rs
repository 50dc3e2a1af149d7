use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Read as _, Result, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::Serialize;

use super::frame::{HEADER, Kind, encode, framed, parse};

/// Files beside one frame, at most: two datasets and an artifact.
const MAX_FILES: usize = 3;

/// The end of the socket that the process has. It blocks.
pub(crate) struct Link(UnixStream);

/// A frame, and the files that came beside it.
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) payload: Vec<u8>,
    pub(crate) files: Vec<OwnedFd>,
}

impl Link {
    pub(crate) fn new(socket: OwnedFd) -> Self {
        Self(UnixStream::from(socket))
    }

    /// The same socket once more.
    pub(crate) fn again(&self) -> Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// The next frame; `None` when the other side has closed the socket between two.
    pub(crate) fn receive(&mut self) -> Result<Option<Frame>> {
        let (mut header, mut files) = ([0; HEADER], Vec::new());
        // Files come with the first byte of their frame.
        if receive_with_files(self.0.as_fd(), &mut header[..1], &mut files)? == 0 {
            return Ok(None);
        }
        let (kind, payload) = self.rest(header)?;
        Ok(Some(Frame { kind, payload, files }))
    }

    /// The kind of the next frame, whatever is in it; an error when there is no further one. Makes
    /// no system call but to read, which is all that a sealed process may.
    pub(crate) fn heed(&mut self) -> Result<Kind> {
        let mut header = [0; HEADER];
        self.0.read_exact(&mut header[..1])?;
        self.rest(header).map(|(kind, _)| kind)
    }

    /// What follows the first byte.
    fn rest(&mut self, mut header: [u8; HEADER]) -> Result<(Kind, Vec<u8>)> {
        self.0.read_exact(&mut header[1..])?;
        let (kind, length) = parse(&header)?.ok_or(ErrorKind::UnexpectedEof)?;
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload)?;
        Ok((kind, payload))
    }

    pub(crate) fn send(&mut self, kind: Kind, message: &impl Serialize) -> Result<()> {
        self.0.write_all(&encode(kind, message)?)
    }

    pub(crate) fn send_bytes(&mut self, kind: Kind, payload: &[u8]) -> Result<()> {
        self.0.write_all(&framed(kind, payload)?)
    }
}

fn receive_with_files(
    socket: BorrowedFd<'_>,
    bytes: &mut [u8],
    files: &mut Vec<OwnedFd>,
) -> Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut beside = RecvAncillaryBuffer::new(&mut space);
    let mut slices = [IoSliceMut::new(bytes)];
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = loop {
        match recvmsg(socket, &mut slices, &mut beside, flags) {
            Err(rustix::io::Errno::INTR) => {}
            received => break received?,
        }
    };
    for message in beside.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            files.extend(received);
        }
    }
    Ok(received.bytes)
}

/// Sends the first of `bytes`, with `files` beside them, and says how many. Does not block.
pub(crate) fn send_with_files(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    files: &[BorrowedFd<'_>],
) -> Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(Error::other("too many files for one frame"));
    }
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    Ok(sendmsg(socket, &[IoSlice::new(bytes)], &mut beside, flags)?)
}
