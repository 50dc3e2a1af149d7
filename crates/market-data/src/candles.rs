use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url, redirect};
use tapedeck_domain::bars::{Bars, Columns};
use tapedeck_domain::dataset::{Interval, Symbol};
use tapedeck_domain::port::{Clock, MarketData, MarketDataError};
use tapedeck_domain::time::Timestamp;

use crate::answer::{self, PAGE};
use crate::probe::{NoClient, install_tls};

/// A service that answers `GET {url}/candles`.
pub struct MarketDataClient {
    client: Client,
    url: Url,
    clock: Arc<dyn Clock>,
    options: ClientOptions,
}

/// How patient a client is.
#[derive(Debug, Clone, Copy)]
pub struct ClientOptions {
    /// For one answer, from the first byte sent to the last one read.
    pub timeout: Duration,
    /// Tries of one request.
    pub attempts: u32,
    /// Before the second try; it doubles with each.
    pub pause: Duration,
    /// Largest answer, in bytes.
    pub max_bytes: usize,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            attempts: 4,
            pause: Duration::from_millis(500),
            max_bytes: 16 << 20,
        }
    }
}

/// Pages of one question; a service that has more to say is lying.
const MAX_PAGES: usize = 1000;

impl MarketDataClient {
    /// For the service at `url`, which is shown `token`, if there is one.
    ///
    /// # Errors
    /// The system's certificates cannot be used.
    pub fn new(
        url: &Url,
        token: Option<&str>,
        clock: Arc<dyn Clock>,
        options: ClientOptions,
    ) -> Result<Self, NoClient> {
        install_tls();
        let mut headers = HeaderMap::new();
        // The configuration takes no token that could not be sent.
        let value = token.map(|token| HeaderValue::from_str(&format!("Bearer {token}")));
        if let Some(Ok(mut value)) = value {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        // Without redirects: the token is for this service and no other.
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(options.timeout)
            .default_headers(headers)
            .build();
        Ok(Self { client: client.map_err(NoClient)?, url: url.clone(), clock, options })
    }
}

#[async_trait]
impl MarketData for MarketDataClient {
    async fn candles(
        &self,
        symbol: &Symbol,
        interval: Interval,
        after: Timestamp,
    ) -> Result<Option<Bars>, MarketDataError> {
        let (mut all, mut last) = (Columns::default(), after);
        for _ in 0..MAX_PAGES {
            let page = self.page(self.question(symbol, interval, last)).await?;
            let page = answer::read(&page, last)?;
            all.time.extend(page.columns.time);
            all.open.extend(page.columns.open);
            all.high.extend(page.columns.high);
            all.low.extend(page.columns.low);
            all.close.extend(page.columns.close);
            all.volume.extend(page.columns.volume);
            last = all.time.last().map_or(after, |time| Timestamp::from_nanos(*time));
            if !page.more {
                return checked(all);
            }
        }
        Err(MarketDataError::BadAnswer(format!("it has no end after {MAX_PAGES} pages")))
    }
}

/// All at once, so that an error names the bar by its place among the new ones.
fn checked(all: Columns) -> Result<Option<Bars>, MarketDataError> {
    if all.time.is_empty() {
        return Ok(None);
    }
    let bars = Bars::new(all).map_err(|error| MarketDataError::BadAnswer(error.to_string()))?;
    Ok(Some(bars))
}

/// Why one try failed.
enum Failure {
    /// Another may help.
    Passing(String),
    /// No other will.
    Final(MarketDataError),
}

impl MarketDataClient {
    fn question(&self, symbol: &Symbol, interval: Interval, after: Timestamp) -> Url {
        let mut url = self.url.clone();
        // Only URLs that cannot be a base have no segments; the configuration takes none of them.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("candles");
        }
        url.query_pairs_mut()
            .append_pair("symbol", symbol.as_str())
            .append_pair("interval", &interval.to_string())
            .append_pair("after", &after.to_string())
            .append_pair("limit", &PAGE.to_string());
        url
    }

    /// One answer, whole.
    async fn page(&self, question: Url) -> Result<Vec<u8>, MarketDataError> {
        let mut pause = self.options.pause;
        let mut attempt = 1;
        loop {
            match self.attempt(question.clone()).await {
                Ok(body) => return Ok(body),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(why)) if attempt >= self.options.attempts => {
                    return Err(MarketDataError::Unavailable(format!("{why}, {attempt} times")));
                }
                Err(Failure::Passing(_)) => {}
            }
            self.clock.sleep(pause).await;
            (attempt, pause) = (attempt + 1, pause * 2);
        }
    }

    async fn attempt(&self, question: Url) -> Result<Vec<u8>, Failure> {
        let response = self.client.get(question).send().await.map_err(|error| passing(&error))?;
        let status = response.status();
        match status.as_u16() {
            200 => self.body(response).await,
            429 | 500.. => Err(Failure::Passing(format!("it answers {status}"))),
            _ => Err(Failure::Final(MarketDataError::Refused(format!("it answers {status}")))),
        }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| passing(&error))? {
            if body.len() + chunk.len() > self.options.max_bytes {
                let why = format!("it is longer than {} bytes", self.options.max_bytes);
                return Err(Failure::Final(MarketDataError::BadAnswer(why)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Without the URL, which may hold a key.
fn passing(error: &reqwest::Error) -> Failure {
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke off"
    };
    Failure::Passing(what.to_owned())
}
