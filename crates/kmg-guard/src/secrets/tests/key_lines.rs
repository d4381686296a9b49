//! Private keys over several lines of a log.

use super::super::key_lines::{MAX_LINES, key_lines};

fn marked(text: &str) -> Vec<usize> {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    key_lines(&lines).iter().enumerate().filter_map(|(index, mark)| mark.then_some(index)).collect()
}

#[test]
fn a_key_is_marked_from_its_begin_to_its_end() {
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
    let key = format!(
        "start\n-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{body}\n{body}\nab==\n-----END RSA PRIVATE KEY-----\nready"
    );
    assert_eq!(marked(&key), [1, 2, 3, 4, 5, 6, 7]);
    let logged = format!("INFO -----BEGIN PRIVATE KEY-----\nINFO {body}\nINFO {body}\nINFO -----END PRIVATE KEY-----\nINFO ready");
    assert_eq!(marked(&logged), [0, 1, 2, 3]);
    assert_eq!(marked(&format!("{body}\nab==\n-----END PRIVATE KEY-----\nGET / 200")), [0, 1, 2], "the log begins inside");
}

#[test]
fn a_begin_alone_blanks_no_log() {
    let requests = "GET / 200 1ms\n".repeat(50);
    assert_eq!(marked(&format!("-----BEGIN PRIVATE KEY-----\n{requests}")), [0]);
    assert_eq!(marked(&format!("-----BEGIN PRIVATE KEY-----\n{}", "aaaa\n".repeat(400))).len(), 1 + MAX_LINES);
    assert_eq!(marked("-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC"), [] as [usize; 0]);
}
