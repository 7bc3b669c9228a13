//! Who may ask for what.

use std::collections::BTreeMap;

use holdfast_contract::{Code, Window, commands};
use holdfast_shell::rpc::routes;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn every_command_is_refused_from_every_window_it_does_not_name() {
    let world = World::new().await;
    let mut refused = 0;
    for command in commands() {
        for window in Window::ALL {
            let reply = world.send_json(window.label(), command.name, Value::Null).await;
            // A body that no command has shows who got past the door, and lets nobody do anything.
            let expected = if command.windows.contains(&window) { Code::BadRequest } else { Code::Refused };
            assert_eq!(reply.unwrap_err().code, expected, "{} from {}", command.name, window.label());
            refused += u32::from(expected == Code::Refused);
        }
    }
    assert!(refused > 30, "most commands are for one window alone: {refused} were refused");
}

#[tokio::test]
async fn windows_and_names_that_nobody_knows_are_refused() {
    let world = World::new().await;
    for label in ["", "Main", "main ", "main\0", "settings", "../main", "entry2"] {
        let failure = world.send_json(label, "GetStatus", json!({})).await.unwrap_err();
        assert_eq!(failure.code, Code::Refused, "{label:?}");
    }
    for name in ["", "getstatus", "GetStatus ", "GetSecret", "__proto__", "rpc", "<script>alert(1)</script>"] {
        let failure = world.send_json("main", name, json!({})).await.unwrap_err();
        assert_eq!(failure.code, Code::Refused, "{name:?}");
        assert!(!failure.message.contains('<'), "a name is not repeated as it came: {}", failure.message);
    }
}

#[test]
fn contract_and_routes_are_the_same() {
    let routed: BTreeMap<_, _> = routes().collect();
    let wanted: BTreeMap<_, _> = commands().into_iter().map(|command| (command.name, command.windows)).collect();
    assert_eq!(routed, wanted);
    assert_eq!(wanted.len(), commands().len(), "no name stands twice");
}

#[test]
fn only_the_window_that_draws_no_model_output_has_to_do_with_secrets() {
    for command in commands() {
        // The recovery code is a secret on its way out, and what is typed of it one on its way in.
        let secret = ["SubmitEntry", "GetRecoveryCode", "SaveRecoveryCode", "ConfirmRecoveryCode"];
        let about_its_window = ["GetEntry", "CancelEntry"];
        assert_eq!(
            command.windows == [Window::Entry],
            secret.contains(&command.name) || about_its_window.contains(&command.name),
            "{}",
            command.name
        );
    }
}
