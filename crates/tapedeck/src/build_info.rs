use tapedeck_domain::manifest::Build;

/// What this program was built from.
pub(crate) fn build() -> Build {
    Build {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        revision: env!("TAPEDECK_REVISION").to_owned(),
        architecture: std::env::consts::ARCH.to_owned(),
    }
}
