use actix_web::HttpRequest;
use actix_web::http::header;

use crate::problem::Problem;

/// How a log is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// As server-sent events.
    Stream,
    /// A page of it.
    Json,
}

impl Format {
    /// By `?format=`, else by `Accept`; a stream when neither asks for anything known.
    pub(super) fn negotiate(req: &HttpRequest, asked: Option<&str>) -> Result<Self, Problem> {
        match asked {
            Some("json") => Ok(Self::Json),
            Some("sse") => Ok(Self::Stream),
            Some(_) => Err(Problem::invalid("query:format", "range", "must be json or sse")),
            None => {
                let accept = req.headers().get(header::ACCEPT);
                Ok(Self::accepted(accept.and_then(|accept| accept.to_str().ok()).unwrap_or("")))
            }
        }
    }

    /// The one that is preferred, the first of those that are preferred alike.
    fn accepted(accept: &str) -> Self {
        let mut best = (0.0, Self::Stream);
        for part in accept.split(',') {
            let mut parameters = part.split(';').map(str::trim);
            let format = match parameters.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/json" => Self::Json,
                "text/event-stream" | "text/*" | "*/*" => Self::Stream,
                _ => continue,
            };
            let quality = parameters.find_map(|text| text.strip_prefix("q="));
            let quality = quality.map_or(Some(1.0), |text| text.parse().ok()).unwrap_or(0.0);
            if quality > best.0 {
                best = (quality, format);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn a_stream_is_told_unless_json_is_preferred() {
        for (accept, format) in [
            ("", Format::Stream),
            ("*/*", Format::Stream),
            ("text/html", Format::Stream),
            ("text/event-stream", Format::Stream),
            ("application/json", Format::Json),
            ("Application/JSON; charset=utf-8", Format::Json),
            ("application/json, */*;q=0.5", Format::Json),
            ("application/json;q=0.5, text/event-stream", Format::Stream),
            ("application/json;q=0", Format::Stream),
        ] {
            assert_eq!(Format::accepted(accept), format, "{accept}");
        }
    }
}
