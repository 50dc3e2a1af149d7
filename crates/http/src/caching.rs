//! What never changes is sent once: strong entity tags of finished results (RFC 9110).

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest as _, Sha256};

/// The tag of one representation of a result. It is made of the names of the stored content,
/// which say what it holds, so nothing has to be read for it.
pub(crate) struct Tag(String);

/// A result stays as it is for as long as it exists; it may be deleted.
const CACHE_CONTROL: &str = "private, max-age=86400, immutable";

impl Tag {
    /// Of everything that the body depends on. The version of the server is one of them: another
    /// may write the same result in other words.
    pub(crate) fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in [&[env!("CARGO_PKG_VERSION")], parts].concat() {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let hash = hex::encode(hash.finalize());
        Self(format!("\"{}\"", &hash[..32]))
    }

    /// Of content that is sent as it is, by its hash.
    pub(crate) fn of_content(hash: &str) -> Self {
        Self(format!("\"{hash}\""))
    }

    /// The answer to a client that has this representation already.
    pub(crate) fn not_modified(&self, req: &HttpRequest) -> Option<HttpResponse> {
        let mut known = req.headers().get_all(header::IF_NONE_MATCH);
        let known = known.any(|value| value.to_str().is_ok_and(|list| self.is_in(list)));
        known.then(|| self.seal(HttpResponse::NotModified().finish()))
    }

    fn is_in(&self, list: &str) -> bool {
        let tags = list.split(',').map(str::trim);
        let mut tags = tags.map(|tag| tag.strip_prefix("W/").unwrap_or(tag));
        tags.any(|tag| tag == "*" || tag == self.0)
    }

    /// Marks an answer with it.
    pub(crate) fn seal(&self, mut response: HttpResponse) -> HttpResponse {
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&self.0) {
            headers.insert(header::ETAG, tag);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE_CONTROL));
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_depends_on_every_part_and_on_where_it_ends() {
        let tag = |parts: &[&str]| Tag::of(parts).0;
        assert_eq!(tag(&["a", "b"]), tag(&["a", "b"]));
        assert_ne!(tag(&["a", "b"]), tag(&["b", "a"]));
        assert_ne!(tag(&["ab", ""]), tag(&["a", "b"]));
    }

    #[test]
    fn a_tag_is_found_among_others_weak_ones_included() {
        let tag = Tag("\"x\"".to_owned());
        for list in ["*", "\"x\"", "\"y\", W/\"x\""] {
            assert!(tag.is_in(list), "{list}");
        }
        for list in ["", "x", "\"y\"", "\"xx\""] {
            assert!(!tag.is_in(list), "{list}");
        }
    }
}
