use std::error::Error;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use futures_util::stream::{Stream, StreamExt as _, unfold};
use serde_json::json;
use tapedeck_application::EventPage;
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::Clock;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::Asked;
use crate::gate::Seat;
use crate::measure::{self, OpenStream};
use crate::problem::{Chain, Problem};
use crate::services::Services;
use crate::{sse, wire};

/// The log after `seen`, as it grows, up to its end.
pub(super) async fn answer(
    seat: Seat,
    services: &Services,
    Asked { log, id, refuse }: Asked,
    seen: u64,
) -> Result<HttpResponse, Problem> {
    let opened = log.clone();
    let open = async move { opened.open(id, seen).await.map_err(refuse) };
    let job = services.read(open).await?;
    // One part of the log is here for a slow client, and the next is read when that is gone.
    let (sink, parts) = mpsc::channel(1);
    let (clock, stop) = (Arc::clone(&services.clock), services.stop.clone());
    let telling = Telling { job, seen, clock, stop, _open: OpenStream::new(measure::EVENTS) };
    services.runtime.spawn(telling.tell(log.follow(id, seen), sink).in_current_span());
    Ok(sse::response(seat, unfold(parts, |mut parts| async { Some((parts.recv().await?, parts)) })))
}

/// A log on its way to a client.
struct Telling {
    job: Backtest,
    seen: u64,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    _open: OpenStream,
}

/// What comes next.
enum Part {
    Text(String),
    /// Nothing comes after it.
    Last(String),
    /// The client connects again, and is told why.
    Nothing,
}

impl Telling {
    /// Reads no further than the client does, and ends when it has gone.
    async fn tell<E: Error + 'static>(
        mut self,
        pages: impl Stream<Item = Result<EventPage, E>>,
        sink: mpsc::Sender<Bytes>,
    ) {
        let mut pages = std::pin::pin!(pages);
        if sink.send(Bytes::from_static(sse::RETRY.as_bytes())).await.is_err() {
            return;
        }
        while let Ok(room) = sink.reserve().await {
            let part = tokio::select! {
                biased;
                () = self.stop.cancelled() => Part::Last(sse::closing(Some(self.seen))),
                page = pages.next() => self.part(page),
                () = self.clock.sleep(sse::COMMENT_EVERY) => Part::Text(sse::COMMENT.to_owned()),
                () = sink.closed() => Part::Nothing,
            };
            match part {
                Part::Text(text) => room.send(Bytes::from(text)),
                Part::Last(text) => return room.send(Bytes::from(text)),
                Part::Nothing => return,
            }
        }
    }

    fn part<E: Error + 'static>(&mut self, page: Option<Result<EventPage, E>>) -> Part {
        let page = match page {
            Some(Ok(page)) => page,
            Some(Err(error)) => {
                tracing::error!(error = %Chain(&error), "an event log broke off");
                return Part::Nothing;
            }
            None => return Part::Nothing,
        };
        let text = render(&self.job, &page);
        self.seen = page.entries.last().map_or(self.seen, |entry| entry.seq);
        if page.ended {
            let end = sse::event("end", None, &json!({"last_event_id": self.seen}));
            return Part::Last(text + &end);
        }
        Part::Text(text)
    }
}

fn render(job: &Backtest, page: &EventPage) -> String {
    let events = page.entries.iter().map(|entry| {
        let (name, data) = wire::event(job, entry);
        sse::event(name, Some(entry.seq), &data)
    });
    events.collect()
}
