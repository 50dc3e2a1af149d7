//! The configurations that are shipped.

use std::process::Command;

use tapedeck_tests::binary;

use crate::{files, host};

#[test]
#[expect(clippy::disallowed_methods, reason = "runs a script")]
fn the_program_starts_with_the_configuration_of_production_and_with_the_defaults() {
    let mut command = Command::new(files::root().join("scripts/start-often.sh"));
    let output = command.arg(binary()).arg("2").output().unwrap();
    let said = host::said(&output);
    assert!(output.status.success(), "{said}");
    for name in ["production", "development"] {
        assert!(said.contains(&format!("{name}: 2 starts, each ready")), "{said}");
    }
}
