//! Every word the page shows, by place. Short, concrete, in the user's terms, sentence case.

pub(crate) const CANCEL: &str = "Cancel";
pub(crate) const CLOSE: &str = "Close";
pub(crate) const COPY: &str = "Copy";
pub(crate) const COPIED: &str = "Copied";
pub(crate) const DELETE: &str = "Delete";
pub(crate) const UNDO: &str = "Undo";
pub(crate) const DISMISS: &str = "Dismiss";
pub(crate) const LOADING: &str = "Loading…";
pub(crate) const SHOW_MORE: &str = "Show more";

pub(crate) mod error {
    pub(crate) const UNNAMED: &str = "no reason was given";
    pub(crate) const NO_ANSWER_HINT: &str = "Close Holdfast and start it again. Nothing that was saved is lost.";
    pub(crate) fn no_answer(detail: &str) -> String {
        format!("The program did not answer as expected: {detail}.")
    }
}

pub(crate) mod rail {
    pub(crate) const LABEL: &str = "Main";
    pub(crate) const CHATS: &str = "Chats";
    pub(crate) const KEYS: &str = "Keys";
    pub(crate) const SETTINGS: &str = "Settings";
    pub(crate) const LOCK: &str = "Lock";
    pub(crate) const UNLOCK: &str = "Unlock";
    pub(crate) const LOCK_TITLE: &str = "Close the vault: its keys leave memory";
    pub(crate) const UNLOCK_TITLE: &str = "Open the vault";
}

pub(crate) mod chats {
    use holdfast_contract::{AnswerInfo, AnswerState};

    pub(crate) const LIST: &str = "Conversations";
    pub(crate) const NEW: &str = "New chat";
    pub(crate) const NEW_TITLE: &str = "New chat (Ctrl N)";
    pub(crate) const SEARCH: &str = "Search chats";
    pub(crate) const SEARCH_KEY: &str = "Ctrl K";
    pub(crate) const NOTHING_FOUND: &str = "No chat has this in its title.";
    pub(crate) const NONE_YET: &str = "Chats you begin are listed here.";
    pub(crate) const TODAY: &str = "Today";
    pub(crate) const YESTERDAY: &str = "Yesterday";
    pub(crate) const LAST_WEEK: &str = "Last week";
    pub(crate) const LOCAL: &str = "local";
    pub(crate) const EMPTY: &str = "Nothing sent yet";
    pub(crate) const WRITING: &str = "Being answered";
    pub(crate) const RENAME: &str = "Rename";
    pub(crate) const TITLE: &str = "Title";
    pub(crate) const MENU: &str = "More";
    pub(crate) const SHOW_LIST: &str = "Show or hide the list of chats (Ctrl B)";
    pub(crate) const READ_ONLY: &str =
        "Holdfast can read its database, but not write to it. New messages cannot be kept.";
    pub(crate) const TO_LATEST: &str = "Jump to latest";
    pub(crate) const OPENING: &str = "Opening the chat…";
    pub(crate) const REOPEN: &str = "Open it again";
    pub(crate) const LOG: &str = "Messages";

    pub(crate) fn deleted(title: &str) -> String {
        if title.is_empty() { "Chat deleted".to_owned() } else { format!("“{title}” deleted") }
    }

    /// What is read out when an answer ends.
    pub(crate) fn announce(info: &AnswerInfo, said: &str) -> String {
        let start: String = said.chars().take(600).collect();
        match &info.state {
            AnswerState::Failed { failure } => format!("{} could not answer. {}", info.model_name, failure.message),
            AnswerState::Stopped => format!("{} was stopped. {start}", info.model_name),
            _ => format!("{} answered. {start}", info.model_name),
        }
    }
}

pub(crate) mod date {
    use crate::time::{DAY, HOUR, Local, MINUTE};

    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    fn month(number: u8) -> &'static str {
        MONTHS[usize::from(number.clamp(1, 12)) - 1]
    }

    pub(crate) fn month_of(year: i32, number: u8, this_year: i32) -> String {
        if year == this_year { month(number).to_owned() } else { format!("{} {year}", month(number)) }
    }

    pub(crate) fn hour(time: Local) -> String {
        format!("{:02}:{:02}", time.hour, time.minute)
    }

    pub(crate) fn weekday(time: Local) -> &'static str {
        DAYS[usize::from(time.weekday) % 7]
    }

    pub(crate) fn day(time: Local, this_year: i32) -> String {
        let month = &month(time.month)[..3];
        if time.year == this_year {
            format!("{} {month}", time.day_of_month)
        } else {
            format!("{} {month} {}", time.day_of_month, time.year)
        }
    }

    pub(crate) fn day_and_hour(time: Local, this_year: i32) -> String {
        format!("{}, {}", day(time, this_year), hour(time))
    }

    /// How long ago, while that says more than the date.
    pub(crate) fn ago(milliseconds: i64) -> Option<String> {
        Some(match milliseconds {
            ..MINUTE => "just now".to_owned(),
            MINUTE..HOUR => format!("{} min ago", milliseconds / MINUTE),
            HOUR..DAY => match milliseconds / HOUR {
                1 => "1 hour ago".to_owned(),
                hours => format!("{hours} hours ago"),
            },
            _ => return None,
        })
    }
}

pub(crate) mod message {
    use holdfast_contract::StopReason;

    pub(crate) const YOU: &str = "You";
    pub(crate) const TRY_AGAIN: &str = "Try again";
    pub(crate) const CONTINUE: &str = "Continue";
    pub(crate) const EDIT: &str = "Edit";
    pub(crate) const TOO_LONG_TO_EDIT: &str = "Too long to edit here. Copy it into a new question instead";
    pub(crate) const EDIT_LABEL: &str = "New version of the question";
    pub(crate) const SEND_EDIT: &str = "Send";
    pub(crate) const PREVIOUS: &str = "Previous version";
    pub(crate) const NEXT: &str = "Next version";
    pub(crate) const ON_THIS_COMPUTER: &str = "on this computer";
    pub(crate) const BUILT_IN: &str = "built in";
    pub(crate) const REASONING: &str = "Reasoning";
    pub(crate) const WAITING: &str = "Waiting for the first word";
    pub(crate) const STOPPED: &str = "Stopped by you";
    pub(crate) const INTERRUPTED: &str = "Holdfast closed while this was being written. What had come is kept.";
    pub(crate) const SHOW_ALL: &str = "Show all";
    pub(crate) const OPEN_IMAGE_LINK: &str = "Show its address";
    pub(crate) const IMAGE: &str = "Image";
    pub(crate) const NOT_LOADED: &str = "not loaded";
    pub(crate) const TABLE: &str = "Table";

    /// What a reason to stop means for the reader, when it means anything.
    pub(crate) const fn stopped_because(reason: StopReason) -> Option<&'static str> {
        match reason {
            StopReason::End | StopReason::Other => None,
            StopReason::Length => Some("The answer reached its longest length."),
            StopReason::Filtered => Some("The provider’s filter ended the answer here."),
            StopReason::Refusal => Some("The model declined to answer further."),
            StopReason::ToolCalls => Some("The model asked for tools, which it does not have here."),
        }
    }

    pub(crate) fn using_key(name: &str) -> String {
        format!("Using your key “{name}”")
    }

    pub(crate) fn first_word(milliseconds: u32) -> String {
        format!("{} to first word", seconds(milliseconds))
    }

    pub(crate) fn seconds(milliseconds: u32) -> String {
        match milliseconds {
            ..9_950 => format!("{:.1} s", f64::from(milliseconds) / 1_000.0),
            9_950..60_000 => format!("{} s", milliseconds / 1_000),
            _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
        }
    }

    pub(crate) fn tokens(count: u64) -> String {
        format!("{} tokens", super::thousands(count))
    }

    pub(crate) fn retry_in(seconds: i64, attempt: u8) -> String {
        format!("Try {attempt} in {seconds} s")
    }

    pub(crate) fn too_long_to_draw(bytes: usize) -> String {
        format!("This message has {}. Its first part is shown.", super::size(bytes))
    }
}

pub(crate) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(crate) fn size(bytes: usize) -> String {
    if bytes < 1_000_000 { format!("{} kB", bytes / 1_000) } else { format!("{:.1} MB", bytes as f64 / 1_000_000.0) }
}

pub(crate) mod code {
    pub(crate) const COPY: &str = "Copy code";
    pub(crate) const TEXT: &str = "text";
}

pub(crate) mod composer {
    pub(crate) const LABEL: &str = "Your question";
    pub(crate) const PLACEHOLDER: &str = "Ask anything";
    pub(crate) const SEND: &str = "Send";
    pub(crate) const STOP: &str = "Stop";
    pub(crate) const SEND_TITLE: &str = "Send (Enter). Shift Enter begins a new line";
    pub(crate) const STOP_TITLE: &str = "Stop the answer (Esc). What has come stays";
    pub(crate) const EMPTY_TITLE: &str = "Write something first";
    pub(crate) const CHOOSE_MODEL: &str = "Choose a model";
    pub(crate) const MODEL_TITLE: &str = "The model of your next question";
    pub(crate) const ON_THIS_COMPUTER: &str = "On this computer";
    pub(crate) const BUILT_IN: &str = "Built in, offline";
    pub(crate) const HELD_TEXTS: &str = "Long texts that go with the question";
    pub(crate) const REMOVE_TEXT: &str = "Remove this text";
    pub(crate) const NO_KEY_NEEDED: &str = "No key needed";

    pub(crate) fn placeholder(model: &str) -> String {
        format!("Ask {model} anything")
    }

    pub(crate) fn your_key(name: &str) -> String {
        format!("Your key “{name}”")
    }
}

pub(crate) mod picker {
    pub(crate) const LABEL: &str = "Models";
    pub(crate) const FILTER: &str = "Type to find a model";
    pub(crate) const NOTHING_FOUND: &str = "No model fits. Other providers may have it: see Settings.";
    pub(crate) const CLOUD: &str = "cloud";
    pub(crate) const LOCAL: &str = "local";
    pub(crate) const BUILT_IN: &str = "built in";
    pub(crate) const LOOKING: &str = "Looking for models…";

    pub(crate) fn more(count: usize) -> String {
        format!("{count} more. Type to narrow the list.")
    }

    pub(crate) fn window(tokens: u32) -> String {
        match tokens {
            ..1_000 => format!("{tokens} tokens"),
            1_000..1_000_000 => format!("{}k tokens", tokens / 1_000),
            _ => format!("{}M tokens", tokens / 1_000_000),
        }
    }
}

pub(crate) mod reach {
    use holdfast_contract::Reach;

    pub(crate) const LOOK_AGAIN: &str = "Look again";
    pub(crate) const HOW_TO_START: &str = "How to start it";

    pub(crate) fn words(reach: &Reach) -> String {
        match reach {
            Reach::Unknown => "Not asked yet".to_owned(),
            Reach::Ready { models: 1 } => "1 model".to_owned(),
            Reach::Ready { models } => format!("{models} models"),
            Reach::NoKey => "No key".to_owned(),
            Reach::Locked => "Vault is locked".to_owned(),
            Reach::NotRunning => "Not running".to_owned(),
            Reach::Failed { failure } => failure.message.clone(),
        }
    }
}

pub(crate) mod action {
    pub(crate) const ADD_KEY: &str = "Add key";
    pub(crate) const TEST_KEY: &str = "Test key";
    pub(crate) const REPLACE_KEY: &str = "Replace key";
    pub(crate) const UNLOCK: &str = "Unlock";
    pub(crate) const CHOOSE_MODEL: &str = "Choose another model";
    pub(crate) const NEW_CONVERSATION: &str = "New chat";
    pub(crate) const RESTORE_BACKUP: &str = "Restore the backup";
    pub(crate) const RELOAD: &str = "Open it again";

    pub(crate) fn try_again_in(seconds: i64) -> String {
        format!("Try again in {seconds} s")
    }
}

pub(crate) mod first_run {
    use holdfast_contract::Reach;

    pub(crate) const TITLE: &str = "What would you like to talk to?";
    pub(crate) const LEAD: &str = "Pick one to begin. You can change it at any time, even in the middle of a chat.";
    pub(crate) const HERE: &str = "A model on this computer";
    pub(crate) const HERE_MISSING: &str =
        "No model server was found here. Ollama is free, and what you write stays on this computer.";
    pub(crate) const OLLAMA_INSTALL: &str = "curl -fsSL https://ollama.com/install.sh | sh";
    pub(crate) const OLLAMA_PULL: &str = "ollama pull llama3.2";
    pub(crate) const OLLAMA_ADDRESS: &str = "https://ollama.com/download";
    pub(crate) const ELSEWHERE: &str = "For Windows and macOS: ";
    pub(crate) const CHOOSE: &str = "Choose a model";
    pub(crate) const CLOUD: &str = "A company’s model, with your key";
    pub(crate) const CLOUD_LEAD: &str =
        "Your key is sealed on this computer and sent only to the company it belongs to.";
    pub(crate) const REHEARSAL: &str = "Rehearsal, to look around";
    pub(crate) const REHEARSAL_LEAD: &str =
        "Built in and offline. It answers with what a cloud model would have seen of your chat.";
    pub(crate) const TRY_REHEARSAL: &str = "Try Rehearsal";
    pub(crate) const LOOKING: &str = "Looking for model servers on this computer…";

    pub(crate) fn found(provider: &str, models: u32) -> String {
        match models {
            1 => format!("{provider} is running with 1 model. What you write stays on this computer."),
            models => format!("{provider} is running with {models} models. What you write stays on this computer."),
        }
    }

    pub(crate) fn running_empty(provider: &str) -> String {
        format!("{provider} is running, but has no model yet. This command gets one:")
    }

    pub(crate) fn ready(model: &str) -> String {
        format!("{model} is ready")
    }

    pub(crate) const READY_HERE: &str = "It runs on this computer. What you write stays here.";
    pub(crate) const READY_BUILT_IN: &str =
        "It is built in and offline. It shows what a cloud model would have seen of your chat.";

    pub(crate) fn ready_cloud(provider: &str, key: Option<&str>) -> String {
        match key {
            Some(key) => format!("Your questions go to {provider}, with your key “{key}”."),
            None => format!("Your questions go to {provider}."),
        }
    }

    pub(crate) fn not_ready(model: &str) -> String {
        format!("{model} cannot be asked now")
    }

    pub(crate) fn because(provider: &str, reach: &Reach) -> String {
        match reach {
            Reach::NoKey => format!("{provider} needs a key, and there is none."),
            Reach::Locked => format!("The key for {provider} is in the vault, which is locked."),
            Reach::NotRunning => format!("{provider} is not running."),
            Reach::Failed { failure } => failure.message.clone(),
            Reach::Unknown | Reach::Ready { .. } => format!("{provider} does not offer it at the moment."),
        }
    }

    pub(crate) const OTHER_WAYS: &str = "Choose another model";
}

pub(crate) mod keys {
    use holdfast_contract::KeyTestResult;

    pub(crate) const TITLE: &str = "Keys";
    pub(crate) const LEAD: &str =
        "Sealed on this computer. A key is sent only to the address it was sealed for, and is never shown again.";
    pub(crate) const ADD: &str = "Add key";
    pub(crate) const NAME: &str = "Name";
    pub(crate) const KEY: &str = "Key";
    pub(crate) const GOES_TO: &str = "Goes to";
    pub(crate) const STATE: &str = "State";
    pub(crate) const LAST_USED: &str = "Last used";
    pub(crate) const ACTIONS: &str = "Actions";
    pub(crate) const NEVER: &str = "never";
    pub(crate) const TEST: &str = "Test";
    pub(crate) const REPLACE: &str = "Replace";
    pub(crate) const TESTING: &str = "Testing…";
    pub(crate) const NOT_TESTED: &str = "Not tested";
    pub(crate) const REPLACED: &str = "Key replaced";
    pub(crate) const EMPTY_TITLE: &str = "No keys yet";
    pub(crate) const EMPTY: &str =
        "A key lets you use a company’s models. Models on this computer and Rehearsal need none.";
    pub(crate) const LOCKED: &str = "Locked";
    pub(crate) const UNLOCKED: &str = "Unlocked";
    pub(crate) const NO_VAULT: &str = "No vault yet";
    pub(crate) const NO_VAULT_DETAIL: &str = "your first key makes one";
    pub(crate) const DAMAGED: &str = "Damaged";
    pub(crate) const DAMAGED_DETAIL: &str = "nothing was overwritten";
    pub(crate) const BY_KEYCHAIN: &str = "by this computer’s keychain";
    pub(crate) const BY_PASSPHRASE: &str = "by your passphrase";
    pub(crate) const OPENS_WITH_KEYCHAIN: &str = "opens with this computer’s keychain";
    pub(crate) const OPENS_WITH_PASSPHRASE: &str = "opens with your passphrase";
    pub(crate) const OPENS_WITH_BOTH: &str = "opens with the keychain or your passphrase";
    pub(crate) const UNLOCK: &str = "Unlock";
    pub(crate) const UNLOCK_PASSPHRASE: &str = "Unlock with passphrase";
    pub(crate) const DAMAGED_BANNER: &str = "A file of the vault does not read. Nothing was overwritten.";
    pub(crate) const RESTORE: &str = "Restore the backup";
    pub(crate) const NO_BACKUP: &str = "There is no backup that reads. Your chats are not affected.";

    pub(crate) fn sealed(name: &str) -> String {
        format!("Key “{name}” is sealed")
    }

    pub(crate) fn count(keys: usize) -> String {
        if keys == 1 { "1 key".to_owned() } else { format!("{keys} keys") }
    }

    pub(crate) fn providers(providers: usize, attention: usize) -> String {
        let providers = match providers {
            0 => "no provider".to_owned(),
            1 => "1 provider".to_owned(),
            many => format!("{many} providers"),
        };
        match attention {
            0 => providers,
            1 => format!("{providers} · 1 needs attention"),
            many => format!("{providers} · {many} need attention"),
        }
    }

    pub(crate) const fn result(result: KeyTestResult) -> &'static str {
        match result {
            KeyTestResult::Works => "Works",
            KeyTestResult::Refused => "Refused",
            KeyTestResult::NoPermission => "Not permitted",
            KeyTestResult::NoCredit => "No credit left",
            KeyTestResult::RateLimited => "Asked to wait",
            KeyTestResult::Unreachable => "Not reached",
            KeyTestResult::Unknown => "Unclear",
        }
    }

    pub(crate) fn tested(when: &str) -> String {
        format!("tested {when}")
    }

    pub(crate) const DELETE_TITLE: &str = "Delete this key?";
    pub(crate) fn delete_question(name: &str, provider: &str) -> String {
        format!(
            "“{name}” for {provider} and its sealed secret are deleted for good. The key itself stays valid at {provider} until you revoke it there."
        )
    }

    pub(crate) const PROVIDER: &str = "Provider";
    pub(crate) const PERSONAL: &str = "Personal";
    pub(crate) const WORK: &str = "Work";
    pub(crate) const NAME_HINT: &str = "To tell it from other keys of the same provider";
    pub(crate) const PASTE: &str = "Paste from clipboard";
    pub(crate) const TYPE: &str = "Type it in a separate window";
    pub(crate) const PASTE_HINT: &str = "Copy the key, then press “Paste from clipboard”. The program reads and seals it and clears the clipboard. This window never sees it.";
    pub(crate) const WAITING_ENTRY: &str = "Go on in the small window that opened.";
    pub(crate) const PROTECTED_BY_KEYCHAIN: &str = "Protected by your system’s keychain.";
    pub(crate) const NEEDS_PASSPHRASE: &str = "This system has no keychain, so a passphrase protects your keys. Choose it first. Holdfast asks for it once after each start.";
    pub(crate) const CHOOSE_PASSPHRASE: &str = "Choose a passphrase";
    pub(crate) const VAULT_LOCKED: &str = "The vault is locked. Open it first.";

    pub(crate) fn add_for(provider: &str) -> String {
        format!("Add a key for {provider}")
    }

    pub(crate) fn replace(name: &str) -> String {
        format!("Replace the key “{name}”")
    }

    pub(crate) fn begins_with(prefix: &str) -> String {
        format!("Its keys begin with {prefix}")
    }

    pub(crate) fn goes_to(address: &str) -> String {
        format!("It will be sent to {address} and nowhere else.")
    }

    pub(crate) fn get_one(address: &str) -> String {
        format!("Get one at {address}")
    }
}

pub(crate) mod settings {
    pub(crate) const TITLE: &str = "Settings";
    pub(crate) const APPEARANCE: &str = "Appearance";
    pub(crate) const THEME: &str = "Theme";
    pub(crate) const THEME_HINT: &str = "System follows your desktop, also when it changes at night.";
    pub(crate) const SYSTEM: &str = "System";
    pub(crate) const LIGHT: &str = "Light";
    pub(crate) const DARK: &str = "Dark";
    pub(crate) const PROVIDERS: &str = "Providers";
    pub(crate) const PROVIDERS_HINT: &str = "Where models come from, and how each was found when last asked.";
    pub(crate) const LOOK_AGAIN: &str = "Look again";
    pub(crate) const LOOKING: &str = "Looking…";
    pub(crate) const ADD_PROVIDER: &str = "Add provider";
    pub(crate) const ABOUT: &str = "About";
    pub(crate) const VERSION: &str = "Version";
    pub(crate) const DATA: &str = "Data folder";
    pub(crate) const DATA_HINT: &str = "Chats, sealed keys and backups. Everything Holdfast keeps is here.";
    pub(crate) const IN_PROGRAM: &str = "in this program";

    pub(crate) const ADD_TITLE: &str = "Add a provider";
    pub(crate) const ADD_LEAD: &str = "Any server that speaks one of these, on your network or on the internet.";
    pub(crate) const NAME: &str = "Name";
    pub(crate) const ADDRESS: &str = "Address";
    pub(crate) const ADDRESS_EXAMPLE: &str = "http://192.168.1.100:11434";
    pub(crate) const KIND: &str = "Speaks";
    pub(crate) const OPENAI_COMPATIBLE: &str = "OpenAI-compatible";
    pub(crate) const OLLAMA: &str = "Ollama";
    pub(crate) const NEEDS_KEY: &str = "Key";
    pub(crate) const KEY_NONE: &str = "None";
    pub(crate) const KEY_OPTIONAL: &str = "Optional";
    pub(crate) const KEY_REQUIRED: &str = "Required";
    pub(crate) const ADD: &str = "Add";

    pub(crate) const DELETE_TITLE: &str = "Delete this provider?";
    pub(crate) fn delete_question(name: &str) -> String {
        format!("“{name}” and the keys sealed for it are deleted. Your chats with it stay.")
    }

    pub(crate) fn start(name: &str) -> String {
        format!("Start {name}")
    }
    pub(crate) fn nothing_listens(address: &str) -> String {
        format!("Nothing listens at {address}.")
    }
    pub(crate) const START_OLLAMA: &str = "ollama serve";
    pub(crate) const START_OLLAMA_HINT: &str = "In a terminal on this computer:";
    pub(crate) const START_OTHER_HINT: &str = "Start its program and switch on its local server. Then look again.";
}

pub(crate) mod link {
    use crate::link::Warning;

    pub(crate) const TITLE: &str = "Open this link?";
    pub(crate) const LEADS_TO: &str = "It leads to";
    pub(crate) const OPEN: &str = "Open in browser";
    pub(crate) const COPY: &str = "Copy link";

    pub(crate) const fn warning(warning: Warning) -> &'static str {
        match warning {
            Warning::UserInfo => "A name stands before the host. It can be made to look like another address.",
            Warning::NumericHost => "The host is a number, not a name.",
            Warning::LookAlike => "Some letters of the host can look like others.",
            Warning::LongQuery => "The address is long. It can carry text of your chat to its host.",
            Warning::PlainHttp => "The connection is not encrypted.",
        }
    }
}

pub(crate) mod entry {
    pub(crate) const KEY: &str = "Key";
    pub(crate) const PASSPHRASE: &str = "Passphrase";
    pub(crate) const AGAIN: &str = "The same again";
    pub(crate) const SAVE: &str = "Save";
    pub(crate) const UNLOCK: &str = "Unlock";
    pub(crate) const WORKING: &str = "One moment…";
    pub(crate) const UNLOCK_TITLE: &str = "Unlock the vault";
    pub(crate) const UNLOCK_LEAD: &str = "Your keys stay sealed until you enter the passphrase.";
    pub(crate) const PASSPHRASE_TITLE: &str = "Choose a passphrase";
    pub(crate) const PASSPHRASE_LEAD: &str = "It protects your keys. Nobody can recover it for you.";
    pub(crate) const DIFFERENT: &str = "The two are not the same.";
    pub(crate) const SHORT: &str = "Short. Four or more random words are hard to guess.";
    pub(crate) const FAIR: &str = "Fair. A few more words make it strong.";
    pub(crate) const GOOD: &str = "Long enough to be hard to guess.";
    pub(crate) const REPLACE_TITLE: &str = "Replace a key";

    pub(crate) fn add_title(provider: &str) -> String {
        format!("Key for {provider}")
    }
}

pub(crate) mod damaged {
    pub(crate) const TITLE: &str = "The database does not read";
    pub(crate) const NOTHING_LOST: &str = "Nothing was overwritten. The file is still where it was, as it was.";
    pub(crate) const RESTORE: &str = "Restore the newest backup";
    pub(crate) const NO_BACKUP: &str =
        "There is no backup that reads. Keep a copy of the data folder before you try anything else.";
    pub(crate) const KEPT: &str = "The damaged file is kept beside it.";
    pub(crate) const WHAT: &str = "What is wrong";
    pub(crate) const WHERE: &str = "Data folder";

    pub(crate) fn backup_of(when: &str) -> String {
        format!("The newest backup that reads was made on {when}.")
    }
}
