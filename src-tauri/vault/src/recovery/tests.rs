use super::*;

fn code_of(bytes: [u8; BYTES]) -> RecoveryCode {
    RecoveryCode::of(&RecoveryKey::new(bytes))
}

fn parsed(text: &str) -> Option<[u8; BYTES]> {
    parse(&Secret::new(text.to_owned())).ok().map(|key| *key)
}

#[test]
fn a_code_reads_as_it_was_written() {
    for bytes in [[0; BYTES], [0xff; BYTES], std::array::from_fn(|at| (at * 37 + 11) as u8)] {
        let code = code_of(bytes);
        assert_eq!(code.groups().count(), RecoveryCode::GROUPS, "nine groups");
        assert!(code.groups().all(|group| group.len() == GROUP), "of four symbols each");
        assert_eq!(parsed(code.text().expose()), Some(bytes), "{:?} comes back whole", code.text().expose());
    }
    let (first, second) = (RecoveryCode::random().unwrap(), RecoveryCode::random().unwrap());
    assert_ne!(first.0.text().expose(), second.0.text().expose(), "no two are alike");
    assert_eq!(format!("{:?}", first.0), "RecoveryCode { text: Secret(…) }", "Debug shows none of it");
}

/// The form of the code never changes: people keep it on paper.
#[test]
fn a_code_is_the_same_for_ever() {
    let code = code_of(std::array::from_fn(|at| at as u8));
    assert_eq!(code.text().expose(), "000G-40R4-0M30-E209-185G-R38E-1W81-24GK-QBYQ", "bits and check");
}

#[test]
fn a_code_is_typed_freely() {
    let bytes = std::array::from_fn(|at| (at * 29 + 3) as u8);
    let text = code_of(bytes).text().expose().to_owned();
    for typed in [
        text.to_lowercase(),
        text.replace('-', ""),
        text.replace('-', " "),
        format!("  {}\n", text.replace('-', "\u{2013}")),
        text.replace('0', "o").replace('1', "l"),
        text.replace('0', "O").replace('1', "I"),
    ] {
        assert_eq!(parsed(&typed), Some(bytes), "{typed:?} is the same code");
    }
}

#[test]
fn a_slip_is_told_apart() {
    let text = code_of(std::array::from_fn(|at| (at * 29 + 3) as u8)).text().expose().to_owned();
    let symbols: Vec<char> = text.chars().filter(|symbol| *symbol != '-').collect();
    for at in 0..symbols.len() {
        let mut slipped = symbols.clone();
        slipped[at] = if slipped[at] == 'Z' { 'Y' } else { 'Z' };
        assert_eq!(parsed(&slipped.iter().collect::<String>()), None, "symbol {at} is another");
        if at > 0 && symbols[at - 1] != symbols[at] {
            let mut swapped = symbols.clone();
            swapped.swap(at - 1, at);
            assert_eq!(parsed(&swapped.iter().collect::<String>()), None, "symbols {at} and before are swapped");
        }
    }
    for typed in ["", "0", "U", &text[..text.len() - 1], &format!("{text}0"), &text.replace('-', "é")] {
        assert_eq!(parsed(typed), None, "{typed:?} is no code");
    }
}

#[test]
fn a_part_of_the_code_is_compared_as_freely() {
    let code = code_of(std::array::from_fn(|at| (at * 29 + 3) as u8));
    let group = code.groups().nth(2).unwrap().to_owned();
    let matches = |index, typed: &str| code.group_matches(index, &Secret::new(typed.to_owned()));
    assert!(matches(2, &group) && matches(2, &format!(" {} ", group.to_lowercase())), "the right group");
    assert!(!matches(2, ""), "nothing is not the group");
    assert!(!matches(2, &group[..3]) && !matches(2, &format!("{group}{group}")), "less or more is not the group");
    assert!(!matches(9, &group), "there is no tenth group");
}
