//! The process that answers one request and ends.

mod accounts;
mod compile;
mod meter;
mod parts;
mod probe;
mod run;

use std::io::{Error, Result};
use std::os::fd::OwnedFd;

use accounts::Accounts;

use crate::layers::{self, Plan, Refused};
use crate::wire::{End, Hello, How, Kind, Link, Ready, VERSION, Versioned, decode, short};

/// Answers one request of the server at the other end of `socket`, inside all layers that it asks
/// for. To be called first thing, while the process has one thread.
///
/// # Errors
/// The server does not speak this protocol, or went away.
pub fn run_one(socket: OwnedFd) -> Result<()> {
    let accounts = Accounts::open()?;
    let mut link = Link::new(socket);
    let Some(plan) = greet(&mut link)? else { return Ok(()) };
    let mut child = Child { link, accounts, plan };
    match layers::enter(&plan) {
        Ok(layers) => child.link.send(Kind::Ready, &Ready { version: VERSION, layers })?,
        Err(refused) => return child.end(refusal(&refused)),
    }
    let Some(request) = child.link.receive()? else { return Ok(()) };
    match request.kind {
        Kind::Run => run::answer(child, decode(&request.payload)?, request.files),
        Kind::Compile => compile::answer(child, decode(&request.payload)?, request.files),
        Kind::Probe => probe::answer(child, &decode(&request.payload)?),
        Kind::Hello | Kind::Stop | Kind::Ready | Kind::Progress | Kind::Part | Kind::End => {
            Err(Error::other(format!("{:?} is no request", request.kind)))
        }
    }
}

/// What the server asks for around the process; `None` when it has gone again.
fn greet(link: &mut Link) -> Result<Option<Plan>> {
    let Some(first) = link.receive()? else { return Ok(None) };
    if first.kind != Kind::Hello {
        return Err(Error::other(format!("the first frame is {:?}", first.kind)));
    }
    // First, because of other versions nothing more is known.
    let Versioned { version } = decode(&first.payload)?;
    if version != VERSION {
        return Err(Error::other(format!(
            "the request is of version {version}, and this program reads {VERSION}"
        )));
    }
    let Hello { plan, .. } = decode(&first.payload)?;
    Ok(Some(plan))
}

/// The process, while it answers.
struct Child {
    link: Link,
    accounts: Accounts,
    plan: Plan,
}

impl Child {
    /// Says the last word.
    fn end(&mut self, how: How) -> Result<()> {
        let usage = self.accounts.usage();
        self.link.send(Kind::End, &End { how, usage })
    }
}

fn refusal(refused: &Refused) -> How {
    How::Refused(short(format!("{}: {}", refused.layer.as_str(), refused.detail)))
}
