//! What can be wrong with the settings.

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("The settings file {path} cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        why: String,
    },
    /// It is not what it should be.
    #[error("The settings file has a mistake: {0}")]
    Malformed(String),
    /// A name that cannot stand in an address.
    #[error("{0}")]
    Name(#[from] callboard_model::NameError),
    /// Two of one name.
    #[error("There are two {what}s named \"{name}\": give one of them another name")]
    Twice {
        /// `site` or `hook`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A project that is listed twice.
    #[error("Site \"{site}\" lists the project {project} twice: leave one of the two")]
    ProjectTwice {
        /// The site.
        site: String,
        /// The project's id.
        project: String,
    },
    /// A hook of a site that is not there.
    #[error("Hook \"{hook}\" belongs to site \"{site}\", which is not in the settings")]
    NoSite {
        /// The hook.
        hook: String,
        /// The site it names.
        site: String,
    },
    /// A kind that this version does not speak.
    #[error("Site \"{site}\": this version does not speak {kind} yet")]
    Kind {
        /// The site.
        site: String,
        /// The kind.
        kind: &'static str,
    },
    /// A site without what it needs to sign in.
    #[error("Site \"{site}\" needs {what}")]
    Missing {
        /// The site.
        site: String,
        /// What is missing.
        what: &'static str,
    },
    /// A site that nothing can be written to.
    #[error(
        "Site \"{0}\": nothing can be written to Creative Force, so its write can only be watch, also of its projects"
    )]
    NotWritten(String),
    /// A hook that says something that cannot be.
    #[error("Hook \"{hook}\": {why}")]
    Hook {
        /// The hook.
        hook: String,
        /// What is wrong.
        why: String,
    },
    /// An outgoing webhook that cannot be sent to.
    #[error("Outgoing webhook \"{name}\": {why}")]
    Outgoing {
        /// Its name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A previous secret without a current one.
    #[error("Hook \"{0}\" has a previous_secret and no secret: without one its deliveries would not be checked at all")]
    PreviousAlone(String),
    /// An empty secret signs nothing.
    #[error("The secret of hook \"{0}\" is empty: leave the line out to say that deliveries are not signed")]
    EmptySecret(String),
    /// A header whose name is none.
    #[error("Hook \"{hook}\": \"{header}\" cannot be the name of a header. Take letters, digits and -")]
    Header {
        /// The hook.
        hook: String,
        /// The name.
        header: String,
    },
    /// An environment variable that is not set.
    #[error("The environment variable {0}, which should hold a secret, is not set")]
    NoVariable(String),
    /// The keychain does not have it.
    #[error("The keychain has no secret \"{name}\" for callboard: {why}")]
    Keychain {
        /// The entry.
        name: String,
        /// What the keychain said.
        why: String,
    },
    /// The way to a site cannot be gone: its certificate authority's file or its proxy.
    #[error("Site \"{site}\": {why}")]
    Network {
        /// The site.
        site: String,
        /// Why.
        why: String,
    },
    /// The site's address is not one.
    #[error("Site \"{site}\": {why}")]
    Address {
        /// The site.
        site: String,
        /// Why.
        why: String,
    },
    /// The file cannot be written.
    #[error("The settings file {path} cannot be written: {why}. Nothing was changed")]
    Unwritable {
        /// The file.
        path: String,
        /// What the system said.
        why: String,
    },
    /// The file of secrets does not give a secret.
    #[error("The secret \"{name}\" cannot be read from {path}: {why}")]
    File {
        /// The secret's name.
        name: String,
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// A secret cannot be kept.
    #[error("The secret \"{name}\" cannot be kept: {why}. Nothing was changed")]
    NotKept {
        /// The secret's name.
        name: String,
        /// Why.
        why: String,
    },
    /// A public address that is none.
    #[error("\"{0}\" is not an address that a site could deliver to. Enter it as https://callboard.studio.example")]
    PublicAddress(String),
    /// Readings of a log without a pause between them.
    #[error("Site \"{0}\": poll_seconds must be at least 1")]
    TooOften(String),
    /// A site that nothing could ever be written to.
    #[error("Site \"{0}\": writes_a_minute must be at least 1. To write nothing, set write = \"watch\"")]
    TooSeldom(String),
    /// Preferences that cannot be kept to.
    #[error("{0}")]
    Preferences(String),
    /// Mail that cannot be sent like this.
    #[error("[mail]: {0}")]
    Mail(String),
}
