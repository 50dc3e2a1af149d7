//! Wasmtime as guests get it, and the thread that lets the host look in on them.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use tapedeck_domain::port::RunError;
use wasmtime::{Config, Engine, WasmFeatures};

/// How often a running guest is looked in on.
pub(super) const TICK: Duration = Duration::from_millis(5);
/// Enough for calls a few thousand deep.
const STACK: usize = 256 << 10;
/// A guest's whole address space: its memory never moves, and no access needs a check of its own.
/// Nothing of it counts as used before the guest grows into it.
const RESERVED: u64 = 4 << 30;
/// Beyond it, where offsets of accesses may reach.
const GUARD: u64 = 32 << 20;

/// The engine that compiles and the engine that runs: code fits only one set up alike.
pub(super) fn engine() -> Result<Engine, wasmtime::Error> {
    let mut config = Config::new();
    config
        .wasm_features(unwanted(), false)
        .cranelift_nan_canonicalization(true)
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(STACK)
        // The hardware finds accesses out of bounds, by guard pages; checks in code would make
        // guests slower, by up to twice.
        .signals_based_traps(true)
        .memory_reservation(RESERVED)
        .memory_guard_size(GUARD)
        .memory_may_move(false)
        // Without files in memory: a sealed process makes none.
        .memory_init_cow(false)
        .native_unwind_info(false)
        .shared_memory(false);
    Engine::new(&config)
}

/// What differs between machines, or is not needed and would only be there to be attacked.
fn unwanted() -> WasmFeatures {
    WasmFeatures::THREADS
        | WasmFeatures::SHARED_EVERYTHING_THREADS
        | WasmFeatures::MEMORY64
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::GC
        | WasmFeatures::FUNCTION_REFERENCES
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::EXCEPTIONS
        | WasmFeatures::STACK_SWITCHING
        | WasmFeatures::CUSTOM_PAGE_SIZES
        | WasmFeatures::WIDE_ARITHMETIC
        | WasmFeatures::COMPONENT_MODEL
}

/// Counts the engine's epochs for as long as it lives.
pub(super) struct Ticker {
    _alive: Sender<()>,
}

impl Ticker {
    /// Starts the thread.
    pub(super) fn start(engine: &Engine) -> Result<Self, RunError> {
        let (alive, ended) = channel();
        let engine = engine.weak();
        let tick = move || {
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
            }
        };
        let thread = thread::Builder::new().name("guest-ticker".to_owned()).spawn(tick);
        thread.map_err(|error| RunError::Internal(error.into()))?;
        Ok(Self { _alive: alive })
    }
}
