//! What a user can see, tested through data: the corpus, both levels, faults and crashes, the command line.

mod cases;
mod command_line;
mod corpus;
mod crashes;
mod levels;
mod pages;
