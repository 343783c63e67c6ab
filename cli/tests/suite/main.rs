//! What a user can see, tested through data: the corpus, both levels, faults and crashes, the command line.

mod actions;
mod asking;
mod build;
mod calls;
mod cases;
mod check;
mod client;
mod command_line;
mod corpus;
mod costs;
mod crashes;
mod dependencies;
mod dev;
mod eval;
mod explain;
mod fmt;
mod formats;
mod front;
mod gc;
mod going_on;
mod graph;
mod kills;
mod levels;
mod once;
mod pages;
mod planted;
mod printed;
mod retries;
mod runs;
mod sarif;
mod secrets;
mod stage;
mod transitions;
mod waiting;

/// The server of the functions' own tests.
#[path = "../../../functions/tests/suite/web.rs"]
mod web;

/// The mail server of the functions' own tests.
#[path = "../../../functions/tests/suite/server.rs"]
#[expect(dead_code, reason = "of what it can do, mail is what is needed here")]
mod server;
