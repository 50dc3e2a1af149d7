//! Modules that are not accepted, and why.

use tapedeck_domain::guest::GuestForm;

use super::*;
use crate::guest::{abi, check, engine, imports};

#[test]
fn a_sound_module_says_what_it_is() {
    let metadata = r#"{"name": "Mine", "description": "Does.", "params": [
        {"name": "slow", "kind": "integer", "min": 2, "max": 90, "default": 50, "description": "Bars."},
        {"name": "fast", "kind": "number", "min": 0, "max": 1, "step": 0.5, "default": 1}]}"#;
    let metadata = compile(&Wat { metadata, ..Wat::default() }.bytes()).unwrap().metadata;
    assert_eq!((metadata.abi, metadata.form), (1, GuestForm::Single));
    assert_eq!(metadata.name.as_deref(), Some("Mine"));
    let names: Vec<_> = metadata.params.iter().map(|p| (p.name.as_str(), p.step)).collect();
    assert_eq!(names, [("slow", 1.0), ("fast", 0.5)]);
}

#[test]
fn parameters_come_in_the_order_of_the_metadata() {
    let metadata = r#"{"params": [{"name": "b", "kind": "number", "min": 0, "max": 9, "default": 1},
                                  {"name": "a", "kind": "number", "min": 0, "max": 9, "default": 2}]}"#;
    let init = "local.get $count i32.const 2 i32.ne if unreachable end \
                local.get $params f64.load local.get $params f64.load offset=8 f64.ge if unreachable end";
    let module = Wat { metadata, init, ..Wat::default() }.bytes();
    let mut spec = spec();
    let value =
        |name: &str, value| (name.to_owned(), tapedeck_domain::strategy::ParamValue::Number(value));
    spec.params = [value("a", 5.0), value("b", 4.0)].into_iter().collect();
    assert_eq!(run(&module, &bars(9), &spec).unwrap().1, None);
    spec.params = [value("a", 4.0), value("b", 5.0)].into_iter().collect();
    assert!(matches!(run(&module, &bars(9), &spec), Err(RunError::Strategy(_))));
    spec.params = [value("a", 4.0)].into_iter().collect();
    let Err(RunError::Strategy(what)) = run(&module, &bars(9), &spec) else { panic!() };
    assert_eq!(what, "`b` has no value");
}

#[test]
fn every_fault_of_imports_and_exports_is_told_at_once() {
    let module = ::wat::parse_str(
        r#"(module (import "env" "abort" (func)) (import "tapedeck" "value" (func (param i64)))
            (import "wasi_snapshot_preview1" "fd_write" (func)) (import "tapedeck" "order" (func))
            (func (export "alloc")) (func (export "on_bar")) (func (export "on_bars")))"#,
    );
    let why = refusal(&module.unwrap());
    for said in [
        "`env.abort`, which is not there; compile AssemblyScript with",
        "`tapedeck.value` as (i64) -> (), which is (i32, i32) -> f64",
        "there is no WASI",
        "`tapedeck.order`, which is not there",
        "does not export `memory`",
        "does not export `tapedeck_abi`",
        "exports `alloc` as () -> (), which is (i32) -> i32",
        "both `on_bar` and `on_bars`",
    ] {
        assert!(why.contains(said), "{said} is not in {why}");
    }
}

#[test]
fn what_is_no_module_for_this_server_is_told() {
    let text = |module: &str| refusal(&::wat::parse_str(module).unwrap());
    let told = [
        (refusal(b""), "no WebAssembly module"),
        (refusal(b"(module)"), "no WebAssembly module"),
        (refusal(b"\0asm\x0d\0\x01\0"), "is a component"),
        (refusal(b"\0asm\x01\0\0\0\x01"), "no valid module"),
        (text(r#"(module (memory (export "memory") 1 2 shared))"#), "no valid module: "),
        (text(r#"(module (memory (export "memory") i64 1))"#), "no valid module: "),
        (text("(module (memory 1) (memory 1))"), "no valid module: "),
        (text("(module (func $f return_call $f))"), "no valid module: "),
        (text("(module (tag))"), "no valid module: "),
        (text("(module (type (struct)))"), "no valid module: "),
        (
            text(
                "(module (func (param v128) (result v128) local.get 0 local.get 0 local.get 0 \
                 f32x4.relaxed_madd))",
            ),
            "no valid module: ",
        ),
    ];
    for (why, said) in told {
        assert!(why.contains(said), "{why}");
    }
}

#[test]
fn too_much_of_anything_is_refused() {
    let bytes = |memory, rest| Wat { memory, rest, ..Wat::default() }.bytes();
    let usual = Wat::default().memory;
    let big = r#"(memory (export "memory") 65536)"#;
    assert!(refusal(&bytes(big, "")).contains("declares 4096 MiB of memory: at most 64"));
    let why = refusal(&bytes(usual, "(table 100000 funcref)"));
    assert!(why.contains("a table of 100000 elements, and at most 10000"), "{why}");
    let why = refusal(&bytes(usual, "(table 1 funcref) (table 1 funcref)"));
    assert!(why.contains("table"), "{why}");
    let metadata_body = "i64.const 0x10000000ffffff";
    let why = refusal(&Wat { metadata_body, ..Wat::default() }.bytes());
    assert!(why.contains("metadata has 16777215 bytes, and at most 65536"), "{why}");
}

#[test]
fn what_a_module_answers_wrongly_is_told() {
    let ones = "a".repeat(101);
    let long = format!(r#"{{"name": "{ones}"}}"#);
    let param =
        r#"{"params": [{"name": "n", "kind": "integer", "min": 9, "max": 1, "default": 5}]}"#;
    let twice = r#"{"params": [{"name": "n", "kind": "number", "min": 0, "max": 1, "default": 0},
                               {"name": "n", "kind": "number", "min": 0, "max": 1, "default": 0}]}"#;
    let told = [
        (Wat { abi: 2, ..Wat::default() }, "tapedeck_abi returned 2: this server speaks 1"),
        (Wat { metadata: "nonsense", ..Wat::default() }, "metadata is not as it should be"),
        (Wat { metadata: r#"{"nmae": ""}"#, ..Wat::default() }, "unknown field `nmae`"),
        (Wat { metadata: &long, ..Wat::default() }, "`name` has more than 100 characters"),
        (Wat { metadata: param, ..Wat::default() }, "/params/n/max: must not be below `min`"),
        (Wat { metadata: twice, ..Wat::default() }, "two parameters are called `n`"),
        (Wat { metadata_body: "i64.const 0x7fffffff00000008", ..Wat::default() }, "memory ends at"),
        (Wat { metadata_body: "unreachable", ..Wat::default() }, "trap in metadata: "),
        (
            Wat {
                alloc_body: "i32.const 3",
                metadata: &param.replace("9, \"max\": 1", "1, \"max\": 9"),
                ..Wat::default()
            },
            "alloc(8) returned 3",
        ),
        (Wat { alloc_body: "i32.const -8", ..Wat::default() }, "alloc(0) returned 4294967288"),
    ];
    for (module, said) in told {
        let why = refusal(&module.bytes());
        assert!(why.contains(said), "{said} is not in {why}");
    }
}

#[test]
fn the_host_has_what_its_table_says_and_nothing_else() {
    let engine = engine::engine().unwrap();
    let linker = imports::linker(&engine).unwrap();
    let mut store = wasmtime::Store::new(&engine, super::super::Host::new(1, 1, Arc::default()));
    let mut there: Vec<(String, String)> = linker
        .iter(&mut store)
        .map(|(_, name, _)| name.to_owned())
        .collect::<Vec<_>>()
        .into_iter()
        .map(|name| {
            let function = linker.get(&mut store, abi::HOST, &name).unwrap();
            (name, check::signature(&function.ty(&store)))
        })
        .collect();
    there.sort();
    let mut told = abi::IMPORTS.map(|(name, ty)| (name.to_owned(), ty.to_owned()));
    told.sort();
    assert_eq!(there, told);
}

#[test]
fn the_description_of_the_interface_has_every_function_with_its_type() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guest-abi.md");
    let text = std::fs::read_to_string(path).unwrap();
    let all = abi::IMPORTS.into_iter().chain(abi::EXPORTS).chain([abi::ON_BAR, abi::ON_BARS]);
    for (name, ty) in all {
        assert!(text.contains(&format!("| `{name}` | `{ty}` |")), "{name} {ty}");
    }
}

#[test]
fn an_artifact_of_another_build_is_refused() {
    let artifact = compile(&Wat::default().bytes()).unwrap().artifact;
    for broken in [&artifact[..4], &artifact[..artifact.len() / 2], b"", &[0xff; 64]] {
        assert!(matches!(Guest::load(broken), Err(RunError::Internal(_))));
    }
}
