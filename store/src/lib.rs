//! Everything that lasts: runs, records, variables and business records, in one DynamoDB table and one S3 bucket.
//!
//! ```text
//! pk                sk                    an item
//! acme#run-1        run                   the run
//! acme#run-1        r#000003              the record of a visit
//! acme#run-1        s#root#get_customer   a step's latest value
//! acme#run-1        v#root#cursor         a variable
//! acme#run-1        l#root#each           a loop's cursor
//! acme#run-1        l#root#each#list      a loop's list
//! acme#run-1        v#000004/000007#total a variable of one iteration, the eighth of the Map at 000004
//! acme#run-1        y#000004/000007       what that iteration gave
//! acme#run-1        w#paid#000004         visit 000004 listens for the signal `paid`
//! acme#run-1        g#paid#000000000002   a signal that nobody has taken yet
//! acme#run-1        d#000004              the question of visit 000004 was decided
//! acme#run-1        f#onComplete          the workflow that follows the run, and what came of it
//! acme#run-1        open                  the run is open, and was seen to go on at this time
//! acme#run-1        n#paid                how many of them have come
//! acme#doc#published  send_invoice        which machine runs a workflow
//! acme#run-1        e#000003#0001#...     what a model said and did in its first turn there
//! acme#count#hooks/send_invoice  2026-01-31T09:00  how many requests came in a minute
//! acme#run-1        j#00000000000000000001  the first events that were told to those who watch
//! acme#customers    cust_456              a business record
//! acme#thread#t-1   m#...                 a message of a thread
//! ```

pub mod business;
pub mod counter;
pub mod cursor;
pub mod decided;
pub mod document;
pub mod event;
pub mod follow_up;
pub mod journal;
pub mod key;
pub mod latest;
pub mod look;
pub mod notice;
pub mod open;
pub mod outbox;
pub mod record;
pub mod run;
pub mod schema;
pub mod secret;
pub mod select;
pub mod spending;
pub mod stretch;
pub mod thread;
pub mod time;
pub mod transaction;
pub mod turnstile;
pub mod wait;
pub mod workflow;
pub mod writes;

mod attribute;
mod cache;
mod error;
mod fetch;
mod file;
mod in_process;
mod pages;
mod question;
mod strand;
mod value;

use std::sync::{Arc, OnceLock};

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, TokioSleep};
use aws_types::SdkConfig;

pub use business::{Business, Version};
pub use cache::Kept;
pub use cursor::{Cursor, List};
pub use decided::Decided;
pub use document::{Change, Direction, Document, Documents};
pub use error::Error;
pub use event::{Batch, Told};
pub use fetch::Items;
pub use follow_up::FollowUp;
pub use journal::Entry;
pub use key::Key;
pub use latest::{Latest, Visits};
pub use look::{EventMark, Glance, Look, Sight};
pub use notice::Delegate;
pub use open::Open;
pub use outbox::{Event, Untold};
pub use record::{Record, RecordStatus};
pub use run::{Close, Run, RunError, RunStatus};
pub use secret::Sealed;
pub use select::{Page, Window};
pub use spending::Spending;
pub use strand::Given;
pub use stretch::Stretch;
pub use thread::{Said, Thread};
pub use transaction::{Committed, Expect, Transaction};
pub use turnstile::{Comer, Place, Standing, Turnstile};
pub use value::LARGEST_INLINE;
pub use wait::{Message, UntoldAnswer, Wait, Waiting};
pub use workflow::Published;
pub use writes::Writes;

/// The table and the bucket, and the clients that reach them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    dynamodb: aws_sdk_dynamodb::Client,
    /// Made when a large value or a file is asked for: most processes ask for none.
    s3: Arc<OnceLock<aws_sdk_s3::Client>>,
    sdk: Arc<SdkConfig>,
    table: String,
    bucket: String,
    sleep: SharedAsyncSleep,
}

impl Store {
    /// A store in this table and this bucket.
    pub fn new(sdk: &SdkConfig, table: impl Into<String>, bucket: impl Into<String>) -> Self {
        Self {
            dynamodb: in_process::dynamodb(sdk),
            s3: Arc::default(),
            sdk: Arc::new(sdk.clone()),
            table: table.into(),
            bucket: bucket.into(),
            sleep: sdk
                .sleep_impl()
                .unwrap_or_else(|| SharedAsyncSleep::new(TokioSleep::new())),
        }
    }

    fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3.get_or_init(|| {
            // Path style answers the same on AWS, and other endpoints seldom serve host names per bucket.
            let s3 = aws_sdk_s3::config::Builder::from(self.sdk.as_ref()).force_path_style(true);
            aws_sdk_s3::Client::from_conf(s3.build())
        })
    }

    /// Waits before a call is tried again: 25 ms, doubled with every try, at most a second.
    async fn back_off(&self, tries: u32) {
        let wait = std::time::Duration::from_millis(25 << tries.min(5));
        self.sleep
            .sleep(wait.min(std::time::Duration::from_secs(1)))
            .await;
    }
}
