//! What a URL names: the server, how to speak to it, and how long to wait for it.

use std::sync::Arc;
use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::database::{DatabaseOptions, OpenError};

/// A server and a database on it. Cloning is cheap enough to do once a connection.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    tls: MakeRustlsConnect,
    place: Arc<str>,
    patience: Duration,
    setup: String,
}

impl Target {
    /// Reads a URL. The error names what is wrong and never the URL, which holds a password.
    pub(crate) fn parse(url: &str, options: &DatabaseOptions) -> Result<Self, OpenError> {
        let mut config: Config =
            url.parse().map_err(|error| OpenError::Url { reason: chain(&error) })?;
        if !says_ssl_mode(url) {
            let mode = if is_local(&config) { SslMode::Disable } else { SslMode::Require };
            config.ssl_mode(mode);
        }
        if config.get_application_name().is_none() {
            config.application_name("tapedeck");
        }
        config.connect_timeout(options.acquire_timeout);
        // A server that vanished without a word is noticed after about a minute.
        config.keepalives_idle(Duration::from_secs(30));
        config.keepalives_interval(Duration::from_secs(10)).keepalives_retries(3);
        let tls = tls().map_err(|error| OpenError::Url { reason: chain(&error) })?;
        let place = place(&config).into();
        let setup = setup(options.statement_timeout);
        Ok(Self { config, tls, place, patience: options.acquire_timeout, setup })
    }

    /// Host, port and database, for people.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Connects, within the patience of the options. A frozen server accepts a connection and
    /// then says nothing, so the limit holds for the whole of it.
    pub(crate) async fn connect(&self) -> Result<AsyncPgConnection, OpenError> {
        match tokio::time::timeout(self.patience, self.establish()).await {
            Ok(result) => result,
            Err(_) => Err(self.unreachable("no answer in time")),
        }
    }

    async fn establish(&self) -> Result<AsyncPgConnection, OpenError> {
        let connected = self.config.connect(self.tls.clone()).await;
        let (client, driver) = connected.map_err(|error| self.failed(&error))?;
        let made = AsyncPgConnection::try_from_client_and_connection(client, driver).await;
        let mut conn = made.map_err(|error| self.unreachable(error))?;
        conn.batch_execute(&self.setup).await.map_err(|error| self.unreachable(error))?;
        Ok(conn)
    }

    fn unreachable(&self, reason: impl ToString) -> OpenError {
        OpenError::Unreachable { place: self.place.to_string(), reason: reason.to_string() }
    }

    /// A server that refuses for good is told apart from one that may answer later.
    fn failed(&self, error: &tokio_postgres::Error) -> OpenError {
        let reason = chain(error);
        let for_good = [
            SqlState::INVALID_PASSWORD,
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
            SqlState::INVALID_CATALOG_NAME,
            SqlState::INSUFFICIENT_PRIVILEGE,
        ];
        if error.code().is_some_and(|code| for_good.contains(code)) {
            return OpenError::Refused { place: self.place.to_string(), reason };
        }
        self.unreachable(reason)
    }
}

/// Errors of the driver say the most in their sources.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

fn says_ssl_mode(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| pair.starts_with("sslmode="))
}

fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    })
}

fn place(config: &Config) -> String {
    let ports = config.get_ports();
    let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
    let host = |(at, host): (usize, &Host)| match host {
        Host::Tcp(name) => format!("{name}:{}", port(at)),
        Host::Unix(path) => format!("{}:{}", path.display(), port(at)),
    };
    let hosts: Vec<_> = config.get_hosts().iter().enumerate().map(host).collect();
    format!("{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

fn tls() -> Result<MakeRustlsConnect, rustls::Error> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // Named here: with two providers in one binary, the default one panics.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// The second limit frees the locks of a client that stopped between two statements. Plans are made
/// once a statement and connection: those that write for many callers take longer to plan than to
/// carry out, and their arrays say nothing about how they are best done.
fn setup(statement_timeout: Duration) -> String {
    let ms = statement_timeout.as_millis();
    format!(
        "SET statement_timeout = {ms}; SET idle_in_transaction_session_timeout = {}; \
         SET plan_cache_mode = force_generic_plan",
        ms.saturating_mul(2)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, OpenError> {
        let second = Duration::from_secs(1);
        let options = DatabaseOptions {
            max_connections: 1,
            acquire_timeout: second,
            statement_timeout: second,
        };
        Target::parse(url, &options)
    }

    #[test]
    fn only_what_stays_on_this_machine_is_plain_by_itself() {
        let mode = |url| target(url).unwrap().config.get_ssl_mode();
        assert_eq!(mode("postgres://u:p@127.0.0.1/x"), SslMode::Disable);
        assert_eq!(mode("postgres://u:p@localhost/x"), SslMode::Disable);
        assert_eq!(mode("postgres://u@%2Frun%2Fpg/x"), SslMode::Disable);
        assert_eq!(mode("postgres://u:p@db.example/x"), SslMode::Require);
        assert_eq!(mode("postgres://u:p@db.example/x?sslmode=disable"), SslMode::Disable);
        assert_eq!(
            mode("postgres://u:p@127.0.0.1/x?application_name=b&sslmode=require"),
            SslMode::Require
        );
    }

    #[test]
    fn a_place_has_no_password() {
        let place = |url| target(url).unwrap().place().to_owned();
        assert_eq!(place("postgres://u:secret@127.0.0.1:6000/x"), "127.0.0.1:6000/x");
        assert_eq!(place("postgres://u:secret@a,b:6/x"), "a:5432,b:6/x");
    }

    #[test]
    fn a_url_that_cannot_be_used_is_not_repeated() {
        let error = target("postgres://u:secret@h/x?sslmode=maybe").err().unwrap();
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(error.to_string().contains("sslmode"), "{error}");
    }
}
