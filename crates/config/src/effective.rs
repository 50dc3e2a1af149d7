//! What holds, as it may be shown: `config print`, and what the server says of itself.

use url::Url;

use crate::layers::{Layers, Sources, read};
use crate::origin::Origin;
use crate::problem::Problem;
use crate::table::{SETTINGS, Setting};

/// A setting with its value, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Its place in the file: `section.key`.
    pub key: &'static str,
    /// Its name in the environment.
    pub name: String,
    /// Its value; `[secret]` where that is one.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// The effective value of each setting, in the order of the table, and what is wrong with what
/// was read on the way.
pub fn effective(sources: &Sources) -> (Vec<Effective>, Vec<Problem>) {
    let layers = read(sources);
    (effective_of(&layers), layers.problems)
}

pub(crate) fn effective_of(layers: &Layers) -> Vec<Effective> {
    let one = |setting: &Setting| {
        let found = layers.values.get(setting.key)?;
        Some(Effective {
            key: setting.key,
            name: setting.env_name(),
            value: shown(setting, &found.value),
            origin: found.origin.clone(),
        })
    };
    SETTINGS.iter().filter_map(one).collect()
}

/// A value as it may be shown: no secret, and no password in a URL.
pub(crate) fn shown(setting: &Setting, value: &str) -> String {
    if setting.secret && !value.is_empty() {
        return "[secret]".to_owned();
    }
    match Url::parse(value) {
        Ok(mut url) if url.password().is_some() => {
            // Cannot fail: a URL that has a password may have one.
            let _ = url.set_password(Some("***"));
            url.into()
        }
        Ok(_) | Err(_) => value.to_owned(),
    }
}
