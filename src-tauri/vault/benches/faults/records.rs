//! Sealed records that were damaged, or put into the place of others.

use std::time::Instant;

use holdfast_vault::{RecordHeader, RootKind, SealedRecord, Vault, VaultError};
use uuid::Uuid;

use crate::dice::Dice;
use crate::tally::Tally;
use crate::world::{World, credential_of, header};

const RECORDS: usize = 1000;

pub(crate) async fn run(mut dice: Dice) -> Tally {
    let mut tally = Tally::default();
    for kind in [RootKind::Stronghold, RootKind::SealedFile] {
        tally.add(&one(kind, &mut dice).await);
    }
    tally
}

async fn one(kind: RootKind, dice: &mut Dice) -> Tally {
    let begun = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(folder.path().join("vault"), kind).await;
    let vault = world.open();
    vault.unlock_with_keychain().await.unwrap();
    while world.records.len() < RECORDS {
        let header = header();
        let sealed = vault.seal(&header, credential_of(&header)).await.unwrap();
        world.records.push((header, sealed));
    }

    let mut tally = Tally::default();
    for (at, (header, sealed)) in world.records.iter().enumerate() {
        let (neighbour, other) = &world.records[(at + 1) % RECORDS];
        let bytes = &sealed.0;
        let place = dice.number(0..bytes.len());
        let mut flipped = bytes.clone();
        flipped[place] ^= dice.bit();
        let longer = [&bytes[..], &[dice.number(0..256) as u8]].concat();
        // Before lies what both share, after it more than one byte that may be the same by chance.
        let cut = dice.number(20..bytes.len() - 16);
        let spliced = [&bytes[..cut], &other.0[cut..]].concat();
        let damaged = [
            ("a flipped bit", flipped),
            ("cut off", bytes[..place].to_vec()),
            ("a byte too many", longer),
            ("the end of another", spliced),
        ];
        for (what, bytes) in damaged {
            refused(&mut tally, &vault, what, header, &SealedRecord(bytes)).await;
        }
        let moved = [
            ("another's place", neighbour.clone()),
            ("another id", RecordHeader { id: Uuid::new_v4(), ..header.clone() }),
            ("another owner", RecordHeader { owner: "groq".to_owned(), ..header.clone() }),
            ("a later revision", RecordHeader { revision: header.revision + 1, ..header.clone() }),
            ("an earlier revision", RecordHeader { revision: header.revision - 1, ..header.clone() }),
        ];
        for (what, header) in moved {
            refused(&mut tally, &vault, what, &header, sealed).await;
        }
    }
    tally.count(|| "what was not touched".to_owned(), world.check(&vault).await);
    println!(
        "records, {kind:?}: {RECORDS} records damaged and exchanged, {} faults, {} violations, {:?}",
        tally.faults(),
        tally.violations(),
        begun.elapsed()
    );
    tally
}

async fn refused(tally: &mut Tally, vault: &Vault, what: &str, header: &RecordHeader, sealed: &SealedRecord) {
    let outcome = match vault.unseal(header, sealed).await {
        Err(VaultError::Refused) => Ok(()),
        Err(error) => Err(format!("not refused, but {error}")),
        Ok(_) => Err("it opened".to_owned()),
    };
    tally.count(|| format!("record {}, {what}", header.id), outcome);
}
