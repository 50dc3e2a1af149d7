//! Modules as text.

/// A sound module, of which a test changes a part.
#[derive(Clone, Copy)]
pub(super) struct Wat<'a> {
    pub(super) imports: &'a str,
    pub(super) memory: &'a str,
    pub(super) abi: i32,
    pub(super) metadata: &'a str,
    /// Instead of where the metadata is.
    pub(super) metadata_body: &'a str,
    /// Instead of making room.
    pub(super) alloc_body: &'a str,
    pub(super) init: &'a str,
    /// Locals: `$i $t $o $h $l $c $v`.
    pub(super) on_bar: &'a str,
    /// Other functions, globals and sections.
    pub(super) rest: &'a str,
}

impl Default for Wat<'_> {
    fn default() -> Self {
        Self {
            imports: "",
            memory: r#"(memory (export "memory") 2)"#,
            abi: 1,
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

impl Wat<'_> {
    fn on_bar(&self) -> String {
        let params = "(param $i i32) (param $t i64) (param $o f64) (param $h f64) (param $l f64) \
                      (param $c f64) (param $v f64)";
        format!(r#"(func $on_bar (export "on_bar") {params} (result i32) {})"#, self.on_bar)
    }

    /// As a module that looks at blocks of bars; locals: `$bars $count $out`.
    pub(super) fn batch(&self, on_bars: &str) -> Vec<u8> {
        let params = "(param $bars i32) (param $count i32) (param $out i32) (local $k i32)";
        self.module(&format!(r#"(func $on_bars (export "on_bars") {params} {on_bars})"#))
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.module(&self.on_bar())
    }

    fn module(&self, form: &str) -> Vec<u8> {
        let Self { imports, memory, abi, metadata, init, rest, .. } = self;
        let or =
            |own: &str, usual: &str| if own.is_empty() { usual.to_owned() } else { own.to_owned() };
        let said = or(
            self.metadata_body,
            &format!("i64.const {}", 1024_u64 << 32 | metadata.len() as u64),
        );
        let alloc = or(self.alloc_body, ALLOC);
        let escaped: String = metadata.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        let text = format!(
            r#"(module {imports} {memory} (data (i32.const 1024) "{escaped}")
            (global $next (mut i32) (i32.const 65536))
            (func (export "tapedeck_abi") (result i32) i32.const {abi})
            (func $alloc (export "alloc") (param i32) (result i32) {alloc})
            (func $metadata (export "metadata") (result i64) {said})
            (func $init (export "init") (param $params i32) (param $count i32) {init})
            {form} {rest})"#
        );
        ::wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}
