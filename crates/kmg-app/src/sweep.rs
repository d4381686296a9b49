//! What time does: plans expire, sessions end, open outcomes are asked for again.

use std::time::Duration;

use kmg_core::problem::Problem;
use serde_json::json;

use crate::options::App;

const EVERY: Duration = Duration::from_secs(5);

impl App {
    /// Sweeps every five seconds until `stop` completes. At the start it reconciles what an earlier process left.
    pub async fn run_sweeper(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            if let Err(problem) = self.sweep().await {
                tracing::error!(%problem, "sweep failed");
            }
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Expires plans, purges sessions, and reconciles plans whose outcome is open.
    ///
    /// # Errors
    /// Faults of journal and store.
    pub async fn sweep(&self) -> Result<(), Problem> {
        self.expire().await?;
        self.parts().store.purge().await?;
        for row in self.parts().store.unfinished().await? {
            if self.is_running(&row) {
                continue;
            }
            // One plan that cannot be settled must not keep the others waiting.
            if let Err(problem) = self.reconcile(&row).await {
                tracing::error!(plan = %row.id(), %problem, "not reconciled");
            }
        }
        Ok(())
    }

    /// A plan this process executes right now is answered by that execution.
    fn is_running(&self, row: &kmg_store::PlanRow) -> bool {
        const GRACE: i64 = 130_000;
        row.life.stage == kmg_core::plan::Stage::Claimed
            && self.0.started_at <= row.changed_at
            && self.clock().now().since(row.changed_at) < GRACE
    }

    /// Stores expiries before anybody looks, so that no page and no answer shows a state that is over.
    pub(crate) async fn expire(&self) -> Result<(), Problem> {
        for plan in self.parts().store.sweep().await? {
            self.record("plan.expired", json!({ "planId": plan })).await?;
            self.changed();
        }
        Ok(())
    }
}
