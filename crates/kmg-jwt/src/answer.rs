//! An answer, read within a cap.

use kmg_core::json::{Limits, parse_strict};
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use crate::http::HttpError;

const JSON_DEPTH: usize = 16;

/// An answer whose body is still to be read.
#[derive(Debug)]
pub struct Answer {
    response: reqwest::Response,
    left: usize,
}

impl Answer {
    /// An answer of which at most `cap` bytes are read.
    pub(crate) const fn new(response: reqwest::Response, cap: usize) -> Self {
        Self { response, left: cap }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The first header of this name, where it is visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The media type: lower case, without parameters; empty where there is none.
    pub fn media(&self) -> String {
        let value = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Appends what has arrived of the body; false at its end.
    ///
    /// # Errors
    /// [`HttpError::TooLarge`] beyond the cap; [`HttpError::Unreachable`] for a broken connection or the deadline.
    pub async fn read(&mut self, into: &mut Vec<u8>) -> Result<bool, HttpError> {
        let Some(chunk) = self.response.chunk().await.map_err(|_| HttpError::Unreachable)? else { return Ok(false) };
        self.left = self.left.checked_sub(chunk.len()).ok_or(HttpError::TooLarge)?;
        into.extend_from_slice(&chunk);
        Ok(true)
    }

    /// The whole body as one strict JSON value.
    ///
    /// # Errors
    /// As [`Self::read`]; another media type, or not strict JSON.
    pub async fn json(mut self) -> Result<Value, HttpError> {
        if !says_json(&self.media()) {
            return Err(HttpError::ContentType);
        }
        let announced = self.response.content_length().unwrap_or(0);
        if usize::try_from(announced).map_or(true, |length| length > self.left) {
            return Err(HttpError::TooLarge);
        }
        let mut body = Vec::new();
        while self.read(&mut body).await? {}
        parse_strict(&body, Limits { bytes: body.len(), depth: JSON_DEPTH }).map_err(|_| HttpError::Json)
    }
}

fn says_json(media: &str) -> bool {
    media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
}
