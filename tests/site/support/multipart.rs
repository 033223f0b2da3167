//! `multipart/form-data` written by hand, so that broken bodies can be written too.

use reqwest::RequestBuilder;
use reqwest::header::CONTENT_TYPE;

const BOUNDARY: &str = "----atelier-tests-boundary";

/// The fields of a form with files.
#[derive(Clone, Default)]
pub struct Multipart(Vec<u8>);

impl Multipart {
    pub fn try_on(person: &[u8], garment: &[u8]) -> Self {
        Self::default()
            .file("person", "person.jpg", person)
            .file("garment", "garment.png", garment)
    }

    pub fn file(mut self, name: &str, file_name: &str, bytes: &[u8]) -> Self {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; \
             filename=\"{file_name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        self.0.extend_from_slice(head.as_bytes());
        self.0.extend_from_slice(bytes);
        self.0.extend_from_slice(b"\r\n");
        self
    }

    pub fn text(mut self, name: &str, value: &str) -> Self {
        let field = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        self.0.extend_from_slice(field.as_bytes());
        self
    }

    pub fn into_request(self, request: RequestBuilder) -> RequestBuilder {
        let mut body = self.0;
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        Self::request_of(request, body)
    }

    /// A body that breaks off before its end.
    pub fn into_broken_request(self, request: RequestBuilder) -> RequestBuilder {
        Self::request_of(request, self.0)
    }

    fn request_of(request: RequestBuilder, body: Vec<u8>) -> RequestBuilder {
        let media = format!("multipart/form-data; boundary={BOUNDARY}");
        request.header(CONTENT_TYPE, media).body(body)
    }
}
