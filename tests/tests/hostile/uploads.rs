//! Modules that attack before any run: whoever looks into them.

use crate::attack::{attacks, guest, guests, refused};
use crate::modules::{
    HOST, Wat, allocating, escaped, metadata_at, on_init, saying, slow, with, with_memory,
};

const FOR_EVER: &str = "(loop $more br $more)";

/// A valid module of so many bytes.
fn of_bytes(length: usize) -> Vec<u8> {
    let mut module = Wat::default().bytes();
    let name = b"\x04fill";
    let payload = length - module.len() - 6;
    // A custom section: its length takes five bytes.
    module.push(0);
    let mut left = payload as u32;
    for byte in 0..5 {
        let more = if byte < 4 { 0x80 } else { 0 };
        module.push((left & 0x7f) as u8 | more);
        left >>= 7;
    }
    module.extend(name);
    module.resize(length, 0);
    module
}

/// Functions with as many locals as there may be.
fn locals(functions: usize) -> Vec<u8> {
    let many = "(local i64)".replace("i64", &"i64 ".repeat(49_000));
    Wat { rest: &format!("(func {many})").repeat(functions), ..Wat::default() }.bytes()
}

/// Blocks within blocks.
fn nested(depth: usize) -> Vec<u8> {
    let (open, close) = ("block ".repeat(depth), "end ".repeat(depth));
    Wat { rest: &format!("(func {open} {close})"), ..Wat::default() }.bytes()
}

fn text(module: &str) -> Vec<u8> {
    wat::parse_str(module).unwrap()
}

fn importing(what: &str) -> Vec<u8> {
    Wat { imports: &format!("(import {what})"), ..Wat::default() }.bytes()
}

attacks! {
    an_endless_start_function: guest(with(&format!("(start $go) (func $go {FOR_EVER})")))
        .ends(refused(422, "in the start function: it took longer than a second"));
    an_endless_metadata: guest(metadata_at(&format!("{FOR_EVER} i64.const 0")))
        .ends(refused(422, "in metadata: it took longer than a second"));
    an_endless_alloc: guest(allocating(&format!("{FOR_EVER} i32.const 0")))
        .ends(refused(422, "in alloc: it took longer than a second"));
    an_endless_init: guest(on_init(FOR_EVER))
        .ends(refused(422, "in init: it took longer than a second"));
    a_flood_of_log_lines_before_the_first_bar: guest(on_init(
        "(loop $more i32.const 0 i32.const 9 call $log br $more)",
    )).ends(refused(422, "it exceeded log_lines = 1000"));
    a_recursion_before_the_first_bar: guest(on_init("local.get 0 local.get 1 call $init"))
        .ends(refused(422, "call stack exhausted"));
    four_gigabytes_of_memory: guests([
        with_memory(r#"(memory (export "memory") 65536)"#),
        with_memory(r#"(memory (export "memory") 65536 65536)"#),
    ]).ends(refused(422, "declares 4096 MiB of memory: at most 64"));
    memory_that_grows_before_the_first_bar: guest(on_init(
        "(loop $more i32.const 16 memory.grow drop br $more)",
    )).ends(refused(422, "it exceeded memory_mb = 64"));
    a_table_of_four_billion_elements: guests([
        with("(table 0xffffffff funcref)"),
        with("(table 10001 funcref)"),
    ]).ends(refused(422, "a table of"));
    more_tables_than_one: guest(with("(table 1 funcref) (table 1 funcref)"))
        .ends(refused(422, "table"));
    a_module_that_is_too_large: guest(of_bytes(4 * 1024 * 1024 + 1))
        .ends(refused(413, "sandbox.max_module_bytes"));
    a_module_that_is_slow_to_compile: guest(slow(60))
        .env("TAPEDECK__SANDBOX__COMPILE_TIMEOUT_MS", "500")
        .ends(refused(422, "its compilation takes longer than 500 ms"));
    a_module_of_locals: guest(locals(25))
        .env("TAPEDECK__SANDBOX__COMPILE_TIMEOUT_MS", "100")
        .ends(refused(422, "its compilation"));
    a_module_of_nested_blocks: guest(nested(200_000))
        .env("TAPEDECK__SANDBOX__COMPILE_TIMEOUT_MS", "1000")
        .ends(refused(422, ""));
    imports_that_there_are_not: guests([
        importing(r#""env" "open" (func)"#),
        importing(r#""env" "abort" (func (param i32 i32 i32 i32))"#),
        importing(r#""wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))"#),
        importing(r#""tapedeck" "exec" (func (param i32))"#),
        importing(r#""tapedeck" "log" (func (param i64))"#),
        importing(r#""tapedeck" "log" (global i32)"#),
    ]).ends(refused(422, "it imports"));
    kinds_of_module_that_are_not_run: guests([
        text(r#"(module (memory (export "memory") 1 2 shared))"#),
        text(r#"(module (memory (export "memory") i64 1))"#),
        text("(module (memory 1) (memory 1))"),
        text("(module (func $f return_call $f))"),
        text("(module (tag))"),
        text("(module (type (struct)))"),
        text("(module (func (param i32) (result i32) local.get 0 i32.atomic.load) (memory 1 1 shared))"),
    ]).ends(refused(422, "it is no valid module"));
    what_is_no_module: guests([
        b"#!/bin/sh\nexit 0\n".to_vec(),
        b"\x7fELF\x02\x01\x01".to_vec(),
        b"\0asm\x0d\0\x01\0".to_vec(),
        vec![0; 1 << 20],
        vec![0xff; 4 << 20],
    ]).ends(refused(422, "only core modules|it is no WebAssembly module"));
    metadata_that_lies_outside_of_memory: guests([
        metadata_at("i64.const 0x7fffffff00000100"),
        metadata_at("i64.const 0x0001fff8000000ff"),
        metadata_at("i64.const 0x0000000000ffffff"),
        metadata_at("i64.const -1"),
    ]).ends(refused(422, "metadata has"));
    metadata_that_is_none: guests([
        saying(""),
        saying("null"),
        saying("\u{0}"),
        saying(&"[".repeat(60_000)),
        saying(&format!(r#"{{"params": {}}}"#, "[".repeat(60_000))),
        saying(r#"{"name": "x", "more": 1}"#),
        saying(r#"{"params": [{}]}"#),
    ]).ends(refused(422, "metadata"));
    metadata_of_many_parameters: guest(saying(&format!(
        r#"{{"params": [{}]}}"#,
        (0..700).map(|n| format!(
            r#"{{"name": "p{n}", "kind": "integer", "min": 1, "max": 9, "default": 5}}"#
        )).collect::<Vec<_>>().join(","),
    ))).ends(refused(422, "param"));
    room_that_is_none: guests([
        allocating("i32.const 0"),
        allocating("i32.const 7"),
        allocating("i32.const -8"),
        allocating("i32.const 131072"),
    ]).ends(refused(422, "alloc("));
    data_beyond_the_end_of_memory: guest(Wat {
        imports: HOST,
        rest: &format!(r#"(data (i32.const 131000) "{}")"#, escaped(&[7; 200])),
        ..Wat::default()
    }.bytes()).ends(refused(422, "out of bounds"));
}
