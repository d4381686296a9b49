//! A bare append and `fdatasync`: what durability costs on this disk, without anything of ours.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::future::LocalBoxFuture;

use crate::series::{Subject, Window};

/// About the length of a journal record of a read.
const RECORD: usize = 768;

/// Appends records and waits for the disk, as a journal must.
pub struct Disk {
    name: &'static str,
    file: File,
    group: u64,
}

impl Disk {
    /// A new file in `folder`; `group` records share one wait, as those of concurrent calls do in a group commit.
    pub fn new(name: &'static str, folder: &Path, group: u64) -> anyhow::Result<Self> {
        let path = folder.join(format!("fdatasync-{group}"));
        let file = File::options().create(true).append(true).open(&path).with_context(|| path.display().to_string())?;
        Ok(Self { name, file, group })
    }
}

impl Subject for Disk {
    fn name(&self) -> &'static str {
        self.name
    }
    fn window(&mut self, length: Duration) -> LocalBoxFuture<'_, anyhow::Result<Window>> {
        Box::pin(async move {
            let (file, group) = (self.file.try_clone()?, self.group);
            tokio::task::spawn_blocking(move || append_until(&file, group, Instant::now() + length)).await?
        })
    }
}

fn append_until(mut file: &File, group: u64, until: Instant) -> anyhow::Result<Window> {
    let records = vec![b'r'; RECORD * usize::try_from(group)?];
    let mut window = Window::default();
    let first = Instant::now();
    while Instant::now() < until {
        let began = Instant::now();
        file.write_all(&records)?;
        file.sync_data()?;
        window.latencies.push(u64::try_from(began.elapsed().as_nanos())?);
        window.calls += group;
    }
    window.elapsed = first.elapsed();
    Ok(window)
}
