use serde_json::{Map, Value};

use super::Parser;
use crate::rules::definition::Term;
use crate::rules::fault::{RuleFaultKind, member};
use crate::rules::tree::{Condition, Group, Node, Op};

const JOINTS: [&str; 3] = ["all", "any", "not"];
const SIDES: [&str; 3] = ["op", "left", "right"];
const MAX_DEPTH: usize = 16;
const MAX_CONDITIONS: usize = 512;

impl Parser {
    /// A group at a depth that counts from 1.
    pub(super) fn group(
        &mut self,
        value: &Value,
        pointer: &str,
        depth: usize,
    ) -> Option<Group<Term>> {
        if depth > MAX_DEPTH {
            let detail = format!("groups are nested at most {MAX_DEPTH} deep");
            self.faults.add(pointer, RuleFaultKind::Range, detail);
            return None;
        }
        if value.as_object().is_some_and(|object| !has(object, &JOINTS) && has(object, &SIDES)) {
            let detail = "a condition stands in a group: write {\"all\": [...]} around it";
            self.faults.add(pointer, RuleFaultKind::Type, detail);
            return None;
        }
        let object = self.object(value, pointer, &JOINTS, &[])?;
        let mut joints = JOINTS.into_iter().filter(|name| object.contains_key(*name));
        let (Some(joint), None) = (joints.next(), joints.next()) else {
            let (kind, detail) = if has(object, &JOINTS) {
                (RuleFaultKind::Range, "has one of `all`, `any` and `not`, not several")
            } else {
                (RuleFaultKind::Missing, "a group needs `all`, `any` or `not`")
            };
            self.faults.add(pointer, kind, detail);
            return None;
        };
        let (inner, pointer) = (object.get(joint)?, member(pointer, joint));
        match joint {
            "not" => Some(Group::Not(Box::new(self.node(inner, &pointer, depth)?))),
            "any" => self.nodes(inner, &pointer, depth).map(Group::Any),
            _ => self.nodes(inner, &pointer, depth).map(Group::All),
        }
    }

    fn nodes(&mut self, value: &Value, pointer: &str, depth: usize) -> Option<Vec<Node<Term>>> {
        let Some(list) = value.as_array() else {
            let detail = "must be a list of conditions and groups";
            self.faults.add(pointer, RuleFaultKind::Type, detail);
            return None;
        };
        if list.is_empty() {
            let detail = "must not be empty: a group without conditions says nothing";
            self.faults.add(pointer, RuleFaultKind::Range, detail);
        }
        let mut nodes = Vec::new();
        for (i, value) in list.iter().enumerate() {
            if self.conditions > MAX_CONDITIONS {
                break;
            }
            nodes.extend(self.node(value, &format!("{pointer}/{i}"), depth));
        }
        Some(nodes)
    }

    fn node(&mut self, value: &Value, pointer: &str, depth: usize) -> Option<Node<Term>> {
        let Some(object) = value.as_object() else {
            let detail = "must be a condition or a group, which are objects";
            self.faults.add(pointer, RuleFaultKind::Type, detail);
            return None;
        };
        if has(object, &JOINTS) {
            self.group(value, pointer, depth + 1).map(Node::Group)
        } else {
            self.condition(value, pointer).map(Node::Condition)
        }
    }

    fn condition(&mut self, value: &Value, pointer: &str) -> Option<Condition<Term>> {
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            let detail = format!("a rule set has at most {MAX_CONDITIONS} conditions");
            self.faults.add(pointer, RuleFaultKind::Range, detail);
            return None;
        }
        let object = self.object(value, pointer, &SIDES, &SIDES)?;
        let ops = Op::ALL.map(|op| (op.as_str(), op));
        let op = self.word(object.get("op"), &member(pointer, "op"), ops);
        let [left, right] = ["left", "right"].map(|side| {
            object.get(side).and_then(|value| self.operand(value, &member(pointer, side)))
        });
        Some(Condition { op: op?, left: left?, right: right? })
    }
}

fn has(object: &Map<String, Value>, names: &[&str]) -> bool {
    names.iter().any(|name| object.contains_key(*name))
}
