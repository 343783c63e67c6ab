//! How often a visit may come back before it has to end: the compiler counts with it, the functions keep it.

/// So many questions may one visit ask.
pub const MOST_QUESTIONS: u32 = 10;

/// So many invocations of a visit may end while it still waits for its turn at a model.
pub const MOST_WAITS: u32 = 20;
