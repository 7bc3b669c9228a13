use super::Owner;
use crate::files::ANCHOR;
use crate::root::KeyName;
use crate::{Anchor, VaultError, anchor};

impl Owner {
    /// Authenticates an entry of the audit log.
    pub(crate) fn audit_mac(&mut self, message: &[u8]) -> Result<[u8; 32], VaultError> {
        self.ensure_key(KeyName::Audit)?;
        self.open_or_why()?.root.audit_mac(b"holdfast/audit/mac", message)
    }

    /// How far the audit log came when it was last anchored.
    pub(crate) fn anchor(&mut self) -> Result<Option<Anchor>, VaultError> {
        self.ensure_key(KeyName::Audit)?;
        self.freshen()?;
        let path = self.files.path(ANCHOR);
        let bytes = {
            let _lock = self.files.lock_for_reading()?;
            self.files.read(&path, anchor::MAX_FILE).map_err(|error| VaultError::disk(&path, "read", error))?
        };
        let open = self.open_or_why()?;
        let what = match bytes {
            None if !open.slots.body.anchored => return Ok(None),
            None => "is missing",
            Some(bytes) => match anchor::decode(&open.root, &bytes)? {
                Some(anchor) => return Ok(Some(anchor)),
                None => "was changed by something other than Holdfast",
            },
        };
        Err(VaultError::Damaged { detail: format!("{ANCHOR} {what}"), backup: false })
    }

    /// Anchors the audit log. The old anchor does not count any more, whatever became of it.
    pub(crate) fn set_anchor(&mut self, anchor: Anchor) -> Result<(), VaultError> {
        self.ensure_key(KeyName::Audit)?;
        let bytes = anchor::encode(&self.open_or_why()?.root, anchor)?;
        {
            let _lock = self.files.lock_for_writing()?;
            self.files.write(&self.files.path(ANCHOR), &bytes)?;
        }
        if self.open_or_why()?.slots.body.anchored {
            return Ok(());
        }
        self.change_slots(|body, _| {
            body.anchored = true;
            Ok(())
        })
    }
}
