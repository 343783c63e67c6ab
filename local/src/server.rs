//! This AWS on a port, for everybody else's tools: every service behind one address.

mod connection;
mod health;
mod visitor;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::Local;

/// How long requests that are being answered have until the server is gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often items of tables are looked for that have expired.
const BETWEEN_SWEEPS: Duration = Duration::from_mins(1);

/// The pause after a connection could not be taken: no file is left for it, and others must end first.
const PAUSE: Duration = Duration::from_millis(50);

impl Local {
    /// Answers every request that comes to a port, until `stop` is over; what is being answered then is answered.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use pawl_local::{Local, Options};
    ///
    /// let local = Local::open(Options::default()).await?;
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:4566").await?;
    /// local.serve(listener, std::future::pending()).await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn serve(&self, listener: TcpListener, stop: impl Future<Output = ()>) {
        if let Ok(address) = listener.local_addr() {
            self.announce(&endpoint(address));
        }
        let connections = GracefulShutdown::new();
        // Whatever is still open at the end is closed with this.
        let mut open = JoinSet::new();
        tokio::pin!(stop);
        let mut sweeps = tokio::time::interval(BETWEEN_SWEEPS);
        loop {
            let stream = tokio::select! {
                biased;
                () = &mut stop => break,
                _ = sweeps.tick() => {
                    open.spawn(sweep(self.clone()));
                    continue;
                }
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be taken");
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    }
                },
            };
            // Small answers must not wait for more.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "the connection is slow");
            }
            // A connection does not keep the services open.
            let aws = Arc::downgrade(&self.aws);
            let service = service_fn(move |request| connection::answer(aws.clone(), request));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            let connection = connections.watch(connection);
            open.spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection broke off");
                }
            });
            while open.try_join_next().is_some() {}
        }
        drop(listener);
        if tokio::time::timeout(PATIENCE, connections.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("some requests were left without an answer");
        }
    }
}

/// Deletes what has expired. A connection that waits meanwhile is taken all the same.
async fn sweep(local: Local) {
    match local.expire().await {
        Ok(0) => {}
        Ok(items) => tracing::debug!(items, "items have expired"),
        Err(error) => tracing::warn!(%error, "what has expired could not be deleted"),
    }
}

/// The address that clients are given for a listener.
pub fn endpoint(address: SocketAddr) -> String {
    format!("http://{address}")
}
