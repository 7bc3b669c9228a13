/// Keeps what is in memory out of core dumps and away from other programs of the same user.
/// Without effect where the system has no such switch; nothing depends on it.
pub(crate) fn process() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
        if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
            tracing::warn!(%error, "core dumps could not be turned off");
        }
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!(%error, "other programs could not be kept from reading this one's memory");
        }
    }
}
