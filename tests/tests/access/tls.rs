//! Encrypted connections, with a certificate that is made here.
#![expect(clippy::disallowed_methods, reason = "these tests start programs")]

use std::path::Path;
use std::process::Command;

use tapedeck_tests::binary;
use tempfile::TempDir;

use super::serving::Serving;

const FILES: [(&str, &str); 2] = [
    ("TAPEDECK__SERVER__TLS_CERT_FILE", "cert.pem"),
    ("TAPEDECK__SERVER__TLS_KEY_FILE", "key.pem"),
];

fn certificate(dir: &Path, certificate: &str, key: &str) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-out", certificate, "-keyout", key])
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn curl(dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output =
        Command::new("curl").args(["-si"]).args(arguments).current_dir(dir).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn with_a_certificate_connections_are_encrypted_and_browsers_told_to_keep_to_it() {
    let dir = TempDir::new().unwrap();
    certificate(dir.path(), "cert.pem", "key.pem");
    let serving = Serving::start_with(dir.path(), &FILES, &[]);
    let url = format!("https://{}/healthz", serving.address);
    let (_, answer) = curl(dir.path(), &["--cacert", "cert.pem", &url]);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");
    assert_ne!(curl(dir.path(), &[&url]).0, Some(0), "nobody else vouches for it");
    let plain = format!("http://{}/healthz", serving.address);
    assert!(!curl(dir.path(), &[&plain]).1.contains("200"), "nothing is said in the clear");
    let port = serving.address.rsplit_once(':').unwrap().1;
    let mut healthcheck = Command::new(binary());
    healthcheck.env_clear().current_dir(dir.path()).envs(FILES).env("BACKEND_PORT", port);
    let healthy = healthcheck.arg("healthcheck").output().unwrap();
    assert!(healthy.status.success(), "{}", String::from_utf8_lossy(&healthy.stderr));
}

#[test]
fn files_that_are_missing_or_do_not_fit_are_named() {
    let dir = TempDir::new().unwrap();
    certificate(dir.path(), "cert.pem", "key.pem");
    certificate(dir.path(), "other.pem", "other-key.pem");
    std::fs::write(dir.path().join("empty.pem"), "").unwrap();
    for (certificate, key, expected) in [
        ("none.pem", "key.pem", "none.pem cannot be read"),
        ("cert.pem", "none.pem", "none.pem cannot be read"),
        ("empty.pem", "key.pem", "empty.pem has no certificate"),
        ("cert.pem", "empty.pem", "empty.pem has no private key"),
        ("cert.pem", "other-key.pem", "cannot be used"),
        ("cert.pem", "", "since server.tls_cert_file is set"),
    ] {
        let mut command = Command::new(binary());
        command.env_clear().current_dir(dir.path()).env("BACKEND_PORT", "0").arg("serve");
        command.env(FILES[0].0, certificate).env(FILES[1].0, key);
        let refused = command.output().unwrap();
        let message = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(78), "{message}");
        assert!(message.contains(expected), "{expected} in {message}");
    }
}
