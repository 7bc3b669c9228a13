use serde::Serialize;
use serde::de::DeserializeOwned;

/// A kind of window, by how far it is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// Draws conversations, so also what models write.
    Main,
    /// Takes typed secrets, and draws nothing a model wrote.
    Entry,
}

impl Window {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Main, Self::Entry];

    /// The label the window has in the shell.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Entry => "entry",
        }
    }

    /// The kind of window behind a label.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|window| window.label() == label)
    }
}

/// A request: it names its reply and who may send it.
pub trait Command: Serialize + DeserializeOwned {
    /// The name on the wire.
    const NAME: &'static str;
    /// The windows that may send it.
    const WINDOWS: &'static [Window];
    /// What comes back.
    type Reply: Serialize + DeserializeOwned;
}

/// A command without its types, for the test that holds the router to the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandInfo {
    /// The name on the wire.
    pub name: &'static str,
    /// The windows that may send it.
    pub windows: &'static [Window],
}

macro_rules! command {
    (
        $(#[$doc:meta])*
        $name:ident { $( $(#[$field_doc:meta])* $field:ident : $type:ty, )* } => $reply:ty, [$($window:expr),+]
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $name { $( $(#[$field_doc])* pub $field: $type, )* }

        impl crate::Command for $name {
            const NAME: &'static str = stringify!($name);
            const WINDOWS: &'static [Window] = &[$($window),+];
            type Reply = $reply;
        }
    };
}
pub(crate) use command;

macro_rules! list {
    ($($name:ident),+ $(,)?) => {
        /// Every command of the contract.
        pub fn commands() -> Vec<CommandInfo> {
            vec![$(CommandInfo {
                name: <crate::$name as Command>::NAME,
                windows: <crate::$name as Command>::WINDOWS,
            }),+]
        }
    };
}

list![
    ListConversations,
    CreateConversation,
    OpenConversation,
    LoadMessages,
    RenameConversation,
    DeleteConversation,
    RestoreConversation,
    SetModel,
    SaveDraft,
    SendMessage,
    RetryAnswer,
    ContinueAnswer,
    StopAnswer,
    SelectSibling,
    RecentQuestions,
    CopyText,
    OpenLink,
    Highlight,
    SetConversationKey,
    ListKeys,
    LookAtClipboard,
    PasteKey,
    SaveKey,
    MoveKey,
    TestKey,
    SettlePending,
    DeleteKey,
    RestoreKey,
    FindKeys,
    ImportKeys,
    UnlockWithKeychain,
    LockVault,
    OpenEntry,
    GetEntry,
    CancelEntry,
    SubmitEntry,
    GetRecoveryCode,
    SaveRecoveryCode,
    ConfirmRecoveryCode,
    GetVault,
    Protect,
    MakeRecoveryCode,
    RenewProtection,
    NoteActivity,
    Rotate,
    MoveRoot,
    ListBackups,
    MakeBackup,
    CheckBackup,
    RestoreBackup,
    ListAudit,
    VerifyAudit,
    ExportAudit,
    GetCatalogue,
    SaveProvider,
    DeleteProvider,
    GetStatus,
    GetSettings,
    SaveSettings,
    RestoreStore,
    RestoreVault,
    ReportUsable,
    ChooseFile,
];
