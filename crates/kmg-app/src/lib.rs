//! The use cases: propose, decide, claim, record, sweep, sign-in sessions. What both edges call.
//!
//! The MCP edge hands in a `Caller`, the browser edge a session cookie that becomes a `Reviewer`. No function
//! here takes the one for the other, and only [`App::finish_approval`] makes an approval.

mod approve;
mod audit;
mod authenticate;
mod deny;
mod execute;
mod forms;
mod observe;
mod options;
mod pending;
mod propose;
mod query;
mod random;
mod reconcile;
mod rollback;
mod rollout;
mod sessions;
mod sign_in;
mod sweep;
mod view;
mod waits;

pub use approve::ApprovalStart;
pub use audit::CallRecord;
pub use authenticate::AuthFailure;
pub use kmg_auth::CallbackParams;
pub use kmg_store::{Decided, PlanRow};
pub use options::{App, Options, Parts, Peer};
pub use query::{Review, TimelineEntry};
pub use reconcile::{Open, open_intents};
pub use rollout::Listener;
pub use sessions::{SessionRow, SignedIn};
pub use sign_in::{NewSession, SignInStart};
