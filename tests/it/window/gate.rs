//! What a user does before the program is open: set it up, and unlock it.

use super::driver::Window;

impl Window {
    /// Chooses what protects the vault on the first page, and goes on.
    pub(crate) async fn protect_with(&self, protection: &str) {
        self.click(&format!("[data-setup] [data-protection={protection}]")).await;
        self.click("[data-action=set-up]").await;
    }

    /// Closes the window that shows the recovery code.
    pub(crate) async fn leave_code_for_later(&self) {
        self.to_entry().await;
        self.click("[data-action=recovery-later]").await;
        self.to_main().await;
    }

    /// Types a new passphrase twice, in the window for it.
    pub(crate) async fn choose_passphrase(&self, passphrase: &str) {
        self.type_into("#secret", passphrase).await;
        self.type_into("#secret-again", passphrase).await;
        self.click("#submit").await;
    }

    /// Writes the recovery code down from the window that shows it, types what is asked for, and gives
    /// its groups.
    pub(crate) async fn write_code_down(&self) -> Vec<String> {
        let groups = self.read_code().await;
        self.click("[data-action=recovery-written]").await;
        self.type_groups(&groups).await;
        self.click("#submit").await;
        self.to_main().await;
        groups
    }

    /// The groups of the recovery code, as the window shows them.
    pub(crate) async fn read_code(&self) -> Vec<String> {
        let shown = self
            .until(
                "the recovery code is shown",
                "const groups = [...document.querySelectorAll('[data-testid=recovery-code] li')];
                 const text = li => [...li.childNodes].filter(node => node.nodeType === 3).map(node => node.data).join('');
                 return groups.length ? groups.map(text) : null",
            )
            .await;
        let groups = shown.as_array().into_iter().flatten();
        groups.filter_map(|group| group.as_str().map(|group| group.trim().to_owned())).collect()
    }

    /// Types the groups that are asked for, in small letters as a hurried hand would.
    pub(crate) async fn type_groups(&self, groups: &[String]) {
        let asked = self
            .until(
                "groups are asked for",
                "const fields = [...document.querySelectorAll('.asked input')];
                 return fields.length ? fields.map(field => Number(field.dataset.group)) : null",
            )
            .await;
        for group in asked.as_array().into_iter().flatten().filter_map(serde_json::Value::as_u64) {
            let text = groups[usize::try_from(group).unwrap()].to_lowercase();
            self.type_into(&format!(".asked input[data-group='{group}']"), &text).await;
        }
    }

    /// Waits for the lock screen.
    pub(crate) async fn is_locked(&self) {
        self.until("it is locked", "return document.querySelector('[data-lock]') !== null").await;
    }

    /// Waits until everything is there.
    pub(crate) async fn is_open(&self) {
        self.until("it is open", "return document.querySelector('.rail') !== null").await;
    }

    /// The ways to unlock that the lock screen offers.
    pub(crate) async fn ways(&self) -> Vec<String> {
        let ways = self
            .script(
                "return [...document.querySelectorAll('[data-lock] .gate-ways button')].map(b => b.dataset.action)",
                vec![],
            )
            .await;
        ways.as_array().into_iter().flatten().filter_map(|way| way.as_str().map(str::to_owned)).collect()
    }
}
