use std::io::{Error, Result};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes before each payload.
pub(crate) const HEADER: usize = 5;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Hello,
    Run,
    Compile,
    Probe,
    Stop,
    Ready,
    Progress,
    Part,
    End,
}

impl Kind {
    const ALL: [(Self, u8); 9] = [
        (Self::Hello, 1),
        (Self::Run, 2),
        (Self::Compile, 3),
        (Self::Probe, 4),
        (Self::Stop, 5),
        (Self::Ready, 65),
        (Self::Progress, 66),
        (Self::Part, 67),
        (Self::End, 68),
    ];

    fn byte(self) -> u8 {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or(0, |(_, byte)| *byte)
    }

    fn of(byte: u8) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == byte).map(|(kind, _)| *kind)
    }

    /// Longest payload, in bytes.
    pub(crate) const fn longest(self) -> usize {
        match self {
            Self::Run => 16 << 20,
            Self::Part => 1 << 18,
            Self::Hello | Self::Compile | Self::Probe | Self::Ready | Self::End => 1 << 16,
            Self::Progress => 128,
            Self::Stop => 0,
        }
    }
}

/// The frame around `payload`.
pub(crate) fn framed(kind: Kind, payload: &[u8]) -> Result<Vec<u8>> {
    if payload.len() > kind.longest() {
        return Err(Error::other(format!("{kind:?} of {} bytes is too long", payload.len())));
    }
    let length = u32::try_from(payload.len()).map_err(Error::other)?;
    let mut frame = Vec::with_capacity(HEADER + payload.len());
    frame.push(kind.byte());
    frame.extend(length.to_le_bytes());
    frame.extend(payload);
    Ok(frame)
}

/// The frame of `message`.
pub(crate) fn encode(kind: Kind, message: &impl Serialize) -> Result<Vec<u8>> {
    // By name: what a later version adds is not taken for something else.
    framed(kind, &rmp_serde::to_vec_named(message).map_err(Error::other)?)
}

/// The message of a payload.
pub(crate) fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T> {
    rmp_serde::from_slice(payload).map_err(Error::other)
}

/// Kind and length of the payload, once there are enough bytes to tell.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Kind, usize)>> {
    let Some(&[byte, a, b, c, d]) = bytes.first_chunk::<HEADER>() else { return Ok(None) };
    let kind = Kind::of(byte).ok_or_else(|| Error::other(format!("a frame of kind {byte}")))?;
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    if length > kind.longest() {
        return Err(Error::other(format!("{kind:?} of {length} bytes is too long")));
    }
    Ok(Some((kind, length)))
}
