//! The one place that knows HTTP statuses: a table of codes, and the document they become.

use std::fmt;
use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage as _, HttpResponse, ResponseError};
use serde::Serialize;
use tapedeck_domain::id::RequestId;

use crate::middleware::hardened;

macro_rules! codes {
    ($($name:ident $code:literal $status:literal $title:literal $meaning:literal;)+) => {
        /// Every code that a problem document can carry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $meaning] $name,)+
        }

        impl Code {
            /// All codes, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code as it stands in the document.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// Its HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// Its title, the same in every document of this code.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What it means, and what a client can do about it.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }
        }
    };
}

codes! {
    ValidationError "validation_error" 422 "The request is not valid"
        "A field is unknown, missing, of the wrong type or out of its range. `errors` names each by a JSON pointer. Correct them and send it again.";
    MalformedRequest "malformed_request" 400 "The body is not JSON"
        "The body is not JSON, or not UTF-8. Nothing of it was used.";
    Unauthorized "unauthorized" 401 "A key is needed"
        "This server has access keys, and the request carries none that is valid.";
    Forbidden "forbidden" 403 "Not allowed"
        "The request is understood and refused: the key lacks a scope, or the host or the origin is not allowed.";
    NotFound "not_found" 404 "Not found"
        "No route has this path, or there is nothing of this id under it; `detail` says which. The API is described at /api/openapi.json.";
    BacktestNotFound "backtest_not_found" 404 "No such backtest"
        "No backtest has this id: it never existed, or it was deleted.";
    DatasetNotFound "dataset_not_found" 404 "No such dataset"
        "No dataset of the catalog has this id. `GET /api/v1/datasets` lists them.";
    StrategyNotFound "strategy_not_found" 404 "No such strategy"
        "No strategy of the catalog has this id. `GET /api/v1/strategies` lists them.";
    ArtifactNotFound "artifact_not_found" 404 "Nothing was kept"
        "The run ended without this result, or its artifact is gone.";
    MethodNotAllowed "method_not_allowed" 405 "Wrong method"
        "The path exists and does not take this method. `Allow` names those that it takes.";
    NotAcceptable "not_acceptable" 406 "No such format"
        "The route answers in one format, and `Accept` does not name it.";
    Conflict "conflict" 409 "Not in this state"
        "The resource is in a state in which this cannot be done, such as deleting a run that has not ended.";
    IdempotencyConflict "idempotency_conflict" 409 "The key was used for another request"
        "This `Idempotency-Key` came with another body before. Use a new key for a new request.";
    NotReady "not_ready" 409 "The run has not ended"
        "Results are served when the run has ended. `GET /api/v1/backtests/{id}?wait=30` waits for that.";
    OutOfRange "out_of_range" 400 "Out of range"
        "A position, cursor or page is outside what exists.";
    PayloadTooLarge "payload_too_large" 413 "The body is too large"
        "The body is larger than this server accepts. Nothing of it was used.";
    UriTooLong "uri_too_long" 414 "The address is too long"
        "Path and query are longer than this server reads. Send what is long as a body.";
    HeadersTooLarge "headers_too_large" 431 "The headers are too large"
        "There are more headers, or they are larger, than this server reads.";
    RequestTimeout "request_timeout" 408 "The request took too long to arrive"
        "The body did not arrive in the time that this server waits. Nothing of it was used.";
    UnsupportedMediaType "unsupported_media_type" 415 "Wrong content type"
        "The body is not of a content type that this route reads; most read application/json.";
    RateLimited "rate_limited" 429 "Too many requests"
        "Wait for the time that `Retry-After` gives.";
    Internal "internal" 500 "Something went wrong here"
        "A fault of the server. Its log has the details under the same request id.";
    QueueFull "queue_full" 503 "The queue is full"
        "As many backtests wait as this server is configured to keep. Wait for the time that `Retry-After` gives.";
    Unavailable "unavailable" 503 "A part of the server cannot be reached"
        "The database or the artifact store does not answer, or not in time, or has no room. What was asked for may still be carried out: repeat it with the same `Idempotency-Key` after the time that `Retry-After` gives, and it is carried out once.";
}

impl Code {
    /// The path of the page about it.
    pub fn page(self) -> String {
        format!("/problems/{}", self.as_str().replace('_', "-"))
    }
}

/// One fault in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the place, or the name of a parameter or header.
    pub pointer: String,
    /// What kind of fault.
    pub code: String,
    /// What is wrong, in a sentence.
    pub detail: String,
}

/// A refusal or a fault, on its way to the client.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    allow: Option<Box<str>>,
    /// Why, for the log alone.
    cause: Option<Arc<str>>,
    /// Whether that was reported when it began, and need not be for every request.
    is_reported: bool,
    context: Option<Box<Context>>,
}

/// The request that a problem answers. Taken before routing, which needs the request alone.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    path: String,
    request_id: Option<RequestId>,
}

impl Context {
    /// Of a request with this path and id.
    pub(crate) fn named(path: String, request_id: Option<RequestId>) -> Self {
        Self { path, request_id }
    }

    pub(crate) fn of(req: &ServiceRequest) -> Self {
        Self {
            path: req.path().to_owned(),
            request_id: req.extensions().get::<RequestId>().cloned(),
        }
    }
}

impl Problem {
    /// A problem with a sentence about this occurrence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            code,
            detail,
            errors: Vec::new(),
            allow: None,
            cause: None,
            is_reported: false,
            context: None,
        }
    }

    /// Faults in the request, each with its place.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] => one.detail.clone(),
            many => format!("{} faults were found", many.len()),
        };
        Self { errors, ..Self::new(Code::ValidationError, detail) }
    }

    /// One fault in the request.
    pub fn invalid(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        let (pointer, code) = (pointer.to_owned(), code.to_owned());
        Self::validation(vec![FieldError { pointer, code, detail: detail.into() }])
    }

    /// A wrong method, with the ones that are right.
    pub fn wrong_method(allow: String) -> Self {
        let detail = format!("this path takes {allow}");
        Self { allow: Some(allow.into_boxed_str()), ..Self::new(Code::MethodNotAllowed, detail) }
    }

    /// A fault of ours: the chain goes to the line of the request, the client gets its id.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::new(Code::Internal, "the request could not be completed").because(error)
    }

    /// The same problem, with what lies behind it. It is said once, in the line of the request.
    #[must_use]
    pub(crate) fn because(mut self, error: &(dyn std::error::Error + 'static)) -> Self {
        self.cause = Some(Chain(error).to_string().into());
        self
    }

    /// The same problem, whose cause was reported when it began.
    #[must_use]
    pub(crate) fn reported(mut self, is_reported: bool) -> Self {
        self.is_reported = is_reported;
        self
    }

    /// Whether its cause was reported when it began.
    pub(crate) fn is_reported(&self) -> bool {
        self.is_reported
    }

    /// Its code.
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// The sentence about this occurrence.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// What lies behind it.
    pub(crate) fn cause(&self) -> Option<Arc<str>> {
        self.cause.clone()
    }

    /// Logs a problem that answers no request, and would not be known otherwise.
    pub(crate) fn log(&self) {
        if self.is_reported {
            return;
        }
        tracing::error!(
            problem = self.code.as_str(),
            error = self.cause.as_deref(),
            "not answered"
        );
    }

    /// The same problem, naming the request that it answers.
    #[must_use]
    pub(crate) fn answering(mut self, context: Context) -> Self {
        self.context = Some(Box::new(context));
        self
    }

    fn render(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.content_type("application/problem+json");
        let request_id = self.context.as_ref().and_then(|context| context.request_id.as_ref());
        if let Some(id) = request_id {
            response.insert_header(("x-request-id", id.as_str()));
        }
        if let Some(allow) = &self.allow {
            response.insert_header((header::ALLOW, allow.as_ref()));
        }
        if matches!(self.code, Code::QueueFull | Code::Unavailable) {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        if self.code == Code::Unauthorized {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let mut response = response.json(self.document());
        hardened(response.headers_mut());
        response
    }

    /// The document, for answers that carry it within another.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self.document()).unwrap_or_default()
    }

    fn document(&self) -> Document<'_> {
        let context = self.context.as_ref();
        Document {
            r#type: self.code.page(),
            title: self.code.title(),
            status: self.code.status(),
            detail: &self.detail,
            instance: context.map(|context| context.path.as_str()),
            code: self.code.as_str(),
            request_id: context.and_then(|context| context.request_id.as_ref()?.as_str().into()),
            errors: &self.errors,
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Names the request once the middleware has said which one it is.
    fn error_response(&self) -> HttpResponse {
        self.render()
    }
}

/// An error and its causes, in one line.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn std::error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
