//! Where values come from, and which of them wins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{Config, File, FileFormat, Map, Source as _, Value, ValueKind};

use crate::problem::Problem;
use crate::table::{SETTINGS, Setting};

/// The file that is read when `TAPEDECK_CONFIG` names no other.
const DEFAULT_FILE: &str = "tapedeck.toml";
const FILE_VARIABLE: &str = "TAPEDECK_CONFIG";
const PREFIX: &str = "TAPEDECK__";

/// Everything that the settings are read from, so that a test can say it all.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The environment of the process.
    pub env: BTreeMap<String, String>,
    /// The directory in which `.env` and `tapedeck.toml` are looked for.
    pub dir: Option<PathBuf>,
}

impl Sources {
    /// The real environment and the working directory.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn of_process() -> Self {
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { env, dir: std::env::current_dir().ok() }
    }
}

/// A value with the place it came from.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The winning value of every setting, and the names that mean nothing.
pub(crate) struct Layers {
    pub(crate) values: BTreeMap<&'static str, Found>,
    pub(crate) problems: Vec<Problem>,
}

pub(crate) fn read(sources: &Sources) -> Layers {
    let mut problems = Vec::new();
    let dotenv = dotenv(sources, &mut problems);
    let mut env = dotenv;
    env.extend(sources.env.clone());
    unknown_variables(&env, &mut problems);
    let file = file(sources, &env, &mut problems);
    let values = SETTINGS
        .iter()
        .map(|setting| (setting.key, winning(setting, &env, file.as_ref(), &mut problems)))
        .collect();
    Layers { values, problems }
}

fn winning(
    setting: &Setting,
    env: &BTreeMap<String, String>,
    file: Option<&Config>,
    problems: &mut Vec<Problem>,
) -> Found {
    for name in [setting.env_name(), setting.long_name()] {
        if let Some(value) = env.get(&name) {
            return Found { name, value: value.clone() };
        }
    }
    let in_file = file.and_then(|file| file.get::<Value>(setting.key).ok());
    match in_file.map(|value| text(&value)) {
        Some(Some(value)) => Found { name: setting.key.to_owned(), value },
        Some(None) => {
            problems.push(Problem {
                name: setting.key.to_owned(),
                value: "(a table)".to_owned(),
                expected: setting.accepts.to_owned(),
            });
            Found { name: setting.key.to_owned(), value: setting.default.to_owned() }
        }
        None => Found { name: setting.env_name(), value: setting.default.to_owned() },
    }
}

/// A TOML value as the text that the environment would have held.
fn text(value: &Value) -> Option<String> {
    match &value.kind {
        ValueKind::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(text).collect();
            items.map(|items| items.join(","))
        }
        ValueKind::Table(_) => None,
        ValueKind::Nil => Some(String::new()),
        ValueKind::Boolean(_)
        | ValueKind::I64(_)
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_)
        | ValueKind::Float(_)
        | ValueKind::String(_) => Some(value.kind.to_string()),
    }
}

fn dotenv(sources: &Sources, problems: &mut Vec<Problem>) -> BTreeMap<String, String> {
    let Some(path) = sources.dir.as_deref().map(|dir| dir.join(".env")).filter(|p| p.exists())
    else {
        return BTreeMap::new();
    };
    let read = dotenvy::from_path_iter(&path).and_then(Iterator::collect);
    read.unwrap_or_else(|_| {
        // The error quotes the line, which may hold a secret.
        problems.push(unreadable(&path, "lines of the form NAME=value, in UTF-8"));
        BTreeMap::new()
    })
}

fn file(
    sources: &Sources,
    env: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) -> Option<Config> {
    let named = env.get(FILE_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
    let default =
        || sources.dir.as_deref().map(|dir| dir.join(DEFAULT_FILE)).filter(|p| p.exists());
    let path = named.or_else(default)?;
    let source = File::from(path.as_path()).format(FileFormat::Toml);
    match Config::builder().add_source(source).build() {
        Ok(config) => {
            unknown_keys(&config, problems);
            Some(config)
        }
        Err(_) => {
            problems.push(unreadable(&path, "a readable TOML file"));
            None
        }
    }
}

fn unreadable(path: &Path, expected: &str) -> Problem {
    Problem {
        name: "file".to_owned(),
        value: path.display().to_string(),
        expected: expected.to_owned(),
    }
}

fn unknown_variables(env: &BTreeMap<String, String>, problems: &mut Vec<Problem>) {
    let known: Vec<String> = SETTINGS.iter().map(Setting::long_name).collect();
    for name in env.keys().filter(|name| name.starts_with(PREFIX) && !known.contains(name)) {
        problems.push(unknown(name, &known));
    }
}

fn unknown_keys(config: &Config, problems: &mut Vec<Problem>) {
    let known: Vec<String> = SETTINGS.iter().map(|setting| setting.key.to_owned()).collect();
    let sections: Map<String, Value> = config.collect().unwrap_or_default();
    let mut keys: Vec<String> = sections
        .into_iter()
        .flat_map(|(section, value)| {
            if let ValueKind::Table(keys) = value.kind {
                keys.into_keys().map(|key| format!("{section}.{key}")).collect()
            } else {
                vec![section]
            }
        })
        .collect();
    keys.sort();
    problems.extend(keys.iter().filter(|key| !known.contains(key)).map(|key| unknown(key, &known)));
}

/// The value is not shown: a misspelt secret is still a secret.
fn unknown(name: &str, known: &[String]) -> Problem {
    let nearest = known.iter().min_by_key(|other| distance(name, other));
    Problem {
        name: name.to_owned(),
        value: "[not shown]".to_owned(),
        expected: format!(
            "a name that exists{}",
            nearest.map(|near| format!("; did you mean {near}?")).unwrap_or_default()
        ),
    }
}

/// Levenshtein distance, over bytes: the names are ASCII.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let substitute = diagonal + usize::from(x != y);
            diagonal = *cell;
            left = substitute.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}
