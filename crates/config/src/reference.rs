//! The reference of all settings: `docs/configuration.md`.

use std::fmt::Write as _;

use crate::table::{SETTINGS, Setting};

const INTRODUCTION: &str = "\
# Configuration

Made from the table of settings by `make configuration`; a test holds it against the table.

A setting has a place in a TOML file, `section.key`, and a name in the environment,
`TAPEDECK__SECTION__KEY`; some have a short name, too, which wins. What is said in several places
holds from the first of these:

1. the command line, where it has an option for it,
2. the environment,
3. `.env` in the working directory,
4. the file that `TAPEDECK_CONFIG` names, or `tapedeck.toml` in the working directory,
5. the default.

Names that begin with `TAPEDECK__` and keys of the file that are no setting are refused, with the
nearest name that is one. All problems are listed at once, and the exit code is 78.

```sh
tapedeck config check    # says whether the configuration can be used
tapedeck config print    # every setting, its value, and where that is from
tapedeck config example  # a commented .env with all defaults
```

The same values and their sources are under `configuration` of `GET /api/v1/system`.

**Secrets** are never shown. Each can be given as a file, too, as containers do: `NAME_FILE` holds
the path of a file with nothing but the secret; the end of its last line is not part of it. Giving
both a secret and its file is an error, and so is a file that is missing, empty or not UTF-8.
";

/// The text of `docs/configuration.md`: every setting with all that is declared of it.
pub fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut section = "";
    for setting in SETTINGS {
        if setting.section() != section {
            section = setting.section();
            let _ = write!(text, "\n## {section}\n");
        }
        entry(&mut text, setting);
    }
    text
}

fn entry(text: &mut String, setting: &Setting) {
    let names = setting.env_names().into_iter().map(|name| format!("`{name}`"));
    let names: Vec<String> = names.collect();
    let default = match setting.default {
        "" => "nothing".to_owned(),
        default => format!("`{default}`"),
    };
    let Setting { key, about, accepts, .. } = setting;
    let _ = write!(
        text,
        "\n### {key}\n\n{about}\n\n- in the environment: {}\n- default: {default}\n- accepted: {accepts}\n",
        names.join(" or "),
    );
    if setting.secret {
        let files = setting.file_names().into_iter().map(|name| format!("`{name}`"));
        let files: Vec<String> = files.collect();
        let _ = writeln!(text, "- secret; as a file: {}", files.join(" or "));
    }
}
