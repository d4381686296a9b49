//! A child's end of its pipes.

use std::io;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stdin, dup2_stdout, stderr, stdin, stdout};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::unix::pipe;

/// Moves the protocol off the descriptors 0 and 1: it goes on over new descriptors that no program started by
/// this process inherits, 0 becomes `/dev/null` and 1 becomes standard error. So neither a kubeconfig's exec
/// plugin nor a stray print can read or write the protocol. To be called first, within a tokio runtime.
///
/// # Errors
/// 0 and 1 are not pipes: the process was not started by a supervisor.
pub fn take_stdio() -> io::Result<(impl AsyncRead + Send + Unpin + 'static, impl AsyncWrite + Send + Unpin + 'static)> {
    let (input, output) = (fcntl_dupfd_cloexec(stdin(), 3)?, fcntl_dupfd_cloexec(stdout(), 3)?);
    let (input, output) = (pipe::Receiver::from_owned_fd(input)?, pipe::Sender::from_owned_fd(output)?);
    dup2_stdin(open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)?;
    dup2_stdout(stderr())?;
    Ok((input, output))
}
