use super::{Found, Sources};

const LIST: &str = "src-tauri/contract/src/command.rs";

/// Every command is in the contract's list, from which the router is tested.
pub(super) fn check(sources: &Sources, found: &mut Found) {
    let Some((_, list)) = sources.under(LIST).next() else {
        found.problems.push(format!("{LIST} is gone, and with it the list of commands"));
        return;
    };
    let listed: Vec<&str> = list
        .split_once("\nlist![")
        .and_then(|(_, rest)| rest.split_once("];"))
        .map(|(names, _)| names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect())
        .unwrap_or_default();
    for (name, text) in sources.under("src-tauri/contract/src/") {
        for command in commands(text) {
            if !listed.contains(&command) {
                found.problems.push(format!("{name}: the command {command} is missing in the list of {LIST}"));
            }
        }
    }
}

/// The names of the commands that a file defines.
fn commands(source: &str) -> impl Iterator<Item = &str> {
    let by_macro = source.split("\ncommand! {").skip(1).filter_map(|body| {
        let line = body
            .lines()
            .map(str::trim)
            .find(|line| !(line.is_empty() || line.starts_with("//") || line.starts_with('#')))?;
        line.split([' ', '{']).next()
    });
    let by_hand = source
        .split("impl crate::Command for ")
        .skip(1)
        .filter_map(|rest| rest.split([' ', '{']).next())
        .filter(|name| !name.starts_with('$'));
    by_macro.chain(by_hand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_not_listed_is_named() {
        let file = |name: &str, text: &str| (format!("src-tauri/contract/src/{name}"), text.to_owned());
        let sources = Sources(vec![
            file("command.rs", "macro_rules! x {}\nlist![\n    Ask,\n    Stop,\n];\n"),
            file(
                "chat.rs",
                "\ncommand! {\n    /// Asks.\n    Ask {} => (), [Window::Main]\n}\ncommand! {\n    /// Hides.\n    \
                 Hide {\n    } => (), [Window::Main]\n}\nimpl crate::Command for Enter {\n}\n",
            ),
        ]);
        let mut found = Found::default();
        check(&sources, &mut found);
        assert_eq!(
            found.problems,
            [
                "src-tauri/contract/src/chat.rs: the command Hide is missing in the list of src-tauri/contract/src/command.rs",
                "src-tauri/contract/src/chat.rs: the command Enter is missing in the list of src-tauri/contract/src/command.rs",
            ],
            "both ways of defining one are seen"
        );
    }
}
