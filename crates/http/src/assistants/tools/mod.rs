//! What an assistant can do here: a table of tools, each of which calls a use case as a route does.

mod arguments;
mod bounds;
mod call;
mod catalog;
mod results;
mod runs;
mod schemas;
mod sweeps;
mod table;
#[cfg(test)]
mod tests;

use rmcp::model::{CallToolResult, JsonObject, Tool as Described, ToolAnnotations};
use serde_json::Value;
use tapedeck_application::Caller;
use tapedeck_domain::access::Scope;
use tapedeck_domain::actor::Requester;

use crate::problem::{Code, Context, Problem};
use crate::services::Services;
use call::Call;
pub(super) use table::TOOLS;

/// What a tool does to what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    Reads,
    /// Something is added.
    Adds,
    /// Something ends that was under way.
    Ends,
}

/// One tool.
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    /// What a key must be allowed to do.
    pub(super) scope: Scope,
    pub(super) effect: Effect,
    /// A JSON Schema of the arguments.
    pub(super) schema: fn() -> Value,
    /// Reads the arguments.
    read: fn(JsonObject, &Requester) -> Result<Call, Problem>,
}

/// Who calls, and what with.
pub(super) struct Visitor<'a> {
    pub(super) services: &'a Services,
    pub(super) requester: Requester,
    /// What it may do.
    pub(super) caller: Caller,
    /// The path of the request.
    pub(super) path: &'a str,
}

impl Tool {
    /// The tool of this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        TOOLS.iter().find(|tool| tool.name == name)
    }

    /// The tool as assistants see it.
    pub(super) fn described(&self) -> Described {
        let schema = match (self.schema)() {
            Value::Object(schema) => schema,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => JsonObject::new(),
        };
        let hints = ToolAnnotations::from_raw(
            Some(self.title.to_owned()),
            Some(self.effect == Effect::Reads),
            Some(self.effect == Effect::Ends),
            Some(true),
            Some(false),
        );
        Described::new(self.name, self.description, schema)
            .with_title(self.title)
            .with_annotations(hints)
    }

    /// Calls it. What goes wrong is a result, too, so that the assistant sees it and can do better.
    pub(super) async fn call(
        &self,
        visitor: &Visitor<'_>,
        arguments: JsonObject,
    ) -> CallToolResult {
        match self.outcome(visitor, arguments).await {
            Ok(answer) => CallToolResult::structured(bounds::bounded(answer)),
            Err(problem) => {
                let request_id = Some(visitor.requester.request_id.clone());
                let context = Context::named(visitor.path.to_owned(), request_id);
                CallToolResult::structured_error(problem.answering(context).to_json())
            }
        }
    }

    async fn outcome(
        &self,
        visitor: &Visitor<'_>,
        arguments: JsonObject,
    ) -> Result<Value, Problem> {
        if !visitor.caller.may(self.scope) {
            let detail = format!("this tool needs a key with the scope `{}`", self.scope);
            return Err(Problem::new(Code::Forbidden, detail));
        }
        let call = (self.read)(arguments, &visitor.requester)?;
        Box::pin(call.run(visitor)).await
    }
}
