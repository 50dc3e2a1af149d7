//! The examples of the kits, built by their own tools.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use tapedeck_domain::guest::GuestForm;
use tapedeck_domain::spec::{Check, Direction};
use tapedeck_domain::strategy::built_ins;
use tapedeck_engine::simulate as simulate_built_in;

use super::*;

fn kits() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("guests")
}

#[expect(clippy::disallowed_methods, reason = "the tools of the kits are programs")]
fn works(command: &str, arguments: &[&str], directory: &Path) -> bool {
    let ran = Command::new(command).args(arguments).current_dir(directory).output();
    match ran {
        Ok(ran) if ran.status.success() => true,
        Ok(ran) => panic!("{command} {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr)),
        Err(_) => false,
    }
}

/// The C example of a name.
fn c(name: &str) -> Vec<u8> {
    let built = tempfile::tempdir().unwrap();
    let out = built.path().join("strategy.wasm");
    let source = format!("{name}.c");
    let (target, out_text) = ("--target=wasm32", out.to_str().unwrap());
    let arguments =
        [target, "-O2", "-Wall", "-Werror", "-nostdlib", "-Wl,--no-entry", "-o", out_text, &source];
    let found =
        ["clang-14", "clang"].iter().any(|clang| works(clang, &arguments, &kits().join("c")));
    assert!(found, "there is no clang: scripts/fetch-kits.sh installs it");
    std::fs::read(out).unwrap()
}

/// The AssemblyScript example.
fn assemblyscript() -> Vec<u8> {
    let kit = kits().join("assemblyscript");
    let compiler = "node_modules/assemblyscript/bin/asc.js";
    assert!(kit.join(compiler).exists(), "there is no compiler: scripts/fetch-kits.sh fetches it");
    let built = tempfile::tempdir().unwrap();
    let out = built.path().join("strategy.wasm");
    let (source, options) = ("assembly/sma_crossover.ts", "-O3 --runtime stub --use abort=");
    let mut arguments = vec![compiler, source, "-o", out.to_str().unwrap()];
    arguments.extend(options.split(' '));
    assert!(works("node", &arguments, &kit), "there is no Node");
    std::fs::read(out).unwrap()
}

/// Runs a crossover as a guest and as it is built in, over ten thousand bars.
fn compare(module: &[u8], form: GuestForm) {
    let compiled = compile(module).unwrap();
    assert_eq!(compiled.metadata.form, form);
    let names: Vec<&str> = compiled.metadata.params.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["fast", "slow"]);
    let bars = bars(10_000);
    let mut spec = spec();
    spec.checks = vec![Check::Lookahead];
    for (fast, slow) in [(20.0, 50.0), (3.0, 7.0), (1.0, 2.0)] {
        let given = BTreeMap::from([("fast".to_owned(), fast), ("slow".to_owned(), slow)]);
        spec.params = built_ins()[0].params(&given).unwrap();
        for direction in [Direction::Long, Direction::Both] {
            spec.direction = direction;
            let market = bars.view().into();
            let expected = simulate_built_in(market, &spec, &mut Unattended).unwrap();
            let (mut report, broke_off) = run(module, &bars, &spec).unwrap();
            assert_eq!(broke_off, None);
            assert!(report.fuel.take().is_some_and(|fuel| fuel > 100_000));
            assert!(report.trades.len() > 100);
            assert_eq!(report, expected);
        }
    }
}

#[test]
fn the_c_example_trades_as_the_built_in_does() {
    compare(&c("sma_crossover"), GuestForm::Single);
}

#[test]
fn the_c_example_by_blocks_trades_as_the_built_in_does() {
    compare(&c("sma_crossover_batch"), GuestForm::Batch);
}

#[test]
fn the_assemblyscript_example_trades_as_the_built_in_does() {
    compare(&assemblyscript(), GuestForm::Single);
}
