//! Processes of functions that outlive us: whoever is killed cannot end them, so that the next one looks for them.
//!
//! A process is written down with the moment of its start, as numbers of processes come again.

use std::fs;
use std::path::{Path, PathBuf};

/// A note about a process. It goes with the process.
#[derive(Debug)]
pub(super) struct Note(PathBuf);

impl Note {
    /// Writes a process down, where that can be.
    pub(super) fn take(folder: &Path, process: u32) -> Option<Self> {
        let path = folder.join(process.to_string());
        let written = fs::write(&path, start_of(process)?);
        if let Err(error) = &written {
            tracing::debug!(process, %error, "a process cannot be written down");
        }
        written.ok().map(|()| Self(path))
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        // A note that stays names a process that is not there.
        let _ = fs::remove_file(&self.0);
    }
}

/// Ends the processes that are written down, if they are still the same. It forgets them either way.
pub(super) fn end_all(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let process = name.and_then(|name| name.parse::<u32>().ok());
        if let Some(process) = process
            && start_of(process).is_some_and(|start| fs::read_to_string(&path).ok() == Some(start))
        {
            tracing::info!(process, "a function of a process that was killed is ended");
            end(process);
        }
        fs::remove_file(&path)?;
    }
    Ok(())
}

/// When a process was started: which time this machine was, and after how many of its ticks.
#[cfg(target_os = "linux")]
fn start_of(process: u32) -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before that may hold anything, but nothing behind it holds a bracket.
    let (_, fields) = status.rsplit_once(')')?;
    let start = fields.split_whitespace().nth(19)?;
    Some(format!("{} {start}", boot.trim()))
}

/// Elsewhere nobody can tell whether a process is the same.
#[cfg(not(target_os = "linux"))]
fn start_of(_: u32) -> Option<String> {
    None
}

/// Ends a process with all that it has started: each of ours is the first of a group.
#[cfg(unix)]
fn end(process: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = i32::try_from(process).ok().and_then(Pid::from_raw);
    let ended = group.map(|group| kill_process_group(group, Signal::KILL));
    if let Some(Err(error)) = ended {
        tracing::warn!(process, %error, "a process cannot be ended");
    }
}

#[cfg(not(unix))]
fn end(_: u32) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::{Child, Command};

    use super::*;

    #[test]
    fn a_process_that_is_left_over_is_ended_and_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let sleep = || -> Child {
            let mut sleep = Command::new("sleep");
            let sleep = sleep.arg("60").process_group(0);
            sleep.spawn().expect("it sleeps")
        };
        let (mut ours, mut another) = (sleep(), sleep());
        for child in [&ours, &another] {
            // As if whoever wrote it down had been killed.
            std::mem::forget(Note::take(folder.path(), child.id()).expect("a note"));
        }
        // The number has come again.
        let note = folder.path().join(another.id().to_string());
        fs::write(note, "yesterday 1").expect("it is written");
        end_all(folder.path()).expect("the notes are read");
        let ended = ours.wait().expect("it has ended");
        assert_eq!(ended.signal(), Some(9));
        assert!(another.try_wait().expect("its status").is_none());
        another.kill().expect("it was there");
        another.wait().expect("it has ended");
        let left = fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!(left, 0);

        let mut brief = sleep();
        drop(Note::take(folder.path(), brief.id()));
        end_all(folder.path()).expect("there are no notes");
        assert!(brief.try_wait().expect("its status").is_none());
        brief.kill().expect("it was there");
        brief.wait().expect("it has ended");
    }
}
