//! Where values come from, and which of them wins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{Config, File, FileFormat, Map, Source as _, Value, ValueKind};

use crate::nearest::nearest;
use crate::origin::Origin;
use crate::problem::Problem;
use crate::secret_file;
use crate::table::{PREFIX, SETTINGS, Setting};

/// The file that is read when `TAPEDECK_CONFIG` names no other.
const DEFAULT_FILE: &str = "tapedeck.toml";
const FILE_VARIABLE: &str = "TAPEDECK_CONFIG";

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
    /// The name under which it was given.
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) origin: Origin,
}

/// The variables of `.env` and of the environment, which wins.
pub(crate) type Variables = BTreeMap<String, Found>;

/// The winning value of every setting, and the names that mean nothing.
pub(crate) struct Layers {
    pub(crate) values: BTreeMap<&'static str, Found>,
    pub(crate) problems: Vec<Problem>,
}

pub(crate) fn read(sources: &Sources) -> Layers {
    let mut problems = Vec::new();
    let env = variables(sources, &mut problems);
    unknown_variables(&env, &mut problems);
    let file = file(sources, &env, &mut problems);
    let values = SETTINGS
        .iter()
        .map(|setting| (setting.key, winning(setting, &env, file.as_ref(), &mut problems)))
        .collect();
    Layers { values, problems }
}

fn variables(sources: &Sources, problems: &mut Vec<Problem>) -> Variables {
    let found = |name: String, value: String, origin: fn(String) -> Origin| {
        (name.clone(), Found { origin: origin(name.clone()), name, value })
    };
    let dotenv = dotenv(sources, problems).into_iter();
    let env = sources.env.clone().into_iter();
    dotenv
        .map(|(name, value)| found(name, value, Origin::Dotenv))
        .chain(env.map(|(name, value)| found(name, value, Origin::Environment)))
        .collect()
}

/// A configuration file and its content.
struct ConfigFile {
    path: PathBuf,
    content: Config,
}

fn winning(
    setting: &Setting,
    env: &Variables,
    file: Option<&ConfigFile>,
    problems: &mut Vec<Problem>,
) -> Found {
    let given = setting.env_names().into_iter().find_map(|name| env.get(&name)).cloned();
    match (given, secret_file::find(setting, env, problems)) {
        (Some(value), Some(file)) => {
            problems.push(secret_file::both(&value, &file));
            value
        }
        (Some(found), None) | (None, Some(found)) => found,
        (None, None) => in_file(setting, file, problems),
    }
}

fn in_file(setting: &Setting, file: Option<&ConfigFile>, problems: &mut Vec<Problem>) -> Found {
    let default = Found {
        name: setting.env_name(),
        value: setting.default.to_owned(),
        origin: Origin::Default,
    };
    let Some(ConfigFile { path, content }) = file else { return default };
    let Ok(value) = content.get::<Value>(setting.key) else { return default };
    let name = setting.key.to_owned();
    let Some(value) = text(&value) else {
        let value = "(a table)".to_owned();
        problems.push(Problem { name, value, expected: setting.accepts.to_owned() });
        return default;
    };
    Found { name, value, origin: Origin::File(path.clone()) }
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

fn file(sources: &Sources, env: &Variables, problems: &mut Vec<Problem>) -> Option<ConfigFile> {
    let named = env.get(FILE_VARIABLE).map(|found| found.value.clone());
    let named = named.filter(|name| !name.is_empty()).map(PathBuf::from);
    let default =
        || sources.dir.as_deref().map(|dir| dir.join(DEFAULT_FILE)).filter(|p| p.exists());
    let path = named.or_else(default)?;
    let source = File::from(path.as_path()).format(FileFormat::Toml);
    match Config::builder().add_source(source).build() {
        Ok(content) => {
            unknown_keys(&content, problems);
            Some(ConfigFile { path, content })
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

fn unknown_variables(env: &Variables, problems: &mut Vec<Problem>) {
    let known: Vec<String> = SETTINGS.iter().flat_map(Setting::long_names).collect();
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
    let hint = match nearest(name, known) {
        Some(near) => format!("did you mean {near}?"),
        None => "`tapedeck config print` lists them".to_owned(),
    };
    Problem {
        name: name.to_owned(),
        value: "[not shown]".to_owned(),
        expected: format!("a name that exists; {hint}"),
    }
}
