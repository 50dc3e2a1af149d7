//! The kits that a guest strategy is begun with, as they are tested.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use tapedeck_domain::id::StrategyId;

#[derive(Args)]
pub(super) struct New {
    /// Name of the strategy: a-z, 0-9, `_` and `-`.
    name: StrategyId,
    /// What it is to be written in.
    #[arg(long)]
    language: Language,
    /// Where it is put; a directory of its name when nothing is said.
    #[arg(long)]
    dir: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    C,
    #[value(name = "assemblyscript")]
    AssemblyScript,
    Rust,
}

/// Path and content of a file.
type File = (&'static str, &'static str);

macro_rules! kit {
    ($kit:literal: $($file:literal)+) => {
        &[$(($file, include_str!(concat!("../../../sandbox/guests/", $kit, "/", $file)))),+]
    };
}

const C: &[File] = kit!("c": "README.md" "sma_crossover.c" "sma_crossover_batch.c" "tapedeck.h");
const ASSEMBLY_SCRIPT: &[File] = kit!("assemblyscript": ".npmrc" "README.md" "package.json"
    "package-lock.json" "assembly/sma_crossover.ts" "assembly/tapedeck.ts");
const RUST: &[File] = kit!("rust": "README.md" "Cargo.toml" "src/lib.rs" "src/tapedeck.rs");

impl Language {
    const fn files(self) -> &'static [File] {
        match self {
            Self::C => C,
            Self::AssemblyScript => ASSEMBLY_SCRIPT,
            Self::Rust => RUST,
        }
    }
}

impl New {
    /// Writes the files, none of them over another.
    #[expect(clippy::print_stdout, reason = "the output of a command")]
    pub(super) fn run(self) -> anyhow::Result<()> {
        let dir = self.dir.unwrap_or_else(|| PathBuf::from(self.name.as_str()));
        for (path, content) in self.language.files() {
            write(&dir.join(path), content)?;
        }
        let (name, place) = (self.name, dir.display());
        println!("{name} begins in {place}; its README.md says how it is built, and then:");
        println!("  tapedeck strategy check strategy.wasm");
        println!("  tapedeck strategy push strategy.wasm --id {name}");
        Ok(())
    }
}

fn write(path: &Path, content: &str) -> anyhow::Result<()> {
    let place = path.display();
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
    }
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!("{place} is there already"),
        Err(error) => return Err(error).with_context(|| format!("writing {place}")),
    };
    file.write_all(content.as_bytes()).with_context(|| format!("writing {place}"))
}
