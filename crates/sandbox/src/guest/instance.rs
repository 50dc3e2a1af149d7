//! A module with a memory of its own.

use std::ops::Range;

use wasmtime::{InstancePre, Memory, Store, TypedFunc, WasmParams, WasmResults};

use super::abi::MAX_METADATA;
use super::broke::Broke;
use super::host::{Host, Phase};

/// More than any run can use: what is used is read, and no limit.
const FUEL: u64 = i64::MAX.cast_unsigned();

/// A module with a memory of its own.
pub(super) struct Instance {
    store: Store<Host>,
    instance: wasmtime::Instance,
    memory: Memory,
}

impl Instance {
    /// Gives it a memory and runs its start function.
    pub(super) fn start(module: &InstancePre<Host>, host: Host) -> Result<Self, Broke> {
        let mut store = Store::new(module.module().engine(), host);
        store.limiter(|host| host);
        store.set_fuel(FUEL)?;
        store.epoch_deadline_callback(|mut guest| guest.data_mut().tick());
        store.set_epoch_deadline(1);
        let start = |error| Broke::from(error).at("in the start function");
        let instance = module.instantiate(&mut store).map_err(start)?;
        let memory = instance.get_memory(&mut store, "memory");
        let memory =
            memory.ok_or_else(|| Broke::Fault("it does not export `memory`".to_owned()))?;
        store.data_mut().memory = Some(memory);
        Ok(Self { store, instance, memory })
    }

    /// One of its functions.
    pub(super) fn function<P: WasmParams, R: WasmResults>(
        &mut self,
        name: &str,
    ) -> Result<TypedFunc<P, R>, Broke> {
        Ok(self.instance.get_typed_func(&mut self.store, name)?)
    }

    /// Calls one.
    #[inline]
    pub(super) fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        phase: Phase,
        function: &TypedFunc<P, R>,
        params: P,
    ) -> Result<R, Broke> {
        self.store.data_mut().phase = phase;
        Ok(function.call(&mut self.store, params)?)
    }

    /// Calls one that is called once, by its name.
    fn once<P: WasmParams, R: WasmResults>(
        &mut self,
        phase: Phase,
        name: &str,
        params: P,
    ) -> Result<R, Broke> {
        let function = self.function(name)?;
        self.call(phase, &function, params).map_err(|broke| broke.at(&format!("in {name}")))
    }

    /// The version of the interface that it speaks.
    pub(super) fn version(&mut self) -> Result<i32, Broke> {
        self.once(Phase::Metadata, "tapedeck_abi", ())
    }

    /// What it says of itself.
    pub(super) fn metadata(&mut self) -> Result<Vec<u8>, Broke> {
        let place: i64 = self.once(Phase::Metadata, "metadata", ())?;
        let place = place.cast_unsigned();
        let (start, length) = ((place >> 32) as usize, (place & u64::from(u32::MAX)) as usize);
        if length > MAX_METADATA {
            let what = format!("metadata has {length} bytes, and at most {MAX_METADATA} may be");
            return Err(Broke::Fault(what));
        }
        let memory = self.memory.data(&self.store);
        let text = memory.get(start..start + length).map(<[u8]>::to_vec);
        text.ok_or_else(|| {
            let size = memory.len();
            let what = format!("metadata has {length} bytes at {start}, and memory ends at {size}");
            Broke::Fault(what)
        })
    }

    /// Hands it its parameters.
    pub(super) fn init(&mut self, params: &[f64]) -> Result<(), Broke> {
        let place = self.room(size_of_val(params))?;
        put(&mut self.memory.data_mut(&mut self.store)[place.clone()], params, f64::to_le_bytes);
        // Both fit: the memory has 32-bit addresses.
        let (start, count) = (place.start as u32, params.len() as u32);
        self.once(Phase::Init, "init", (start.cast_signed(), count.cast_signed()))
    }

    /// Has it make room for bytes.
    pub(super) fn room(&mut self, length: usize) -> Result<Range<usize>, Broke> {
        let asked =
            i32::try_from(length).map_err(|_| Broke::Fault("it asks for too much".to_owned()))?;
        let start: i32 = self.once(Phase::Alloc, "alloc", asked)?;
        let start = start.cast_unsigned() as usize;
        let (end, size) = (start + length, self.memory.data_size(&self.store));
        if !start.is_multiple_of(8) || end > size || (start == 0 && length > 0) {
            return Err(Broke::Fault(format!(
                "alloc({length}) returned {start}: a multiple of 8 above 0 is wanted, with \
                 {length} bytes before the end of memory at {size}"
            )));
        }
        Ok(start..end)
    }

    /// Its memory, and what the host keeps beside it.
    pub(super) fn memory(&mut self) -> (&mut [u8], &mut Host) {
        self.memory.data_and_store_mut(&mut self.store)
    }

    /// What the host keeps beside it.
    #[inline]
    pub(super) fn host(&mut self) -> &mut Host {
        self.store.data_mut()
    }

    /// What it has used.
    pub(super) fn fuel(&self) -> u64 {
        self.store.get_fuel().map_or(0, |left| FUEL.saturating_sub(left))
    }
}

/// Writes values one after the other.
pub(super) fn put<T: Copy>(memory: &mut [u8], values: &[T], bytes: impl Fn(T) -> [u8; 8]) {
    let (slots, _) = memory.as_chunks_mut::<8>();
    slots.iter_mut().zip(values).for_each(|(slot, value)| *slot = bytes(*value));
}
