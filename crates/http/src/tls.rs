//! Encryption of connections, from files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate with its key.
#[derive(Clone)]
pub struct Tls(pub(crate) ServerConfig);

/// Why connections cannot be encrypted. None of them shows anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// There is nothing of the kind in the file.
    #[error("{} has no {what} in PEM form", path.display())]
    Nothing {
        /// The file.
        path: PathBuf,
        /// What it should have.
        what: &'static str,
    },
    /// They do not belong together, or are not usable.
    #[error("the certificate {} and the key {} cannot be used: {reason}", certificate.display(), key.display())]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// That of the key.
        key: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Tls {
    /// From a certificate, with those that vouch for it after it, and its private key.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = certificates(certificate)?;
        let fault = |error| fault(key, "private key", &error);
        let private = PrivateKeyDer::from_pem_file(key).map_err(fault)?;
        let unusable = |error: rustls::Error| TlsError::Unusable {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            reason: error.to_string(),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
        let config = builder.with_no_client_auth().with_single_cert(chain, private);
        Ok(Self(config.map_err(unusable)?))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fault = |error| fault(path, "certificate", &error);
    let chain = CertificateDer::pem_file_iter(path).map_err(fault)?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(fault)?;
    if chain.is_empty() { Err(fault(PemError::NoItemsFound)) } else { Ok(chain) }
}

fn fault(path: &Path, what: &'static str, error: &PemError) -> TlsError {
    let path = path.to_owned();
    if let PemError::Io(error) = error {
        return TlsError::Unreadable { path, reason: error.to_string() };
    }
    TlsError::Nothing { path, what }
}
