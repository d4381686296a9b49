//! Frames: their JSON, their length, their cap.

use std::io;

use kmg_core::json::{Limits, parse_strict};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::error::WireError;

/// The largest frame in bytes, without its length (8 MiB).
pub const MAX_FRAME: usize = Limits::DOCUMENT.bytes;

/// One frame; as JSON an object with one key, the frame's kind.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Frame<B> {
    Request(Request<B>),
    Response(Response<B>),
    Ping(u64),
    Pong(u64),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Request<B> {
    pub(crate) id: u64,
    pub(crate) method: String,
    pub(crate) deadline_ms: u64,
    pub(crate) body: B,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Response<B> {
    pub(crate) id: u64,
    pub(crate) outcome: Outcome<B>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome<B> {
    Ok(B),
    Err(WireError),
}

/// Why a frame could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The stream failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame")]
    Cut,
    /// The length is over the cap.
    #[error("a frame of {0} bytes is over the cap")]
    TooLarge(u32),
    /// The bytes are not one of the frames.
    #[error("not a frame")]
    Malformed,
}

/// Why a frame cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwritable {
    TooLarge,
    NotJson,
}

/// The bytes of `frame`, its length in front.
pub(crate) fn encode<B: Serialize>(frame: &Frame<B>) -> Result<Vec<u8>, Unwritable> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, frame).map_err(|_| Unwritable::NotJson)?;
    let length = bytes.len() - 4;
    match u32::try_from(length) {
        Ok(prefix) if length <= MAX_FRAME => bytes[..4].copy_from_slice(&prefix.to_be_bytes()),
        _ => return Err(Unwritable::TooLarge),
    }
    Ok(bytes)
}

/// Reads one frame; `None` when the stream ended between frames.
pub(crate) async fn read(reader: &mut (impl AsyncRead + Unpin)) -> Result<Option<Frame<Value>>, FrameError> {
    let mut prefix = [0; 4];
    if reader.read(&mut prefix[..1]).await? == 0 {
        return Ok(None);
    }
    exactly(reader, &mut prefix[1..]).await?;
    let length = u32::from_be_bytes(prefix);
    if length as usize > MAX_FRAME {
        return Err(FrameError::TooLarge(length));
    }
    // Grows with what really comes: a length alone reserves nothing.
    let mut bytes = Vec::new();
    reader.take(u64::from(length)).read_to_end(&mut bytes).await?;
    if bytes.len() < length as usize {
        return Err(FrameError::Cut);
    }
    let value = parse_strict(&bytes, Limits::DOCUMENT).map_err(|_| FrameError::Malformed)?;
    serde_json::from_value(value).map(Some).map_err(|_| FrameError::Malformed)
}

async fn exactly(reader: &mut (impl AsyncRead + Unpin), bytes: &mut [u8]) -> Result<(), FrameError> {
    match reader.read_exact(bytes).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(FrameError::Cut),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    async fn read_all(bytes: &[u8]) -> Result<Vec<Frame<Value>>, FrameError> {
        let (mut reader, mut frames) = (bytes, Vec::new());
        while let Some(frame) = read(&mut reader).await? {
            frames.push(frame);
        }
        Ok(frames)
    }

    fn framed(json: &str) -> Vec<u8> {
        [&u32::try_from(json.len()).unwrap().to_be_bytes()[..], json.as_bytes()].concat()
    }

    #[tokio::test]
    async fn frames_round_trip_and_a_cut_one_is_an_error() {
        let request = Request { id: 7, method: "observe".to_owned(), deadline_ms: 250, body: json!({ "ns": "demo" }) };
        let failure = WireError { untrusted: Some("webhook says".to_owned()), ..WireError::new(kmg_core::problem::Code::Stale, "x") };
        let frames = [
            Frame::Request(request),
            Frame::Response(Response { id: 7, outcome: Outcome::Ok(json!([1])) }),
            Frame::Response(Response { id: 8, outcome: Outcome::Err(failure) }),
            Frame::Ping(1),
            Frame::Pong(1),
        ];
        let bytes: Vec<u8> = frames.iter().flat_map(|frame| encode(frame).unwrap()).collect();
        assert_eq!(read_all(&bytes).await.unwrap(), frames);
        let first = encode(&frames[0]).unwrap();
        assert_eq!(first, framed(r#"{"request":{"id":7,"method":"observe","deadlineMs":250,"body":{"ns":"demo"}}}"#));
        for cut in 1..first.len() {
            assert!(matches!(read_all(&first[..cut]).await, Err(FrameError::Cut)), "cut after {cut}");
        }
    }

    #[tokio::test]
    async fn what_is_no_frame_is_refused() {
        for text in [
            "",
            "{}",
            "null",
            r#"{"ping":1,"pong":1}"#,
            r#"{"ping":-1}"#,
            r#"{"ping":1}{"ping":2}"#,
            r#"{"request":{"id":1,"method":"m","deadlineMs":1}}"#,
            r#"{"request":{"id":1,"id":2,"method":"m","deadlineMs":1,"body":{}}}"#,
            r#"{"request":{"id":1,"method":"m","deadlineMs":1,"body":{"a":1,"a":2}}}"#,
            r#"{"response":{"id":1,"outcome":{"err":{"code":"no-such-code","message":""}}}}"#,
            r#"{"exec":{}}"#,
        ] {
            assert!(matches!(read_all(&framed(text)).await, Err(FrameError::Malformed)), "{text}");
        }
    }

    #[tokio::test]
    async fn the_cap_holds_for_both_ends() {
        let over = u32::try_from(MAX_FRAME + 1).unwrap();
        assert!(matches!(read_all(&over.to_be_bytes()).await, Err(FrameError::TooLarge(n)) if n == over));
        let pong = |text: String| Frame::Response(Response { id: 1, outcome: Outcome::Ok(text) });
        assert_eq!(encode(&pong("x".repeat(MAX_FRAME))).err(), Some(Unwritable::TooLarge));
        let room = MAX_FRAME - (encode(&pong(String::new())).unwrap().len() - 4);
        let largest = encode(&pong("x".repeat(room))).unwrap();
        assert_eq!(read_all(&largest).await.unwrap().len(), 1);
    }
}
