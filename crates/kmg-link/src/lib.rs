//! The private protocol between the gateway and its processes, both ends.
//!
//! A frame is a length (4 bytes, big-endian, at most [`MAX_FRAME`]) and that many bytes of JSON: a request, a
//! response, a ping or a pong. Requests carry an id, a method, a deadline and a body; responses come in any
//! order. It runs over any byte stream: the pipes of a child ([`Supervisor`], [`take_stdio`]) or a Unix socket
//! with a peer check ([`socket`]). Nothing above the link knows which.
//!
//! A frame that is cut, malformed or over the cap ends the connection: both ends are our own code, so there is
//! nothing to be lenient about.

mod child;
mod client;
mod error;
mod frame;
pub mod methods;
mod server;
pub mod socket;
mod stdio;
mod supervisor;

pub use child::ChildSpec;
pub use client::{Link, LinkOptions};
pub use error::{Ended, LinkError, ServeError, WireError};
pub use frame::MAX_FRAME;
pub use server::{ServeOptions, serve};
pub use stdio::take_stdio;
pub use supervisor::{Event, Peer, State, Supervisor};
