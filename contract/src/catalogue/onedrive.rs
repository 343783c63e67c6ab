//! `onedrive`: files in OneDrive.

use super::operation::{Action, Operation, Others};

const NAME: &str = "onedrive";

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Reads and synchronises files in OneDrive.",
    operations: &[
        Operation::read(NAME, "get_user_token", "Answers with a person's token.")
            .others(Others::Accepted)
            .with_secrets(),
        Operation::write(NAME, "refresh_token", "Renews a token.")
            .others(Others::Accepted)
            .with_secrets(),
        Operation::read(NAME, "read_file", "Answers with a file.")
            .others(Others::Accepted)
            .with_secrets(),
        Operation::read(
            NAME,
            "list_folder_contents",
            "Answers with what a folder holds.",
        )
        .others(Others::Accepted)
        .with_secrets(),
        Operation::write(
            NAME,
            "create_file_sync_configs",
            "Sets up the synchronisation of files.",
        )
        .others(Others::Accepted)
        .with_secrets(),
        Operation::write(
            NAME,
            "sync_folder_files",
            "Synchronises the files of a folder.",
        )
        .others(Others::Accepted)
        .with_secrets(),
        Operation::write(NAME, "upload_to_storage", "Keeps a file in our storage.")
            .others(Others::Accepted)
            .with_secrets(),
        Operation::write(
            NAME,
            "update_sync_config",
            "Changes how files are synchronised.",
        )
        .others(Others::Accepted)
        .with_secrets(),
    ],
};
