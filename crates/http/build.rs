//! Embeds the script of `/redoc` where `scripts/fetch-web.sh` has put it, and nothing where it
//! has not: the build needs neither Node nor a network.

use std::path::Path;

#[expect(clippy::disallowed_methods, reason = "build scripts are told where to write by cargo")]
fn main() -> std::io::Result<()> {
    // The folder, not the file: cargo would take a file that is missing for changed, every time.
    println!("cargo::rerun-if-changed=web/bundle");
    let out = std::env::var_os("OUT_DIR").ok_or(std::io::ErrorKind::NotFound)?;
    let script = match std::fs::read_to_string("web/bundle/redoc.standalone.js") {
        Ok(script) => offline(&script),
        Err(_) => String::new(),
    };
    std::fs::write(Path::new(&out).join("redoc.js"), script)
}

/// The bundle loads one picture, its maker's logo, from the network. The page renders without it.
fn offline(script: &str) -> String {
    script
        .replace("https://cdn.redoc.ly/redoc/logo-mini.svg", "data:image/svg+xml,<svg/>")
        .replace("//# sourceMappingURL=redoc.standalone.js.map", "")
}
