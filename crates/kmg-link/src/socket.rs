//! The link over a Unix socket, for processes of separate users on one host.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::process::geteuid;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};

/// Waits for connections of one user.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    allowed: u32,
}

/// Listens at `path` for the user `allowed`. A socket that nobody serves any more is replaced. The file's mode
/// is 0600, or 0660 when another user is to connect: then the folder's group decides who reaches the check.
///
/// # Errors
/// Another process serves the socket, the path is taken by something else, or the system refuses.
pub async fn listen(path: &Path, allowed: u32) -> io::Result<Listener> {
    match tokio::fs::symlink_metadata(path).await {
        Ok(metadata) if !metadata.file_type().is_socket() => return Err(io::ErrorKind::AlreadyExists.into()),
        Ok(_) if UnixStream::connect(path).await.is_ok() => return Err(io::ErrorKind::AddrInUse.into()),
        Ok(_) => tokio::fs::remove_file(path).await?,
        Err(_) => {}
    }
    let socket = UnixListener::bind(path)?;
    let mode = if allowed == geteuid().as_raw() { 0o600 } else { 0o660 };
    tokio::fs::set_permissions(path, Permissions::from_mode(mode)).await?;
    Ok(Listener { socket, allowed })
}

impl Listener {
    /// Waits for the next connection of the allowed user; others are closed and logged.
    ///
    /// # Errors
    /// The system refuses to accept, or does not say who connected.
    pub async fn accept(&self) -> io::Result<(OwnedReadHalf, OwnedWriteHalf)> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            match check(&stream, self.allowed) {
                Ok(()) => return Ok(stream.into_split()),
                Err(error) => tracing::warn!(%error, "connection refused"),
            }
        }
    }
}

/// Connects to the socket at `path`, which the user `expected` must serve: anybody else's process in its place
/// would answer for the executor.
///
/// # Errors
/// Nobody serves the socket, or another user does.
pub async fn connect(path: &Path, expected: u32) -> io::Result<(OwnedReadHalf, OwnedWriteHalf)> {
    let stream = UnixStream::connect(path).await?;
    check(&stream, expected)?;
    Ok(stream.into_split())
}

fn check(stream: &UnixStream, uid: u32) -> io::Result<()> {
    let peer = stream.peer_cred()?.uid();
    if peer == uid {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("the other end belongs to user {peer}, not {uid}")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::{Link, LinkOptions, ServeOptions, WireError, serve};

    #[tokio::test]
    async fn only_the_allowed_user_is_served() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link.sock");
        let me = geteuid().as_raw();
        let listener = listen(&path, me).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(listen(&path, me).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        assert_eq!(connect(&path, me + 1).await.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        let server = tokio::spawn(async move {
            loop {
                let (reader, writer) = listener.accept().await.unwrap();
                let echo = |_, body: Value, _| async { Ok::<_, WireError>(body) };
                serve(reader, writer, echo, ServeOptions::new("executor")).await.unwrap();
            }
        });
        let (reader, writer) = connect(&path, me).await.unwrap();
        let link = Link::start(reader, writer, LinkOptions::default());
        let answer: Value = link.call("observe", &json!([1]), Duration::from_secs(30)).await.unwrap();
        assert_eq!(answer, json!([1]));
        server.abort();
        let _aborted = server.await;
        listen(&path, me).await.expect("a socket nobody serves is replaced");
    }

    #[tokio::test]
    async fn a_stranger_is_turned_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link.sock");
        let listener = listen(&path, geteuid().as_raw() + 1).await.unwrap();
        let (reader, writer) = connect(&path, geteuid().as_raw()).await.unwrap();
        let link = Link::start(reader, writer, LinkOptions::default());
        let accepting = tokio::spawn(async move { listener.accept().await });
        link.ended().await;
        assert!(!accepting.is_finished(), "the stranger was taken for the allowed user");
        accepting.abort();
        std::fs::write(folder.path().join("file"), b"").unwrap();
        let taken = listen(&folder.path().join("file"), 0).await.unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
    }
}
