//! Modules that nobody wrote: compiling them neither panics nor hangs.

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use wasm_smith::{Config as Shape, Module as Smith};

use super::*;

const MUTANTS: usize = 2_000;
const SMITHS: usize = 200;

fn random() -> TestRunner {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(Config::default(), rng)
}

fn noise(random: &mut TestRunner, n: usize) -> Vec<u8> {
    use proptest::prelude::Rng as _;
    let mut bytes = vec![0; n];
    random.rng().fill_bytes(&mut bytes);
    bytes
}

/// A valid module with one to four bytes changed, cut off or put in.
fn mutant(sound: &[u8], noise: &[u8]) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    let (changes, noise) = noise.split_at(1);
    for step in noise.chunks_exact(4).take(1 + usize::from(changes[0] % 4)) {
        let at = usize::from(u16::from_le_bytes([step[0], step[1]])) % bytes.len();
        match step[2] % 8 {
            0 => drop(bytes.remove(at)),
            1 => bytes.insert(at, step[3]),
            2 => bytes[at] = bytes[at].wrapping_add(1),
            3 => bytes[at] ^= 1 << (step[3] % 8),
            _ => bytes[at] = step[3],
        }
    }
    bytes
}

#[test]
fn a_mutant_of_a_module_is_compiled_or_refused_with_a_sentence() {
    let metadata =
        r#"{"params": [{"name": "n", "kind": "integer", "min": 1, "max": 9, "default": 5}]}"#;
    let on_bar = "local.get $c local.get $o f64.gt if i32.const 1 return end i32.const 3";
    let sound = Wat { metadata, on_bar, ..Wat::default() }.bytes();
    let (mut random, mut refused) = (random(), 0);
    for _ in 0..MUTANTS {
        match compile(&mutant(&sound, &noise(&mut random, 17))) {
            Ok(_) => {}
            Err(why) => {
                assert!(!why.is_empty());
                refused += 1;
            }
        }
    }
    assert!(refused > MUTANTS / 4 && refused < MUTANTS, "{refused}");
}

#[test]
fn generated_modules_are_refused_with_a_sentence() {
    let mut random = random();
    let shape = Shape { max_memories: 1, threads_enabled: false, ..Shape::default() };
    for _ in 0..SMITHS {
        let noise = noise(&mut random, 2_048);
        let module = Smith::new(shape.clone(), &mut arbitrary::Unstructured::new(&noise));
        let Ok(module) = module else { continue };
        assert!(!refusal(&module.to_bytes()).is_empty());
    }
}
