//! `text/event-stream`: the data of each event. The caller bounds the whole.

/// Takes bytes as they come and gives out whole events.
#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    data: String,
    /// A carriage return ended the last line: a line feed right behind it belongs to it.
    after_return: bool,
}

impl Events {
    /// The data of the events that `bytes` completed. Names, ids and comments mean nothing here.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut events = Vec::new();
        for byte in bytes {
            let second_half = *byte == b'\n' && std::mem::take(&mut self.after_return);
            match byte {
                b'\n' if second_half => {}
                b'\n' | b'\r' => {
                    self.after_return = *byte == b'\r';
                    events.extend(self.end_of_line());
                }
                _ => {
                    self.after_return = false;
                    self.line.push(*byte);
                }
            }
        }
        events
    }

    fn end_of_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return (!data.is_empty()).then_some(data);
        }
        let line = String::from_utf8_lossy(&line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        if field == "data" {
            if !self.data.is_empty() {
                self.data.push('\n');
            }
            self.data.push_str(value.strip_prefix(' ').unwrap_or(value));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Events;

    #[test]
    fn events_come_out_whole_however_the_bytes_are_cut() {
        let stream = b": comment\r\nevent: message\r\ndata: {\"a\":\r\ndata:1}\r\n\r\nid: 7\n\ndata: two\n\ndata: \xc3\xa9\r\rdata: open";
        let wanted = ["{\"a\":\n1}", "two", "\u{e9}"];
        assert_eq!(Events::default().feed(stream), wanted);
        for size in 1..7 {
            let mut events = Events::default();
            let all: Vec<String> = stream.chunks(size).flat_map(|chunk| events.feed(chunk)).collect();
            assert_eq!(all, wanted, "in pieces of {size}");
        }
    }
}
