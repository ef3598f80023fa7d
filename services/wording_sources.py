"""Sentences of the sources: why one cannot be saved, why a run failed, each with what to do."""

from __future__ import annotations

from services.language import N_

SOURCE_ERRORS: dict[str, str] = {
    # setting one up
    "source_kind": N_("“%(value)s” is not a kind of source."),
    "schedule_wrong": N_("Choose a schedule from the list."),
    "clock_wrong": N_("“%(value)s” is not a time. Write it like 06:30."),
    "field_missing": N_("This must be filled in."),
    "url_wrong": N_("“%(value)s” is not an address. Write it like https://erp.example.com."),
    "port_wrong": N_("“%(value)s” is not a port: a number from 1 to 65535, usually 22."),
    "secret_missing": N_("Enter the password or the key: for another server the stored one is not used."),
    "folder_elsewhere": N_("The folder %(path)s is not allowed. Choose one below: %(allowed)s."),
    "folder_taken": N_("The folder %(path)s is already watched by another source. Choose another one."),
    # folders
    "folder_unusable": N_(
        "The folder %(path)s cannot be used (%(answer)s). Check that it exists and that Encours may write in it."
    ),
    # servers
    "sftp_unreachable": N_(
        "%(host)s does not answer on port %(port)s (%(answer)s). Check the name, the port and the firewall."
    ),
    "sftp_slow": N_("%(host)s answered too slowly. The next attempt comes by itself."),
    "sftp_sign_in_refused": N_("%(host)s refuses the sign-in of %(user)s. Check the user and the password or key."),
    "sftp_answer": N_("%(host)s answers: %(answer)s. Check the folder and its rights."),
    "sftp_too_many": N_("The folder on the server holds more than %(value)s files. Move the old ones away."),
    "sftp_key_unknown": N_("The key of %(host)s has not been checked yet. Try the connection once."),
    "sftp_key_changed": N_(
        "%(host)s shows another key than the one that was pinned; nothing was sent to it. Ask whoever runs it: if the key "
        "really changed, forget the old one and try the connection again."
    ),
    "sftp_key_unreadable": N_("The key of the server cannot be read."),
    "sftp_secret_unreadable": N_("The private key cannot be read. Paste it whole, without a passphrase."),
    # running
    "disk_full": N_(
        "The disk is full or cannot be written: nothing was taken in and nothing is lost. Free some space, it goes on by itself."
    ),
    "import_stopped": N_("The import stopped unexpectedly. Nothing was written; it is tried again by itself."),
    "import_failed": N_(
        "The import failed several times and was given up. Nothing was written. Try again, or ask your administrator."
    ),
    "import_file_gone": N_("The file is no longer here. Choose it again."),
    "source_stopped": N_("The run stopped unexpectedly. Nothing was half written; it is tried again by itself."),
    "source_refused": N_("Files refused by the last run: %(number)s. The page of the source says why."),
}
