use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// Answers a `get` only when the test says so; a `set` panics.
struct Slow {
    asked: Sender<String>,
    go_on: Mutex<Receiver<()>>,
}

impl Keychain for Slow {
    fn get(&self, account: &str) -> Result<Option<Secret>, KeychainError> {
        self.asked.send(account.to_owned()).unwrap();
        self.go_on.lock().unwrap().recv().unwrap();
        Ok(Some(Secret::new(account.to_owned())))
    }

    fn set(&self, _account: &str, _secret: &Secret) -> Result<(), KeychainError> {
        panic!("a fault inside the keychain's library");
    }

    fn delete(&self, _account: &str) -> Result<(), KeychainError> {
        Ok(())
    }
}

fn slow(patience: Duration) -> (Patient<Slow>, Sender<()>, Receiver<String>) {
    let (asked, seen) = channel();
    let (answer, go_on) = channel();
    (Patient::new(Slow { asked, go_on: Mutex::new(go_on) }, patience), answer, seen)
}

fn text(answer: Result<Option<Secret>, KeychainError>) -> Result<Option<String>, KeychainError> {
    answer.map(|secret| secret.map(|secret| secret.expose().to_owned()))
}

#[test]
fn a_keychain_that_hangs_is_not_waited_for() {
    let (keychain, answer, seen) = slow(Duration::from_millis(50));
    assert_eq!(text(keychain.get("one")), Err(KeychainError::Timeout { seconds: 0 }), "its question hangs");
    assert_eq!(keychain.delete("two"), Err(KeychainError::Timeout { seconds: 0 }), "it still hangs");
    assert_eq!(text(keychain.get("three")), Err(KeychainError::Timeout { seconds: 0 }), "and still");

    // The user answers at last; what was given up meanwhile is not asked any more.
    answer.send(()).unwrap();
    answer.send(()).unwrap();
    let patient = Patient { patience: Duration::from_secs(60), ..keychain };
    assert_eq!(text(patient.get("four")), Ok(Some("four".into())), "the keychain is of use again");
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), ["one", "four"], "no question surprises the user afterwards");
}

#[test]
fn a_keychain_that_panics_is_a_failure_and_no_more() {
    let (keychain, answer, _seen) = slow(Duration::from_secs(60));
    let set = keychain.set("one", &Secret::new("s".into()));
    assert_eq!(set, Err(KeychainError::Failed { detail: "a fault inside its library".into() }), "the caller is told");
    answer.send(()).unwrap();
    assert_eq!(text(keychain.get("two")), Ok(Some("two".into())), "the thread lives on");
}
