//! Opening a journal and appending to it.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufReader};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use kmg_core::clock::Clock;
use kmg_core::digest::hex;
use kmg_core::json::canonical;
use rustix::fs::{FlockOperation, OFlags, flock};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::{oneshot, watch};

use crate::chain::{Damage, Records, Why};
use crate::error::AuditError;
use crate::queue::Item;
use crate::record::{LINE_OVERHEAD, Position, Purpose, Record};
use crate::writer::{Shared, Writer};
use crate::{MAX_LINE, checkpoint, kinds};

const MAX_DEPTH: usize = 60;

/// How a journal is opened and written.
#[derive(Clone, Debug)]
pub struct JournalOptions {
    /// Whose journal it is.
    pub purpose: Purpose,
    /// Where the records' times come from.
    pub clock: Clock,
    /// The key that signs checkpoints; without one there are none, and verification fails.
    pub checkpoint_key: Option<SigningKey>,
    /// How long opening waits for another process to let go of the file.
    pub lock_wait: Duration,
    /// How many records may wait for the disk; more are refused.
    pub queue: usize,
    /// How long a record may stand without a checkpoint over it.
    pub seal_after: Duration,
}

impl JournalOptions {
    /// No key, a wait of 5 s for the lock, 4,096 waiting records, a checkpoint within 10 s.
    pub const fn new(purpose: Purpose, clock: Clock) -> Self {
        let (lock_wait, seal_after) = (Duration::from_secs(5), Duration::from_secs(10));
        Self { purpose, clock, checkpoint_key: None, lock_wait, queue: 4_096, seal_after }
    }
}

/// An open journal. Clones append to the same file; the file stays locked until [`Journal::close`] or until the
/// last clone is dropped.
#[derive(Clone)]
pub struct Journal(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if !self.shared.queue.abandon() {
            tracing::warn!("journal dropped without being closed");
        }
    }
}

/// What a journal held when it was opened, for the caller to fold.
#[derive(Clone, Debug)]
pub struct Replay {
    path: PathBuf,
    end: Position,
    cut: u64,
}

impl Replay {
    /// The last record before this opening; [`Position::START`] in a new journal.
    pub const fn end(&self) -> Position {
        self.end
    }

    /// How many bytes of an unterminated last line were cut off.
    pub const fn cut(&self) -> u64 {
        self.cut
    }

    /// Reads the records again, oldest first, one at a time. The chain is checked again too: an iteration that
    /// gave no error gave exactly the records up to [`Replay::end`].
    ///
    /// # Errors
    /// The file cannot be opened; the iterator's items tell of everything else.
    pub fn records(&self) -> Result<Records<BufReader<File>>, AuditError> {
        let file = OpenOptions::new().read(true).custom_flags(no_follow()).open(&self.path).map_err(AuditError::io("read"))?;
        Ok(Records::new(BufReader::new(file)).until(self.end))
    }
}

/// `O_NOFOLLOW`: a link in the journal's place is not followed.
fn no_follow() -> i32 {
    OFlags::NOFOLLOW.bits().cast_signed()
}

impl Journal {
    /// Opens the journal at `path`, or creates it (mode 0600), locks it for the life of the process, and checks
    /// every record. Blocks; the first records and a checkpoint are durable when it returns.
    ///
    /// # Errors
    /// `Locked` when another process still holds the file after `lock_wait`; `Damaged` for anything but an
    /// unterminated last line, for a journal of another purpose, and for a checkpoint that our key did not sign
    /// as it stands; `Io`.
    pub fn open(path: &Path, options: JournalOptions) -> Result<(Self, Replay), AuditError> {
        let file = open_file(path)?;
        lock(&file, options.lock_wait)?;
        let Past { end, offset, unsealed, torn } = read_past(&file, &options)?;
        let replay = Replay { path: path.to_owned(), end, cut: torn.len() as u64 };
        if !torn.is_empty() {
            file.set_len(offset).map_err(AuditError::io("cut"))?;
        }
        let mut writer = Writer {
            file,
            shared: Shared::new(options.queue, end),
            purpose: options.purpose,
            clock: options.clock,
            key: options.checkpoint_key,
            seal_after: options.seal_after,
            tip: end,
            unsealed,
            sealed: false,
            seal_by: None,
            buffer: Vec::new(),
        };
        writer.add(kinds::OPENED, &canonical(&json!({ "purpose": options.purpose }))?)?;
        if !torn.is_empty() {
            let body = json!({ "cutBytes": torn.len(), "cutSha256": hex(&Sha256::digest(&torn)) });
            tracing::warn!(purpose = options.purpose.as_str(), bytes = torn.len(), "unfinished end of the journal cut off");
            writer.add(kinds::RECOVERED, &canonical(&body)?)?;
        }
        writer.seal()?;
        writer.commit()?;
        Ok((Self::start(writer)?, replay))
    }

    pub(crate) fn start(writer: Writer) -> Result<Self, AuditError> {
        let shared = Arc::clone(&writer.shared);
        let thread = std::thread::Builder::new().name(format!("journal-{}", writer.purpose));
        thread.spawn(move || writer.run()).map_err(AuditError::io("started"))?;
        Ok(Self(Arc::new(Handle { shared })))
    }

    /// Appends a record and returns its position once it is durable. Dropping the future does not take the
    /// record back.
    ///
    /// # Errors
    /// Nothing is written for a malformed or reserved kind, a body that is not an object, is deeper than 60
    /// levels, has no canonical form or is too long, a full queue, or a closed journal. `Io` and `Poisoned`
    /// leave open whether the record reached the disk.
    pub async fn append(&self, kind: &str, body: Value) -> Result<Position, AuditError> {
        if !kinds::well_formed(kind) || kinds::reserved(kind) {
            return Err(AuditError::Kind);
        }
        if !body.is_object() || !shallow(&body, MAX_DEPTH) {
            return Err(AuditError::Body);
        }
        let bytes = canonical(&body)?;
        if bytes.len() > MAX_LINE - LINE_OVERHEAD {
            return Err(AuditError::TooLong);
        }
        let (reply, answer) = oneshot::channel();
        self.push(Item::Append { kind: kind.to_owned(), body: bytes, reply })?;
        answer.await.map_err(|_| AuditError::Poisoned)?
    }

    /// Writes a checkpoint now, unless nothing was written since the last one, and returns the durable head.
    ///
    /// # Errors
    /// As for [`Journal::append`].
    pub async fn seal(&self) -> Result<Position, AuditError> {
        let (reply, answer) = oneshot::channel();
        self.push(Item::Seal(reply))?;
        answer.await.map_err(|_| AuditError::Poisoned)?
    }

    fn push(&self, item: Item) -> Result<(), AuditError> {
        if self.0.shared.poisoned.load(Ordering::Acquire) {
            return Err(AuditError::Poisoned);
        }
        self.0.shared.queue.push(item)
    }

    /// The last durable record.
    pub fn head(&self) -> Position {
        *self.0.shared.head.borrow()
    }

    /// Follows the last durable record.
    pub fn heads(&self) -> watch::Receiver<Position> {
        self.0.shared.head.subscribe()
    }

    /// How often the disk was waited for since the journal was opened.
    pub fn syncs(&self) -> u64 {
        self.0.shared.syncs.load(Ordering::Relaxed)
    }

    /// Whether an earlier write failed, so that everything is refused until the process starts again.
    pub fn is_poisoned(&self) -> bool {
        self.0.shared.poisoned.load(Ordering::Acquire)
    }

    /// Writes what waits, the closing record and a last checkpoint, and releases the file. Other clones get
    /// `Closed` from then on.
    ///
    /// # Errors
    /// `Closed` when it was closed before; `Io` or `Poisoned` when the end could not be written.
    pub async fn close(&self) -> Result<Position, AuditError> {
        let (reply, answer) = oneshot::channel();
        self.0.shared.queue.close(reply)?;
        answer.await.map_err(|_| AuditError::Poisoned)?
    }
}

/// Whether `value` is nested at most `levels` deep.
fn shallow(value: &Value, levels: usize) -> bool {
    match (value, levels.checked_sub(1)) {
        (Value::Array(items), Some(left)) => items.iter().all(|item| shallow(item, left)),
        (Value::Object(map), Some(left)) => map.values().all(|item| shallow(item, left)),
        (Value::Array(_) | Value::Object(_), None) => false,
        _ => true,
    }
}

/// Whether a process is writing the journal at `path` now. The look itself holds a shared lock for a moment, which
/// a process that opens the journal waits for.
///
/// # Errors
/// The file cannot be opened or its lock not asked about.
pub fn is_being_written(path: &Path) -> Result<bool, AuditError> {
    let file = OpenOptions::new().read(true).custom_flags(no_follow()).open(path).map_err(AuditError::io("read"))?;
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(false),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
        Err(errno) => Err(AuditError::io("locked")(errno.into())),
    }
}

fn open_file(path: &Path) -> Result<File, AuditError> {
    let mut how = OpenOptions::new();
    how.read(true).append(true).create(true).mode(0o600).custom_flags(no_follow());
    let file = how.open(path).map_err(AuditError::io("opened"))?;
    let metadata = file.metadata().map_err(AuditError::io("opened"))?;
    if !metadata.is_file() {
        return Err(AuditError::io("opened")(io::Error::other("not a regular file")));
    }
    if metadata.permissions().mode() & 0o777 != 0o600 {
        file.set_permissions(Permissions::from_mode(0o600)).map_err(AuditError::io("made private"))?;
    }
    // A new file survives a crash only once its folder is durable too.
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(AuditError::io("made durable"))?;
    Ok(file)
}

fn lock(file: &File, wait: Duration) -> Result<(), AuditError> {
    let until = Instant::now() + wait;
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() >= until => return Err(AuditError::Locked),
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => std::thread::sleep(Duration::from_millis(20)),
            Err(errno) => return Err(AuditError::io("locked")(errno.into())),
        }
    }
}

struct Past {
    end: Position,
    offset: u64,
    unsealed: u64,
    torn: Vec<u8>,
}

fn read_past(file: &File, options: &JournalOptions) -> Result<Past, AuditError> {
    let ours: Vec<_> = options.checkpoint_key.iter().map(SigningKey::verifying_key).collect();
    let mut records = Records::new(BufReader::new(file));
    let mut unsealed = 0;
    while let Some(record) = records.next().transpose()? {
        if records.purpose() != Some(options.purpose) {
            return Err(Damage { seq: record.seq, why: Why::Purpose }.into());
        }
        unsealed = if record.kind == kinds::CHECKPOINT { 0 } else { unsealed + 1 };
        check_ours(&record, options.purpose, &ours)?;
    }
    Ok(Past { end: records.tip(), offset: records.offset(), unsealed, torn: records.torn().to_vec() })
}

/// Checkpoints by former keys are left to `verify`, which is told whom to trust.
fn check_ours(record: &Record, purpose: Purpose, ours: &[ed25519_dalek::VerifyingKey]) -> Result<(), Damage> {
    match (record.kind == kinds::CHECKPOINT).then(|| checkpoint::check(record, purpose, ours)) {
        Some(Err(why)) if why != Why::UntrustedKey => Err(Damage { seq: record.seq, why }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
