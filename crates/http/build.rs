//! Embeds the files of `/docs` and `/redoc` where `scripts/fetch-web.sh` has put them, and nothing
//! where it has not: the build needs neither Node nor a network.

use std::path::Path;

/// What the pages load, under the names that `scripts/fetch-web.sh` gives.
const FILES: [&str; 4] =
    ["redoc.standalone.js", "swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];

#[expect(clippy::disallowed_methods, reason = "build scripts are told where to write by cargo")]
fn main() -> std::io::Result<()> {
    // The folder, not the files: cargo would take a file that is missing for changed, every time.
    println!("cargo::rerun-if-changed=web/bundle");
    let out = std::env::var_os("OUT_DIR").ok_or(std::io::ErrorKind::NotFound)?;
    for name in FILES {
        let file = std::fs::read(Path::new("web/bundle").join(name)).unwrap_or_default();
        std::fs::write(Path::new(&out).join(name), offline(file))?;
    }
    Ok(())
}

/// Redoc loads one picture, its maker's logo, from the network, and files name maps of their
/// sources that are not here. The pages render without.
fn offline(file: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(file) {
        Ok(text) => text
            .replace("https://cdn.redoc.ly/redoc/logo-mini.svg", "data:image/svg+xml,<svg/>")
            .replace("//# sourceMappingURL=redoc.standalone.js.map", "")
            .replace("/*# sourceMappingURL=swagger-ui.css.map*/", "")
            .into_bytes(),
        Err(picture) => picture.into_bytes(),
    }
}
