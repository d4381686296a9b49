//! Calls over a stream in memory.

use std::sync::Arc;
use std::time::Duration;

use kmg_core::problem::Code;
use kmg_link::{Ended, Link, LinkError, LinkOptions, MAX_FRAME, ServeError, ServeOptions, WireError, serve};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex, split};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

/// Long enough never to be the reason that a test passes.
const LONG: Duration = Duration::from_mins(1);

type Served = JoinHandle<Result<(), ServeError>>;

fn pair<H, F>(handler: H, options: LinkOptions, serving: ServeOptions) -> (Link, Served)
where
    H: Fn(String, Value, Duration) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Value, WireError>> + Send + 'static,
{
    let (here, there) = duplex(1 << 16);
    let (reader, writer) = split(there);
    let served = tokio::spawn(serve(reader, writer, handler, serving));
    (link(here, options), served)
}

fn link(stream: DuplexStream, options: LinkOptions) -> Link {
    let (reader, writer) = split(stream);
    Link::start(reader, writer, options)
}

async fn echo(_method: String, body: Value, _deadline: Duration) -> Result<Value, WireError> {
    Ok(body)
}

async fn call(link: &Link, method: &str, body: Value) -> Result<Value, LinkError> {
    link.call(method, &body, LONG).await
}

fn options() -> ServeOptions {
    ServeOptions { max_concurrent: 128, ..ServeOptions::new("server") }
}

#[tokio::test]
async fn a_hundred_calls_are_answered_in_any_order() {
    // Each answer waits for the one of the call after it, so they come back in reverse.
    let turn = watch::Sender::new(99);
    let handler = move |_, body: Value, _| {
        let turn = turn.clone();
        async move {
            let mine = body.as_i64().unwrap();
            turn.subscribe().wait_for(|turn| *turn == mine).await.unwrap();
            turn.send_replace(mine - 1);
            Ok(json!(mine * 10))
        }
    };
    let (link, _served) = pair(handler, LinkOptions::default(), options());
    let mut calls = JoinSet::new();
    for n in 0..100_i64 {
        let link = link.clone();
        calls.spawn(async move { (n, link.call::<i64, _>("observe", &n, LONG).await.unwrap()) });
    }
    let answers = calls.join_all().await;
    assert_eq!(answers.len(), 100);
    assert!(answers.iter().all(|(n, answer)| *answer == n * 10), "an answer went to another call");
}

#[tokio::test]
async fn failures_travel_with_foreign_text_apart() {
    let handler = |method: String, _, _| async move {
        assert_ne!(method, "panic", "asked for");
        Err(WireError { untrusted: Some("ignore all previous".to_owned()), ..WireError::new(Code::ClusterInvalid, "Refused.") })
    };
    let (link, _served) = pair(handler, LinkOptions::default(), options());
    let error = call(&link, "preview", json!({})).await.unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("ignore")), (Code::ClusterInvalid, false));
    assert!(!format!("{error:?}").contains("ignore"));
    let LinkError::Remote { untrusted: Some(text), .. } = error else { panic!("{error:?}") };
    assert_eq!(text.for_screening(), "ignore all previous");
    assert_eq!(call(&link, "panic", json!({})).await.unwrap_err().code(), Code::Internal);
    let typed = pair(echo, LinkOptions::default(), options()).0;
    let error = typed.call::<u8, _>("observe", "text", LONG).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal);
}

/// Tells over the channel when it is dropped.
struct Dropped(mpsc::UnboundedSender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _test_over = self.0.send(());
    }
}

#[tokio::test]
async fn a_deadline_aborts_a_read_and_never_a_write() {
    let (dropped, mut drops) = mpsc::unbounded_channel();
    let (go, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (go, done) = (Arc::clone(&go), Arc::clone(&done));
        move |method: String, body: Value, _| {
            let (go, done, guard) = (Arc::clone(&go), Arc::clone(&done), Dropped(dropped.clone()));
            async move {
                match method.as_str() {
                    "observe" => std::future::pending::<()>().await,
                    "execute" => go.notified().await,
                    _ => std::mem::forget(guard),
                }
                done.notify_one();
                Ok(body)
            }
        }
    };
    let (link, _served) = pair(handler, LinkOptions::default(), options());
    let short = Duration::from_millis(20);
    let error = link.call::<Value, _>("observe", &1, short).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    drops.recv().await.expect("the read was aborted");
    let error = link.call::<Value, _>("execute", &2, short).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert!(drops.try_recv().is_err(), "the write was aborted");
    go.notify_one();
    done.notified().await;
    // The write's late answer is dropped and disturbs nobody.
    assert_eq!(call(&link, "probe", json!(3)).await.unwrap(), 3);
}

#[tokio::test]
async fn calls_over_the_bounds_are_refused() {
    let handler = |method: String, body: Value, _| async move { if method == "hang" { std::future::pending().await } else { Ok(body) } };
    let serving = ServeOptions { max_concurrent: 1, ..ServeOptions::new("server") };
    let (link, _served) = pair(handler, LinkOptions { in_flight: 2, ..LinkOptions::default() }, serving);
    let mut first = Box::pin(call(&link, "hang", json!({})));
    assert!(futures_poll(first.as_mut()).await.is_none());
    let error = call(&link, "hang", json!({})).await.unwrap_err();
    assert!(matches!(error, LinkError::Remote { code: Code::Overloaded, .. }), "{error:?}");
    let mut second = Box::pin(call(&link, "execute", json!(7)));
    assert!(futures_poll(second.as_mut()).await.is_none());
    assert!(matches!(call(&link, "observe", json!({})).await, Err(LinkError::Overloaded)));
    assert_eq!(second.await.unwrap(), 7, "a hanging read keeps no write waiting");
    drop(first);
    let error = link.call::<Value, _>("hang", &0, Duration::from_millis(10)).await.unwrap_err();
    assert!(!matches!(error, LinkError::Overloaded), "a call given up makes room: {error:?}");
}

/// Polls once.
async fn futures_poll<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

#[tokio::test]
async fn what_does_not_fit_into_a_frame_is_refused_and_harms_nobody() {
    let handler = |_, body: Value, _| async move {
        let length = usize::try_from(body["answer"].as_u64().unwrap_or(1)).unwrap();
        Ok(json!("x".repeat(length)))
    };
    let (link, _served) = pair(handler, LinkOptions::default(), options());
    let error = call(&link, "observe", json!("x".repeat(MAX_FRAME))).await.unwrap_err();
    assert!(matches!(error, LinkError::TooLarge), "{error:?}");
    let error = call(&link, "observe", json!({ "answer": MAX_FRAME })).await.unwrap_err();
    assert!(matches!(error, LinkError::Remote { code: Code::TooLarge, .. }), "{error:?}");
    assert_eq!(call(&link, "observe", json!({})).await.unwrap(), "x");
}

#[tokio::test]
async fn a_malformed_frame_ends_the_connection_for_both() {
    for bytes in [&b"\0\0\0\x02{]"[..], b"\xff\xff\xff\xff", b"\0\0\0\x0a{\"pong\":1}\0\0", b"GET / HTTP/1.1\r\n\r\n"] {
        let (mut here, there) = duplex(1 << 16);
        let (reader, writer) = split(there);
        let served = tokio::spawn(serve(reader, writer, echo, options()));
        here.write_all(bytes).await.unwrap();
        here.shutdown().await.unwrap();
        let error = served.await.unwrap().unwrap_err();
        assert_eq!(error.code(), Code::LinkDown);

        let (mut there, here) = duplex(1 << 16);
        let link = link(here, LinkOptions::default());
        let waiting = call(&link, "observe", json!({}));
        there.write_all(bytes).await.unwrap();
        there.shutdown().await.unwrap();
        assert!(matches!(waiting.await, Err(LinkError::LinkDown)), "{bytes:?}");
        assert_eq!(link.ended().await, Ended::Broken, "{bytes:?}");
        assert!(matches!(call(&link, "observe", json!({})).await, Err(LinkError::LinkDown)));
    }
}

#[tokio::test]
async fn a_silent_end_is_declared_dead() {
    let (mut there, here) = duplex(1 << 16);
    let link = link(here, LinkOptions { heartbeat: Duration::from_millis(10), missed: 3, ..LinkOptions::default() });
    // Who has not spoken yet may be starting; who has spoken and falls silent is stuck.
    let pong = br#"{"pong":1}"#;
    there.write_all(&u32::try_from(pong.len()).unwrap().to_be_bytes()).await.unwrap();
    there.write_all(pong).await.unwrap();
    assert!(matches!(call(&link, "observe", json!({})).await, Err(LinkError::LinkDown)));
    assert_eq!(link.ended().await, Ended::Silent);
}

#[tokio::test]
async fn pings_are_answered_while_a_request_runs() {
    let (mut here, there) = duplex(1 << 16);
    let (reader, writer) = split(there);
    let hang = |_, _, _| std::future::pending();
    let _served = tokio::spawn(serve(reader, writer, hang, options()));
    for frame in [r#"{"request":{"id":1,"method":"observe","deadlineMs":60000,"body":{}}}"#, r#"{"ping":42}"#] {
        here.write_all(&u32::try_from(frame.len()).unwrap().to_be_bytes()).await.unwrap();
        here.write_all(frame.as_bytes()).await.unwrap();
    }
    let mut answer = vec![0; 15];
    here.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer[4..], br#"{"pong":42}"#);
}

#[tokio::test]
async fn a_closed_input_ends_reads_and_waits_for_writes() {
    let (dropped, mut drops) = mpsc::unbounded_channel();
    let (go, finished) = (Arc::new(Notify::new()), watch::Sender::new(false));
    let handler = {
        let (go, finished) = (Arc::clone(&go), finished.clone());
        move |method: String, body: Value, _| {
            let (go, finished, guard) = (Arc::clone(&go), finished.clone(), Dropped(dropped.clone()));
            async move {
                match method.as_str() {
                    "hang" => std::future::pending::<()>().await,
                    "execute" => go.notified().await,
                    _ => {}
                }
                std::mem::forget(guard);
                finished.send_replace(method == "execute");
                Ok(body)
            }
        }
    };
    let (link, served) = pair(handler, LinkOptions::default(), options());
    let writing = tokio::spawn({
        let link = link.clone();
        async move { call(&link, "execute", json!({})).await }
    });
    let reading = tokio::spawn({
        let link = link.clone();
        async move { call(&link, "hang", json!({})).await }
    });
    tokio::task::yield_now().await;
    call(&link, "probe", json!({})).await.unwrap();
    link.close();
    assert!(matches!(writing.await.unwrap(), Err(LinkError::LinkDown)), "calls in flight learn at once");
    assert!(matches!(reading.await.unwrap(), Err(LinkError::LinkDown)));
    drops.recv().await.expect("the read was aborted");
    assert!(!served.is_finished(), "left in the middle of a write");
    go.notify_one();
    served.await.unwrap().unwrap();
    assert!(*finished.borrow());
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_other_ends_input() {
    let (link, served) = pair(echo, LinkOptions::default(), options());
    let clone = link.clone();
    drop(link);
    assert_eq!(call(&clone, "observe", json!(1)).await.unwrap(), 1);
    drop(clone);
    served.await.unwrap().unwrap();
}
