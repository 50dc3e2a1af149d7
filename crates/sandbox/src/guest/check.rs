//! Whether a module fits the interface, before it runs.

use tapedeck_domain::guest::GuestForm;
use wasmtime::{ExternType, FuncType, MemoryType, Module};

use super::abi::{EXPORTS, HOST, IMPORTS, MAX_START_MB, ON_BAR, ON_BARS};
use super::log::cut;

/// Pages of a MiB.
const PAGES: u64 = 16;

/// How bars are handed to it.
///
/// # Errors
/// Everything about it that does not fit.
pub(super) fn form(module: &Module) -> Result<GuestForm, Vec<String>> {
    let mut faults: Vec<String> = imports(module);
    faults.extend(memory(module));
    faults.extend(EXPORTS.iter().filter_map(|(name, ty)| function(module, name, ty)));
    let has = |name| module.get_export(name).is_some();
    let form = match (has(ON_BAR.0), has(ON_BARS.0)) {
        (true, false) => Some((GuestForm::Single, ON_BAR)),
        (false, true) => Some((GuestForm::Batch, ON_BARS)),
        (true, true) => {
            faults.push("it exports both `on_bar` and `on_bars`: one is wanted".to_owned());
            None
        }
        (false, false) => {
            faults.push("it exports neither `on_bar` nor `on_bars`: one is wanted".to_owned());
            None
        }
    };
    faults.extend(form.and_then(|(_, (name, ty))| function(module, name, ty)));
    match form {
        Some((form, _)) if faults.is_empty() => Ok(form),
        Some(_) | None => Err(faults),
    }
}

fn imports(module: &Module) -> Vec<String> {
    let fault = |import: wasmtime::ImportType<'_>| {
        let (from, name) = (import.module(), import.name());
        let shown = format!("`{}.{}`", cut(from, 64), cut(name, 64));
        let Some((_, wanted)) = IMPORTS.iter().find(|(known, _)| from == HOST && *known == name)
        else {
            return Some(format!("it imports {shown}, which is not there{}", hint(from, name)));
        };
        let given = signature(&import.ty());
        (given != *wanted).then(|| format!("it imports {shown} as {given}, which is {wanted}"))
    };
    module.imports().filter_map(fault).collect()
}

fn hint(from: &str, name: &str) -> &'static str {
    match (from, name) {
        ("env", "abort") => "; compile AssemblyScript with `--use abort=`",
        ("env", "memory") => "; export memory, do not import it",
        ("env", _) => "; functions of the host are imported from `tapedeck`",
        ("wasi_snapshot_preview1" | "wasi_unstable", _) => {
            "; there is no WASI: build for a bare target such as wasm32-unknown-unknown"
        }
        _ => "",
    }
}

fn memory(module: &Module) -> Option<String> {
    match module.get_export("memory") {
        Some(ExternType::Memory(memory)) => declared(&memory),
        Some(_) => Some("its export `memory` is no memory".to_owned()),
        None => Some("it does not export `memory`".to_owned()),
    }
}

fn declared(memory: &MemoryType) -> Option<String> {
    let mb = memory.minimum().div_ceil(PAGES);
    (mb > MAX_START_MB).then(|| {
        format!("it declares {mb} MiB of memory: at most {MAX_START_MB}, and it may grow later")
    })
}

fn function(module: &Module, name: &str, wanted: &str) -> Option<String> {
    let Some(export) = module.get_export(name) else {
        return Some(format!("it does not export `{name}`, which is {wanted}"));
    };
    let given = signature(&export);
    (given != wanted).then(|| format!("it exports `{name}` as {given}, which is {wanted}"))
}

/// The type of a function, as the tables write it.
pub(super) fn signature(ty: &ExternType) -> String {
    ty.func().map_or_else(|| "no function".to_owned(), function_signature)
}

fn function_signature(ty: &FuncType) -> String {
    let list = |types: Vec<String>| types.join(", ");
    let params = list(ty.params().map(|ty| ty.to_string()).collect());
    let results: Vec<_> = ty.results().map(|ty| ty.to_string()).collect();
    match &results[..] {
        [one] => format!("({params}) -> {one}"),
        _ => format!("({params}) -> ({})", list(results)),
    }
}
