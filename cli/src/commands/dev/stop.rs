//! When a server is asked to stop: by Ctrl-C, or by whoever started it.

use std::future::Future;

use anyhow::Context;

/// Ends when somebody asks for the end. Signals that come from now on are heard.
#[cfg(unix)]
pub(super) fn asked() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).context("cannot listen for signals");
    let mut interrupted = listen(SignalKind::interrupt())?;
    let mut terminated = listen(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

/// Ends when somebody asks for the end. Signals that come from now on are heard.
#[cfg(not(unix))]
pub(super) fn asked() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupted = tokio::signal::windows::ctrl_c().context("cannot listen for Ctrl-C")?;
    Ok(async move {
        interrupted.recv().await;
    })
}
