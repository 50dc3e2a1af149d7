//! Settings as text: `.env.example`.

use std::fmt::Write;

use crate::table::SETTINGS;

/// The text of `.env.example`: every setting with its meaning and its default.
pub fn env_example() -> String {
    let mut text = String::from(
        "# Every setting with its default. Copy to .env and change what you need.\n\
         # The environment wins over .env, .env over the file that TAPEDECK_CONFIG names\n\
         # (tapedeck.toml by default), and that over the defaults.\n",
    );
    for setting in SETTINGS {
        let name = setting.env_name();
        let _ = write!(
            text,
            "\n# {}\n# Accepted: {}.\n# {name}={}\n",
            setting.about, setting.accepts, setting.default
        );
    }
    text
}
