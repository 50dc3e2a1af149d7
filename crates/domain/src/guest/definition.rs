//! What a stored guest strategy is made of.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{GuestForm, GuestMetadata, ModuleRef};
use crate::strategy::ParamSchema;

/// The definition of a guest strategy: the module, by content, and what it said of itself when it
/// was stored, so that nothing has to be run to show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuestDefinition {
    /// The module.
    pub module: StoredModule,
    /// The version of the guest interface that it speaks.
    pub abi: u32,
    /// How bars are handed to it.
    pub form: GuestForm,
    /// Its parameters.
    pub params: Vec<ParamSchema>,
}

/// A module that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredModule {
    /// SHA-256 of its bytes, in hexadecimal.
    pub content_hash: String,
    /// How many there are.
    pub bytes: u64,
}

impl GuestDefinition {
    /// Of a module that says this of itself.
    pub fn new(module: &[u8], metadata: &GuestMetadata) -> Self {
        let ModuleRef { content_hash } = ModuleRef::of(module);
        Self {
            module: StoredModule { content_hash, bytes: module.len() as u64 },
            abi: metadata.abi,
            form: metadata.form,
            params: metadata.params.clone(),
        }
    }

    /// Reads what [`to_value`](Self::to_value) wrote.
    ///
    /// # Errors
    /// It is something else.
    pub fn read(value: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(value)
    }

    /// As a document.
    pub fn to_value(&self) -> Value {
        // It has text keys alone, which is all that could fail.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The name of the module.
    pub fn module(&self) -> ModuleRef {
        ModuleRef { content_hash: self.module.content_hash.clone() }
    }

    /// What it does, with a place for the value of each parameter. No more can be said of code.
    pub(crate) fn summary(&self) -> String {
        let hash: String = self.module.content_hash.chars().take(12).collect();
        let values: Vec<String> =
            self.params.iter().map(|param| format!("{0} = {{{0}}}", param.name)).collect();
        match values.as_slice() {
            [] => format!("As the module {hash} decides."),
            values => format!("As the module {hash} decides, with {}.", values.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::{ParamKind, Strategy, StrategyRef};

    fn definition(names: &[&str]) -> GuestDefinition {
        let param = |name: &&str| ParamSchema {
            name: (*name).to_owned(),
            kind: ParamKind::Number,
            min: 0.0,
            max: 9.5,
            step: 0.1,
            default: 1.5,
            description: String::new(),
        };
        let params = names.iter().map(param).collect();
        let (name, description) = (None, None);
        let metadata = GuestMetadata { abi: 1, form: GuestForm::Batch, name, description, params };
        GuestDefinition::new(b"module", &metadata)
    }

    #[test]
    fn a_definition_is_read_as_it_was_written() {
        let definition = definition(&["a"]);
        let value = definition.to_value();
        assert_eq!(value["form"], "batch");
        assert_eq!(value["module"]["bytes"], 6);
        assert_eq!(value["module"]["content_hash"], ModuleRef::of(b"module").content_hash);
        assert_eq!(GuestDefinition::read(&value).unwrap(), definition);
        assert!(GuestDefinition::read(&serde_json::json!({"entry": {}})).is_err());
    }

    #[test]
    fn the_summary_names_the_module_and_the_values() {
        let summary = |names: &[&str]| {
            let reference = StrategyRef { id: "mine".parse().unwrap(), version: 1 };
            let definition = definition(names);
            let strategy = Strategy::of_guest(reference, String::new(), String::new(), &definition);
            strategy.summary(&strategy.params(&Default::default()).unwrap())
        };
        let hash = &ModuleRef::of(b"module").content_hash[..12];
        assert_eq!(summary(&[]), format!("As the module {hash} decides."));
        let expected = format!("As the module {hash} decides, with fast = 1.5, slow = 1.5.");
        assert_eq!(summary(&["fast", "slow"]), expected);
    }
}
