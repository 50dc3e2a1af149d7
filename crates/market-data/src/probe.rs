use async_trait::async_trait;
use reqwest::{Client, redirect};
use tapedeck_domain::port::{HealthProbe, Probe};

/// Whether the market-data service answers. Any answer below 500 counts: what it thinks of the
/// request does not matter here.
pub struct MarketDataProbe(Option<(Client, String)>);

/// No HTTP client can be made on this machine.
#[derive(Debug, thiserror::Error)]
#[error("no client for the market-data service can be made")]
pub struct NoClient(#[source] pub(crate) reqwest::Error);

impl MarketDataProbe {
    /// For a service at `url`, or for none.
    ///
    /// # Errors
    /// The system's certificates cannot be used.
    pub fn new(url: Option<&str>) -> Result<Self, NoClient> {
        let Some(url) = url else { return Ok(Self(None)) };
        install_tls();
        let client = Client::builder().redirect(redirect::Policy::none()).build();
        Ok(Self(Some((client.map_err(NoClient)?, url.to_owned()))))
    }
}

/// Chooses the cryptography of TLS for the whole process, which reqwest leaves to its user.
pub fn install_tls() {
    // Somebody else may have chosen before: then that choice serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[async_trait]
impl HealthProbe for MarketDataProbe {
    fn name(&self) -> &'static str {
        "market_data"
    }

    async fn probe(&self) -> Probe {
        let Some((client, url)) = &self.0 else { return Probe::not_configured() };
        match client.get(url).send().await {
            Ok(response) if response.status().as_u16() < 500 => {
                Probe::up().with_detail(format!("answers {}", response.status().as_u16()))
            }
            Ok(response) => Probe::down(format!("answers {}", response.status().as_u16())),
            // Without the URL, which may hold a key.
            Err(error) => {
                let error = error.without_url();
                Probe::down(format!("{error}: {}", root(&error)))
            }
        }
    }
}

/// What the system said, at the end of the chain.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), root)
}
