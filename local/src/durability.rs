//! How sure it is that what was answered is kept.

/// When something counts as kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// Once the disk has it: it survives a power failure.
    #[default]
    Fsync,
    /// Once the system has it: it survives a killed process, and the last moments may be lost with the machine.
    Relaxed,
}
