//! Framing on stdio: one JSON text per line, UTF-8, no line feed inside.

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest line in bytes: the size of the largest request.
pub const MAX_LINE: usize = kmg_core::json::Limits::REQUEST.bytes;

/// One step of reading.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A line, without its line feed.
    Text(Vec<u8>),
    /// A line beyond [`MAX_LINE`]; it was skipped.
    TooLong,
    /// The input was closed.
    End,
}

/// Reads one line. Empty lines are skipped. At most [`MAX_LINE`] bytes are kept in memory.
///
/// # Errors
/// The input cannot be read.
pub async fn read_line<R: AsyncBufRead + Unpin>(input: &mut R) -> std::io::Result<Line> {
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let chunk = input.fill_buf().await?;
        if chunk.is_empty() {
            return Ok(if too_long { Line::TooLong } else { Line::End });
        }
        let end = chunk.iter().position(|b| *b == b'\n');
        let part = &chunk[..end.unwrap_or(chunk.len())];
        too_long |= line.len() + part.len() > MAX_LINE;
        if too_long {
            line.clear();
        } else {
            line.extend_from_slice(part);
        }
        let used = end.map_or(chunk.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            if too_long {
                return Ok(Line::TooLong);
            }
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            if !line.is_empty() {
                return Ok(Line::Text(line));
            }
        }
    }
}

/// Writes one message as one line.
///
/// # Errors
/// The output cannot be written.
pub async fn write_line<W: AsyncWrite + Unpin>(output: &mut W, message: &Value) -> std::io::Result<()> {
    let mut line = message.to_string().into_bytes();
    line.push(b'\n');
    output.write_all(&line).await?;
    output.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_read_one_by_one_and_long_ones_skipped() {
        let mut text = b"{\"a\":1}\r\n\n".to_vec();
        text.extend(vec![b'x'; MAX_LINE + 1]);
        text.extend(b"\n{}\nunfinished");
        let mut input = tokio::io::BufReader::with_capacity(1000, &text[..]);
        assert_eq!(read_line(&mut input).await.unwrap(), Line::Text(b"{\"a\":1}".to_vec()));
        assert_eq!(read_line(&mut input).await.unwrap(), Line::TooLong);
        assert_eq!(read_line(&mut input).await.unwrap(), Line::Text(b"{}".to_vec()));
        assert_eq!(read_line(&mut input).await.unwrap(), Line::End);
    }

    #[tokio::test]
    async fn a_message_is_one_line() {
        let mut out = Vec::new();
        write_line(&mut out, &serde_json::json!({ "text": "a\nb" })).await.unwrap();
        assert_eq!(out, b"{\"text\":\"a\\nb\"}\n");
    }
}
