//! Keys in files and in the environment of the program.

use holdfast_contract::{
    AuditActor, ClipboardLook, FindKeys, FoundKey, GetCatalogue, ImportKeys, LookAtClipboard, SaveSettings, Settings,
};
use holdfast_testkit::Canary;

use super::*;
use crate::world::row;

const ENVIRONMENT: &str = "key: required, place: cloud, key_prefix: sk-canary-, key_env: [CLOUD_API_KEY]";

async fn world_of(server: &FakeServer) -> World {
    World::with(&models(&[row("cloud", "openai_chat", &server.openai_url(), ENVIRONMENT)])).await
}

fn found(variable: &str, secret: &str, known: Option<KeyId>) -> FoundKey {
    let masked = format!("sk-…{}", &secret[secret.len() - 4..]);
    FoundKey { variable: variable.to_owned(), provider: "cloud".into(), masked, known }
}

#[tokio::test]
async fn keys_of_a_file_are_found_masked_and_sealed() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    let world = world_of(&server).await;
    let [named, formed, known, other] = [Canary::new(), Canary::new(), Canary::new(), Canary::new()];
    let have = add(&world, known.secret()).await;
    // Outside of the program's own folder, which is looked through below.
    let project = tempfile::tempdir().unwrap();
    let file = project.path().join(".env");
    let text = format!(
        "# keys\r\nexport CLOUD_API_KEY=\"{}\" # mine\r\nSOME_TOKEN='{}'\r\nOLD={}\r\nPASSWORD=x{}\r\nDEBUG=1\r\n",
        named.secret(),
        formed.secret(),
        known.secret(),
        other.secret(),
    );
    std::fs::write(&file, text).unwrap();
    let path = Some(file.display().to_string());
    let expected = [
        found("CLOUD_API_KEY", named.secret(), None),
        found("OLD", known.secret(), Some(have.id)),
        found("SOME_TOKEN", formed.secret(), None),
    ];
    assert_eq!(world.send(FindKeys { path: path.clone() }).await.unwrap(), expected, "by name and by form");
    assert_eq!(keys(&world).await, std::slice::from_ref(&have), "looking seals nothing");

    let import = |variables: &[&str]| ImportKeys {
        path: path.clone(),
        variables: variables.iter().map(|name| (*name).to_owned()).collect(),
    };
    let failure = world.refused(import(&["CLOUD_API_KEY", "DEBUG"])).await;
    assert_eq!((failure.code, keys(&world).await.len()), (Code::NotFound, 1), "all or none");
    let sealed = world.send(import(&["CLOUD_API_KEY", "OLD"])).await.unwrap();
    assert_eq!(sealed.iter().map(|key| key.info.name.as_str()).collect::<Vec<_>>(), ["CLOUD_API_KEY"], "not one twice");
    assert_eq!(keys(&world).await.len(), 2);
    let noted = log(&world, &[AuditKind::Imported]).await;
    assert_eq!((noted.len(), noted[0].detail["keys"].as_str()), (1, "1"));
    world.send(DeleteKey { id: have.id }).await.unwrap();
    assert!(whole(&world.ask("cloud/m", "Hello").await));
    assert_eq!(sent(&server), [named.secret()]);

    world.quit().await;
    for (canary, what) in [(&named, "imported"), (&formed, "found"), (&known, "known"), (&other, "passed over")] {
        assert_eq!(canary.find_in_dir(world.home()), Vec::<std::path::PathBuf>::new(), "{what}: in no file");
        assert!(!canary.is_in(world.told_to_windows().as_bytes()), "{what}: in no reply and no event");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named_without_what_is_in_it() {
    let world = World::new().await;
    let project = tempfile::tempdir().unwrap();
    let canary = Canary::new();
    let odd = project.path().join("odd");
    std::fs::write(&odd, [canary.secret().as_bytes(), &[0xFF]].concat()).unwrap();
    for (path, code) in [
        (project.path().join("nothing"), Code::Disk),
        (project.path().to_owned(), Code::BadRequest),
        (odd, Code::BadRequest),
        (std::path::PathBuf::from("relative/.env"), Code::BadRequest),
    ] {
        let failure = world.refused(FindKeys { path: Some(path.display().to_string()) }).await;
        assert_eq!(failure.code, code, "{}: {failure:?}", path.display());
        assert!(!canary.is_in(format!("{failure:?}").as_bytes()), "{failure:?}");
    }
}

#[tokio::test]
async fn the_environment_is_used_only_when_allowed_and_named_for_what_it_is() {
    let server = FakeServer::start().await;
    server.on_chat(Reply::answer("Yes"));
    server.models(["m"]);
    let world = world_of(&server).await;
    let canary = Canary::new();
    world.desktop.set_variable("CLOUD_API_KEY", Some(canary.secret()));
    assert_eq!(failure_of(&world.ask("cloud/m", "Not asked").await).code, Code::KeyMissing);
    let found_there = world.send(FindKeys { path: None }).await.unwrap();
    assert_eq!(found_there, [found("CLOUD_API_KEY", canary.secret(), None)]);

    let settings = Settings { environment_keys: true, ..Settings::default() };
    world.send(SaveSettings { settings }).await.unwrap();
    let answer = world.ask("cloud/m", "Allowed").await;
    assert!(whole(&answer), "{answer:?}");
    assert_eq!(answer.answer.unwrap().key.unwrap().name, "the environment (CLOUD_API_KEY)");
    let catalogue = world.send(GetCatalogue { refresh: true }).await.unwrap();
    let model = catalogue.models.iter().find(|model| model.model.to_string() == "cloud/m").unwrap();
    assert_eq!(
        (model.usable, model.key.as_ref().map(|key| key.name.as_str())),
        (true, Some("the environment (CLOUD_API_KEY)"))
    );
    let noted = log(&world, &[AuditKind::KeyUsed]).await;
    assert!(matches!(noted[0].actor, AuditActor::Conversation { .. }), "{noted:?}");
    assert_eq!((noted[0].key, noted[0].subject.as_deref()), (None, Some("the environment (CLOUD_API_KEY)")));

    // A key of the vault comes first, and the variable may go at any time.
    let key = add(&world, SECRET).await;
    world.ask("cloud/m", "With the vault's").await;
    world.send(DeleteKey { id: key.id }).await.unwrap();
    world.desktop.set_variable("CLOUD_API_KEY", None);
    assert_eq!(failure_of(&world.ask("cloud/m", "Without").await).code, Code::KeyMissing);
    assert_eq!(sent(&server), [canary.secret(), SECRET]);
    world.quit().await;
    assert_eq!(canary.find_in_dir(world.home()), Vec::<std::path::PathBuf>::new(), "it is never stored");
    assert!(!canary.is_in(world.told_to_windows().as_bytes()));
}

#[tokio::test]
async fn the_clipboard_is_looked_at_without_showing_it() {
    let world = World::new().await;
    let look = |masked: Option<&str>, providers: &[&str], problem: Option<&str>| ClipboardLook {
        masked: masked.map(str::to_owned),
        providers: providers.iter().map(|id| (*id).into()).collect(),
        problem: problem.map(str::to_owned),
    };
    let nothing = world.send(LookAtClipboard {}).await.unwrap();
    assert_eq!(nothing, look(None, &[], Some("There is no text on the clipboard.")));
    for (text, expected) in [
        (" gsk_0123456789abcdefx7Qd\n", look(Some("gsk_…x7Qd"), &["groq"], None)),
        ("sk-or-v1-0123456789abcdefx7Qd", look(Some("sk-or-…x7Qd"), &["openrouter", "openai"], None)),
        ("0123456789abcdefx7Qd", look(Some("…x7Qd"), &[], None)),
        (
            "sk-ant-api03-0123456789abcdefx7Qd",
            look(Some("sk-ant-…x7Qd"), &["openai"], Some("This looks like a key of Anthropic.")),
        ),
        ("two words", look(None, &[], Some("This holds spaces or letters that no key has."))),
    ] {
        world.desktop.copy(text);
        assert_eq!(world.send(LookAtClipboard {}).await.unwrap(), expected, "{text}");
        assert_eq!(world.desktop.clipboard().as_deref(), Some(text), "looking takes nothing");
    }
    world.send(LockVault {}).await.unwrap();
    assert_eq!(world.refused(LookAtClipboard {}).await.code, Code::VaultLocked, "a locked program looks at nothing");
}
