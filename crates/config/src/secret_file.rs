//! Secrets that are handed over as files, as containers have them.

use std::path::{Path, PathBuf};

use crate::layers::{Found, Variables};
use crate::origin::Origin;
use crate::problem::Problem;
use crate::table::Setting;

/// Longer than any secret, so that a wrong path does not fill the memory.
const LONGEST: u64 = 64 << 10;

/// The content of the file that `NAME_FILE` names, if a variable of that name is there.
pub(crate) fn find(
    setting: &Setting,
    env: &Variables,
    problems: &mut Vec<Problem>,
) -> Option<Found> {
    if !setting.secret {
        return None;
    }
    let mut named = setting.file_names().into_iter();
    let (name, path) = named
        .find_map(|name| Some((env.get(&name)?.value.clone(), name)))
        .map(|(path, name)| (name, PathBuf::from(path)))?;
    let value = read(&path).unwrap_or_else(|why| {
        let value = path.display().to_string();
        problems.push(Problem { name: name.clone(), value, expected: why });
        setting.default.to_owned()
    });
    Some(Found { name: name.clone(), value, origin: Origin::SecretFile { name, path } })
}

/// Both a value and a file for it: nobody could tell which is meant.
pub(crate) fn both(value: &Found, file: &Found) -> Problem {
    Problem {
        name: file.name.clone(),
        value: "[not shown]".to_owned(),
        expected: format!("either {} or {}, not both", value.name, file.name),
    }
}

/// The text of the file without the end of its last line.
fn read(path: &Path) -> Result<String, String> {
    let expected = |why: &str| format!("a file that holds the secret as text: {why}");
    let found = std::fs::metadata(path).map_err(|error| expected(&error.to_string()))?;
    if !found.is_file() {
        return Err(expected("it is no file"));
    }
    if found.len() > LONGEST {
        return Err(expected("it is longer than 64 KiB"));
    }
    let bytes = std::fs::read(path).map_err(|error| expected(&error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| expected("it is not UTF-8"))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err(expected("it is empty")) } else { Ok(text.to_owned()) }
}
