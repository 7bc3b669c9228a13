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
pub(crate) const CHOOSE_FILE: &str = "Choose a file…";

pub(crate) mod error {
    pub(crate) const UNNAMED: &str = "no reason was given";
    pub(crate) const LOCKED_MEANWHILE: &str = "Holdfast was locked meanwhile.";
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
    pub(crate) const SECURITY: &str = "Security";
    pub(crate) const LOCK: &str = "Lock";
    pub(crate) const LOCK_TITLE: &str = "Lock now (Ctrl L): keys and chats leave memory";
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

    /// A day for the name of a file.
    pub(crate) fn file_day(time: Local) -> String {
        format!("{}-{:02}-{:02}", time.year, time.month, time.day_of_month)
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

    pub(crate) fn used_instead(other: &str, why: &str, name: &str) -> String {
        format!("“{other}” {why}, used “{name}”")
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

    pub(crate) const KEY_TITLE: &str = "The key of your next question in this chat";

    pub(crate) fn your_key(name: &str) -> String {
        format!("Your key “{name}”")
    }

    pub(crate) fn default_key(name: &str) -> String {
        format!("The default, now “{name}”")
    }

    pub(crate) fn always_key(name: &str) -> String {
        format!("Always “{name}”")
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
    pub(crate) const KEY_SETTINGS: &str = "Change its limits";
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
    pub(crate) const IMPORT: &str = "Import";
    pub(crate) const SEARCH: &str = "Search keys";
    pub(crate) const NOTHING_FOUND: &str = "No key fits what you typed.";
    pub(crate) const SORT: &str = "Sort by this. Press again to turn it round";
    pub(crate) const NAME: &str = "Name";
    pub(crate) const KEY: &str = "Key";
    pub(crate) const GOES_TO: &str = "Goes to";
    pub(crate) const STATE: &str = "State";
    pub(crate) const LAST_USED: &str = "Last used";
    pub(crate) const THIS_MONTH: &str = "This month";
    pub(crate) const ACTIONS: &str = "Actions";
    pub(crate) const NEVER: &str = "never";
    pub(crate) const TEST: &str = "Test";
    pub(crate) const TEST_NOW: &str = "Test now";
    pub(crate) const REPLACE: &str = "Replace";
    pub(crate) const REPLACE_DOTS: &str = "Replace…";
    pub(crate) const SETTINGS: &str = "Name and limits…";
    pub(crate) const MAKE_DEFAULT: &str = "Make default";
    pub(crate) const MOVE_UP: &str = "Move up";
    pub(crate) const MOVE_DOWN: &str = "Move down";
    pub(crate) const MORE: &str = "More";
    pub(crate) const DEFAULT: &str = "Default";
    pub(crate) const SPARE: &str = "Spare";
    pub(crate) const INACTIVE: &str = "Not in use";
    pub(crate) const TESTING: &str = "Testing…";
    pub(crate) const NOT_TESTED: &str = "Not tested";
    pub(crate) const BEING_REPLACED: &str = "In use until the new one works";
    pub(crate) const NEW_KEY: &str = "New key";
    pub(crate) const USE_IT: &str = "Use it";
    pub(crate) const THROW_AWAY: &str = "Throw away";
    pub(crate) const NOTHING_SPENT: &str = "–";
    pub(crate) const COST_UNKNOWN: &str = "unknown";
    pub(crate) const EMPTY_TITLE: &str = "No keys yet";
    pub(crate) const EMPTY: &str =
        "A key lets you use a company’s models. Models on this computer and Rehearsal need none.";
    pub(crate) const UNLOCKED: &str = "Unlocked";
    pub(crate) const BY_KEYCHAIN: &str = "by this computer’s keychain";
    pub(crate) const BY_PASSPHRASE: &str = "by your passphrase";
    pub(crate) const BY_BOTH: &str = "by passphrase and keychain";
    pub(crate) const BY_RECOVERY: &str = "by your recovery code";

    pub(crate) fn unlocked(by: &str, minutes: u32) -> String {
        match minutes {
            0 => by.to_owned(),
            minutes => format!("{by} · locks after {minutes} min idle"),
        }
    }

    pub(crate) fn menu(name: &str) -> String {
        format!("More for “{name}”")
    }

    pub(crate) fn sealed(name: &str) -> String {
        format!("Key “{name}” is sealed")
    }

    pub(crate) fn replacing(name: &str) -> String {
        format!("The new key for “{name}” is sealed, and takes over when its test works")
    }

    pub(crate) fn took_over(name: &str) -> String {
        format!("“{name}” now uses its new key")
    }

    pub(crate) fn thrown_away(name: &str) -> String {
        format!("“{name}” keeps its present key")
    }

    pub(crate) fn deleted(name: &str) -> String {
        format!("Key “{name}” deleted")
    }

    pub(crate) fn revoke_there(provider: &str) -> String {
        format!("It stays valid at {provider} until you revoke it there.")
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

    pub(crate) fn spent_of(limit: Option<&str>, estimated: bool, unknown: bool) -> String {
        let limit = limit.map(|limit| format!(" of {limit} limit")).unwrap_or_default();
        let doubt = match (unknown, estimated) {
            (true, _) => ", as far as it is known",
            (false, true) => ", in part estimated",
            (false, false) => "",
        };
        format!("spent this month{limit}{doubt}")
    }

    pub(crate) fn cost(sum: &str, estimated: bool) -> String {
        if estimated { format!("about {sum}") } else { sum.to_owned() }
    }

    pub(crate) fn of_limit(limit: &str) -> String {
        format!(" / {}", limit.trim_end_matches(".00"))
    }

    pub(crate) fn per_minute(most: u32) -> String {
        format!("{most} a minute at most")
    }

    pub(crate) fn usage(uses: u64, input: u64, output: u64) -> String {
        let times = if uses == 1 { "1 request".to_owned() } else { format!("{} requests", super::thousands(uses)) };
        format!("{times}, {} tokens sent, {} received", super::thousands(input), super::thousands(output))
    }

    pub(crate) fn default_model(model: &str) -> String {
        format!("Default model {model}")
    }

    pub(crate) fn due(days: i64) -> String {
        format!("{days} days old, time to replace it")
    }

    pub(crate) const fn result(result: KeyTestResult) -> &'static str {
        match result {
            KeyTestResult::Works => "Works",
            KeyTestResult::Refused => "Refused",
            KeyTestResult::NoPermission => "Not permitted",
            KeyTestResult::NoCredit => "No credit left",
            KeyTestResult::RateLimited => "Asked to wait",
            KeyTestResult::ModelMissing => "Model missing",
            KeyTestResult::Unreachable => "Not reached",
            KeyTestResult::WrongHost => "Wrong host",
            KeyTestResult::Unknown => "Unclear",
        }
    }

    /// A name for tests of the page.
    pub(crate) const fn tag(result: KeyTestResult) -> &'static str {
        match result {
            KeyTestResult::Works => "works",
            KeyTestResult::Refused => "refused",
            KeyTestResult::NoPermission => "no-permission",
            KeyTestResult::NoCredit => "no-credit",
            KeyTestResult::RateLimited => "rate-limited",
            KeyTestResult::ModelMissing => "model-missing",
            KeyTestResult::Unreachable => "unreachable",
            KeyTestResult::WrongHost => "wrong-host",
            KeyTestResult::Unknown => "unknown",
        }
    }

    pub(crate) fn tested(when: &str) -> String {
        format!("tested {when}")
    }

    pub(crate) const PROVIDER: &str = "Provider";
    pub(crate) const PERSONAL: &str = "Personal";
    pub(crate) const WORK: &str = "Work";
    pub(crate) const NAME_HINT: &str = "To tell it from other keys of the same provider";
    pub(crate) const PASTE: &str = "Paste from clipboard";
    pub(crate) const TYPE: &str = "Type it in a window";
    pub(crate) const PASTE_HINT: &str = "“Paste from clipboard” has the program read and seal the key and clear the clipboard. This window never sees it.";
    pub(crate) const REPLACE_HINT: &str =
        "The new key is tested first. The present one stays in use until the new one works.";
    pub(crate) const LOOKING_AT_CLIPBOARD: &str = "Looking at the clipboard…";
    pub(crate) const NOTHING_ON_CLIPBOARD: &str = "The clipboard holds nothing that can be a key.";

    pub(crate) fn looks_like(providers: &[String]) -> String {
        match providers {
            [] => "On the clipboard. Its form tells no provider.".to_owned(),
            [one] => format!("On the clipboard. It looks like a key for {one}."),
            [all @ .., last] => format!("On the clipboard. It looks like a key for {} or {last}.", all.join(", ")),
        }
    }

    pub(crate) fn form_of_another(likely: &str, chosen: &str, origin: &str) -> String {
        format!("This looks like a key for {likely}, not {chosen}. As chosen, it would be sent to {origin}.")
    }

    pub(crate) fn not_encrypted(origin: &str) -> String {
        format!("{origin} is not encrypted. Whoever is on the way can read the key.")
    }

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

pub(crate) mod key_settings {
    pub(crate) const NAME: &str = "Name";
    pub(crate) const MONTHLY: &str = "Monthly limit";
    pub(crate) const MONTHLY_HINT: &str = "Dollars. Empty is no limit";
    pub(crate) const PER_MINUTE: &str = "Requests a minute";
    pub(crate) const PER_MINUTE_HINT: &str = "Empty is no limit";
    pub(crate) const MODEL: &str = "Default model";
    pub(crate) const MODEL_HINT: &str = "Of new chats with this key";
    pub(crate) const REMIND: &str = "Remind to replace after";
    pub(crate) const REMIND_HINT: &str = "Days. Empty is never";
    pub(crate) const ACTIVE: &str = "In use";
    pub(crate) const ACTIVE_HINT: &str = "Off keeps it sealed and sends it nowhere.";
    pub(crate) const SPARE: &str = "May stand in for another key";
    pub(crate) const SPARE_HINT: &str =
        "When another key of this provider cannot be used. The answer says so each time.";
    pub(crate) const SAVE: &str = "Save";
    pub(crate) const NO_SUM: &str = "The monthly limit is a sum such as 25 or 25.50.";
    pub(crate) const NO_COUNT: &str = "Requests a minute is a whole number from 1.";
    pub(crate) const NO_DAYS: &str = "The reminder is a whole number of days from 1.";

    pub(crate) fn title(name: &str) -> String {
        format!("Name and limits of “{name}”")
    }
}

pub(crate) mod import {
    pub(crate) const TITLE: &str = "Import keys";
    pub(crate) const ENVIRONMENT: &str = "From the environment";
    pub(crate) const FILE: &str = "From a .env file";
    pub(crate) const PATH: &str = "File";
    pub(crate) const PATH_EXAMPLE: &str = "~/project/.env";
    pub(crate) const LOOK: &str = "Look";
    pub(crate) const LOOKING: &str = "Looking…";
    pub(crate) const FOUND: &str = "Keys that were found";
    pub(crate) const NOTHING_IN_ENVIRONMENT: &str = "No variable of Holdfast’s environment looks like a key.";
    pub(crate) const NOTHING_IN_FILE: &str = "Nothing in this file looks like a key.";
    pub(crate) const FALLBACK: &str = "Also use keys from the environment as they are";
    pub(crate) const FALLBACK_HINT: &str =
        "For providers without a key here. Such a key is not sealed: every program you start can read it.";

    pub(crate) fn known(name: &str) -> String {
        format!("here already as “{name}”")
    }

    pub(crate) fn import(count: usize) -> String {
        match count {
            0 => "Import".to_owned(),
            1 => "Import 1 key".to_owned(),
            many => format!("Import {many} keys"),
        }
    }

    pub(crate) fn done(count: usize) -> String {
        match count {
            1 => "1 key is sealed. Delete it where it came from.".to_owned(),
            many => format!("{many} keys are sealed. Delete them where they came from."),
        }
    }
}

pub(crate) mod waiting {
    pub(crate) const ENTRY: &str = "Go on in the small window that opened.";
    pub(crate) const RECOVERY_CODE: &str = "The small window shows your recovery code. Write it down there.";
    pub(crate) const BRING_FORWARD: &str = "Show it";
}

pub(crate) mod work {
    use holdfast_contract::Work;

    pub(crate) const fn words(work: Work) -> &'static str {
        match work {
            Work::Rotate => "Wrapping each key anew",
            Work::Backup => "Working on the backup",
            Work::Export => "Writing the export",
            Work::Import => "Reading the export",
            Work::Seal => "Sealing your chats, this once",
        }
    }

    /// How much is done, when more is known than that it is not.
    pub(crate) fn part(done: u32, total: u32) -> Option<String> {
        (total > 1).then(|| format!("{} %", u64::from(done) * 100 / u64::from(total)))
    }
}

pub(crate) mod protection {
    use holdfast_contract::Protection;

    pub(crate) const LABEL: &str = "What opens Holdfast";
    pub(crate) const RECOMMENDED: &str = "Recommended";
    pub(crate) const NO_KEYCHAIN: &str = "This system has no keychain that works.";
    pub(crate) const KEYCHAIN: &str = "This computer’s keychain";
    pub(crate) const KEYCHAIN_RESISTS: &str =
        "Nothing to type. A stolen disk or a copied folder stays closed; whoever is logged in as you can open it.";
    pub(crate) const PASSPHRASE: &str = "A passphrase";
    pub(crate) const PASSPHRASE_RESISTS: &str =
        "Typed after each start and lock. Closed also to someone at your desk, if it is hard to guess.";
    pub(crate) const BOTH: &str = "Both together";
    pub(crate) const BOTH_RESISTS: &str =
        "The strongest. A copied folder stays closed even to someone who knows your passphrase.";
    const RECOVERY_ONLY: &str = "Only your recovery code";
    const RECOVERY_ONLY_RESISTS: &str = "Nothing else opens Holdfast now. Choose a second way.";

    pub(crate) const fn name(protection: Option<Protection>) -> &'static str {
        match protection {
            Some(Protection::Keychain) => KEYCHAIN,
            Some(Protection::Passphrase) => PASSPHRASE,
            Some(Protection::Both) => BOTH,
            None => RECOVERY_ONLY,
        }
    }

    pub(crate) const fn resists(protection: Option<Protection>) -> &'static str {
        match protection {
            Some(Protection::Keychain) => KEYCHAIN_RESISTS,
            Some(Protection::Passphrase) => PASSPHRASE_RESISTS,
            Some(Protection::Both) => BOTH_RESISTS,
            None => RECOVERY_ONLY_RESISTS,
        }
    }

    /// A name for tests of the page.
    pub(crate) const fn tag(protection: Protection) -> &'static str {
        match protection {
            Protection::Keychain => "keychain",
            Protection::Passphrase => "passphrase",
            Protection::Both => "both",
        }
    }
}

pub(crate) mod set_up {
    pub(crate) const TITLE: &str = "Welcome to Holdfast";
    pub(crate) const LEAD: &str = "Your keys and chats are sealed on this computer. Nobody else holds a key to them.";
    pub(crate) const QUESTION: &str = "What shall open them?";
    pub(crate) const RECOVERY: &str = "You also get a recovery code for paper. It is the way back in when all else is lost. All of this can be changed later.";
    pub(crate) const CONTINUE: &str = "Continue";
    pub(crate) const WORKING: &str = "One moment…";
    pub(crate) const RESTORE: &str = "I have an export file from before";
    pub(crate) const RESTORE_BUTTON: &str = "Restore";
    pub(crate) const RESTORE_HINT: &str = "You are asked for the passphrase it was exported with.";
    pub(crate) const PATH: &str = "Export file";
    pub(crate) const PATH_EXAMPLE: &str = "~/holdfast-2026-11-20.age";
}

pub(crate) mod lock {
    pub(crate) const TITLE: &str = "Holdfast is locked";
    pub(crate) const LEAD: &str = "Your keys and chats are sealed, and gone from memory.";
    pub(crate) const WAYS: &str = "Ways to unlock";
    pub(crate) const KEYCHAIN: &str = "Unlock with the keychain";
    pub(crate) const PASSPHRASE: &str = "Enter passphrase";
    pub(crate) const BOTH: &str = "Enter passphrase";
    pub(crate) const RECOVERY: &str = "Use the recovery code";
    pub(crate) const UNLOCKING: &str = "Asking the keychain… Your system may want you to confirm.";
    pub(crate) const OPENING: &str = "Opening your chats…";
}

pub(crate) mod security {
    use holdfast_contract::{RecoveryState, Rotation, UnlockWay};

    pub(crate) const TITLE: &str = "Security";
    pub(crate) const LEAD: &str = "What opens Holdfast, when it closes, and how you would get everything back.";
    pub(crate) const MEMORY: &str = "This system does not let Holdfast keep its keys out of the swap file. An encrypted swap, or none, closes that gap.";
    pub(crate) const LIMITS: &str = "What this does not protect against";
    pub(crate) const LIMITS_TEXT: &str = "While Holdfast is unlocked, a program that runs as you can read what you read and watch what you type. And if every way in is lost, the recovery code too, nobody can open your keys and chats again.";

    pub(crate) const PROTECTION: &str = "Protection";
    pub(crate) const CHANGE: &str = "Change";
    pub(crate) const CHANGE_DOTS: &str = "Change…";
    pub(crate) const CHANGE_TITLE: &str = "What shall open Holdfast?";
    pub(crate) const CHANGE_LEAD: &str =
        "The change takes a moment. Keys, chats and the recovery code stay as they are.";
    pub(crate) const GO_ON_IN_WINDOW: &str = "Choose a passphrase…";
    pub(crate) const PROTECTION_CHANGED: &str = "Protection changed";
    pub(crate) const PASSPHRASE_SET: &str = "The new passphrase counts from now on";

    pub(crate) const RECOVERY_CODE: &str = "Recovery code";
    pub(crate) const MAKE_CODE: &str = "Make one";
    pub(crate) const NEW_CODE: &str = "Make a new one";
    pub(crate) const NEW_CODE_DOTS: &str = "Make a new one…";
    pub(crate) const NEW_CODE_TITLE: &str = "Make a new recovery code?";
    pub(crate) const NEW_CODE_QUESTION: &str =
        "The old code opens nothing any more, wherever it is written. The new one is shown in a small window.";
    pub(crate) const TO_SECURITY: &str = "Go to Security";

    pub(crate) fn made(day: &str) -> String {
        format!("Set up on {day}.")
    }

    pub(crate) const fn recovery(state: RecoveryState) -> &'static str {
        match state {
            RecoveryState::Absent => "There is none. If what opens Holdfast now is lost, everything is lost.",
            RecoveryState::Unconfirmed => {
                "Nobody has shown to have written it down. A new one can be shown and checked now."
            }
            RecoveryState::Confirmed => "Written down and checked. It opens Holdfast when all else is lost.",
        }
    }

    pub(crate) const fn reminder(state: RecoveryState) -> &'static str {
        match state {
            RecoveryState::Absent | RecoveryState::Confirmed => {
                "There is no recovery code. If what opens Holdfast is lost, your keys and chats are lost with it."
            }
            RecoveryState::Unconfirmed => {
                "Your recovery code has not been checked. It is the way back in when all else is lost."
            }
        }
    }

    pub(crate) const fn recovery_short(state: RecoveryState) -> &'static str {
        match state {
            RecoveryState::Absent => "No recovery code",
            RecoveryState::Unconfirmed => "Recovery code not checked",
            RecoveryState::Confirmed => "Recovery code saved",
        }
    }

    pub(crate) const fn recovery_detail(state: RecoveryState) -> &'static str {
        match state {
            RecoveryState::Absent => "make one under Security",
            RecoveryState::Unconfirmed => "see Security",
            RecoveryState::Confirmed => "a part of it was typed from paper",
        }
    }

    /// A name for tests of the page.
    pub(crate) const fn recovery_tag(state: RecoveryState) -> &'static str {
        match state {
            RecoveryState::Absent => "absent",
            RecoveryState::Unconfirmed => "unconfirmed",
            RecoveryState::Confirmed => "confirmed",
        }
    }

    pub(crate) const LOCKING: &str = "Locking";
    pub(crate) const LOCK_AFTER: &str = "Lock when not used for";
    pub(crate) const LOCK_AFTER_HINT: &str = "Locking stops answers that are being written; what came is kept.";
    pub(crate) const LOCK_WITH_SYSTEM: &str = "Lock with the system";
    pub(crate) const LOCK_WITH_SYSTEM_HINT: &str =
        "When the screen locks, the computer sleeps or the user changes, where the system tells.";
    pub(crate) const LOCK_NOW: &str = "Lock now";
    pub(crate) const LOCK_NOW_HINT: &str = "Also by Ctrl L.";

    pub(crate) fn after(minutes: u32) -> String {
        match minutes {
            0 => "Never".to_owned(),
            1 => "1 minute".to_owned(),
            60 => "1 hour".to_owned(),
            minutes if minutes.is_multiple_of(60) => format!("{} hours", minutes / 60),
            minutes => format!("{minutes} minutes"),
        }
    }

    pub(crate) const fn rotated(what: Rotation) -> &'static str {
        match what {
            Rotation::VaultKey => "The vault key was replaced",
            Rotation::RecordKey => "The record key was replaced, and every key wrapped anew",
        }
    }

    pub(crate) const ROOT_MOVED: &str = "The root keys were moved";
    pub(crate) const BACKUP_MADE: &str = "Backup made and read back";
    pub(crate) const BACKUP_RESTORED: &str = "Backup restored. What was there before is a backup now.";
    pub(crate) const RESTORE_TITLE: &str = "Restore this backup?";
    pub(crate) const RESTORE: &str = "Restore";
    pub(crate) const RESTORING: &str = "Restoring…";
    pub(crate) const RESTORE_WITH_VAULT: &str = "Restore with its vault";
    pub(crate) const OF_ANOTHER_VAULT: &str = "Another vault sealed it, so what is in it cannot be shown now.";
    pub(crate) const GAP_HINT: &str = "They were sealed after that backup was made. Replace them with the same secrets, or restore the keys and chats of that backup too.";
    pub(crate) const GAP_RESTORE: &str = "Restore those too…";

    pub(crate) fn gap(closed: u64, keys: u64, when: &str) -> String {
        let keys = if keys == 1 { "Your key does".to_owned() } else { format!("{closed} of your {keys} keys do") };
        format!("{keys} not open with the vault from {when}.")
    }

    /// What it means that a backup brings its own vault.
    pub(crate) fn vault_goes_back(ways: &[UnlockWay]) -> String {
        let passphrase = ways.iter().any(|way| matches!(way, UnlockWay::Passphrase | UnlockWay::Both));
        let needed = match (passphrase, ways.contains(&UnlockWay::Recovery)) {
            (true, true) => "its passphrase or recovery code of that time will be needed",
            (true, false) => "its passphrase of that time will be needed",
            (false, true) => {
                "this computer’s keychain opens it if it still has its part, else the recovery code of that time"
            }
            (false, false) => "this computer’s keychain opens it only if it still has its part",
        };
        format!("This backup belongs to an earlier state of the vault, which goes back with it: {needed}.")
    }

    pub(crate) const CHECKING: &str = "Restoring it into a scratch place to see what is in it…";
    pub(crate) const NOT_CHECKED: &str = "It could not be checked, so it cannot be restored.";

    pub(crate) fn restore_question(when: &str) -> String {
        format!("Keys and chats go back to how they were on {when}. A backup of how they are now is made first.")
    }

    pub(crate) fn contents(conversations: u64, messages: u64, keys: u64) -> String {
        let many = |count: u64, one: &str, more: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{} {more}", super::thousands(count)),
        };
        format!(
            "{}, {}, {}",
            many(conversations, "chat", "chats"),
            many(messages, "message", "messages"),
            many(keys, "key", "keys")
        )
    }

    pub(crate) fn opened(opened: u64, keys: u64) -> String {
        if keys == 0 {
            "It opens, and reads from start to end.".to_owned()
        } else if opened == keys {
            "It opens, and so does every key in it.".to_owned()
        } else {
            format!("Only {opened} of its {keys} keys open.")
        }
    }

    pub(crate) fn newest(when: &str) -> String {
        format!("Last changed {when}.")
    }

    pub(crate) fn exported(path: &str) -> String {
        format!("Exported to {path}")
    }

    pub(crate) fn log_exported(count: u64, path: &str) -> String {
        format!("{} entries written to {path}", super::thousands(count))
    }
}

pub(crate) mod rotation {
    use holdfast_contract::{OldSlots, RootKind};

    pub(crate) const TITLE: &str = "Replace what it is made of";
    pub(crate) const HINT: &str =
        "None of these needs replacing on a day of its own. Do it when one may have been seen, or when a rule says so.";
    pub(crate) const WHAT: &str = "What, and what it is for";
    pub(crate) const CHANGED: &str = "Last changed";
    pub(crate) const ACTIONS: &str = "Actions";
    pub(crate) const PASSPHRASE: &str = "Passphrase";
    pub(crate) const PASSPHRASE_PURPOSE: &str = "What you type to open Holdfast.";
    pub(crate) const VAULT_KEY: &str = "Vault key";
    pub(crate) const VAULT_KEY_PURPOSE: &str =
        "Every way to unlock leads to it. Replace it if a copy of the vault’s files was opened elsewhere.";
    pub(crate) const RECORD_KEY: &str = "Record key";
    pub(crate) const RECORD_KEY_PURPOSE: &str = "Wraps each sealed key. Replacing it wraps all of them anew.";
    pub(crate) const ROOT: &str = "Root file";
    pub(crate) const ROOT_PURPOSE: &str =
        "Where the keys above are kept. Both kinds are as strong; the sealed file needs no outside library.";
    pub(crate) const STRONGHOLD: &str = "Stronghold";
    pub(crate) const SEALED_FILE: &str = "Sealed file";
    pub(crate) const CHANGE: &str = "Change…";
    pub(crate) const REPLACE: &str = "Replace";
    pub(crate) const WORKING: &str = "Working…";
    pub(crate) const UNKNOWN: &str = "not known";
    pub(crate) const RENEW: &str = "Make anew";
    pub(crate) const OLD_WAYS_HINT: &str = "It matters if both may have been taken. Making them anew ends it: what opens Holdfast stays of the same kind, and you get a new recovery code.";

    /// What still leads from an old vault key into the vault.
    pub(crate) const fn old_ways(old: OldSlots) -> &'static str {
        match old {
            OldSlots { protection: false, .. } => {
                "Your recovery code is older than the vault key. With the old key and an old copy of the vault’s files, newer copies still open."
            }
            OldSlots { recovery: false, .. } => {
                "Your protection is older than the vault key. With the old key and an old copy of the vault’s files, newer copies still open."
            }
            OldSlots { .. } => {
                "Protection and recovery code are older than the vault key. With the old key and an old copy of the vault’s files, newer copies still open."
            }
        }
    }

    pub(crate) const fn move_to(to: RootKind) -> &'static str {
        match to {
            RootKind::Stronghold => "Move to Stronghold",
            RootKind::SealedFile => "Move to sealed file",
        }
    }
}

pub(crate) mod backups {
    pub(crate) const TITLE: &str = "Backups";
    pub(crate) const HINT: &str =
        "Made by itself and before every risky step; the last five are kept, sealed, in the data folder.";
    pub(crate) const MAKE: &str = "Back up now";
    pub(crate) const MAKING: &str = "Backing up…";
    pub(crate) const NONE: &str = "No backup yet.";
    pub(crate) const CHECK: &str = "Check";
    pub(crate) const CHECKING: &str = "Checking…";
    pub(crate) const RESTORE: &str = "Restore…";
    pub(crate) const EXPORT_TITLE: &str = "Export to one file";
    pub(crate) const EXPORT_HINT: &str = "Keys and chats under a passphrase of the file’s own, to keep elsewhere or take to another computer. The small window asks for the passphrase.";
    pub(crate) const EXPORT_PATH: &str = "File to export to";
    pub(crate) const EXPORT: &str = "Export…";

    pub(crate) const fn whole(whole: bool) -> &'static str {
        if whole { "Whole" } else { "Damaged" }
    }

    pub(crate) fn export_name(day: &str) -> String {
        format!("holdfast-{day}.age")
    }
}

pub(crate) mod audit {
    use holdfast_contract::{
        AuditActor, AuditEvent, AuditFault, AuditFaultKind, AuditKind, AuditReport, ConversationId,
    };

    use super::thousands;

    pub(crate) const TITLE: &str = "Log";
    pub(crate) const HINT: &str =
        "What happened to the vault and with every key. Each entry is chained to the one before it.";
    pub(crate) const VERIFY: &str = "Verify now";
    pub(crate) const VERIFYING: &str = "Verifying…";
    pub(crate) const EXPORT_DOTS: &str = "Export…";
    pub(crate) const EXPORT: &str = "Export";
    pub(crate) const EXPORT_PATH: &str = "File to write the log to";
    pub(crate) const BY_KIND: &str = "Kind of entry";
    pub(crate) const BY_KEY: &str = "About a key";
    pub(crate) const BY_PROVIDER: &str = "About a provider";
    pub(crate) const ANY_PROVIDER: &str = "Any provider";
    pub(crate) const BY_TIME: &str = "Time";
    pub(crate) const ALL: &str = "Everything";
    pub(crate) const UNLOCKING: &str = "Unlock and lock";
    pub(crate) const FAILED_ONLY: &str = "Failed unlocks";
    pub(crate) const USE: &str = "Use of keys";
    pub(crate) const KEYS: &str = "Changes to keys";
    pub(crate) const VAULT: &str = "Changes to the vault";
    pub(crate) const BACKUPS: &str = "Backups and exports";
    pub(crate) const ANY_KEY: &str = "Any key";
    pub(crate) const SPANS: &[(i64, &str)] =
        &[(0, "Any time"), (1, "Last 24 hours"), (7, "Last 7 days"), (30, "Last 30 days"), (365, "Last year")];
    pub(crate) const NONE: &str = "No entry fits.";
    pub(crate) const NUMBER: &str = "No.";
    pub(crate) const WHEN: &str = "When";
    pub(crate) const WHAT: &str = "What";
    pub(crate) const WHO: &str = "Who";
    pub(crate) const MORE: &str = "Load more";
    pub(crate) const WHAT_NOW: &str = "Somebody may have changed the database while Holdfast was closed. Replace your keys at their providers if you did not restore it yourself.";

    pub(crate) fn export_name(day: &str) -> String {
        format!("holdfast-log-{day}.jsonl")
    }

    pub(crate) fn key_option(name: &str, masked: &str) -> String {
        format!("{name} ({masked})")
    }

    /// The detail that belongs into the sentence, for kinds of entries that have no subject.
    const fn said_of(kind: AuditKind) -> Option<&'static str> {
        match kind {
            AuditKind::Unlocked | AuditKind::UnlockFailed | AuditKind::VaultMade | AuditKind::ProtectionChanged => {
                Some("way")
            }
            AuditKind::Locked => Some("why"),
            AuditKind::RootMoved => Some("to"),
            _ => None,
        }
    }

    /// What happened, in a sentence.
    pub(crate) fn headline(event: &AuditEvent) -> String {
        let said = said_of(event.kind).and_then(|name| event.detail.get(name));
        sentence(event.kind, event.subject.as_ref().or(said).map(String::as_str))
    }

    /// The words for a kind of entry.
    pub(super) fn sentence(kind: AuditKind, subject: Option<&str>) -> String {
        let (with, without) = match kind {
            AuditKind::Unlocked => ("Unlocked by {}", "Unlocked"),
            AuditKind::Locked => ("Locked ({})", "Locked"),
            AuditKind::UnlockFailed => ("Failed to unlock by {}", "Failed to unlock"),
            AuditKind::VaultMade => ("Vault made, protected by {}", "Vault made"),
            AuditKind::ProtectionChanged => ("Protection changed to {}", "Protection changed"),
            AuditKind::RecoveryCodeMade => ("New recovery code made", "New recovery code made"),
            AuditKind::KeyAdded => ("Key {} added", "Key added"),
            AuditKind::KeyUsed => ("Key {} used", "Key used"),
            AuditKind::KeyTested => ("Key {} tested", "Key tested"),
            AuditKind::KeyReplaced => ("Key {} replaced", "Key replaced"),
            AuditKind::KeyRenamed => ("Key {} renamed", "Key renamed"),
            AuditKind::KeyChanged => ("Settings of key {} changed", "Settings of a key changed"),
            AuditKind::KeyDeleted => ("Key {} deleted", "Key deleted"),
            AuditKind::KeyRestored => ("Key {} brought back", "Key brought back"),
            AuditKind::VaultKeyRotated => ("Vault key replaced", "Vault key replaced"),
            AuditKind::KekRotated => ("Record key replaced", "Record key replaced"),
            AuditKind::RootMoved => ("Root keys moved to {}", "Root keys moved"),
            AuditKind::Exported => ("Exported to {}", "Exported"),
            AuditKind::Imported => ("Imported from {}", "Imported"),
            AuditKind::BackupMade => ("Backup {} made", "Backup made"),
            AuditKind::BackupRestored => ("Backup {} restored", "Backup restored"),
            AuditKind::BackupChecked => ("Backup {} checked", "Backup checked"),
            AuditKind::Verified => ("Log verified", "Log verified"),
            AuditKind::LimitHit => ("A limit of key {} kept a request back", "A limit kept a request back"),
            AuditKind::SpareUsed => ("Spare key {} used", "Spare key used"),
            AuditKind::Other => ("Something a newer Holdfast wrote: {}", "Something a newer Holdfast wrote"),
        };
        let quoted = matches!(
            kind,
            AuditKind::KeyAdded
                | AuditKind::KeyUsed
                | AuditKind::KeyTested
                | AuditKind::KeyReplaced
                | AuditKind::KeyRenamed
                | AuditKind::KeyChanged
                | AuditKind::KeyDeleted
                | AuditKind::KeyRestored
                | AuditKind::LimitHit
                | AuditKind::SpareUsed
        );
        match subject {
            Some(name) if quoted => with.replace("{}", &format!("“{name}”")),
            Some(name) => with.replace("{}", name),
            None => without.to_owned(),
        }
    }

    /// Who did it; `title` gives the title of a conversation that is still there.
    pub(crate) fn actor(actor: &AuditActor, title: impl Fn(ConversationId) -> Option<String>) -> String {
        match actor {
            AuditActor::Window => "You".to_owned(),
            AuditActor::CommandLine => "You, in a terminal".to_owned(),
            AuditActor::Program => "Holdfast".to_owned(),
            AuditActor::Conversation { id } => match title(*id) {
                Some(title) if title.is_empty() => "A new chat".to_owned(),
                Some(title) => format!("Chat “{title}”"),
                None => "A chat that is gone".to_owned(),
            },
            AuditActor::Plugin { name } => format!("Plugin “{name}”"),
            AuditActor::Other => "Not known".to_owned(),
        }
    }

    /// The rest of an entry in a line, when there is any.
    pub(crate) fn details(event: &AuditEvent, provider: Option<&str>) -> Option<String> {
        let said = said_of(event.kind).filter(|_| event.subject.is_none());
        let about = event.detail.iter().filter(|(name, _)| Some(name.as_str()) != said);
        let about = about.map(|(name, value)| match (name.as_str(), value.parse()) {
            ("monthly_micros", Ok(micros)) => format!("monthly limit: {}", crate::money::shown(micros)),
            ("monthly_micros", Err(_)) => format!("monthly limit: {value}"),
            _ => format!("{}: {value}", name.replace('_', " ")),
        });
        let parts: Vec<String> = provider.map(str::to_owned).into_iter().chain(about).collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    /// What a verification came to, in a sentence.
    pub(crate) fn verdict(report: &AuditReport) -> String {
        let entries = match report.entries {
            1 => "1 entry".to_owned(),
            count => format!("{} entries", thousands(count)),
        };
        match (report.faults.len(), report.anchored) {
            (0, Some(until)) => {
                format!("All {entries} hold. The vault vouches that none was cut off up to entry {}.", thousands(until))
            }
            (0, None) => {
                format!(
                    "All {entries} hold together. The vault has no note of its end yet, so a cut there would not show."
                )
            }
            (1, _) => format!("The log does not hold in 1 place. {entries} were read."),
            (count, _) => format!("The log does not hold in {count} places. {entries} were read."),
        }
    }

    /// What is wrong, and where.
    pub(crate) fn fault(fault: &AuditFault) -> String {
        let at = thousands(fault.at_seq);
        let span = |until: u64| match until {
            until if until <= fault.at_seq => format!("Entry {at} is"),
            until => format!("Entries {at} to {} are", thousands(until)),
        };
        match fault.what {
            AuditFaultKind::Changed => format!("Entry {at} is not what was written."),
            AuditFaultKind::Moved { from } => format!("Entry {at} was written as entry {}.", thousands(from)),
            AuditFaultKind::Missing { until } => format!("{} missing.", span(until)),
            AuditFaultKind::CutOff { until } => format!("{} cut off from the end.", span(until)),
            AuditFaultKind::Replaced => {
                format!("Entry {at} is whole, but another one stood here: an older copy of the database was put back.")
            }
            AuditFaultKind::Unproven => {
                format!("Entry {at} can be neither proved nor refuted, because the one before it does not hold.")
            }
        }
    }

    /// A name for tests of the page.
    pub(crate) fn tag(kind: AuditKind) -> String {
        serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
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
    use crate::strength::Strength;

    pub(crate) const KEY: &str = "Key";
    pub(crate) const PASSPHRASE: &str = "Passphrase";
    pub(crate) const AGAIN: &str = "The same again";
    pub(crate) const RECOVERY_CODE: &str = "Recovery code";
    pub(crate) const CODE_EXAMPLE: &str = "XXXX-XXXX-XXXX-…";
    pub(crate) const SAVE: &str = "Save";
    pub(crate) const UNLOCK: &str = "Unlock";
    pub(crate) const EXPORT: &str = "Export";
    pub(crate) const IMPORT: &str = "Restore";
    pub(crate) const WORKING: &str = "One moment…";
    pub(crate) const UNLOCK_TITLE: &str = "Unlock Holdfast";
    pub(crate) const UNLOCK_LEAD: &str = "Your keys and chats stay sealed until you enter the passphrase.";
    pub(crate) const UNLOCK_BOTH_LEAD: &str = "The passphrase and this computer’s keychain open it together.";
    pub(crate) const RECOVERY_UNLOCK_TITLE: &str = "Unlock with the recovery code";
    pub(crate) const RECOVERY_UNLOCK_LEAD: &str =
        "Capitals, spaces and dashes do not matter. Afterwards, choose under Security what opens Holdfast.";
    pub(crate) const PASSPHRASE_TITLE: &str = "Choose a passphrase";
    pub(crate) const PASSPHRASE_LEAD: &str = "It opens your keys and chats. Nobody can tell it to you again.";
    pub(crate) const BOTH_LEAD: &str = "Together with this computer’s keychain, it opens your keys and chats.";
    pub(crate) const RENEW_TITLE: &str = "Choose the passphrase anew";
    pub(crate) const RENEW_LEAD: &str =
        "Another one, or the same if nobody knows it. A new recovery code is shown after it.";
    pub(crate) const EXPORT_TITLE: &str = "A passphrase for the export";
    pub(crate) const IMPORT_TITLE: &str = "The passphrase of the export";
    pub(crate) const DIFFERENT: &str = "The two are not the same.";
    pub(crate) const REPLACE_TITLE: &str = "Replace a key";

    pub(crate) fn strength(strength: Strength) -> String {
        match strength {
            Strength::Empty => "At least 10 characters. Four or more words picked at random are good.".to_owned(),
            Strength::TooShort(1) => "1 more character is needed.".to_owned(),
            Strength::TooShort(missing) => format!("{missing} more characters are needed."),
            Strength::Weak => "A program that tries many would guess this. Add words picked at random.".to_owned(),
            Strength::Fair => "Fair. One more random word makes it hard to guess.".to_owned(),
            Strength::Good => "Hard to guess, if you picked it at random.".to_owned(),
        }
    }

    pub(crate) fn add_title(provider: &str) -> String {
        format!("Key for {provider}")
    }

    pub(crate) fn odd_form(prefix: &str) -> String {
        format!("Its keys usually begin with {prefix}")
    }

    pub(crate) fn export_lead(path: &str) -> String {
        format!("It alone opens {path}. Keep it apart from the file.")
    }

    pub(crate) fn import_lead(path: &str) -> String {
        format!("It opens {path}.")
    }
}

pub(crate) mod recovery {
    pub(crate) const TITLE: &str = "Your recovery code";
    pub(crate) const LEAD: &str = "Write it on paper and keep it away from this computer. It opens Holdfast when all else is lost, for whoever holds it. It is shown only now.";
    pub(crate) const LABEL: &str = "Recovery code";
    pub(crate) const ON_PAPER: &str =
        "Recovery code of Holdfast. It opens all keys and chats. Keep it where you keep what is worth most.";
    pub(crate) const PRINT: &str = "Print";
    pub(crate) const SAVE_TO_FILE: &str = "Save to a file";
    pub(crate) const SAVE: &str = "Save";
    pub(crate) const PATH: &str = "File for the recovery code";
    pub(crate) const LATER: &str = "Later";
    pub(crate) const WRITTEN: &str = "I have written it down";
    pub(crate) const CHECK_TITLE: &str = "Type a part of it";
    pub(crate) const CHECK_LEAD: &str = "From your paper, to see that every letter is right. Capitals do not matter.";
    pub(crate) const WRONG: &str = "That is not what was shown. Look again and compare your paper.";
    pub(crate) const LOOK_AGAIN: &str = "Show it again";
    pub(crate) const CONFIRM: &str = "Done";

    pub(crate) fn group(number: u32) -> String {
        format!("Group {number}")
    }

    pub(crate) fn saved(path: &str) -> String {
        format!("Saved to {path}. Move it off this computer.")
    }
}

pub(crate) mod damaged {
    pub(crate) const TITLE: &str = "The database does not read";
    pub(crate) const NOTHING_LOST: &str = "Nothing was overwritten. The file is still where it was, as it was.";
    pub(crate) const VAULT_TITLE: &str = "The vault does not read";
    pub(crate) const VAULT_BESIDE: &str = "The copy beside it reads, and nothing is missing in it.";
    pub(crate) const RESTORE: &str = "Restore the newest backup";
    pub(crate) const NO_BACKUP: &str =
        "There is no backup that reads. Keep a copy of the data folder before you try anything else.";
    pub(crate) const KEPT: &str = "What is damaged is kept beside it.";
    pub(crate) const WHAT: &str = "What is wrong";
    pub(crate) const WHERE: &str = "Data folder";

    pub(crate) fn vault_backup_of(when: &str) -> String {
        format!(
            "The newest backup whose vault reads was made on {when}. What opened Holdfast then will open it, and keys that were sealed since may have to be entered again. Your chats stay as they are."
        )
    }

    pub(crate) fn backup_of(when: &str) -> String {
        format!("The newest backup that reads was made on {when}.")
    }
}

#[cfg(test)]
mod tests;
