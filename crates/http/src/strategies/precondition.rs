//! The tag of a version, and changes that depend on it.

use actix_web::HttpRequest;
use actix_web::http::header;
use tapedeck_application::ExpectedVersion;

/// The entity tag of a version: versions never change, and numbers are never given twice.
pub(super) fn tag(version: u32) -> String {
    format!("\"{version}\"")
}

/// `If-Match` (RFC 9110): the versions from which the change may be made. A tag that cannot be
/// one of ours, or that is weak, stands for no version.
pub(super) fn expected(req: &HttpRequest) -> ExpectedVersion {
    let mut lines = req.headers().get_all(header::IF_MATCH).peekable();
    if lines.peek().is_none() {
        return ExpectedVersion(None);
    }
    let texts: Vec<&str> = lines.map(|line| line.to_str().unwrap_or_default()).collect();
    let tags = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
    if tags.clone().any(|tag| tag == "*") {
        return ExpectedVersion(None);
    }
    let version = |tag: &str| {
        let number: u32 = tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()?;
        Some(number).filter(|number| self::tag(*number) == tag)
    };
    ExpectedVersion(Some(tags.filter_map(version).collect()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(lines: &[&str]) -> Option<Vec<u32>> {
        let request = TestRequest::default();
        let request = lines.iter().fold(request, |r, line| r.append_header(("if-match", *line)));
        expected(&request.to_http_request()).0
    }

    #[test]
    fn tags_stand_for_versions() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["*"]), None);
        assert_eq!(read(&["\"3\""]), Some(vec![3]));
        assert_eq!(read(&["\"3\", \"x\"", "\"12\""]), Some(vec![3, 12]));
    }

    #[test]
    fn tags_that_are_not_ours_stand_for_none() {
        for other in ["", "3", "W/\"3\"", "\"03\"", "\"+3\"", "\"-1\"", "\"3", "\"99999999999\""] {
            assert_eq!(read(&[other]), Some(Vec::new()), "{other}");
        }
    }
}
