//! Modules as text.

/// A sound module, of which an attack changes a part.
pub(crate) struct Wat<'a> {
    pub(crate) imports: &'a str,
    pub(crate) memory: &'a str,
    pub(crate) metadata: &'a str,
    /// Instead of where the metadata is.
    pub(crate) metadata_body: &'a str,
    /// Instead of making room.
    pub(crate) alloc_body: &'a str,
    /// Locals: `$params $count`.
    pub(crate) init: &'a str,
    /// Locals: `$i $t $o $h $l $c $v`.
    pub(crate) on_bar: &'a str,
    /// Other functions, globals and sections.
    pub(crate) rest: &'a str,
}

impl Default for Wat<'_> {
    fn default() -> Self {
        Self {
            imports: "",
            memory: r#"(memory (export "memory") 2)"#,
            metadata: "{}",
            metadata_body: "",
            alloc_body: "",
            init: "",
            on_bar: "i32.const 0",
            rest: "",
        }
    }
}

const ALLOC: &str = "(local $at i32) global.get $next local.tee $at local.get 0 i32.add \
                     i32.const 15 i32.add i32.const -16 i32.and global.set $next local.get $at";

/// Functions of the host that attacks call.
pub(crate) const HOST: &str = r#"
    (import "tapedeck" "indicator" (func $indicator (param i32 i32) (result i32)))
    (import "tapedeck" "value" (func $value (param i32 i32) (result f64)))
    (import "tapedeck" "position" (func $position (result f64)))
    (import "tapedeck" "log" (func $log (param i32 i32)))
    (import "tapedeck" "enter_limit" (func $enter_limit (param i32 f64 i32)))
    (import "tapedeck" "enter_stop_limit" (func $enter_stop_limit (param i32 f64 f64 i32)))
    (import "tapedeck" "exit_trailing" (func $exit_trailing (param f64 f64 i32)))"#;

impl Wat<'_> {
    /// One that looks at a bar a call.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let params = "(param $i i32) (param $t i64) (param $o f64) (param $h f64) (param $l f64) \
                      (param $c f64) (param $v f64)";
        let on_bar = self.on_bar;
        self.module(&format!(r#"(func $on_bar (export "on_bar") {params} (result i32) {on_bar})"#))
    }

    /// One that looks at blocks of bars. Locals: `$bars $count $out`.
    pub(crate) fn batch(&self, on_bars: &str) -> Vec<u8> {
        let params = "(param $bars i32) (param $count i32) (param $out i32)";
        self.module(&format!(r#"(func (export "on_bars") {params} {on_bars})"#))
    }

    fn module(&self, form: &str) -> Vec<u8> {
        let Self { imports, memory, metadata, init, rest, .. } = self;
        let or =
            |own: &str, usual: &str| if own.is_empty() { usual.to_owned() } else { own.to_owned() };
        let place = 1024_u64 << 32 | metadata.len() as u64;
        let said = or(self.metadata_body, &format!("i64.const {place}"));
        let (alloc, text) = (or(self.alloc_body, ALLOC), escaped(metadata.as_bytes()));
        let text = format!(
            r#"(module {imports} {memory} (data (i32.const 1024) "{text}")
            (global $next (mut i32) (i32.const 65536))
            (func (export "tapedeck_abi") (result i32) i32.const 1)
            (func $alloc (export "alloc") (param i32) (result i32) {alloc})
            (func $metadata (export "metadata") (result i64) {said})
            (func $init (export "init") (param $params i32) (param $count i32) {init})
            {form} {rest})"#
        );
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Bytes as a string of the text format.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// One that does this at each bar, and then nothing.
pub(crate) fn on_bar(body: &str) -> Vec<u8> {
    let on_bar = format!("{body} i32.const 0");
    Wat { imports: HOST, on_bar: &on_bar, ..Wat::default() }.bytes()
}

/// One with this beside its functions.
pub(crate) fn with(rest: &str) -> Vec<u8> {
    Wat { imports: HOST, rest, ..Wat::default() }.bytes()
}

/// One with a memory of its own kind.
pub(crate) fn with_memory(memory: &str) -> Vec<u8> {
    Wat { memory, ..Wat::default() }.bytes()
}

/// One that does this when it gets its parameters.
pub(crate) fn on_init(init: &str) -> Vec<u8> {
    Wat { imports: HOST, init, ..Wat::default() }.bytes()
}

/// One that says this of itself.
pub(crate) fn saying(metadata: &str) -> Vec<u8> {
    let memory = r#"(memory (export "memory") 4)"#;
    Wat { metadata, memory, ..Wat::default() }.bytes()
}

/// One that computes this where it says where its metadata is.
pub(crate) fn metadata_at(metadata_body: &str) -> Vec<u8> {
    Wat { metadata_body, ..Wat::default() }.bytes()
}

/// What one says that has a parameter.
pub(crate) const ONE_PARAMETER: &str =
    r#"{"params": [{"name": "n", "kind": "integer", "min": 1, "max": 9, "default": 5}]}"#;

/// One that makes room like this, for its parameter.
pub(crate) fn allocating(alloc_body: &str) -> Vec<u8> {
    Wat { alloc_body, metadata: ONE_PARAMETER, ..Wat::default() }.bytes()
}

/// Functions whose compilation takes long.
pub(crate) fn slow(functions: usize) -> Vec<u8> {
    let step = "local.get 0 local.get 1 i64.rotl local.get 0 i64.popcnt i64.mul local.tee 0
                local.get 1 i64.div_u local.set 1 local.get 0 i64.eqz (if (then local.get 1 i64.clz
                local.set 0)) ";
    let body = step.repeat(600);
    let function = format!("(func (param i64 i64) (result i64) {body} local.get 0)");
    Wat { rest: &function.repeat(functions), ..Wat::default() }.bytes()
}
