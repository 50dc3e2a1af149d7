use std::io::{Error, Result, Write as _};
use std::os::fd::OwnedFd;

use super::parts::Parts;
use super::run::read_all;
use super::{Child, refusal};
use crate::wire::{Compile, How, short};
use crate::{guest, layers};

/// Compiles a module, and hands the artifact over.
pub(super) fn answer(mut child: Child, request: Compile, files: Vec<OwnedFd>) -> Result<()> {
    if let Err(refused) = layers::bound(&child.plan, &request.limits) {
        return child.end(refusal(&refused));
    }
    let Some(file) = files.into_iter().next() else {
        return Err(Error::other("the module was not sent"));
    };
    let module = read_all(file, request.bytes)?;
    super::run::end_with_the_socket(&child.link, None)?;
    if let Err(refused) = layers::seal_compiler(&child.plan) {
        return child.end(refusal(&refused));
    }
    let compiled = match guest::compile(&module) {
        Ok(compiled) => compiled,
        Err(why) => return child.end(How::Unusable(short(why))),
    };
    let mut parts = Parts::new(&mut child.link, request.limits.output_bytes);
    match parts.write_all(&compiled.artifact).and_then(|()| parts.flush()) {
        Err(_) if parts.over().is_some() => {
            child.end(How::Unusable("it is too large once it is compiled".to_owned()))
        }
        sent => sent.and_then(|()| child.end(How::Compiled(compiled.metadata))),
    }
}
